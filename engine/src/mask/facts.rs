//! What a directory says of a segment's voxels.

#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::{Bounds, Measures, Runs, VoxelBox, VoxelShape};
use crate::format::segment::VoxelFacts;

/// The facts of runs that come one by one, in ascending order.
#[derive(Clone, Debug)]
pub(super) struct Counter {
    shape: VoxelShape,
    voxels: u64,
    runs: u64,
    bounds: Bounds,
    depth: Range<u64>,
    /// Sums of slice, row, column, z.
    sums: [u128; 4],
}

impl Counter {
    /// Of no run yet.
    pub(super) fn new(shape: VoxelShape) -> Self {
        let (bounds, depth) = (Bounds::default(), 0..0);
        Self { shape, voxels: 0, runs: 0, bounds, depth, sums: [0; 4] }
    }

    /// Adds the run `start..end` of a row, which is numbered through the whole array.
    pub(super) fn add(&mut self, row: u64, start: u64, end: u64) {
        let of = |a: u64, n: u64| (a.checked_div(n).unwrap_or(0), a.checked_rem(n).unwrap_or(0));
        let (slice, y) = of(row, self.shape.height());
        let (_, z) = of(slice, self.shape.depth());
        let len = end.saturating_sub(start);
        let columns = len.saturating_mul(start.saturating_add(end).saturating_sub(1)) / 2;
        let each = [slice, y, z].map(|at| u128::from(at).saturating_mul(u128::from(len)));
        let [slices, rows, depths] = each;
        let adds = [slices, rows, u128::from(columns), depths];
        for (sum, add) in self.sums.iter_mut().zip(adds) {
            *sum = sum.saturating_add(add);
        }
        let is_first = self.runs == 0;
        widen(&mut self.bounds.slices, slice, slice.saturating_add(1), is_first);
        widen(&mut self.bounds.rows, y, y.saturating_add(1), is_first);
        widen(&mut self.bounds.columns, start, end, is_first);
        widen(&mut self.depth, z, z.saturating_add(1), is_first);
        self.voxels = self.voxels.saturating_add(len);
        self.runs = self.runs.saturating_add(1);
    }

    /// The facts; `None` of no run.
    pub(super) fn facts(self) -> Option<VoxelFacts> {
        let voxels = u128::from(self.voxels);
        let from =
            |sum: u128, start: u64| sum.saturating_sub(u128::from(start).saturating_mul(voxels));
        let [slices, rows, columns, z] = self.sums;
        let bounds = self.bounds;
        (self.runs > 0).then(|| VoxelFacts {
            voxels: self.voxels,
            runs: self.runs,
            sums: [
                from(slices, bounds.slices.start),
                from(rows, bounds.rows.start),
                from(columns, bounds.columns.start),
            ],
            depth: (self.shape.frames() > 1)
                .then(|| (self.depth.clone(), from(z, self.depth.start))),
            bounds,
        })
    }
}

fn widen(range: &mut Range<u64>, start: u64, end: u64, is_first: bool) {
    if is_first {
        *range = start..end;
    } else {
        *range = range.start.min(start)..range.end.max(end);
    }
}

/// Counts, box and sums of a set; `None` when it is empty. O(runs).
pub(super) fn facts(runs: &Runs) -> Option<VoxelFacts> {
    let (measures, bounds) = (runs.measures(), runs.bounds()?);
    let from = |sum: u128, start: u64| {
        sum.saturating_sub(u128::from(start).saturating_mul(u128::from(measures.voxels)))
    };
    let [t, z, y, x] = measures.sums;
    let slices = t.saturating_mul(u128::from(runs.shape().depth())).saturating_add(z);
    let depth = measures.bounds.filter(|_| runs.shape().frames() > 1).map(|voxels| {
        let ([_, start, _, _], [_, end, _, _]) = (voxels.start, voxels.end);
        (start..end, from(z, start))
    });
    Some(VoxelFacts {
        voxels: measures.voxels,
        runs: runs.len() as u64,
        sums: [
            from(slices, bounds.slices.start),
            from(y, bounds.rows.start),
            from(x, bounds.columns.start),
        ],
        depth,
        bounds,
    })
}

/// The measures that facts stand for.
pub(crate) fn measures(facts: &VoxelFacts, shape: VoxelShape) -> Measures {
    let from = |sum: u128, start: u64| {
        u128::from(start).saturating_mul(u128::from(facts.voxels)).saturating_add(sum)
    };
    let [slices, rows, columns] = facts.sums;
    let bounds = &facts.bounds;
    let slices = from(slices, bounds.slices.start);
    let frames = |slice: u64| slice.checked_div(shape.depth()).unwrap_or(0);
    let (times, depths, z) = match &facts.depth {
        None => (0..1, bounds.slices.clone(), slices),
        Some((range, sum)) => {
            let last = frames(bounds.slices.end.saturating_sub(1));
            let times = frames(bounds.slices.start)..last.saturating_add(1);
            (times, range.clone(), from(*sum, range.start))
        }
    };
    let t = slices.saturating_sub(z).checked_div(u128::from(shape.depth())).unwrap_or(0);
    Measures {
        voxels: facts.voxels,
        bounds: Some(VoxelBox {
            start: [times.start, depths.start, bounds.rows.start, bounds.columns.start],
            end: [times.end, depths.end, bounds.rows.end, bounds.columns.end],
        }),
        sums: [t, z, from(rows, bounds.rows.start), from(columns, bounds.columns.start)],
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test arithmetic may panic")]
mod tests {
    use proptest::prelude::*;

    use super::super::twin::{pairs, runs_of};
    use super::{Counter, facts, measures};

    proptest! {
        #[test]
        fn facts_stand_for_the_measures((shape, dense, _) in pairs()) {
            let runs = runs_of(shape, &dense);
            match facts(&runs) {
                Some(facts) => prop_assert_eq!(measures(&facts, runs.shape()), runs.measures()),
                None => prop_assert!(runs.is_empty()),
            }
            let mut counter = Counter::new(shape);
            for run in runs.as_slice() {
                let (row, first) = (run.start / shape.width(), run.start % shape.width());
                counter.add(row, first, first + run.len());
            }
            prop_assert_eq!(counter.facts(), facts(&runs));
        }
    }
}
