//! The box around a set of voxels.

#![deny(clippy::arithmetic_side_effects)]

use super::Runs;
use super::rows::RowRuns;

pub use crate::format::segment::Bounds;

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
