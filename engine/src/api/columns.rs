//! What a predicate sees of a state.

use crate::container::column::{Column, GroupRef};
use crate::container::group::Rows;
use crate::container::state::State;
use crate::container::view::{KeysView, RegionsView, TextView, values};
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::format::schema::{AttributeType, COLUMN_KEYS, FieldDef, FieldKind};
use crate::model::{RegionKey, SegmentKey};
use crate::search::predicate::{
    self, Chunk, Columns, RowSet, SegmentSize, SizesByRow, StrDict, Values,
};

use super::image::Image;
use super::lookup;
use super::masks::SegmentRef;

/// The columns of a state.
pub(crate) struct StateColumns<'a> {
    state: &'a State,
}

impl<'a> StateColumns<'a> {
    pub(crate) fn new(state: &'a State) -> Self {
        Self { state }
    }

    fn groups(&self, column: u32) -> &'a [GroupRef] {
        self.state.column(column).map_or(&[], Column::groups)
    }

    /// The regions field meant: the named one, or the only one.
    fn regions_field(&self, field: Option<&str>) -> Result<&'a FieldDef, String> {
        let schema = &self.state.schema;
        if let Some(name) = field {
            return lookup::field_of_kind(schema, name, FieldKind::Regions)
                .map_err(|e| e.to_string());
        }
        let mut all = schema.fields.iter().filter(|f| f.kind == FieldKind::Regions);
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err("the container has no regions field".into()),
            _ => {
                Err("there are several regions fields: name one, has_region('field', 'region')"
                    .into())
            }
        }
    }
}

struct Dictionary<'a>(TextView<'a>);

impl StrDict for Dictionary<'_> {
    fn entries(&self) -> usize {
        self.0.dictionary_len()
    }

    fn get(&self, code: u32) -> Option<&str> {
        self.0.text(code)
    }
}

impl<'a> StateColumns<'a> {
    /// The masks field meant: the named one, or the only one.
    fn masks_field(&self, field: Option<&str>) -> Result<&'a FieldDef, String> {
        let schema = &self.state.schema;
        if let Some(name) = field {
            return lookup::field_of_kind(schema, name, FieldKind::Masks)
                .map_err(|e| e.to_string());
        }
        let mut all = schema.fields.iter().filter(|f| f.kind == FieldKind::Masks);
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err("the container has no masks field".into()),
            _ => Err("there are several masks fields: name one before the segment".into()),
        }
    }

    /// Calls `each` with the row and the segments of each image that has all of `names`.
    fn for_each_segments(
        &self,
        field: Option<&str>,
        names: &[&str],
        mut each: impl FnMut(u64, &[SegmentRef<'a>]) -> Result<()>,
    ) -> Result<Result<(), String>> {
        let def = match self.masks_field(field) {
            Ok(def) => def,
            Err(unknown) => return Ok(Err(unknown)),
        };
        for row in &self.state.rows_of_column(def.column)? {
            let image = Image::new(self.state, row);
            let mut found = Vec::with_capacity(names.len());
            for name in names {
                match image.segment(&def.name, SegmentKey::parse(name)) {
                    Ok(segment) => found.push(segment),
                    Err(Error::NoSuch { what: "segment", .. }) => break,
                    Err(ambiguous @ Error::NoSuch { .. }) => return Ok(Err(ambiguous.to_string())),
                    Err(other) => return Err(other),
                }
            }
            if found.len() == names.len() {
                each(row, &found)?;
            }
        }
        Ok(Ok(()))
    }
}

impl Columns for StateColumns<'_> {
    type Error = Error;

    fn rows(&self) -> u64 {
        self.state.next_row
    }

    fn live(&self) -> Result<Bitmap> {
        self.state.live_rows()
    }

    fn attribute_type(&self, name: &str) -> Option<predicate::AttributeType> {
        Some(match self.state.schema.attribute(name)?.kind {
            AttributeType::I64 => predicate::AttributeType::I64,
            AttributeType::F64 => predicate::AttributeType::F64,
            AttributeType::Bool => predicate::AttributeType::Bool,
            AttributeType::Text => predicate::AttributeType::Str,
        })
    }

    fn attribute_names(&self) -> Vec<String> {
        self.state.schema.attributes.iter().map(|a| a.name.clone()).collect()
    }

    fn for_each_chunk(
        &self,
        name: &str,
        each: &mut dyn FnMut(Chunk<'_>) -> Result<()>,
    ) -> Result<()> {
        let Some(def) = self.state.schema.attribute(name) else { return Ok(()) };
        for group in self.groups(def.column) {
            let (rows, dead) = (row_set(group.group().rows()?), group.dead_bits()?);
            match def.kind {
                AttributeType::I64 => {
                    each(Chunk { rows, dead, values: Values::I64(values(group.group())?) })?;
                }
                AttributeType::F64 => {
                    each(Chunk { rows, dead, values: Values::F64(values(group.group())?) })?;
                }
                AttributeType::Bool => {
                    each(Chunk { rows, dead, values: Values::Bool(values(group.group())?) })?;
                }
                AttributeType::Text => {
                    let view = TextView::new(group.group())?;
                    let dictionary = Dictionary(view);
                    let values = Values::Str { dictionary: &dictionary, codes: view.codes() };
                    each(Chunk { rows, dead, values })?;
                }
            }
        }
        Ok(())
    }

    fn for_each_key(&self, each: &mut dyn FnMut(u64, &str)) -> Result<()> {
        for group in self.groups(COLUMN_KEYS) {
            let (view, dead) = (KeysView::new(group.group()), group.dead_bits()?);
            for (position, row) in group.group().rows()?.iter().enumerate() {
                if !dead.is_some_and(|dead| dead.get(position as u64)) {
                    each(row, view.key(position)?);
                }
            }
        }
        Ok(())
    }

    fn row_of_key(&self, key: &str) -> Result<Option<u64>> {
        self.state.row_of(key)
    }

    fn has_field(&self, field: &str) -> Result<Result<Bitmap, String>> {
        match lookup::field(&self.state.schema, field) {
            Ok(def) => self.state.rows_of_column(def.column).map(Ok),
            Err(unknown) => Ok(Err(unknown.to_string())),
        }
    }

    fn has_segment(&self, field: Option<&str>, segment: &str) -> Result<Result<Bitmap, String>> {
        let mut bits = Bitmap::new(self.state.next_row);
        let done = self.for_each_segments(field, &[segment], |row, _| {
            bits.set(row);
            Ok(())
        })?;
        Ok(done.map(|()| bits))
    }

    fn overlaps(&self, field: Option<&str>, segments: [&str; 2]) -> Result<Result<Bitmap, String>> {
        let mut bits = Bitmap::new(self.state.next_row);
        let done = self.for_each_segments(field, &segments, |row, found| {
            if let [a, b] = found
                && a.overlaps(b)?
            {
                bits.set(row);
            }
            Ok(())
        })?;
        Ok(done.map(|()| bits))
    }

    fn segment_sizes(
        &self,
        field: Option<&str>,
        segment: &str,
        size: SegmentSize,
    ) -> Result<Result<SizesByRow, String>> {
        let (mut rows, mut sizes) = (Vec::new(), Vec::new());
        let done = self.for_each_segments(field, &[segment], |row, found| {
            for segment in found {
                rows.push(row);
                sizes.push(match size {
                    SegmentSize::Volume => segment.volume_mm3(),
                    SegmentSize::Voxels => segment.voxels() as f64,
                });
            }
            Ok(())
        })?;
        Ok(done.map(|()| (rows, sizes)))
    }

    fn has_region(&self, field: Option<&str>, region: &str) -> Result<Result<Bitmap, String>> {
        let found = self.regions_field(field).and_then(|def| {
            let index = lookup::region(def, RegionKey::Name(region)).map_err(|e| e.to_string())?;
            Ok((def, index))
        });
        let (def, index) = match found {
            Ok(found) => found,
            Err(unknown) => return Ok(Err(unknown)),
        };
        let mut bits = Bitmap::new(self.state.next_row);
        for group in self.groups(def.column) {
            let view = RegionsView::new(group.group(), def);
            let Some(entry) = view.region(index)? else { continue };
            let (rows, dead) = (group.group().rows()?, group.dead_bits()?);
            for &image in view.images(entry)? {
                if dead.is_some_and(|dead| dead.get(u64::from(image))) {
                    continue;
                }
                if let Some(row) = rows.get(image as usize) {
                    bits.set(row);
                }
            }
        }
        Ok(Ok(bits))
    }
}

fn row_set(rows: Rows<'_>) -> RowSet<'_> {
    match rows {
        Rows::Dense { first, count } => RowSet::Dense { first, count },
        Rows::List(list) => RowSet::List(list),
    }
}
