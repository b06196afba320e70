//! And, or, minus, xor and complement of sets of voxels, by merging sorted runs.
//!
//! Each operation is one pass over its operands: O(runs), whatever the number of voxels. The loops choose by
//! arithmetic instead of branches, because which of two masks ends first cannot be foretold.

#![deny(clippy::arithmetic_side_effects)]

use super::joined::Joined;
use super::rows::RowEnd;
use super::{MaskExpr, Run, Runs, RunsError, VoxelShape};

/// No voxel; a place to be written to.
pub(super) const NONE: Run = Run { start: 0, end: 0 };

impl Runs {
    /// Voxels in both.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the shapes differ, [`RunsError::Memory`].
    pub fn and(&self, other: &Self) -> Result<Self, RunsError> {
        self.same_shape(other)?;
        let runs = and(self.as_slice(), other.as_slice())?;
        Ok(Self::from_canonical(self.shape(), runs))
    }

    /// Voxels in either.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the shapes differ, [`RunsError::Memory`].
    pub fn or(&self, other: &Self) -> Result<Self, RunsError> {
        self.same_shape(other)?;
        let (a, b) = (self.as_slice(), other.as_slice());
        let mut out = Joined::with_room(self.shape(), a.len().saturating_add(b.len()))?;
        let (mut i, mut j) = (0_usize, 0_usize);
        while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
            let left = x.start <= y.start;
            out.push(if left { *x } else { *y });
            i = i.wrapping_add(usize::from(left));
            j = j.wrapping_add(usize::from(!left));
        }
        for rest in [a.get(i..), b.get(j..)].into_iter().flatten() {
            for run in rest {
                out.push(*run);
            }
        }
        Ok(Self::from_canonical(self.shape(), out.finish()))
    }

    /// Voxels of `self` that are not in `other`.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the shapes differ, [`RunsError::Memory`].
    pub fn minus(&self, other: &Self) -> Result<Self, RunsError> {
        self.same_shape(other)?;
        let runs = minus(self.as_slice(), other.as_slice())?;
        Ok(Self::from_canonical(self.shape(), runs))
    }

    /// Voxels in one of the two and not in both.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the shapes differ, [`RunsError::Memory`].
    pub fn xor(&self, other: &Self) -> Result<Self, RunsError> {
        (MaskExpr::from(self) ^ other).runs()
    }

    /// All voxels that are not in the set. O(runs + rows).
    ///
    /// # Errors
    ///
    /// [`RunsError::Memory`]: a shape of many rows has many runs.
    pub fn complement(&self) -> Result<Self, RunsError> {
        let mut out = Vec::new();
        let mut rows = RowEnd::new(self.shape());
        let mut from = 0;
        let end = self.shape().voxels();
        for run in self.as_slice().iter().chain([&Run { start: end, end }]) {
            while from < run.start {
                let to = rows.of(from).min(run.start);
                push(&mut out, Run { start: from, end: to })?;
                from = to;
            }
            from = run.end;
        }
        Ok(Self::from_canonical(self.shape(), out))
    }

    /// Voxels in any of many sets. O(runs * log(sets)): the sets are sorted runs already, which the sort of the
    /// standard library finds and merges.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when a set has another shape than `shape`, [`RunsError::Memory`].
    pub fn union<'a, I>(shape: VoxelShape, sets: I) -> Result<Self, RunsError>
    where
        I: IntoIterator<Item = &'a Self>,
    {
        let mut all: Vec<Run> = Vec::new();
        for set in sets {
            Self::empty(shape).same_shape(set)?;
            reserve(&mut all, set.len())?;
            all.extend_from_slice(set.as_slice());
        }
        all.sort_by_key(|run| run.start);
        let mut out = Joined::with_room(shape, all.len())?;
        for run in all {
            out.push(run);
        }
        Ok(Self::from_canonical(shape, out.finish()))
    }
}

/// What of each of the two may meet the other.
#[inline]
pub(super) fn near<'a>(a: &'a [Run], b: &'a [Run]) -> (&'a [Run], &'a [Run]) {
    let (Some(first_a), Some(last_a)) = (a.first(), a.last()) else { return (&[], &[]) };
    let (Some(first_b), Some(last_b)) = (b.first(), b.last()) else { return (&[], &[]) };
    let (low, high) = (first_a.start.max(first_b.start), last_a.end.min(last_b.end));
    (between(a, low, high), between(b, low, high))
}

/// Runs with a voxel in `low..high`. O(log runs).
pub(super) fn between(runs: &[Run], low: u64, high: u64) -> &[Run] {
    let from = runs.partition_point(|run| run.end <= low);
    let rest = runs.get(from..).unwrap_or(&[]);
    rest.get(..rest.partition_point(|run| run.start < high)).unwrap_or(&[])
}

/// The pieces are canonical: voxels side by side in both sets are in one run of each.
fn and(a: &[Run], b: &[Run]) -> Result<Vec<Run>, RunsError> {
    let (a, b) = near(a, b);
    let mut out = room(a.len().saturating_add(b.len()))?;
    let (mut i, mut j, mut len) = (0_usize, 0_usize, 0_usize);
    while let (Some(x), Some(y), Some(slot)) = (a.get(i), b.get(j), out.get_mut(len)) {
        let (start, end) = (x.start.max(y.start), x.end.min(y.end));
        *slot = Run { start, end };
        len = len.wrapping_add(usize::from(start < end));
        i = i.wrapping_add(usize::from(x.end <= y.end));
        j = j.wrapping_add(usize::from(y.end <= x.end));
    }
    Ok(trimmed(out, len))
}

/// `from` is the first voxel of `a[i]` that is not dealt with.
fn minus(a: &[Run], b: &[Run]) -> Result<Vec<Run>, RunsError> {
    let mut out = room(a.len().saturating_add(b.len()))?;
    let (mut i, mut j, mut len) = (0_usize, 0_usize, 0_usize);
    let mut from = a.first().map_or(0, |run| run.start);
    while let (Some(x), Some(y), Some(slot)) = (a.get(i), b.get(j), out.get_mut(len)) {
        let end = x.end.min(y.start);
        *slot = Run { start: from, end };
        len = len.wrapping_add(usize::from(from < end));
        let done = x.end <= y.end;
        i = i.wrapping_add(usize::from(done));
        j = j.wrapping_add(usize::from(!done));
        let next = a.get(i).map_or(u64::MAX, |run| run.start);
        from = if done { next } else { from.max(y.end) };
    }
    out.truncate(len);
    if let Some((first, rest)) = a.get(i..).and_then(<[Run]>::split_first) {
        push(&mut out, Run { start: from, end: first.end })?;
        reserve(&mut out, rest.len())?;
        out.extend_from_slice(rest);
    }
    let len = out.len();
    Ok(trimmed(out, len))
}

/// Places to be written to.
pub(super) fn room(count: usize) -> Result<Vec<Run>, RunsError> {
    let mut out = Vec::new();
    reserve(&mut out, count)?;
    out.resize(count, NONE);
    Ok(out)
}

/// Gives back memory where much of it was not needed.
pub(super) fn trimmed(mut runs: Vec<Run>, len: usize) -> Vec<Run> {
    runs.truncate(len);
    if runs.capacity() / 2 > len {
        runs.shrink_to_fit();
    }
    runs
}

/// Room for more values, or an error that says how much was asked for.
pub(super) fn reserve<T>(values: &mut Vec<T>, more: usize) -> Result<(), RunsError> {
    let bytes = values.len().saturating_add(more).saturating_mul(size_of::<T>()) as u64;
    values.try_reserve(more).map_err(|_| RunsError::Memory { bytes })
}

pub(super) fn push(runs: &mut Vec<Run>, run: Run) -> Result<(), RunsError> {
    if runs.len() == runs.capacity() {
        reserve(runs, 1)?;
    }
    runs.push(run);
    Ok(())
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test arithmetic may panic")]
mod tests;
