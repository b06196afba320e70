//! What a directory says of a segment's voxels.

use super::Runs;
use crate::format::segment::{Bounds, VoxelFacts};

/// Counts, box and sums of a set; `None` when it is empty. O(runs).
pub(super) fn facts(runs: &Runs) -> Option<VoxelFacts> {
    let shape = runs.shape();
    let (width, height, depth) = (shape.width(), shape.height(), shape.depth());
    let mut sums = Sums::default();
    let mut slices = Span::default();
    let mut rows = Span::default();
    let mut columns = Span::default();
    let mut depths = Span::default();
    for run in runs.as_slice() {
        let of = |a: u64, n: u64| {
            let quotient = a.checked_div(n).unwrap_or(0);
            (quotient, a.saturating_sub(quotient.saturating_mul(n)))
        };
        let (row, first) = of(run.start, width);
        let (slice, y) = of(row, height);
        let z = of(slice, depth).1;
        let count = run.len();
        slices.add(slice, slice);
        rows.add(y, y);
        columns.add(first, first.saturating_add(count.saturating_sub(1)));
        depths.add(z, z);
        sums.add(count, [slice, y, first, z]);
    }
    let bounds = Bounds { slices: slices.get()?, rows: rows.get()?, columns: columns.get()? };
    let from = |sum: u128, start: u64| {
        sum.saturating_sub(u128::from(start).saturating_mul(u128::from(sums.voxels)))
    };
    let [slice, row, column, z] = sums.sums;
    let depth = if shape.frames() > 1 { depths.get() } else { None };
    Some(VoxelFacts {
        voxels: sums.voxels,
        runs: runs.len() as u64,
        sums: [
            from(slice, bounds.slices.start),
            from(row, bounds.rows.start),
            from(column, bounds.columns.start),
        ],
        depth: depth.map(|range| (range.clone(), from(z, range.start))),
        bounds,
    })
}

#[derive(Default)]
struct Sums {
    voxels: u64,
    /// Of slice, row, column, z over all voxels.
    sums: [u128; 4],
}

impl Sums {
    fn add(&mut self, count: u64, [slice, row, first, z]: [u64; 4]) {
        self.voxels = self.voxels.saturating_add(count);
        let wide = u128::from(count);
        // first + (first + 1) + ... of `count` columns.
        let steps = wide.saturating_mul(wide.saturating_sub(1)) / 2;
        let each = [slice, row, first, z].map(|place| wide.saturating_mul(u128::from(place)));
        for (sum, part) in self.sums.iter_mut().zip(each) {
            *sum = sum.saturating_add(part);
        }
        let [_, _, columns, _] = &mut self.sums;
        *columns = columns.saturating_add(steps);
    }
}

/// The smallest and the largest of some numbers.
#[derive(Default)]
struct Span {
    ends: Option<(u64, u64)>,
}

impl Span {
    fn add(&mut self, low: u64, high: u64) {
        let (a, b) = self.ends.unwrap_or((low, high));
        self.ends = Some((a.min(low), b.max(high)));
    }

    fn get(self) -> Option<std::ops::Range<u64>> {
        self.ends.map(|(low, high)| low..high.saturating_add(1))
    }
}
