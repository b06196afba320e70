//! The rows of a set that have voxels, and pairs of them that are neighbours.

use std::ops::Range;

use super::GeometryError;
use crate::mask::{Run, Runs, VoxelShape};

/// x from `start` up to `end`, of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Span {
    /// How many x both have.
    pub(super) fn shared(self, other: Self) -> u64 {
        self.end.min(other.end).saturating_sub(self.start.max(other.start))
    }
}

/// One row that has voxels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    /// Its number, as of [`VoxelShape`].
    pub(super) number: u64,
    /// (t, z, y).
    pub(super) place: [u64; 3],
    /// The place of its first run in the set.
    pub(super) first: usize,
    /// The number of its voxel x = 0.
    start: u64,
    runs: &'a [Run],
}

impl<'a> Row<'a> {
    pub(super) fn spans(self) -> impl Iterator<Item = Span> + Clone + 'a {
        let local = move |voxel: u64| voxel.saturating_sub(self.start);
        self.runs.iter().map(move |run| Span { start: local(run.start), end: local(run.end) })
    }
}

/// Two runs that touch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touch {
    /// The place of the one in its set.
    pub(super) a: usize,
    /// The place of the other in its set.
    pub(super) b: usize,
    /// The x that both have.
    pub(super) shared: u64,
}

/// From a row to a neighbour: along z, along y.
pub(super) type Step = (i64, i64);

/// The rows of some runs, in order. 64 bytes a row that has voxels.
#[derive(Clone, Debug)]
pub(super) struct Rows<'a> {
    shape: VoxelShape,
    rows: Vec<Row<'a>>,
}

impl<'a> Rows<'a> {
    /// All rows of a set. O(runs).
    pub(super) fn of(set: &'a Runs) -> Self {
        Self::new(set.shape(), set.as_slice())
    }

    /// The rows of one frame.
    pub(super) fn of_frame(set: &'a Runs, frame: u64) -> Result<Self, GeometryError> {
        let shape = set.shape();
        if frame >= shape.frames() {
            return Err(GeometryError::Frame { frame, frames: shape.frames() });
        }
        let rows = shape.depth().saturating_mul(shape.height());
        let first = rows.saturating_mul(frame);
        Ok(Self::of_range(set, first..first.saturating_add(rows)))
    }

    /// The rows of some numbers. O(log runs + runs of these rows).
    pub(super) fn of_range(set: &'a Runs, rows: Range<u64>) -> Self {
        let before = |row: u64| {
            let voxel = row.saturating_mul(set.shape().width());
            set.as_slice().partition_point(|run| run.start < voxel)
        };
        let part = set.as_slice().get(before(rows.start)..before(rows.end));
        Self::new(set.shape(), part.unwrap_or(&[]))
    }

    /// The rows of some runs of a set.
    pub(super) fn new(shape: VoxelShape, runs: &'a [Run]) -> Self {
        let mut rows = Vec::new();
        let mut rest = runs;
        let mut first = 0_usize;
        while let Some(run) = rest.first() {
            let number = run.start.checked_div(shape.width()).unwrap_or(0);
            let start = number.saturating_mul(shape.width());
            let end = start.saturating_add(shape.width());
            let count = rest.iter().position(|run| run.start >= end).unwrap_or(rest.len());
            let (own, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
            let [t, z, y, _] = shape.position(run.start);
            rows.push(Row { number, place: [t, z, y], first, start, runs: own });
            first = first.saturating_add(count);
            rest = after;
        }
        Self { shape, rows }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Row<'a>> + '_ {
        self.rows.iter().copied()
    }

    /// The row of a number, if it has voxels. O(log rows).
    pub(super) fn find(&self, number: u64) -> Option<Row<'a>> {
        let place = self.rows.binary_search_by_key(&number, |row| row.number).ok()?;
        self.rows.get(place).copied()
    }

    /// The number of the row that lies a step away from one in the same frame, if there is one.
    pub(super) fn neighbour(&self, row: Row<'_>, (dz, dy): Step) -> Option<u64> {
        let [_, z, y] = row.place;
        let inside =
            |at: u64, step: i64, n: u64| at.checked_add_signed(step).is_some_and(|at| at < n);
        if !inside(y, dy, self.shape.height()) || !inside(z, dz, self.shape.depth()) {
            return None;
        }
        let slice = i64::try_from(self.shape.height()).ok()?;
        row.number.checked_add_signed(dz.checked_mul(slice)?.checked_add(dy)?)
    }

    /// The rows of this set, each with the row of `other` that lies a step away, where both have
    /// voxels. O(rows of both).
    pub(super) fn pairs<'s>(
        &'s self,
        other: &'s Rows<'a>,
        step: Step,
    ) -> impl Iterator<Item = (Row<'a>, Row<'a>)> + 's {
        let mut rest = other.rows.as_slice();
        self.iter().filter_map(move |row| {
            let wanted = self.neighbour(row, step)?;
            // A step moves all rows alike, so what is wanted ascends.
            let passed = rest.iter().take_while(|row| row.number < wanted).count();
            rest = rest.get(passed..).unwrap_or(&[]);
            rest.first().filter(|found| found.number == wanted).map(|found| (row, *found))
        })
    }
}

/// The runs of two rows that have an x in common or, with a `reach` of 1, whose x are next to each
/// other. O(runs of both).
pub(super) fn touches<'a>(a: Row<'a>, b: Row<'a>, reach: u64) -> impl Iterator<Item = Touch> + 'a {
    let (mut left, mut right) = (a.spans().peekable(), b.spans().peekable());
    let (mut i, mut j) = (a.first, b.first);
    std::iter::from_fn(move || {
        while let (Some(&l), Some(&r)) = (left.peek(), right.peek()) {
            let (at, near) = ((i, j), l.start < r.end.saturating_add(reach));
            let near = near && r.start < l.end.saturating_add(reach);
            // The run that ends first cannot touch what follows the other one: there is a gap
            // between.
            if l.end <= r.end {
                left.next();
                i = i.saturating_add(1);
            } else {
                right.next();
                j = j.saturating_add(1);
            }
            if near {
                return Some(Touch { a: at.0, b: at.1, shared: l.shared(r) });
            }
        }
        None
    })
}
