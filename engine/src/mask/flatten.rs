//! Overlapping segments as one label map.

#![deny(clippy::arithmetic_side_effects)]

use std::collections::BinaryHeap;

use super::algebra::{push, reserve};
use super::dense::check_length;
use super::{LabelValue, Run, Runs, RunsError, VoxelShape};

/// What a label map shows of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlatSegment {
    /// Its label.
    pub label: u32,
    /// The voxels at which it is seen.
    pub seen: Runs,
    /// How many of its voxels are not, because another segment is seen there.
    pub covered: u64,
}

/// Segments without overlap, in the order that they were given in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flattened {
    shape: VoxelShape,
    /// The segments.
    pub segments: Vec<FlatSegment>,
}

/// A run of the segment that has this rank: the higher is seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ranked {
    rank: usize,
    start: u64,
    end: u64,
}

/// Flattens segments, each `(label, priority, voxels)`: where they overlap, the one of the higher priority is
/// seen, the later one among equals. O(runs * log runs).
///
/// # Errors
///
/// [`RunsError::Shapes`] when a segment has another shape, [`RunsError::Memory`].
pub fn flatten(shape: VoxelShape, segments: &[(u32, i32, &Runs)]) -> Result<Flattened, RunsError> {
    let mut order: Vec<usize> = (0..segments.len()).collect();
    order.sort_by_key(|at| segments.get(*at).map(|(_, priority, _)| *priority));
    let mut runs: Vec<Ranked> = Vec::new();
    for (rank, (_, _, set)) in order.iter().filter_map(|at| segments.get(*at)).enumerate() {
        Runs::empty(shape).same_shape(set)?;
        reserve(&mut runs, set.len())?;
        runs.extend(set.as_slice().iter().map(|r| Ranked { rank, start: r.start, end: r.end }));
    }
    runs.sort_by_key(|run| run.start);
    let mut seen: Vec<Vec<Run>> = vec![Vec::new(); segments.len()];
    sweep(&runs, |rank, run| match seen.get_mut(rank) {
        Some(out) => push(out, run),
        None => Ok(()),
    })?;
    let mut flat: Vec<Option<FlatSegment>> = vec![None; segments.len()];
    for (at, runs) in order.into_iter().zip(seen) {
        if let (Some(slot), Some((label, _, set))) = (flat.get_mut(at), segments.get(at)) {
            let seen = Runs::from_canonical(shape, runs);
            let covered = set.voxels().saturating_sub(seen.voxels());
            *slot = Some(FlatSegment { label: *label, seen, covered });
        }
    }
    Ok(Flattened { shape, segments: flat.into_iter().flatten().collect() })
}

/// Calls `see` with what is seen of each run, ascending. A run that becomes visible again behind another is a new
/// piece, so that pieces of one segment touch only where its runs do.
fn sweep(
    runs: &[Ranked],
    mut see: impl FnMut(usize, Run) -> Result<(), RunsError>,
) -> Result<(), RunsError> {
    // Runs that reached the place of the sweep; those that end before it leave when they come to the top.
    let mut open: BinaryHeap<Ranked> = BinaryHeap::new();
    let mut coming = runs.iter().peekable();
    // What is seen, from where.
    let mut at = 0;
    loop {
        while open.peek().is_some_and(|run| run.end <= at) {
            open.pop();
        }
        let Some(top) = open.peek().copied() else {
            let Some(next) = coming.next() else { return Ok(()) };
            open.push(*next);
            at = next.start;
            continue;
        };
        // Up to the next run of a higher rank the top is seen.
        let mut to = top.end;
        while let Some(next) = coming.next_if(|next| next.start < to) {
            if next.rank > top.rank {
                to = next.start;
            }
            open.push(*next);
        }
        if at < to {
            see(top.rank, Run { start: at, end: to })?;
        }
        at = to;
    }
}

impl Flattened {
    /// Voxels that are not seen, over all segments: what a label map loses.
    pub fn covered(&self) -> u64 {
        self.segments.iter().fold(0, |sum, s| sum.saturating_add(s.covered))
    }

    /// Writes the labels into a dense array, C order; voxels of no segment stay as they are.
    ///
    /// # Errors
    ///
    /// [`RunsError::Length`] when the array is not one value a voxel, [`RunsError::Label`] when a label does not
    /// fit; then nothing is written.
    pub fn paint<T: LabelValue>(&self, values: &mut [T]) -> Result<(), RunsError> {
        check_length(self.shape, values)?;
        let fit = |s: &FlatSegment| {
            T::try_from(s.label).map_err(|_| RunsError::Label { label: s.label, dtype: T::NAME })
        };
        let labels: Vec<T> = self.segments.iter().map(fit).collect::<Result<_, _>>()?;
        self.segments.iter().zip(labels).try_for_each(|(s, label)| s.seen.paint(values, label))
    }
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test arithmetic may panic")]
mod tests;
