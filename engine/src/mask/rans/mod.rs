//! Range asymmetric numeral systems (Duda, "Asymmetric numeral systems", arXiv:1311.2540) over static tables of
//! 16 symbols.
//!
//! One state of 32 bits, refilled by words of 16. An [`Encoder`] collects symbols in the order in which a
//! [`Decoder`] gives them back. The state starts at 1 and not at its lower bound, and no symbol owns slot 0, so
//! that a short stream costs less than two bytes over its entropy and every step takes something from the state:
//! damaged bytes cannot give symbols for ever.

mod decoder;
mod encoder;
mod table;

#[cfg(test)]
mod tests;

pub use decoder::{Decoder, RansError};
pub use encoder::Encoder;
pub use table::Table;

/// Slots that the symbols of a table and the reserved slot share: 2^12.
pub const SLOTS: u32 = 1 << SLOT_BITS;
/// Bits of the number of a slot.
const SLOT_BITS: u32 = 12;
/// Below it the state takes in a word.
const LOW: u32 = 1 << 16;
/// The state before the first symbol is coded, and so after the last is decoded.
const FIRST: u32 = 1;
