//! The search by codes: what a plain scan finds, with fewer bytes read.
//!
//! Piece by piece. The high four bits of all rows give each an interval of merits; what can neither
//! be among the best nor beyond the threshold is done with. For what is left two more bits are read,
//! then all of them, and for what is left then the rows themselves, those of the highest merits
//! first, as each of them may rule out others.
//!
//! A row is left out of the hits only when its highest merit is *strictly* below the k-th best of
//! rows scored in full, or below the threshold: a row of equal score may come before by its number.
//! So the hits are those of a plain scan, whatever the order and the number of threads. A row that
//! is surely beyond the threshold and surely no hit is counted without its score.
//!
//! Where four bits leave too many rows, as on rows without any structure, two more are read of all
//! rows of the piece, and the next pieces with six bits at once; where these leave too many, the
//! rows themselves are read. After some pieces it tries again ([`pace`]).

mod floor;
mod pace;
mod piece;
mod scan;

pub(crate) use floor::{Aim, Floor};
pub(crate) use pace::Level;
pub(crate) use piece::Piece;
pub(crate) use scan::{Cascade, Scan};

use crate::error::Result;

/// The rows of a piece.
pub(crate) trait Entries {
    /// How many count.
    fn eligible(&self) -> u64;

    /// The number of a row, if it counts.
    fn row(&self, index: usize) -> Option<u64>;

    /// Hands out those that count, in order.
    fn each(&self, each: impl FnMut(usize)) -> Result<()>;

    /// Asks the memory for a row that may be scored soon.
    fn fetch(&self, index: usize);

    /// Its canonical score.
    fn score(&self, index: usize) -> Result<f32>;
}
