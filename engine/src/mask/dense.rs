//! Dense arrays to runs and back.

use std::collections::BTreeMap;

use super::{Run, Runs, RunsError, VoxelShape};

/// Types of values of label maps: `u8`, `u16`, `u32`.
pub trait LabelValue: bytemuck::Pod + Eq + Into<u32> {}

impl LabelValue for u8 {}
impl LabelValue for u16 {}
impl LabelValue for u32 {}

impl Runs {
    /// The voxels of a dense array, C order, that are not zero.
    ///
    /// # Errors
    ///
    /// [`RunsError::Length`] when the array is not one value a voxel.
    pub fn from_dense<T: LabelValue>(shape: VoxelShape, values: &[T]) -> Result<Self, RunsError> {
        let mut runs: Vec<Run> = Vec::new();
        each_run(shape, values, |label, run| {
            if label == T::zeroed() {
                return;
            }
            match runs.last_mut() {
                Some(last) if last.end == run.start && !run.start.is_multiple_of(shape.width()) => {
                    last.end = run.end;
                }
                _ => runs.push(run),
            }
        })?;
        Ok(Self::from_canonical(shape, runs))
    }

    /// Writes `value` at the voxels of the set into a dense array, C order.
    ///
    /// # Errors
    ///
    /// [`RunsError::Length`] when the array is not one value a voxel.
    pub fn paint<T: Copy>(&self, values: &mut [T], value: T) -> Result<(), RunsError> {
        let wanted = self.shape().voxels();
        let given = values.len();
        if given as u64 != wanted {
            return Err(RunsError::Length { given, wanted });
        }
        for run in self.as_slice() {
            let range = usize::try_from(run.start).ok().zip(usize::try_from(run.end).ok());
            if let Some(part) = range.and_then(|(start, end)| values.get_mut(start..end)) {
                part.fill(value);
            }
        }
        Ok(())
    }
}

/// The sets of voxels of all labels of a label map but zero, by ascending label.
///
/// # Errors
///
/// [`RunsError::Length`] when the array is not one value a voxel.
pub fn split_labels<T: LabelValue>(
    shape: VoxelShape,
    values: &[T],
) -> Result<Vec<(u32, Runs)>, RunsError> {
    let mut parts: BTreeMap<u32, Vec<Run>> = BTreeMap::new();
    each_run(shape, values, |label, run| {
        if label != T::zeroed() {
            parts.entry(label.into()).or_default().push(run);
        }
    })?;
    let part = |(label, runs)| (label, Runs::from_canonical(shape, runs));
    Ok(parts.into_iter().map(part).collect())
}

/// Calls `see` with each run of equal values of each row, in order.
fn each_run<T: LabelValue>(
    shape: VoxelShape,
    values: &[T],
    mut see: impl FnMut(T, Run),
) -> Result<(), RunsError> {
    let wanted = shape.voxels();
    let given = values.len();
    if given as u64 != wanted {
        return Err(RunsError::Length { given, wanted });
    }
    let width = usize::try_from(shape.width()).unwrap_or(usize::MAX).max(1);
    let mut start = 0_u64;
    for row in values.chunks_exact(width) {
        let mut rest = row;
        while let Some(&label) = rest.first() {
            let len = rest.iter().position(|&v| v != label).unwrap_or(rest.len());
            let end = start.saturating_add(len as u64);
            see(label, Run { start, end });
            start = end;
            rest = rest.get(len..).unwrap_or(&[]);
        }
    }
    Ok(())
}
