//! Symbols to bytes.
#![deny(clippy::arithmetic_side_effects)]

use super::table::Owner;
use super::{FIRST, LOW, SLOT_BITS, Table};

/// What is coded in one step.
#[derive(Clone, Copy, Debug)]
enum Step {
    Symbol(Owner),
    /// So many bits, at most 16, of even odds.
    Bits(u32, u32),
}

/// Collects symbols; [`Encoder::finish`] codes them, the last first.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    steps: Vec<Step>,
}

impl Encoder {
    /// With nothing in it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a symbol, below 16; of a larger one the low four bits count.
    pub fn symbol(&mut self, table: &Table, symbol: u8) {
        self.steps.push(Step::Symbol(table.owner(symbol & 15)));
    }

    /// Adds the low `count` bits of a number, at most 32.
    pub fn bits(&mut self, count: u32, value: u32) {
        let low = count.min(16);
        if low > 0 {
            self.steps.push(Step::Bits(low, value & (u32::MAX >> 32_u32.saturating_sub(low))));
        }
        if count > 16 {
            self.bits(count.min(32).saturating_sub(16), value >> 16);
        }
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The bytes of what was added; the encoder is empty again. The state comes first, in as few bytes as it
    /// needs, then the words in the order of decoding, low byte first.
    pub fn finish(&mut self) -> Vec<u8> {
        let mut state = FIRST;
        let mut words: Vec<u16> = Vec::new();
        for step in self.steps.drain(..).rev() {
            let (bits, start, frequency) = match step {
                Step::Symbol(owner) => (SLOT_BITS, owner.start(), owner.frequency()),
                Step::Bits(count, value) => (count, value, 1),
            };
            let full = (u64::from(LOW) << 16 >> bits).saturating_mul(u64::from(frequency));
            if u64::from(state) >= full {
                let [a, b, c, d] = state.to_le_bytes();
                words.push(u16::from_le_bytes([a, b]));
                state = u32::from(u16::from_le_bytes([c, d]));
            }
            let whole = state.checked_div(frequency).unwrap_or(0);
            let rest = state.checked_rem(frequency).unwrap_or(0);
            // Under 2^32: `whole` was brought under 2^32 / 2^bits.
            state = (whole << bits).wrapping_add(rest).wrapping_add(start);
        }
        let unused = state.leading_zeros() >> 3;
        let state = state.to_le_bytes();
        let used = state.len().saturating_sub(unused as usize);
        let mut bytes: Vec<u8> = state.into_iter().take(used).collect();
        bytes.extend(words.iter().rev().flat_map(|word| word.to_le_bytes()));
        bytes
    }
}
