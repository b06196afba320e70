//! Symbols as nibbles: the fast profile. No tables and no circumstances.
#![deny(clippy::arithmetic_side_effects)]

use super::error::Flaw;
use super::sink::Sink;
use super::slice::NO_RESIDUALS;
use super::source::{Pair, Source, pair};

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

    /// The residuals of a pair of which two nibbles tell all, where there is a whole byte behind the next.
    #[inline]
    fn near(&mut self) -> Option<[i32; 2]> {
        let first = self.place >> 1;
        let two = self.bytes.get(first..first.wrapping_add(2))?.first_chunk()?;
        let [byte, _] = (u16::from_le_bytes(*two) >> ((self.place & 1) << 2)).to_le_bytes();
        let [start, end, enough] = PAIRS.get(usize::from(byte)).copied()?;
        if enough == 0 {
            return None;
        }
        // Not from the table: the next place waits for nothing but the symbol.
        let far = (FAR_ONES >> (byte & 15) & 1) as usize;
        self.place = self.place.wrapping_add(1).wrapping_add(far);
        Some([i32::from(start), i32::from(end)])
    }

    /// Ends; only the upper half of the last byte may be left, and is zero.
    pub(super) fn finish(self) -> Result<(), Flaw> {
        let whole = self.place.div_ceil(2) == self.bytes.len();
        let padded = self.place & 1 == 0 || self.bytes.last().is_some_and(|last| last >> 4 == 0);
        if whole && padded { Ok(()) } else { Err(Flaw::Nibbles) }
    }
}

/// Symbols of pairs with one far residual or two, as bits.
const FAR_ONES: u32 = 0xF888;

/// What a pair is by its first two nibbles: residuals of start and end, and 1 when that is all.
static PAIRS: [[i8; 3]; 256] = pairs();

const fn pairs() -> [[i8; 3]; 256] {
    let mut pairs = [[0; 3]; 256];
    let mut rest: &mut [[i8; 3]] = &mut pairs;
    let mut byte = 0_u8;
    while let [pair, later @ ..] = rest {
        let (symbol, far) = (byte & 15, byte >> 4);
        let size = (far >> 1).cast_signed().wrapping_add(2);
        let far_residual = if far & 1 == 1 { size.wrapping_neg() } else { size };
        let (start, end) = (symbol >> 2, symbol & 3);
        let known = [0, 1, -1, far_residual];
        if start == 3 && end == 3 || (start == 3 || end == 3) && far == 15 {
            *pair = [0; 3];
        } else {
            *pair = [pick(known, start), pick(known, end), 1];
        }
        byte = byte.wrapping_add(1);
        rest = later;
    }
    pairs
}

const fn pick([a, b, c, d]: [i8; 4], place: u8) -> i8 {
    match place {
        0 => a,
        1 => b,
        2 => c,
        _ => d,
    }
}

impl Source for NibbleReader<'_> {
    #[expect(clippy::inline_always, reason = "nearly all runs come here")]
    #[inline(always)]
    fn pair(&mut self, _contexts: [usize; 2], escape: Option<usize>) -> Pair {
        if let Some([start, end]) = self.near() {
            return Pair::Residuals(start, end, NO_RESIDUALS);
        }
        // Circumstances would be worked out for nothing.
        pair(self, [0; 2], escape)
    }

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
