//! The shape of the arrays that masks are sets of voxels of.

use super::RunsError;
use crate::format::limits::{AXIS_MAX, MASK_VOXELS_MAX};
use crate::format::space::Space;

/// Voxels along time, z, y, x. Voxels are numbered in C order, x fastest: `((t * z + z) * y + y) * x + x`.
///
/// A **row** is all x of one (t, z, y); a **slice** is all rows of one (t, z). Slices are numbered
/// `t * depth + z`, rows `slice * height + y`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VoxelShape {
    frames: u64,
    depth: u64,
    height: u64,
    width: u64,
}

impl VoxelShape {
    /// A shape of `frames` volumes of `[z, y, x]`.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shape`] when an axis is zero or over 2^31, or all are more than 2^48 voxels.
    pub fn new(frames: u64, [depth, height, width]: [u64; 3]) -> Result<Self, RunsError> {
        let axes = [frames, depth, height, width];
        let voxels = axes.iter().try_fold(1_u64, |all, &n| {
            let all = all.checked_mul(n)?;
            (1..=AXIS_MAX).contains(&n).then_some(all)
        });
        match voxels {
            Some(n) if n <= MASK_VOXELS_MAX => Ok(Self { frames, depth, height, width }),
            _ => Err(RunsError::Shape { frames, shape: [depth, height, width] }),
        }
    }

    /// The shape of a space.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shape`] as of [`VoxelShape::new`]; also for a space that nothing is known of.
    pub fn of_space(space: &Space) -> Result<Self, RunsError> {
        Self::new(space.frames, space.shape)
    }

    /// Frames in time.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Voxels along z, y, x.
    pub fn zyx(&self) -> [u64; 3] {
        [self.depth, self.height, self.width]
    }

    /// Voxels along x: the length of a row.
    pub fn width(&self) -> u64 {
        self.width
    }

    /// Rows of a slice: voxels along y.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Slices of a frame: voxels along z.
    pub fn depth(&self) -> u64 {
        self.depth
    }

    /// All slices: frames times depth.
    pub fn slices(&self) -> u64 {
        self.frames.saturating_mul(self.depth)
    }

    /// All rows.
    pub fn rows(&self) -> u64 {
        self.slices().saturating_mul(self.height)
    }

    /// All voxels.
    pub fn voxels(&self) -> u64 {
        self.rows().saturating_mul(self.width)
    }

    /// Voxels of a slice.
    pub fn slice_voxels(&self) -> u64 {
        self.height.saturating_mul(self.width)
    }

    /// The number of the voxel (t, z, y, x), if it is inside.
    pub fn index(&self, [t, z, y, x]: [u64; 4]) -> Option<u64> {
        let inside = t < self.frames && z < self.depth && y < self.height && x < self.width;
        let row = t.checked_mul(self.depth)?.checked_add(z)?.checked_mul(self.height)?;
        let start = row.checked_add(y)?.checked_mul(self.width)?;
        start.checked_add(x).filter(|_| inside)
    }

    /// The voxel (t, z, y, x) of a number.
    pub fn position(&self, index: u64) -> [u64; 4] {
        let of = |a: u64, n: u64| (a.checked_div(n).unwrap_or(0), a.checked_rem(n).unwrap_or(0));
        let (rows, x) = of(index, self.width);
        let (slices, y) = of(rows, self.height);
        let (t, z) = of(slices, self.depth);
        [t, z, y, x]
    }
}
