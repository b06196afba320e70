//! Adding, changing and deleting segments of masks.

use super::image_writer::ImageWriter;
use super::lookup;
use super::pending::{PendingColumn, PendingMasks, PendingSegment, PendingVoxels};
use super::transaction::WriteTxn;
use crate::container::group::Group;
use crate::container::view::MasksView;
use crate::error::{Error, Result};
use crate::format::limits::{JSON_BYTES_MAX, NAME_BYTES_MAX, SEGMENT_CODES_MAX, TEXT_BYTES_MAX};
use crate::format::schema::FieldKind;
use crate::format::segment::{SEGMENT_SLOTS, SegmentRecord, image_of, segment_row};
use crate::format::space::Space;
use crate::mask::codec::Profile;
use crate::mask::stored::StoredMask;
use crate::mask::{SegmentValue, VoxelShape};
use crate::model::definition::{check_json, check_limit, check_name};
use crate::model::{Segment, SegmentKey, TermCode, space_difference};

impl ImageWriter<'_, '_> {
    /// Binds the image to a space: sets it when nothing is known of its space, and refuses one that differs.
    ///
    /// # Errors
    ///
    /// [`Error::SpaceMismatch`] names the property that differs and both values, where corners are more than 1e-4
    /// voxels apart.
    pub fn in_space(self, space: &Space) -> Result<Self> {
        let id = self.txn.space_of_row(self.row)?;
        let have = self.txn.space(id);
        if !have.is_known() {
            let id = self.txn.add_space(space)?;
            return self.space(id);
        }
        let Some((what, have, given)) = space_difference(&have, space) else { return Ok(self) };
        let name = format!("{what} of image {}", self.key);
        Err(Error::SpaceMismatch { name, have, given })
    }

    /// Adds a segment to a masks field, or replaces the one of its group and name. The other segments of the image
    /// are not touched.
    ///
    /// # Errors
    ///
    /// [`Error::SpaceMismatch`] when the runs are not of the shape of the image's space.
    ///
    /// Cost: encoding its runs; nothing grows with the number of segments that there are, but a scan of four bytes
    /// for each segment of the image.
    pub fn segment(self, field: &str, value: &SegmentValue) -> Result<Self> {
        self.segments(field, std::slice::from_ref(value))
    }

    /// Adds a segment whose group and name are not taken.
    ///
    /// # Errors
    ///
    /// [`Error::SegmentExists`], and those of [`ImageWriter::segment`].
    pub fn add_segment(self, field: &str, value: &SegmentValue) -> Result<Self> {
        let column = self.masks_column(field)?;
        let (group, name) = (&*value.segment.group, &*value.segment.name);
        if self.txn.slot_of(column, self.row, group, name)?.is_some() {
            let (group, name) = (group.to_owned(), name.to_owned());
            return Err(Error::SegmentExists { image: self.key, group, name });
        }
        self.segment(field, value)
    }

    /// Adds or replaces segments, as [`ImageWriter::segment`] does for each. Where they do not overlap and share most
    /// of their boundaries, they are encoded together when that is smaller.
    pub fn segments(mut self, field: &str, values: &[SegmentValue]) -> Result<Self> {
        let column = self.masks_column(field)?;
        let shape = self.mask_shape()?;
        for value in values {
            check_segment(&value.segment)?;
            self.check_shape(shape, value.runs.shape())?;
        }
        let encoded = StoredMask::encode_all(values, self.txn.mask_profile);
        for (value, stored) in values.iter().zip(encoded) {
            let voxels = stored.map(|stored| {
                let (block, part, facts) = stored.into_parts();
                PendingVoxels { block, part, facts }
            });
            let segment = value.segment.clone();
            self.put(column, PendingSegment { segment, voxels })?;
        }
        self.txn.spill_if_large(column)?;
        Ok(self)
    }

    /// Changes what is known of a segment: its name, group, label, colour, terms, JSON. Its voxels stay.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuch`] without such a segment, [`Error::SegmentExists`] when the new name is taken.
    pub fn change_segment<'k>(
        self,
        field: &str,
        key: impl Into<SegmentKey<'k>>,
        change: impl FnOnce(&mut Segment),
    ) -> Result<Self> {
        let column = self.masks_column(field)?;
        let (group, name, slot) = self.txn.resolve_segment(column, self.row, key.into())?;
        let row = segment_row(self.row, slot);
        let missing = || Error::Invalid(format!("segment {name:?} is gone"));
        let mut value = self.txn.segment_value(column, row)?.ok_or_else(missing)?;
        change(&mut value.segment);
        check_segment(&value.segment)?;
        let renamed = (&value.segment.group, &value.segment.name) != (&group, &name);
        if renamed {
            let (new_group, new_name) = (&*value.segment.group, &*value.segment.name);
            if self.txn.slot_of(column, self.row, new_group, new_name)?.is_some() {
                let (group, name) = (new_group.to_owned(), new_name.to_owned());
                return Err(Error::SegmentExists { image: self.key, group, name });
            }
        }
        let next = self.txn.next_slot(column, self.row)?;
        let pending = self.txn.pending_masks(column);
        if renamed {
            pending.remove(row, &group, &name, next);
        }
        pending.set(row, value, next);
        self.txn.spill_if_large(column)?;
        Ok(self)
    }

    /// Deletes a segment.
    ///
    /// # Errors
    ///
    /// [`Error::NoSuch`] without such a segment.
    pub fn delete_segment<'k>(self, field: &str, key: impl Into<SegmentKey<'k>>) -> Result<Self> {
        let column = self.masks_column(field)?;
        let (group, name, slot) = self.txn.resolve_segment(column, self.row, key.into())?;
        let row = segment_row(self.row, slot);
        let next = self.txn.next_slot(column, self.row)?;
        self.txn.pending_masks(column).remove(row, &group, &name, next);
        self.txn.clear(row, column);
        Ok(self)
    }

    fn masks_column(&self, field: &str) -> Result<u32> {
        Ok(lookup::field_of_kind(&self.txn.schema, field, FieldKind::Masks)?.column)
    }

    fn mask_shape(&self) -> Result<VoxelShape> {
        let space = self.txn.space(self.txn.space_of_row(self.row)?);
        if !space.is_known() {
            let text = format!(
                "image {:?}: nothing is known of its space, which masks need; set it first",
                self.key
            );
            return Err(Error::Invalid(text));
        }
        VoxelShape::of_space(&space).map_err(|error| Error::Invalid(error.to_string()))
    }

    fn check_shape(&self, have: VoxelShape, given: VoxelShape) -> Result<()> {
        if have == given {
            return Ok(());
        }
        let text = |shape: VoxelShape| match shape.frames() {
            1 => format!("{:?}", shape.zyx()),
            frames => format!("{frames} frames of {:?}", shape.zyx()),
        };
        let name = format!("shape of image {}", self.key);
        Err(Error::SpaceMismatch { name, have: text(have), given: text(given) })
    }

    /// Puts a segment under its name: where that name stands, or behind all others.
    fn put(&mut self, column: u32, value: PendingSegment) -> Result<()> {
        let (group, name) = (&*value.segment.group, &*value.segment.name);
        let next = self.txn.next_slot(column, self.row)?;
        let slot = self.txn.slot_of(column, self.row, group, name)?.unwrap_or(next);
        check_limit("segments of an image", slot, SEGMENT_SLOTS - 1)?;
        let row = segment_row(self.row, slot);
        if let Some(rows) = self.txn.cleared.get_mut(&column) {
            rows.remove(&row);
        }
        self.txn.pending_masks(column).set(row, value, next);
        Ok(())
    }
}

impl WriteTxn<'_> {
    /// How segments are encoded from here on. [`Profile::Small`] unless this says otherwise.
    pub fn set_mask_profile(&mut self, profile: Profile) {
        self.mask_profile = profile;
    }

    fn pending_masks(&mut self, column: u32) -> &mut PendingMasks {
        let fresh = || PendingColumn::Masks(Box::default());
        let slot = self.columns.entry(column).or_insert_with(fresh);
        if !matches!(slot, PendingColumn::Masks(_)) {
            *slot = fresh();
        }
        match slot {
            PendingColumn::Masks(pending) => pending,
            _ => unreachable!("made above"),
        }
    }

    fn waiting(&self, column: u32) -> Option<&PendingMasks> {
        match self.columns.get(&column) {
            Some(PendingColumn::Masks(pending)) => Some(pending),
            _ => None,
        }
    }

    fn is_cleared(&self, column: u32, image: u64, slot: u64) -> bool {
        let row = segment_row(image, slot);
        self.cleared.get(&column).is_some_and(|rows| rows.contains(&row))
    }

    /// The number of the segment of a name, with what this transaction did.
    fn slot_of(&self, column: u32, image: u64, group: &str, name: &str) -> Result<Option<u64>> {
        if let Some(named) = self.waiting(column).and_then(|p| p.named(image, group, name)) {
            return Ok(named.slot());
        }
        let found = self.base.find_segment(column, image, group, name)?;
        let slot = found.map(|place| place.slot);
        Ok(slot.filter(|&slot| !self.is_cleared(column, image, slot)))
    }

    fn next_slot(&self, column: u32, image: u64) -> Result<u64> {
        match self.waiting(column).and_then(|pending| pending.next_slot(image)) {
            Some(next) => Ok(next),
            None => self.base.next_slot(column, image),
        }
    }

    /// Whether an image has a segment in a column, with what this transaction did.
    pub(super) fn has_masks(&self, column: u32, image: u64) -> Result<bool> {
        if self.waiting(column).is_some_and(|pending| pending.has_image(image)) {
            return Ok(true);
        }
        let stored = self.base.segments_of(column, image)?;
        Ok(stored.iter().any(|place| !self.is_cleared(column, image, place.slot)))
    }

    /// Group, name and number of all segments of an image, with what this transaction did.
    fn segment_names(&self, column: u32, image: u64) -> Result<Vec<(String, String, u64)>> {
        let waiting = self.waiting(column);
        let mut names = Vec::new();
        for place in self.base.segments_of(column, image)? {
            let (group, name) = place.view.name(place.position)?;
            let told = waiting.and_then(|pending| pending.named(image, group, name));
            if told.is_none() && !self.is_cleared(column, image, place.slot) {
                names.push((group.to_owned(), name.to_owned(), place.slot));
            }
        }
        for ((group, name), slot) in waiting.into_iter().flat_map(|p| p.names_of(image)) {
            names.extend(slot.map(|slot| (group.clone(), name.clone(), slot)));
        }
        Ok(names)
    }

    fn resolve_segment(
        &self,
        column: u32,
        image: u64,
        key: SegmentKey<'_>,
    ) -> Result<(String, String, u64)> {
        let (group, name) = key.first_meant();
        if let Some(slot) = self.slot_of(column, image, group, name)? {
            return Ok((group.to_owned(), name.to_owned(), slot));
        }
        lookup::segment(key, self.segment_names(column, image)?)
    }

    /// Takes all segments of an image away.
    pub(super) fn clear_segments(&mut self, column: u32, image: u64) -> Result<()> {
        for (group, name, slot) in self.segment_names(column, image)? {
            let row = segment_row(image, slot);
            let next = self.next_slot(column, image)?;
            self.pending_masks(column).remove(row, &group, &name, next);
            self.clear(row, column);
        }
        Ok(())
    }

    /// A segment that waits, was written ahead, or is stored.
    fn segment_value(&self, column: u32, row: u64) -> Result<Option<PendingSegment>> {
        if let Some(value) = self.waiting(column).and_then(|pending| pending.get(row)) {
            return Ok(Some(value.clone()));
        }
        let space = self.space(self.space_of_row(image_of(row))?);
        for desc in self.ahead.iter().rev().filter(|desc| desc.column == column) {
            let group = Group::in_extent(desc.clone(), &self.base.storage);
            if let Some(position) = group.position(row)? {
                return stored_value(MasksView::new(&group), position, &space).map(Some);
            }
        }
        let Some(column) = self.base.column(column) else { return Ok(None) };
        let Some((group, position)) = column.find(row)? else { return Ok(None) };
        stored_value(MasksView::new(group.group()), position, &space).map(Some)
    }

    /// Refuses a space of another shape than the masks of an image have.
    pub(super) fn check_masks_in(&self, row: u64, key: &str, id: u32) -> Result<()> {
        let (have, given) = (self.space(self.space_of_row(row)?), self.space(id));
        if (have.shape, have.frames) == (given.shape, given.frames) {
            return Ok(());
        }
        for field in self.schema.fields.iter().filter(|field| field.kind == FieldKind::Masks) {
            if self.has_masks(field.column, row)? {
                let name = format!("image {key}, which has masks in field {}", field.name);
                let text = |s: &Space| format!("of shape {:?} x {} frames", s.shape, s.frames);
                let (have, given) = (text(&have), text(&given));
                return Err(Error::SpaceMismatch { name, have, given });
            }
        }
        Ok(())
    }
}

/// A stored segment as one to be stored again: its block as it is, unless it is shared with others.
fn stored_value(view: MasksView<'_>, position: usize, space: &Space) -> Result<PendingSegment> {
    let (group, name) = view.name(position)?;
    let record = view.record(position)?;
    let label = view.label(position)?;
    let voxels = match &record.voxels {
        None => None,
        Some((block, facts)) => {
            let shape = VoxelShape::of_space(space);
            let shape = shape.map_err(|error| Error::Invalid(error.to_string()))?;
            let stored = StoredMask::new(shape, facts.clone(), view.block(block)?, block.part);
            let alone = stored.alone().map_err(|text| view.bad_block(&text))?;
            let (block, part, facts) = alone.into_parts();
            Some(PendingVoxels { block, part, facts })
        }
    };
    Ok(PendingSegment { segment: segment_of(group, name, label, &record), voxels })
}

/// What is known of a stored segment.
pub(super) fn segment_of(
    group: &str,
    name: &str,
    label: u32,
    record: &SegmentRecord<'_>,
) -> Segment {
    let term = |[scheme, value, meaning]: &[&str; 3]| TermCode {
        scheme: (*scheme).to_owned(),
        value: (*value).to_owned(),
        meaning: (*meaning).to_owned(),
    };
    Segment {
        name: name.to_owned(),
        group: group.to_owned(),
        label,
        priority: record.priority,
        colour: record.colour,
        codes: record.codes.iter().map(term).collect(),
        json: record.json.to_owned(),
    }
}

fn check_segment(segment: &Segment) -> Result<()> {
    check_name("segment", &segment.name)?;
    check_limit("bytes of a name", segment.group.len() as u64, NAME_BYTES_MAX)?;
    check_limit("terms of a segment", segment.codes.len() as u64, SEGMENT_CODES_MAX)?;
    for code in &segment.codes {
        for text in [&code.scheme, &code.value, &code.meaning] {
            check_limit("bytes of a term", text.len() as u64, TEXT_BYTES_MAX)?;
        }
    }
    check_limit("bytes of JSON", segment.json.len() as u64, JSON_BYTES_MAX)?;
    check_json(&segment.json)
}
