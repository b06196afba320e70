//! Label maps: a view of all segments of an image at once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use super::image::Image;
use super::masks::SegmentRef;
use crate::error::{Error, Result};
use crate::mask::stored::{StoredMask, parts_of};
use crate::mask::{Flattened, LabelValue, Runs, RunsError, VoxelShape, flatten};

fn refused(error: &RunsError) -> Error {
    Error::Invalid(error.to_string())
}

impl SegmentRef<'_> {
    /// Writes `value` at the voxels of some slices (`time * depth + z`) into an array of these slices, C order.
    /// Nothing is collected: the array is written as the block is read.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when there are no such slices or the array is not of them; [`Error::Corrupt`].
    pub fn paint<T: Copy>(&self, slices: Range<u64>, out: &mut [T], value: T) -> Result<()> {
        check_slices(self.shape(), &slices, out)?;
        let Some(stored) = self.stored()? else { return Ok(()) };
        let width = usize::try_from(self.shape().width()).unwrap_or(usize::MAX);
        let first = slices.start.saturating_mul(self.shape().height());
        // By value, so that the loops over runs have it in registers.
        let painted = stored.for_each(slices, move |row, start, end| {
            // Rows are of these slices and columns inside of rows: nothing overflows that is not refused below.
            let row = usize::try_from(row.wrapping_sub(first)).unwrap_or(usize::MAX);
            let base = row.wrapping_mul(width);
            let place = |x: u64| base.wrapping_add(usize::try_from(x).unwrap_or(usize::MAX));
            if let Some(part) = out.get_mut(place(start)..place(end)) {
                part.fill(value);
            }
        });
        painted.map_err(|text| self.bad_block(&text))
    }
}

impl<'s> Image<'s> {
    /// The segments of a masks field with their voxels. A block of several segments is decoded once.
    pub fn segment_runs(&self, field: &str) -> Result<Vec<(SegmentRef<'s>, Runs)>> {
        let segments = self.segments(field)?;
        let mut shared: HashMap<*const u8, Vec<Runs>> = HashMap::new();
        let mut all = Vec::with_capacity(segments.len());
        for segment in segments {
            let stored = segment.stored()?;
            let runs = match stored.as_ref().and_then(|s| Some((s, s.part()?))) {
                None => segment.runs()?,
                Some((stored, part)) => part_runs(&segment, stored, part, &mut shared)?,
            };
            all.push((segment, runs));
        }
        Ok(all)
    }

    /// The label map of its segments in a masks field: ascending by priority, then by their order, the later over
    /// the earlier; and how many voxels of each are covered by others.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when a label does not fit `T`.
    pub fn label_map<T: LabelValue>(&self, field: &str) -> Result<(Vec<T>, Flattened)> {
        let segments = self.segment_runs(field)?;
        let shape = self.mask_shape()?;
        let list: Vec<(u32, i32, &Runs)> =
            segments.iter().map(|(s, runs)| (s.label(), s.priority(), runs)).collect();
        let flat = flatten(shape, &list).map_err(|error| refused(&error))?;
        let voxels = usize::try_from(shape.voxels()).unwrap_or(usize::MAX);
        let mut out = Vec::new();
        let memory = |_| Error::OutOfMemory { bytes: shape.voxels() };
        out.try_reserve_exact(voxels).map_err(memory)?;
        out.resize(voxels, T::zeroed());
        flat.paint(&mut out).map_err(|error| refused(&error))?;
        Ok((out, flat))
    }

    /// Paints the label map of some slices (`time * depth + z`) over an array of these slices, C order: ascending by
    /// priority, then by their order. Decodes no slab that has none of these slices.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] when a label does not fit `T`, there are no such slices, or the array is not of them.
    pub fn paint_labels<T: LabelValue>(
        &self,
        field: &str,
        slices: Range<u64>,
        out: &mut [T],
    ) -> Result<()> {
        let mut segments = self.segments(field)?;
        check_slices(self.mask_shape()?, &slices, out)?;
        segments.sort_by_key(|segment| (segment.priority(), segment.order()));
        segments.retain(|segment| {
            let bounds = segment.bounds();
            bounds.is_some_and(|b| b.slices.start < slices.end && slices.start < b.slices.end)
        });
        if segments.iter().any(SegmentRef::shares_block) {
            return self.paint_shared(field, slices, out);
        }
        for segment in segments {
            segment.paint(slices.clone(), out, label_of(&segment)?)?;
        }
        Ok(())
    }

    /// The same where blocks are of several segments.
    fn paint_shared<T: LabelValue>(
        &self,
        field: &str,
        slices: Range<u64>,
        out: &mut [T],
    ) -> Result<()> {
        let mut all = self.segment_runs(field)?;
        all.sort_by_key(|(segment, _)| (segment.priority(), segment.order()));
        for (segment, runs) in all {
            let (label, voxels) = (label_of(&segment)?, segment.shape().slice_voxels());
            let first = slices.start.saturating_mul(voxels);
            let end = slices.end.saturating_mul(voxels);
            let from = runs.as_slice().partition_point(|run| run.end <= first);
            let inside = runs.as_slice().iter().skip(from).take_while(|run| run.start < end);
            for run in inside {
                let place =
                    |voxel: u64| usize::try_from(voxel.saturating_sub(first)).unwrap_or(usize::MAX);
                if let Some(part) = out.get_mut(place(run.start)..place(run.end)) {
                    part.fill(label);
                }
            }
        }
        Ok(())
    }
}

/// Refuses slices that the array does not have, and values that are not one a voxel of the slices.
fn check_slices<T>(shape: VoxelShape, slices: &Range<u64>, out: &[T]) -> Result<()> {
    if slices.end > shape.slices() {
        let (there, end) = (shape.slices(), slices.end);
        return Err(Error::Invalid(format!(
            "slices up to {end} of an array of {there}: they are numbered time * depth + z"
        )));
    }
    let count = slices.end.saturating_sub(slices.start);
    let wanted = count.saturating_mul(shape.slice_voxels());
    if out.len() as u64 == wanted {
        return Ok(());
    }
    Err(refused(&RunsError::Length { given: out.len(), wanted }))
}

fn label_of<T: LabelValue>(segment: &SegmentRef<'_>) -> Result<T> {
    T::try_from(segment.label()).map_err(|_| {
        let (label, name) = (segment.label(), segment.name());
        Error::Invalid(format!(
            "label {label} of segment {name:?} does not fit {}: take a wider type",
            T::NAME
        ))
    })
}

fn part_runs(
    segment: &SegmentRef<'_>,
    stored: &StoredMask<'_>,
    part: u32,
    shared: &mut HashMap<*const u8, Vec<Runs>>,
) -> Result<Runs> {
    let parts = match shared.entry(stored.block().as_ptr()) {
        Entry::Occupied(entry) => entry.into_mut(),
        Entry::Vacant(entry) => {
            entry.insert(parts_of(stored).map_err(|text| segment.bad_block(&text))?)
        }
    };
    let runs = parts.get(part as usize).cloned();
    runs.filter(|runs| stored.states(runs))
        .ok_or_else(|| segment.bad_block("a part is not what its record states"))
}
