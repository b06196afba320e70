//! Near duplicates: all pairs of features whose similarity is at or above a threshold.
//!
//! Exact and complete: the pairs of a loop over all pairs in the [canonical
//! arithmetic](super::kernels), however many there are. A pair counts when its cosine or inner
//! product is at least the threshold, or its distance at most. The cosine with a zero vector is 0,
//! so zero vectors are no duplicates of each other by it; by distance they are. A score that is NaN
//! never counts.
//!
//! Codes of eight bits are made of the features as they are read (no index is needed, none is used)
//! and multiplied with each other in tiles at the speed of integer arithmetic. Certified bounds
//! rule out nearly all pairs; what is left is scored in full, one by one or, where much is left, in
//! tiles. `N^2 / 2` products of `D` elements: 200,000 x 512 is 10^13 multiplications. Memory: 128
//! MiB of codes for each of two slabs, 50 bytes a feature, and what is found.

mod coder;
mod dense;
mod drive;
mod features;
mod groups;
mod join;
mod search;
mod slab;
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers of a test")]
mod tests;

pub use search::{groups, pairs, pairs_between};

pub(super) use features::Features;
pub(super) use join::append;

use super::kernels::{Kernel, Tier};
use super::options::SearchOptions;
use super::similarity::Metric;
use crate::error::Result;
use crate::format::bitmap::Bitmap;
use crate::format::schema::FieldDef;

/// What counts as duplicates.
#[derive(Clone, Copy, Debug)]
pub struct DuplicateOptions<'a> {
    /// Similar enough: a cosine or an inner product of at least this, or a distance of at most
    /// this.
    pub threshold: f32,
    /// The metric; without, that of the field.
    pub metric: Option<Metric>,
    /// The region to compare, by index, in a regions field.
    pub region: Option<u16>,
    /// Rows that take part; without, all. Rows beyond its length do not.
    pub filter: Option<&'a Bitmap>,
    /// Threads; 0 leaves it to the engine. The outcome is the same.
    pub threads: usize,
    /// Kernels of this tier; without, the fastest that the machine has. The outcome is the same.
    pub tier: Option<Tier>,
}

impl Default for DuplicateOptions<'_> {
    /// At 0.95, which is meant for cosines.
    fn default() -> Self {
        let (metric, region, filter, threads, tier) = (None, None, None, 0, None);
        Self { threshold: 0.95, metric, region, filter, threads, tier }
    }
}

/// Two images whose features are similar enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DuplicatePair {
    /// The smaller row; between two containers, the row of the first.
    pub first: u64,
    /// The larger row; between two containers, the row of the second.
    pub second: u64,
    /// The score.
    pub score: f32,
}

/// How pairs become groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Grouping {
    /// Connected components: a group holds what is similar to any of its members.
    Components,
    /// Stars, in the order of rows: a row joins the first representative that is similar to it, or
    /// becomes one. All members are similar to the first row of their group.
    Stars,
}

/// Images that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DuplicateGroup {
    /// Their rows, at least 2, ascending; the first one of a star is its representative.
    pub rows: Vec<u64>,
}

/// A label of each row: only pairs with different labels count, and rows without one take no part.
#[derive(Clone, Debug)]
pub struct Labels(Vec<u32>);

impl<'a> DuplicateOptions<'a> {
    /// Pairs at or above a threshold.
    pub fn new(threshold: f32) -> Self {
        Self { threshold, ..Self::default() }
    }

    /// Sets [`DuplicateOptions::metric`].
    #[must_use]
    pub fn metric(self, metric: Metric) -> Self {
        Self { metric: Some(metric), ..self }
    }

    /// Sets [`DuplicateOptions::region`].
    #[must_use]
    pub fn region(self, region: u16) -> Self {
        Self { region: Some(region), ..self }
    }

    /// Sets [`DuplicateOptions::filter`].
    #[must_use]
    pub fn filter(self, filter: &'a Bitmap) -> Self {
        Self { filter: Some(filter), ..self }
    }

    /// Sets [`DuplicateOptions::threads`].
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Sets [`DuplicateOptions::tier`].
    #[must_use]
    pub fn tier(self, tier: Tier) -> Self {
        Self { tier: Some(tier), ..self }
    }

    /// The metric and the kernels, checked.
    fn check(&self, field: &FieldDef) -> Result<(Metric, Kernel)> {
        let options = SearchOptions::default().threshold(self.threshold);
        let options = SearchOptions { metric: self.metric, tier: self.tier, ..options };
        options.check()?;
        Ok((options.metric_for(field), options.kernel()?))
    }
}
