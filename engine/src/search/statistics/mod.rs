//! Statistics of a field: how often regions are found, which of them together, and what the features are
//! like. Live values only. The same state gives the same bits, for any number of threads.

mod cooccurrence;
mod features;
mod jaccard;
mod presence;
mod regions;
mod vectors;

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers of a test")]
mod tests;

pub use cooccurrence::{CoOccurrence, cooccurrence};
pub use features::FeatureStatistics;
pub use jaccard::{RegionSetQuery, jaccard};
pub use regions::{RegionStatistics, RegionsStatistics, regions};
pub use vectors::vectors;

pub(super) use features::summarize;
pub(super) use presence::{PIECE_POSITIONS, each_set};
pub(super) use regions::{detected, features_bytes};
