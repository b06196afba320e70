//! How much sets of voxels overlap: counts and the measures made of them.

#![deny(clippy::arithmetic_side_effects)]

use super::algebra::near;
use super::{Bounds, Run, Runs, RunsError};

/// Voxel counts of two sets, A and B. All measures follow from them.
///
/// Two empty sets are equal, so their `IoU` and Dice are 1, as in MONAI's metrics with `ignore_empty=False`;
/// pycocotools, made for detection, says 0. One empty set against one that is not has 0 in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// `|A|`.
    pub left: u64,
    /// `|B|`.
    pub right: u64,
    /// `|A and B|`.
    pub both: u64,
}

impl Overlap {
    /// `|A or B|`.
    pub fn either(&self) -> u64 {
        self.left.saturating_add(self.right).saturating_sub(self.both)
    }

    /// Intersection over union, the Jaccard index: `|A and B| / |A or B|` (Jaccard, New Phytologist 11, 1912).
    pub fn iou(&self) -> f64 {
        share(self.both, self.either())
    }

    /// Another name of [`Overlap::iou`].
    pub fn jaccard(&self) -> f64 {
        self.iou()
    }

    /// `2 |A and B| / (|A| + |B|)` (Dice, Ecology 26, 1945; Sorensen, 1948).
    pub fn dice(&self) -> f64 {
        share(self.both.saturating_mul(2), self.left.saturating_add(self.right))
    }

    /// The share of A that is in B: `|A and B| / |A|`; 1 for an empty A, which every set contains.
    pub fn left_in_right(&self) -> f64 {
        share(self.both, self.left)
    }

    /// The share of B that is in A: `|A and B| / |B|`; 1 for an empty B.
    pub fn right_in_left(&self) -> f64 {
        share(self.both, self.right)
    }

    /// The same of B and A.
    #[must_use]
    pub fn swapped(&self) -> Self {
        Self { left: self.right, right: self.left, both: self.both }
    }
}

/// Counts are below 2^49 and exact in f64.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}

impl Runs {
    /// Number of voxels in both. O(runs between the first and the last voxel that may be in both).
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the shapes differ.
    pub fn intersection_voxels(&self, other: &Self) -> Result<u64, RunsError> {
        self.same_shape(other)?;
        Ok(both(self.as_slice(), other.as_slice()))
    }

    /// The counts of this set as A and the other as B.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the shapes differ.
    pub fn overlap(&self, other: &Self) -> Result<Overlap, RunsError> {
        let both = self.intersection_voxels(other)?;
        Ok(Overlap { left: self.voxels(), right: other.voxels(), both })
    }
}

/// The smallest set that is cut in two halves which are counted at the same time.
const HALVES: usize = 64;

fn both(a: &[Run], b: &[Run]) -> u64 {
    let (a, b) = near(a, b);
    let (low_a, high_a) = a.split_at(a.len() / 2);
    let Some(cut) = high_a.first().filter(|_| a.len() >= HALVES).map(|run| run.start) else {
        return merged([(a, b), (&[], &[])]);
    };
    // A run of `b` over the cut is in both halves: what is before the cut can meet no run behind it.
    let low_b = b.get(..b.partition_point(|run| run.start < cut)).unwrap_or(&[]);
    let high_b = b.get(b.partition_point(|run| run.end <= cut)..).unwrap_or(&[]);
    merged([(low_a, low_b), (high_a, high_b)])
}

/// Voxels in both of each pair. Each step of a merge waits for the one before it; two merges side by side wait
/// together.
fn merged([(a, b), (c, d)]: [(&[Run], &[Run]); 2]) -> u64 {
    let (mut first, mut second) = (Merge::new(a, b), Merge::new(c, d));
    while first.step() & second.step() {}
    while first.step() {}
    while second.step() {}
    first.voxels.wrapping_add(second.voxels)
}

struct Merge<'a> {
    a: &'a [Run],
    b: &'a [Run],
    i: usize,
    j: usize,
    voxels: u64,
}

impl<'a> Merge<'a> {
    fn new(a: &'a [Run], b: &'a [Run]) -> Self {
        Self { a, b, i: 0, j: 0, voxels: 0 }
    }

    /// Counts one pair of runs and goes on behind the one that ends first; false at the end.
    #[inline]
    fn step(&mut self) -> bool {
        let (Some(x), Some(y)) = (self.a.get(self.i), self.b.get(self.j)) else { return false };
        let part = x.end.min(y.end).saturating_sub(x.start.max(y.start));
        self.voxels = self.voxels.wrapping_add(part);
        self.i = self.i.wrapping_add(usize::from(x.end <= y.end));
        self.j = self.j.wrapping_add(usize::from(y.end <= x.end));
        true
    }
}

/// The overlaps of all pairs of many sets: symmetric, with the sizes on the diagonal. Only pairs that overlap are
/// held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverlapMatrix {
    voxels: Vec<u64>,
    /// `(i, j, |i and j|)` with `i < j` and at least one voxel, ascending.
    pairs: Vec<(usize, usize, u64)>,
}

impl OverlapMatrix {
    /// Counts all pairs. A pair whose boxes do not meet costs one comparison, others a merge of their runs.
    ///
    /// # Errors
    ///
    /// [`RunsError::Shapes`] when the shapes differ.
    pub fn new(sets: &[&Runs]) -> Result<Self, RunsError> {
        let voxels = sets.iter().map(|set| set.voxels()).collect();
        let boxes: Vec<Option<Bounds>> = sets.iter().map(|set| set.bounds()).collect();
        let mut pairs = Vec::new();
        for (i, (left, left_box)) in sets.iter().zip(&boxes).enumerate() {
            for (j, (right, right_box)) in
                sets.iter().zip(&boxes).enumerate().skip(i.saturating_add(1))
            {
                left.same_shape(right)?;
                let meet = left_box.as_ref().zip(right_box.as_ref());
                if meet.is_some_and(|(a, b)| a.overlaps(b)) {
                    let count = both(left.as_slice(), right.as_slice());
                    pairs.extend((count > 0).then_some((i, j, count)));
                }
            }
        }
        Ok(Self { voxels, pairs })
    }

    /// Number of sets.
    pub fn len(&self) -> usize {
        self.voxels.len()
    }

    /// Whether there are no sets.
    pub fn is_empty(&self) -> bool {
        self.voxels.is_empty()
    }

    /// The counts of set `i` as A and set `j` as B; `None` when there is no such set. O(log pairs).
    pub fn get(&self, i: usize, j: usize) -> Option<Overlap> {
        let (left, right) = (*self.voxels.get(i)?, *self.voxels.get(j)?);
        let both = if i == j {
            left
        } else {
            let key = (i.min(j), i.max(j));
            let found = self.pairs.binary_search_by_key(&key, |(i, j, _)| (*i, *j)).ok();
            found.and_then(|at| self.pairs.get(at)).map_or(0, |(_, _, count)| *count)
        };
        Some(Overlap { left, right, both })
    }

    /// The pairs that overlap, `(i, j, |i and j|)` with `i < j`, ascending.
    pub fn pairs(&self) -> &[(usize, usize, u64)] {
        &self.pairs
    }
}

#[cfg(test)]
mod tests;
