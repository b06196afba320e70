//! Size, place and extent of sets of voxels.

#![deny(clippy::arithmetic_side_effects)]

use super::rows::{FrameRuns, RowRuns, frame_of};
use super::{Run, Runs, VoxelBox, VoxelShape};
use crate::format::space::Space;

/// What a pass over the runs gives. Sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Number of voxels.
    pub voxels: u64,
    /// The smallest box that holds all; `None` for an empty set.
    pub bounds: Option<VoxelBox>,
    /// Sums of t, z, y, x over all voxels.
    pub sums: [u128; 4],
}

impl Measures {
    /// Cubic millimetres: voxels times the volume of one. Of several frames it is the sum.
    pub fn volume_mm3(&self, space: &Space) -> f64 {
        self.voxels as f64 * voxel_mm3(space)
    }

    /// The mean position along t, z, y, x in voxels; `None` for an empty set.
    pub fn centroid(&self) -> Option<[f64; 4]> {
        let mean = |sum: u128| sum as f64 / self.voxels as f64;
        (self.voxels > 0).then(|| self.sums.map(mean))
    }

    /// The mean position (L, P, S) in mm; `None` for an empty set. Exact, as world positions are affine in the
    /// voxel's.
    pub fn centroid_world(&self, space: &Space) -> Option<[f64; 3]> {
        let [_, z, y, x] = self.centroid()?;
        Some(space.to_world([z, y, x]))
    }

    fn of(shape: VoxelShape, runs: &[Run]) -> Self {
        let mut all = Self::default();
        for run in RowRuns::new(shape, runs) {
            let (t, z) = frame_of(shape, run.slice);
            let len = run.end.saturating_sub(run.start);
            // The sum of start..end; below 2^63.
            let both_ends = run.start.saturating_add(run.end).saturating_sub(1);
            let sum_x = len.saturating_mul(both_ends) / 2;
            all.voxels = all.voxels.saturating_add(len);
            let add = [t, z, run.y].map(|at| u128::from(at).saturating_mul(u128::from(len)));
            let [add_t, add_z, add_y] = add;
            for (sum, add) in all.sums.iter_mut().zip([add_t, add_z, add_y, u128::from(sum_x)]) {
                *sum = sum.saturating_add(add);
            }
            let start = [t, z, run.y, run.start];
            let last = [t, z, run.y, run.end.saturating_sub(1)];
            let bounds = all.bounds.get_or_insert(VoxelBox { start, end: [0; 4] });
            for ((low, high), (start, last)) in
                bounds.start.iter_mut().zip(&mut bounds.end).zip(start.into_iter().zip(last))
            {
                *low = start.min(*low);
                *high = last.saturating_add(1).max(*high);
            }
        }
        all
    }
}

/// Volume of one voxel in mm3: the parallelepiped of its axes, also where they are not perpendicular.
pub fn voxel_mm3(space: &Space) -> f64 {
    space.determinant().abs() * space.spacing.iter().product::<f64>()
}

impl Runs {
    /// Size, box and centroid. O(runs).
    pub fn measures(&self) -> Measures {
        Measures::of(self.shape(), self.as_slice())
    }

    /// The measures of each frame that has voxels. O(runs).
    pub fn measures_of_frames(&self) -> Vec<(u64, Measures)> {
        let frames = FrameRuns::new(self.shape(), self.as_slice());
        frames.map(|(t, runs)| (t, Measures::of(self.shape(), runs))).collect()
    }

    /// Cubic millimetres in a space; of several frames the sum.
    pub fn volume_mm3(&self, space: &Space) -> f64 {
        self.voxels() as f64 * voxel_mm3(space)
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test arithmetic may panic")]
mod tests;
