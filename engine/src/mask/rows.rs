//! Where rows begin, without a division for each run.

#![deny(clippy::arithmetic_side_effects)]

use std::slice::Iter;

use super::{Run, VoxelShape};

/// Tells whether a voxel is the first of its row: an exact test of divisibility by one multiplication (Granlund
/// and Montgomery, "Division by Invariant Integers using Multiplication", PLDI 1994, section 9).
#[derive(Clone, Copy, Debug)]
pub(super) struct RowStarts {
    inverse: u64,
    limit: u64,
    shift: u32,
}

impl RowStarts {
    pub(super) fn new(shape: VoxelShape) -> Self {
        let width = shape.width().max(1);
        let shift = width.trailing_zeros();
        let odd = width.wrapping_shr(shift);
        // Newton's iteration doubles the right bits; five of `odd * 3 ^ 2` become 80.
        let mut inverse = odd.wrapping_mul(3) ^ 2;
        for _ in 0..4 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        }
        Self { inverse, limit: u64::MAX.checked_div(width).unwrap_or(0), shift }
    }

    #[inline]
    pub(super) fn has(&self, voxel: u64) -> bool {
        voxel.wrapping_mul(self.inverse).rotate_right(self.shift) <= self.limit
    }
}

/// The end of the row that a rising sequence of voxels is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowEnd {
    width: u64,
    end: u64,
}

impl RowEnd {
    pub(super) fn new(shape: VoxelShape) -> Self {
        Self { width: shape.width().max(1), end: shape.width().max(1) }
    }

    /// The end of the row of a voxel, which is not before the voxel asked for last.
    #[inline]
    pub(super) fn of(&mut self, voxel: u64) -> u64 {
        if voxel >= self.end {
            self.end = self.end.wrapping_add(self.width);
            // One row on is by far the most common step.
            if voxel >= self.end {
                let row = voxel.checked_div(self.width).unwrap_or(0);
                self.end = row.wrapping_add(1).wrapping_mul(self.width);
            }
        }
        self.end
    }
}

/// A run by its slice, its y, and its half-open range of x.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowRun {
    pub(super) slice: u64,
    pub(super) y: u64,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// Canonical runs with their rows.
#[derive(Clone, Debug)]
pub(super) struct RowRuns<'a> {
    runs: Iter<'a, Run>,
    shape: VoxelShape,
    /// The first voxel of the current row.
    row: u64,
    slice: u64,
    y: u64,
}

impl<'a> RowRuns<'a> {
    pub(super) fn new(shape: VoxelShape, runs: &'a [Run]) -> Self {
        Self { runs: runs.iter(), shape, row: 0, slice: 0, y: 0 }
    }

    /// Moves to the row of a voxel that is behind the current row.
    fn advance(&mut self, voxel: u64) {
        let width = self.shape.width();
        let next = self.row.wrapping_add(width);
        if voxel.wrapping_sub(next) < width {
            self.row = next;
            self.y = self.y.wrapping_add(1);
            if self.y == self.shape.height() {
                (self.y, self.slice) = (0, self.slice.wrapping_add(1));
            }
            return;
        }
        let row = voxel.checked_div(width).unwrap_or(0);
        self.row = row.wrapping_mul(width);
        self.slice = row.checked_div(self.shape.height()).unwrap_or(0);
        self.y = row.wrapping_sub(self.slice.wrapping_mul(self.shape.height()));
    }
}

impl Iterator for RowRuns<'_> {
    type Item = RowRun;

    #[inline]
    fn next(&mut self) -> Option<RowRun> {
        let run = *self.runs.next()?;
        if run.start.wrapping_sub(self.row) >= self.shape.width() {
            self.advance(run.start);
        }
        let (start, end) = (run.start.wrapping_sub(self.row), run.end.wrapping_sub(self.row));
        Some(RowRun { slice: self.slice, y: self.y, start, end })
    }
}

/// The frame and z of a slice.
pub(super) fn frame_of(shape: VoxelShape, slice: u64) -> (u64, u64) {
    if slice < shape.depth() {
        return (0, slice);
    }
    let t = slice.checked_div(shape.depth()).unwrap_or(0);
    (t, slice.wrapping_sub(t.wrapping_mul(shape.depth())))
}

/// The frames that have voxels, each with its runs.
#[derive(Clone, Debug)]
pub(super) struct FrameRuns<'a> {
    rest: &'a [Run],
    voxels: u64,
}

impl<'a> FrameRuns<'a> {
    pub(super) fn new(shape: VoxelShape, runs: &'a [Run]) -> Self {
        Self { rest: runs, voxels: shape.slice_voxels().wrapping_mul(shape.depth()).max(1) }
    }
}

impl<'a> Iterator for FrameRuns<'a> {
    type Item = (u64, &'a [Run]);

    fn next(&mut self) -> Option<Self::Item> {
        let t = self.rest.first()?.start.checked_div(self.voxels)?;
        let end = t.wrapping_add(1).wrapping_mul(self.voxels);
        let count = self.rest.partition_point(|run| run.start < end);
        let (frame, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some((t, frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::twin::shape;

    #[test]
    fn row_starts_are_the_multiples() {
        let widths = (1..200).chain([511, 512, 513, 1 << 20, (1 << 31) - 1, 1 << 31]);
        for width in widths {
            let starts = RowStarts::new(shape(1, [1, 4, width]));
            let near = |n: u64| (n * width).saturating_sub(3)..n * width + 3;
            for voxel in (0..500).chain(near(1)).chain(near(77)).chain(near(1 << 17)) {
                assert_eq!(starts.has(voxel), voxel.is_multiple_of(width), "{voxel} of {width}");
            }
        }
    }

    #[test]
    fn row_ends_follow_voxels() {
        let mut ends = RowEnd::new(shape(1, [10, 10, 7]));
        for voxel in [0, 3, 6, 7, 7, 20, 21, 69, 400, 401, 406, 407, 699] {
            assert_eq!(ends.of(voxel), (voxel / 7 + 1) * 7);
        }
    }
}
