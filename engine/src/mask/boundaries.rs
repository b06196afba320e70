//! Sets as the sorted places where they begin and end, merged by truth tables.

#![deny(clippy::arithmetic_side_effects)]

use std::slice::Iter;

use super::expression::Node;
use super::rows::RowEnd;
use super::{Run, VoxelShape};

/// Behind all boundaries.
const END: u64 = u64::MAX;

/// The voxels at which membership changes, ascending. One voxel may come twice: two rows that touch.
#[derive(Clone, Debug)]
pub(super) struct Boundaries<'a> {
    /// Whether what is before the first boundary is in the set.
    initial: bool,
    source: Source<'a>,
}

#[derive(Clone, Debug)]
enum Source<'a> {
    Leaf { runs: Iter<'a, Run>, end: u64 },
    Pair(Box<Pair<'a>>),
}

#[derive(Clone, Debug)]
struct Pair<'a> {
    table: u8,
    left: Source<'a>,
    right: Source<'a>,
    left_at: u64,
    right_at: u64,
    /// Bit 0: in the left set here; bit 1: in the right one.
    state: u8,
}

impl<'a> Boundaries<'a> {
    /// Recursion: the depth of an expression is bounded.
    pub(super) fn of(node: &'a Node<'_>) -> Self {
        match node {
            Node::Leaf { runs, negated } => {
                let source = Source::Leaf { runs: runs.iter(), end: END };
                Self { initial: *negated, source }
            }
            Node::Pair { table, sides, .. } => {
                let (left, right) = (Self::of(&sides.0), Self::of(&sides.1));
                let state = u8::from(left.initial) | (u8::from(right.initial) << 1);
                let (mut left, mut right) = (left.source, right.source);
                let (left_at, right_at) = (left.next(), right.next());
                let pair = Pair { table: *table, left, right, left_at, right_at, state };
                Self { initial: pair.inside(), source: Source::Pair(Box::new(pair)) }
            }
        }
    }
}

impl Source<'_> {
    /// The next boundary, or [`END`].
    #[inline]
    fn next(&mut self) -> u64 {
        match self {
            Self::Leaf { runs, end } => {
                if *end != END {
                    return std::mem::replace(end, END);
                }
                let Some(run) = runs.next() else { return END };
                *end = run.end;
                run.start
            }
            Self::Pair(pair) => pair.next(),
        }
    }
}

impl Pair<'_> {
    fn inside(&self) -> bool {
        self.table.wrapping_shr(u32::from(self.state)) & 1 == 1
    }

    fn next(&mut self) -> u64 {
        let before = self.inside();
        loop {
            let at = self.left_at.min(self.right_at);
            if at == END {
                return END;
            }
            if self.left_at == at {
                self.state ^= 1;
                self.left_at = self.left.next();
            }
            // The right side may be at the same place.
            if self.right_at == at {
                self.state ^= 2;
                self.right_at = self.right.next();
            }
            if self.inside() != before {
                return at;
            }
        }
    }
}

/// Maximal ranges of voxels through the whole array, over the ends of rows.
#[derive(Clone, Debug)]
pub(super) struct Lines<'a> {
    boundaries: Source<'a>,
    /// Where a line began that has no end yet.
    open: Option<u64>,
    voxels: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(shape: VoxelShape, boundaries: Boundaries<'a>) -> Self {
        let open = boundaries.initial.then_some(0);
        Self { boundaries: boundaries.source, open, voxels: shape.voxels() }
    }
}

impl Iterator for Lines<'_> {
    type Item = Run;

    #[inline]
    fn next(&mut self) -> Option<Run> {
        loop {
            let start = match self.open.take() {
                Some(start) => start,
                None => self.boundaries.next(),
            };
            if start >= self.voxels {
                return None;
            }
            // A set that is not closed ends with the array.
            let end = self.boundaries.next().min(self.voxels);
            if start < end {
                return Some(Run { start, end });
            }
        }
    }
}

/// The runs of an expression, canonical, one after the other.
#[derive(Clone, Debug)]
pub struct RunIter<'a> {
    lines: Lines<'a>,
    rows: RowEnd,
    /// What is left of a line behind the end of a row.
    rest: Option<Run>,
}

impl<'a> RunIter<'a> {
    pub(super) fn new(shape: VoxelShape, node: &'a Node<'_>) -> Self {
        let lines = Lines::new(shape, Boundaries::of(node));
        Self { lines, rows: RowEnd::new(shape), rest: None }
    }
}

impl Iterator for RunIter<'_> {
    type Item = Run;

    #[inline]
    fn next(&mut self) -> Option<Run> {
        let line = self.rest.take().or_else(|| self.lines.next())?;
        let end = self.rows.of(line.start).min(line.end);
        if end < line.end {
            self.rest = Some(Run { start: end, end: line.end });
        }
        Some(Run { start: line.start, end })
    }
}
