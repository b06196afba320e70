//! The box around a set of voxels.

#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::rows::RowRuns;
use super::{Runs, VoxelShape};

pub use crate::format::segment::Bounds;

impl Bounds {
    /// Whether the box has voxels and all of them are voxels of the shape.
    pub fn is_inside(&self, shape: VoxelShape) -> bool {
        let within = |part: &Range<u64>, all: u64| part.start < part.end && part.end <= all;
        within(&self.slices, shape.slices())
            && within(&self.rows, shape.height())
            && within(&self.columns, shape.width())
    }

    /// Whether there is no voxel in it.
    pub fn is_empty(&self) -> bool {
        self.slices.is_empty() || self.rows.is_empty() || self.columns.is_empty()
    }

    /// The smallest box around both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return if self.is_empty() { other.clone() } else { self.clone() };
        }
        let both = |a: &Range<u64>, b: &Range<u64>| a.start.min(b.start)..a.end.max(b.end);
        Self {
            slices: both(&self.slices, &other.slices),
            rows: both(&self.rows, &other.rows),
            columns: both(&self.columns, &other.columns),
        }
    }
}

impl Runs {
    /// The smallest box that holds all voxels; `None` when there is none. O(runs).
    pub fn bounds(&self) -> Option<Bounds> {
        let mut runs = RowRuns::new(self.shape(), self.as_slice());
        let first = runs.next()?;
        let mut last = first;
        let (mut rows, mut columns) = ((first.y, first.y), (first.start, first.end));
        for run in runs {
            rows = (rows.0.min(run.y), rows.1.max(run.y));
            columns = (columns.0.min(run.start), columns.1.max(run.end));
            last = run;
        }
        Some(Bounds {
            slices: first.slice..last.slice.wrapping_add(1),
            rows: rows.0..rows.1.wrapping_add(1),
            columns: columns.0..columns.1,
        })
    }
}
