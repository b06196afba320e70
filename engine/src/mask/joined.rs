//! Runs in order of their starts become one set.

#![deny(clippy::arithmetic_side_effects)]

use super::algebra::{room, trimmed};
use super::rows::RowStarts;
use super::{Run, RunsError, VoxelShape};

/// Joins runs that overlap or touch within a row. Runs come by ascending start, none crosses the end of a row.
pub(super) struct Joined {
    /// Places for as many runs as will come.
    out: Vec<Run>,
    len: usize,
    /// Not yet in `out`: the next run may make it longer.
    last: Option<Run>,
    rows: RowStarts,
}

impl Joined {
    /// For at most `count` runs.
    pub(super) fn with_room(shape: VoxelShape, count: usize) -> Result<Self, RunsError> {
        Ok(Self { out: room(count)?, len: 0, last: None, rows: RowStarts::new(shape) })
    }

    #[inline]
    pub(super) fn push(&mut self, next: Run) {
        let Some(last) = self.last else {
            self.last = Some(next);
            return;
        };
        // The exclusive or spares a branch: `touches` implies that it is not `overlaps`.
        let overlaps = next.start < last.end;
        let touches = next.start == last.end && !self.rows.has(next.start);
        let joins = overlaps | touches;
        if let Some(slot) = self.out.get_mut(self.len) {
            *slot = last;
        }
        self.len = self.len.wrapping_add(usize::from(!joins));
        let start = if joins { last.start } else { next.start };
        // No run ends before one that it does not join.
        self.last = Some(Run { start, end: last.end.max(next.end) });
    }

    pub(super) fn finish(mut self) -> Vec<Run> {
        if let Some(last) = self.last
            && let Some(slot) = self.out.get_mut(self.len)
        {
            *slot = last;
            self.len = self.len.wrapping_add(1);
        }
        trimmed(self.out, self.len)
    }
}
