//! Dense arrays to runs and back.

#![deny(clippy::arithmetic_side_effects)]

use std::collections::BTreeMap;

use super::algebra::{push, reserve};
use super::rows::RowEnd;
use super::words::{leading_equal, leading_nonzero, leading_zeros};
use super::{Axis, Run, Runs, RunsError, VoxelBox, VoxelShape};

/// Types of values of label maps: `u8`, `u16`, `u32`.
pub trait LabelValue: bytemuck::Pod + Eq + Into<u32> + TryFrom<u32> {
    /// Its name.
    const NAME: &'static str;
}

impl LabelValue for u8 {
    const NAME: &'static str = "u8";
}
impl LabelValue for u16 {
    const NAME: &'static str = "u16";
}
impl LabelValue for u32 {
    const NAME: &'static str = "u32";
}

impl Runs {
    /// The voxels of a dense array, C order, that are not zero.
    ///
    /// # Errors
    ///
    /// [`RunsError::Length`] when the array is not one value a voxel, [`RunsError::Memory`].
    pub fn from_dense<T: LabelValue>(shape: VoxelShape, values: &[T]) -> Result<Self, RunsError> {
        let mut runs: Vec<Run> = Vec::new();
        each_run(shape, values, |row, _| leading_nonzero(row), |_, run| push(&mut runs, run))?;
        Ok(Self::from_canonical(shape, runs))
    }

    /// The true voxels of a dense array, C order.
    ///
    /// # Errors
    ///
    /// [`RunsError::Length`] when the array is not one value a voxel, [`RunsError::Memory`].
    pub fn from_bools(shape: VoxelShape, values: &[bool]) -> Result<Self, RunsError> {
        Self::from_dense(shape, bytemuck::cast_slice::<bool, u8>(values))
    }

    /// A dense array, C order, of `value` at the voxels of the set and zero elsewhere.
    ///
    /// # Errors
    ///
    /// [`RunsError::Memory`].
    pub fn to_dense<T: LabelValue>(&self, value: T) -> Result<Vec<T>, RunsError> {
        self.filled(T::zeroed(), value)
    }

    /// A dense array, C order, true at the voxels of the set.
    ///
    /// # Errors
    ///
    /// [`RunsError::Memory`].
    pub fn to_bools(&self) -> Result<Vec<bool>, RunsError> {
        self.filled(false, true)
    }

    fn filled<T: Copy>(&self, zero: T, value: T) -> Result<Vec<T>, RunsError> {
        let count = usize::try_from(self.shape().voxels()).unwrap_or(usize::MAX);
        let mut values = Vec::new();
        reserve(&mut values, count)?;
        values.resize(count, zero);
        self.paint(&mut values, value)?;
        Ok(values)
    }

    /// Writes `value` at the voxels of the set into a dense array, C order.
    ///
    /// # Errors
    ///
    /// [`RunsError::Length`] when the array is not one value a voxel.
    pub fn paint<T: Copy>(&self, values: &mut [T], value: T) -> Result<(), RunsError> {
        check_length(self.shape(), values)?;
        for run in self.as_slice() {
            let range = usize::try_from(run.start).ok().zip(usize::try_from(run.end).ok());
            if let Some(part) = range.and_then(|(start, end)| values.get_mut(start..end)) {
                part.fill(value);
            }
        }
        Ok(())
    }

    /// [`Runs::paint`] of what is in a box, into an array of the shape of the box.
    ///
    /// # Errors
    ///
    /// [`RunsError::Length`] and [`RunsError::Outside`].
    pub fn paint_box<T: Copy>(
        &self,
        part: &VoxelBox,
        values: &mut [T],
        value: T,
    ) -> Result<(), RunsError> {
        self.crop(part)?.paint(values, value)
    }

    /// [`Runs::paint`] of a slice as [`Runs::slice`] has it, into an array of its rows and columns.
    ///
    /// # Errors
    ///
    /// [`RunsError::Length`] and [`RunsError::Outside`].
    pub fn paint_slice<T: Copy>(
        &self,
        [frame, at]: [u64; 2],
        axis: Axis,
        values: &mut [T],
        value: T,
    ) -> Result<(), RunsError> {
        self.slice(frame, axis, at)?.paint(values, value)
    }
}

/// The sets of voxels of all labels of a label map but zero, by ascending label. Memory: 16 bytes for each run of
/// equal values.
///
/// # Errors
///
/// [`RunsError::Length`] when the array is not one value a voxel, [`RunsError::Memory`].
pub fn split_labels<T: LabelValue>(
    shape: VoxelShape,
    values: &[T],
) -> Result<Vec<(u32, Runs)>, RunsError> {
    let mut places = Places::default();
    let mut parts: Vec<(u32, Vec<Run>)> = Vec::new();
    each_run(shape, values, leading_equal, |label, run| {
        let label = label.into();
        let place = places.of(label, parts.len())?;
        if place == parts.len() {
            parts.push((label, Vec::new()));
        }
        match parts.get_mut(place) {
            Some((_, runs)) => push(runs, run),
            None => Ok(()),
        }
    })?;
    parts.sort_unstable_by_key(|(label, _)| *label);
    let part = |(label, runs)| (label, Runs::from_canonical(shape, runs));
    Ok(parts.into_iter().map(part).collect())
}

/// Where the runs of a label are.
#[derive(Default)]
struct Places {
    /// Of small labels: one more than the place, or zero.
    small: Vec<usize>,
    large: BTreeMap<u32, usize>,
}

/// Labels below this have a table.
const SMALL: u32 = 1 << 16;

impl Places {
    /// The place of a label; `next` when it has none yet.
    #[inline]
    fn of(&mut self, label: u32, next: usize) -> Result<usize, RunsError> {
        if label >= SMALL {
            return Ok(*self.large.entry(label).or_insert(next));
        }
        let at = label as usize;
        if at >= self.small.len() {
            let len = at.saturating_add(1).next_power_of_two();
            let more = len.saturating_sub(self.small.len());
            reserve(&mut self.small, more)?;
            self.small.resize(len, 0);
        }
        let Some(slot) = self.small.get_mut(at) else { return Ok(next) };
        if *slot == 0 {
            *slot = next.saturating_add(1);
        }
        Ok(slot.saturating_sub(1))
    }
}

/// Refuses an array that is not one value a voxel.
pub(super) fn check_length<T>(shape: VoxelShape, values: &[T]) -> Result<(), RunsError> {
    let (given, wanted) = (values.len(), shape.voxels());
    if given as u64 == wanted { Ok(()) } else { Err(RunsError::Length { given, wanted }) }
}

/// Calls `see` with each stretch of values that are not zero and for which `len` says how long it is, within the row.
fn each_run<T: LabelValue>(
    shape: VoxelShape,
    values: &[T],
    len: impl Fn(&[T], T) -> usize,
    mut see: impl FnMut(T, Run) -> Result<(), RunsError>,
) -> Result<(), RunsError> {
    check_length(shape, values)?;
    let mut rows = RowEnd::new(shape);
    let mut at = 0_usize;
    while let Some(&label) = values.get(at) {
        // Zeros are skipped over the ends of rows: most of a map is background.
        if label == T::zeroed() {
            at = at.saturating_add(leading_zeros(values.get(at..).unwrap_or(&[])));
            continue;
        }
        let start = at as u64;
        let row_end = usize::try_from(rows.of(start)).unwrap_or(usize::MAX);
        let row = values.get(at..row_end).unwrap_or(&[]);
        at = at.saturating_add(len(row, label).max(1));
        see(label, Run { start, end: at as u64 })?;
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test arithmetic may panic")]
mod tests;
