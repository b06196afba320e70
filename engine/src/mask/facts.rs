//! What a directory says of a segment's voxels.

#![deny(clippy::arithmetic_side_effects)]

use super::{Measures, Runs, VoxelBox, VoxelShape};
use crate::format::segment::VoxelFacts;

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
mod tests {
    use proptest::prelude::*;

    use super::super::twin::{pairs, runs_of};
    use super::{facts, measures};

    proptest! {
        #[test]
        fn facts_stand_for_the_measures((shape, dense, _) in pairs()) {
            let runs = runs_of(shape, &dense);
            match facts(&runs) {
                Some(facts) => prop_assert_eq!(measures(&facts, runs.shape()), runs.measures()),
                None => prop_assert!(runs.is_empty()),
            }
        }
    }
}
