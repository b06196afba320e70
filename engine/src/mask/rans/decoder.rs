//! Bytes to symbols.
#![deny(clippy::arithmetic_side_effects)]

use std::fmt;
use std::hint::select_unpredictable;

use super::{FIRST, LOW, SLOT_BITS, SLOTS, Table};

/// Gives back what an [`Encoder`](super::Encoder) was given, in the same order, when it is asked with the same
/// tables.
///
/// Damaged bytes give wrong symbols, and when the state is used up zeros: [`Decoder::is_dead`] says so.
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    state: u32,
    words: &'a [u8],
}

impl<'a> Decoder<'a> {
    /// Starts at the bytes of one encoder. The state has all of up to four bytes, else three when their number is
    /// odd and four when it is even.
    ///
    /// # Errors
    ///
    /// [`RansError::Start`] for no bytes and for a state with a zero on top.
    pub fn new(bytes: &'a [u8]) -> Result<Self, RansError> {
        let used = match bytes.len() {
            len @ 0..=4 => len,
            odd if odd & 1 == 1 => 3,
            _ => 4,
        };
        let (state, words) = bytes.split_at_checked(used).ok_or(RansError::Start)?;
        if state.last().is_none_or(|&top| top == 0) {
            return Err(RansError::Start);
        }
        let state = state.iter().rev().fold(0, |all, &byte| all << 8 | u32::from(byte));
        Ok(Self { state, words })
    }

    /// The next symbol; 0 once the decoder is dead.
    #[inline]
    pub fn symbol(&mut self, table: &Table) -> u8 {
        let Some((owner, place)) = table.find(self.state & (SLOTS - 1)) else {
            self.die();
            return 0;
        };
        // Under 2^32: a product of at most 2^12 and 2^20, and what is under the one factor.
        self.state = owner.frequency().wrapping_mul(self.state >> SLOT_BITS).wrapping_add(place);
        self.refill();
        owner.symbol()
    }

    /// The next `count` bits, at most 32.
    #[inline]
    pub fn bits(&mut self, count: u32) -> u32 {
        let low = count.min(16);
        let value = self.state & !(u32::MAX << low);
        self.state >>= low;
        self.refill();
        if count <= 16 {
            return value;
        }
        let high = count.min(32).saturating_sub(16);
        value | self.bits(high) << 16
    }

    /// Whether the state was used up: what was given since is not what was coded.
    #[inline]
    pub fn is_dead(&self) -> bool {
        self.state == 0
    }

    /// Ends; the state must be the first one and all bytes read.
    ///
    /// # Errors
    ///
    /// [`RansError::End`].
    pub fn finish(self) -> Result<(), RansError> {
        if self.state == FIRST && self.words.is_empty() {
            return Ok(());
        }
        Err(RansError::End { state: self.state, left: self.words.len() })
    }

    #[cold]
    fn die(&mut self) {
        self.state = 0;
        self.words = &[];
    }

    #[inline]
    fn refill(&mut self) {
        if let Some((word, rest)) = self.words.split_first_chunk::<2>() {
            // Without a branch: when the state runs low cannot be foreseen.
            let low = self.state < LOW;
            let full = self.state << 16 | u32::from(u16::from_le_bytes(*word));
            self.state = select_unpredictable(low, full, self.state);
            self.words = select_unpredictable(low, rest, self.words);
        }
    }
}

/// What can be wrong with coded bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RansError {
    /// There is no state at the start, or it is written longer than it is.
    Start,
    /// The symbols asked for do not end where the bytes do.
    End {
        /// The state, which should be 1.
        state: u32,
        /// Bytes not read.
        left: usize,
    },
}

impl fmt::Display for RansError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("coded symbols do not begin with a state"),
            Self::End { state, left } => {
                write!(f, "coded symbols end with state {state}, not 1, and {left} bytes not read")
            }
        }
    }
}

impl std::error::Error for RansError {}
