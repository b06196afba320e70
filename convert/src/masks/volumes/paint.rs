//! Segments become planes of labels.

use vesalius::{RunsError, SegmentValue, Space, VoxelShape};

use super::error::VolumeErrorKind;
use super::gather::check_space;

/// A voxel that no segment has.
pub(in crate::masks) const FREE: u32 = u32::MAX;

/// Paints segments over each other, slice by slice. Memory: one plane.
pub(in crate::masks) struct Painter<'a> {
    segments: &'a [SegmentValue],
    /// Places of the segments that are painted, in the order of painting, and the runs of each that are done.
    order: Vec<(usize, usize)>,
    plane: Vec<u32>,
    slice_voxels: u64,
    covered: Vec<u64>,
}

impl<'a> Painter<'a> {
    /// Will paint the segments at these places, the last one on top.
    ///
    /// # Errors
    /// A slice for which there is no memory: a few runs may be of a very large one.
    pub(in crate::masks) fn new(
        shape: VoxelShape,
        segments: &'a [SegmentValue],
        order: impl IntoIterator<Item = usize>,
    ) -> Result<Self, VolumeErrorKind> {
        Ok(Self {
            segments,
            order: order.into_iter().map(|place| (place, 0)).collect(),
            plane: filled(shape.slice_voxels(), FREE)?,
            slice_voxels: shape.slice_voxels(),
            covered: vec![0; segments.len()],
        })
    }

    /// The places of the segments that are seen at the voxels of a slice, [`FREE`] where there is none. Slices
    /// have to be asked for in ascending order.
    pub(in crate::masks) fn slice(&mut self, slice: u64) -> &[u32] {
        self.plane.fill(FREE);
        let first = slice.saturating_mul(self.slice_voxels);
        let end = first.saturating_add(self.slice_voxels);
        for (place, done) in &mut self.order {
            let Some(value) = self.segments.get(*place) else { continue };
            let owner = u32::try_from(*place).unwrap_or(FREE);
            for run in value.runs.as_slice().get(*done..).unwrap_or_default() {
                if run.start >= end {
                    break;
                }
                *done = done.saturating_add(1);
                let at = |voxel: u64| usize::try_from(voxel.saturating_sub(first)).unwrap_or(0);
                let part = self.plane.get_mut(at(run.start)..at(run.end)).unwrap_or_default();
                for voxel in part {
                    if let Some(under) = self.covered.get_mut(*voxel as usize) {
                        *under = under.saturating_add(1);
                    }
                    *voxel = owner;
                }
            }
        }
        &self.plane
    }

    /// Of every segment, the voxels that others cover, as far as it is painted.
    pub(in crate::masks) fn into_covered(self) -> Vec<u64> {
        self.covered
    }
}

/// That many equal values.
///
/// # Errors
/// [`RunsError::Memory`].
pub(in crate::masks) fn filled<T: Copy>(count: u64, value: T) -> Result<Vec<T>, VolumeErrorKind> {
    let length = usize::try_from(count).unwrap_or(usize::MAX);
    let mut values = Vec::new();
    let bytes = count.saturating_mul(size_of::<T>() as u64);
    values.try_reserve_exact(length).map_err(|_| RunsError::Memory { bytes })?;
    values.resize(length, value);
    Ok(values)
}

/// The places of the segments, the one that is seen where they overlap last: by priority, then by place.
pub(in crate::masks) fn by_sight(segments: &[SegmentValue]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..segments.len()).collect();
    order.sort_by_key(|place| segments.get(*place).map(|value| value.segment.priority));
    order
}

/// The shape of the space, when the runs of all segments have it.
pub(in crate::masks) fn check_set(
    space: &Space,
    segments: &[SegmentValue],
) -> Result<VoxelShape, VolumeErrorKind> {
    let shape = check_space(space)?;
    match segments.iter().map(|value| value.runs.shape()).find(|other| *other != shape) {
        Some(right) => Err(RunsError::Shapes { left: shape, right }.into()),
        None => Ok(shape),
    }
}
