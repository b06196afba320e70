//! A box of voxels in time and space.

#![deny(clippy::arithmetic_side_effects)]

use super::{RunsError, VoxelShape};
use crate::format::space::Space;

/// The voxels `start` to before `end`, each along t, z, y, x.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VoxelBox {
    /// The first voxel.
    pub start: [u64; 4],
    /// Behind the last voxel along each axis.
    pub end: [u64; 4],
}

/// A box in the world, LPS, in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WorldBox {
    /// The least coordinates.
    pub min: [f64; 3],
    /// The greatest coordinates.
    pub max: [f64; 3],
}

impl VoxelBox {
    /// All of a shape.
    pub fn of_shape(shape: VoxelShape) -> Self {
        let [z, y, x] = shape.zyx();
        Self { start: [0; 4], end: [shape.frames(), z, y, x] }
    }

    /// Voxels along t, z, y, x.
    pub fn lengths(&self) -> [u64; 4] {
        let mut lengths = [0; 4];
        for ((length, start), end) in lengths.iter_mut().zip(self.start).zip(self.end) {
            *length = end.saturating_sub(start);
        }
        lengths
    }

    /// The shape of what is in the box.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shape`] when it is empty or too large.
    pub fn shape(&self) -> Result<VoxelShape, RunsError> {
        let [t, z, y, x] = self.lengths();
        VoxelShape::new(t, [z, y, x])
    }

    /// Refuses a box that is empty or not within a shape.
    pub(super) fn check(&self, shape: VoxelShape) -> Result<(), RunsError> {
        let whole = Self::of_shape(shape);
        let axes = self.start.iter().zip(self.end).zip(whole.end);
        for (((start, end), length), axis) in axes.zip(["t", "z", "y", "x"]) {
            if *start >= end || end > length {
                return Err(RunsError::Outside { axis, start: *start, end, length });
            }
        }
        Ok(())
    }

    /// The eight corners in the world: outer corners of the outermost voxels, half a voxel beyond their centres.
    /// Bit 0 of the place of a corner is the side along z, bit 1 along y, bit 2 along x.
    pub fn corners(&self, space: &Space) -> [[f64; 3]; 8] {
        self.eight(space, 0.5)
    }

    /// The eight centres of the outermost voxels in the world, in the order of [`VoxelBox::corners`].
    pub fn centre_corners(&self, space: &Space) -> [[f64; 3]; 8] {
        self.eight(space, 0.0)
    }

    /// The world's box around the whole voxels.
    pub fn world(&self, space: &Space) -> WorldBox {
        WorldBox::around(&self.corners(space))
    }

    /// The world's box around the centres of the voxels.
    pub fn world_of_centres(&self, space: &Space) -> WorldBox {
        WorldBox::around(&self.centre_corners(space))
    }

    /// The corners `beyond` voxels outside the centres of the outermost voxels.
    fn eight(&self, space: &Space, beyond: f64) -> [[f64; 3]; 8] {
        let ([_, z0, y0, x0], [_, z1, y1, x1]) = (self.start, self.end);
        let low = [z0, y0, x0].map(|n| n as f64 - beyond);
        let high = [z1, y1, x1].map(|n| n as f64 - 1.0 + beyond);
        let mut corners = [[0.0; 3]; 8];
        for (number, corner) in (0_u32..).zip(&mut corners) {
            let mut index = low;
            for ((axis, at), high) in (0_u32..).zip(&mut index).zip(high) {
                if number.wrapping_shr(axis) & 1 == 1 {
                    *at = high;
                }
            }
            *corner = space.to_world(index);
        }
        corners
    }
}

impl WorldBox {
    /// The smallest box around points.
    pub fn around(points: &[[f64; 3]]) -> Self {
        let (mut min, mut max) = ([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
        for point in points {
            for ((p, low), high) in point.iter().zip(&mut min).zip(&mut max) {
                (*low, *high) = (low.min(*p), high.max(*p));
            }
        }
        Self { min, max }
    }
}
