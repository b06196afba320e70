//! Approximate search: rows in lists around centroids, one bit a dimension, the best ones scored as
//! they are stored.
//!
//! Rows are turned by a [rotation](super::rotation) about the mean of the column and belong to the
//! list of their nearest centroid `c`. Of what a row differs from its centroid, `o`, the signs are
//! kept, and how well they stand for it (Gao and Long, "`RaBitQ`: Quantizing High-Dimensional
//! Vectors with a Theoretical Error Bound for Approximate Nearest Neighbor Search", SIGMOD 2024):
//! with `b` the vector of signs, `|o|^2 / <b, o> * <b, z - c>` estimates `<o, z - c>` for a turned
//! query `z`. The rotation is random, and so is what the signs do not tell: its standard deviation
//! is about `|o| |z - c| sqrt((1 - a^2) / a^2 / (P - 1))`, `a = <b, o> / (|b| |o|)`. A row is
//! scored in full where an estimate that is off by so many deviations would be among the best.
//!
//! A search goes through the lists whose centroids are nearest, as far as [`Effort`] says. How far
//! that must be for a recall is measured on rows of the column when the lists are built
//! (`calibrate.rs`), so that a recall can be asked for.
//!
//! Scores are the canonical ones of [`Scorer`](super::similarity::Scorer). With [`Effort::All`] the
//! search is exact.

mod audit;
mod build;
mod calibrate;
mod check;
mod coarse;
mod efforts;
mod encode;
mod members;
mod ready;
mod remap;
mod rows;
mod run;
mod search;
mod sections;
mod stored;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_bound;
#[cfg(test)]
mod tests_members;
mod train;
mod view;

pub use build::{Params, build};
pub use check::check;
pub use efforts::{Advice, Effort};
pub use members::{Membership, search_members};
pub use remap::remap;
pub use rows::StoredRows;
pub use search::{Explain, Options, Outcome, Room, search};
pub use sections::SECTIONS;
pub use stored::{Counted, StoredLists};
pub use view::{ListsView, Touch};

use super::kernels::Row;

/// The rows that lists are built from and that searches score: those of a column, by ordinal.
pub trait RowSource: Sync {
    /// Elements of a row, `D`.
    fn dim(&self) -> usize;

    /// Number of ordinals.
    fn count(&self) -> u32;

    /// A row as it is stored; `None` where there is none, or no longer.
    fn row(&self, ordinal: u32) -> Option<Row<'_>>;

    /// The number of a row: what a hit is called; of equal scores the smaller one is the better.
    fn number(&self, ordinal: u32) -> u64 {
        u64::from(ordinal)
    }

    /// Whether a row may be a hit: that it is live, and that a filter lets it pass.
    fn eligible(&self, ordinal: u32) -> bool {
        let _ = ordinal;
        true
    }
}
