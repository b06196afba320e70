//! Symbols as nibbles: the fast profile. No tables and no circumstances.
#![deny(clippy::arithmetic_side_effects)]

use super::error::Flaw;
use super::sink::Sink;
use super::source::Source;

/// Two symbols a byte, the first in the low half.
#[derive(Clone, Debug, Default)]
pub(super) struct NibbleWriter {
    bytes: Vec<u8>,
    half: bool,
}

impl NibbleWriter {
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

impl Sink for NibbleWriter {
    fn symbol(&mut self, _table: usize, symbol: u8) {
        let symbol = symbol & 15;
        match self.bytes.last_mut() {
            Some(last) if self.half => *last |= symbol << 4,
            _ => self.bytes.push(symbol),
        }
        self.half = !self.half;
    }

    fn bits(&mut self, count: u32, value: u32) {
        let mut rest = value;
        for _ in 0..count.min(32).div_ceil(4) {
            let [low, ..] = rest.to_le_bytes();
            self.symbol(0, low & 15);
            rest >>= 4;
        }
    }

    fn class(&mut self, _context: usize) -> (usize, bool) {
        (0, false)
    }
}

/// Reads what [`NibbleWriter`] wrote.
#[derive(Clone, Debug)]
pub(super) struct NibbleReader<'a> {
    bytes: &'a [u8],
    /// Nibbles read.
    place: usize,
}

impl<'a> NibbleReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, place: 0 }
    }

    /// Ends; only the upper half of the last byte may be left, and is zero.
    pub(super) fn finish(self) -> Result<(), Flaw> {
        let whole = self.place.div_ceil(2) == self.bytes.len();
        let padded = self.place & 1 == 0 || self.bytes.last().is_some_and(|last| last >> 4 == 0);
        if whole && padded { Ok(()) } else { Err(Flaw::Nibbles) }
    }
}

impl Source for NibbleReader<'_> {
    #[inline]
    fn symbol(&mut self, _table: usize) -> u8 {
        let byte = self.bytes.get(self.place >> 1).copied().unwrap_or(0);
        let symbol = if self.place & 1 == 0 { byte & 15 } else { byte >> 4 };
        self.place = self.place.wrapping_add(1);
        symbol
    }

    #[inline]
    fn bits(&mut self, count: u32) -> u32 {
        let mut value = 0;
        for nibble in 0..count.min(32).div_ceil(4) {
            value |= u32::from(self.symbol(0)) << nibble.wrapping_mul(4);
        }
        if count < 32 { value & !(u32::MAX << count) } else { value }
    }

    #[inline]
    fn class(&self, _context: usize) -> (usize, bool) {
        (0, false)
    }

    #[inline]
    fn is_dead(&self) -> bool {
        self.place >> 1 > self.bytes.len()
    }
}
