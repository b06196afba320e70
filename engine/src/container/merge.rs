//! Several row groups of one column into one: for checkpoints, compactions and backups.

use std::collections::HashMap;
use std::ops::Range;

use super::column::GroupRef;
use super::encode::{
    Encoded, KeysInput, MasksInput, MetadataInput, RegionEntry, RegionsInput, ScalarInput,
    SegmentEntry, TextInput, TokensInput, VectorInput,
};
use super::view::{
    KeysView, MasksView, MetadataView, RegionsView, TextView, TokensView, VectorView, values,
};
use crate::error::{Error, Result};
use crate::format::group::Layout;
use crate::format::schema::{FieldDef, Schema};
use crate::format::segment::{image_of, segment_row, slot_of};
use crate::format::{Damage, Rule};

/// A live entry: its new row, the number of its row group, its place there.
type Live = (u64, usize, usize);

/// Merges the live entries of `groups` whose images lie in `window`, renumbered by `renumber`, which must keep
/// the order and may drop rows; the segments of an image keep their numbers. `None` when nothing is left.
/// Memory: the result, and 24 bytes an entry.
pub fn merge(
    groups: &[GroupRef],
    schema: &Schema,
    window: &Range<u64>,
    renumber: &dyn Fn(u64) -> Option<u64>,
) -> Result<Option<Encoded>> {
    let Some(desc) = groups.first().map(|first| first.group().desc()) else { return Ok(None) };
    let live = if desc.layout == Layout::Masks {
        let window = segment_row(window.start, 0)..segment_row(window.end, 0);
        live_entries(groups, &window, &|row| {
            renumber(image_of(row)).map(|image| segment_row(image, slot_of(row)))
        })?
    } else {
        live_entries(groups, window, renumber)?
    };
    if live.is_empty() {
        return Ok(None);
    }
    let field = schema.fields.iter().find(|field| field.column == desc.column);
    let merge = Merge { groups, rows: live.iter().map(|&(row, ..)| row).collect(), live };
    let encoded = match (desc.layout, field) {
        (Layout::Keys, _) => merge.keys(),
        (Layout::Metadata, _) => merge.metadata(),
        (Layout::I64, _) => merge.scalars::<i64>(Layout::I64),
        (Layout::F64, _) => merge.scalars::<f64>(Layout::F64),
        (Layout::Bool, _) => merge.scalars::<u8>(Layout::Bool),
        (Layout::Text, _) => merge.texts(),
        (Layout::Vector, Some(field)) => merge.vectors(field),
        (Layout::Regions, Some(field)) => merge.regions(field),
        (Layout::Tokens, Some(field)) => merge.tokens(field),
        (Layout::Masks, _) => merge.masks(),
        (layout, _) => {
            Err(Error::Unsupported(format!("row groups of layout {layout:?} are no column")))
        }
    };
    encoded.map(Some)
}

fn live_entries(
    groups: &[GroupRef],
    window: &Range<u64>,
    renumber: &dyn Fn(u64) -> Option<u64>,
) -> Result<Vec<Live>> {
    let mut live = Vec::new();
    for (number, group) in groups.iter().enumerate() {
        let desc = group.group().desc();
        if desc.last_row < window.start || desc.first_row >= window.end {
            continue;
        }
        let dead = group.dead_bits()?;
        for (position, row) in group.group().rows()?.iter().enumerate() {
            if !window.contains(&row) || dead.is_some_and(|dead| dead.get(position as u64)) {
                continue;
            }
            if let Some(row) = renumber(row) {
                live.push((row, number, position));
            }
        }
    }
    live.sort_unstable();
    Ok(live)
}

struct Merge<'a> {
    groups: &'a [GroupRef],
    rows: Vec<u64>,
    live: Vec<Live>,
}

impl<'a> Merge<'a> {
    /// What the row groups can hold.
    fn budget(&self) -> Budget {
        Budget { bytes: self.groups.iter().map(|group| group.group().len_bytes()).sum() }
    }

    /// A view of each row group, and the live entries as (group number, place).
    fn views<V>(&self, view: impl Fn(&'a GroupRef) -> Result<V>) -> Result<Vec<V>> {
        self.groups.iter().map(view).collect()
    }

    fn places<'v, V>(&'v self, views: &'v [V]) -> impl Iterator<Item = (&'v V, usize)> {
        self.live.iter().filter_map(|&(_, number, position)| Some((views.get(number)?, position)))
    }

    fn keys(&self) -> Result<Encoded> {
        let views = self.views(|group| Ok(KeysView::new(group.group())))?;
        let mut input = KeysInput { rows: self.rows.clone(), ..KeysInput::default() };
        let mut budget = self.budget();
        for (view, position) in self.places(&views) {
            input.keys.push(budget.text(view.key(position)?)?);
            input.spaces.push(view.space(position)?);
        }
        input.encode()
    }

    fn metadata(&self) -> Result<Encoded> {
        let views = self.views(|group| Ok(MetadataView::new(group.group())))?;
        let mut input = MetadataInput { rows: self.rows.clone(), texts: Vec::new() };
        let mut budget = self.budget();
        for (view, position) in self.places(&views) {
            input.texts.push(budget.text(view.text(position)?)?);
        }
        input.encode()
    }

    fn scalars<T: bytemuck::Pod>(&self, layout: Layout) -> Result<Encoded> {
        let views = self.views(|group| values::<T>(group.group()))?;
        let pick = self.places(&views).filter_map(|(view, position)| view.get(position).copied());
        ScalarInput { rows: self.rows.clone(), values: pick.collect() }.encode(layout)
    }

    fn texts(&self) -> Result<Encoded> {
        let views = self.views(|group| TextView::new(group.group()))?;
        let mut input = TextInput::new(self.rows.clone());
        // A text is looked at once, however many rows have it.
        let mut codes: Vec<Vec<Option<u32>>> =
            views.iter().map(|view| vec![None; view.dictionary_len()]).collect();
        let mut budget = self.budget();
        for &(_, number, position) in &self.live {
            let Some((view, known)) = views.get(number).zip(codes.get_mut(number)) else {
                continue;
            };
            let old = view.codes().get(position).copied().unwrap_or(u32::MAX);
            let code = match known.get(old as usize).copied().flatten() {
                Some(code) => code,
                None => input.code(budget.text(view.get(position)?)?),
            };
            if let Some(slot) = known.get_mut(old as usize) {
                *slot = Some(code);
            }
            input.push_code(code);
        }
        input.encode()
    }

    fn vectors(&self, field: &FieldDef) -> Result<Encoded> {
        let views = self.views(|group| VectorView::new(group.group(), field).matrix())?;
        let mut features = Vec::with_capacity(self.rows.len());
        for (view, position) in self.places(&views) {
            features.push(view.row_bytes(position).unwrap_or(&[]));
        }
        let rows = self.rows.clone();
        VectorInput { rows, features, dim: field.dim, dtype: field.dtype }.encode()
    }

    fn tokens(&self, field: &FieldDef) -> Result<Encoded> {
        let views = self.views(|group| Ok(TokensView::new(group.group(), field)))?;
        let mut input =
            TokensInput { rows: self.rows.clone(), tensors: vec![], mappings: vec![], field };
        for (view, position) in self.places(&views) {
            input.tensors.push(view.extent(position)?);
            input.mappings.push(view.mapping(position)?);
        }
        input.encode()
    }

    fn masks(&self) -> Result<Encoded> {
        let views = self.views(|group| Ok(MasksView::new(group.group())))?;
        let mut input = MasksInput { rows: self.rows.clone(), ..MasksInput::default() };
        let mut budget = self.budget();
        // A block of several segments stays one.
        let mut known: HashMap<(usize, u64, u64), usize> = HashMap::new();
        for &(_, number, position) in &self.live {
            let Some(view) = views.get(number) else { continue };
            let (group, name) = view.name(position)?;
            // What a record becomes in memory is a multiple of its bytes.
            budget.spend(view.record_bytes(position)?.len())?;
            let record = view.record(position)?;
            let mut block = None;
            if let Some((place, _)) = &record.voxels {
                let key = (number, place.offset, place.len);
                let next = input.blocks.len();
                let index = *known.entry(key).or_insert(next);
                if index == next {
                    let bytes = view.block(place)?;
                    budget.spend(bytes.len())?;
                    input.blocks.push(bytes);
                }
                block = Some(index);
            }
            let label = view.label(position)?;
            input.entries.push(SegmentEntry { group, name, label, record, block });
        }
        input.encode()
    }

    fn regions(&self, field: &FieldDef) -> Result<Encoded> {
        let views: Vec<RegionsView<'_>> =
            self.groups.iter().map(|group| RegionsView::new(group.group(), field)).collect();
        let mut input = RegionsInput {
            rows: self.rows.clone(),
            ends: Vec::with_capacity(self.rows.len()),
            entries: Vec::new(),
            dim: field.dim,
            dtype: field.dtype,
        };
        let mut budget = self.budget();
        for (view, position) in self.places(&views) {
            let (regions, entries) = view.of_image(position)?;
            budget.spend(std::mem::size_of_val(regions))?;
            for (&region, &entry) in regions.iter().zip(entries) {
                let found = view.get(region, entry)?;
                let feature = found.feature.row_bytes(0).unwrap_or(&[]);
                let (bbox, score) = (found.bbox, found.score);
                input.entries.push(RegionEntry { region, feature, bbox, score });
            }
            input.ends.push(input.entries.len());
        }
        input.encode()
    }
}

/// Bytes that entries may have in all. In a hostile row group they overlap, and together would be far larger
/// than the row group that they come from.
struct Budget {
    bytes: u64,
}

impl Budget {
    fn spend(&mut self, bytes: usize) -> Result<()> {
        let text = "entries of a row group overlap";
        let left = self.bytes.checked_sub(bytes as u64);
        self.bytes = left.ok_or_else(|| Damage::new(Rule::GroupSection, 0, text))?;
        Ok(())
    }

    fn text<'a>(&mut self, text: &'a str) -> Result<&'a str> {
        self.spend(text.len())?;
        Ok(text)
    }
}
