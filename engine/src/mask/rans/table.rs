//! Frequencies of 16 symbols, laid out for coding.
#![deny(clippy::arithmetic_side_effects)]

use super::SLOTS;

/// Buckets that find the symbol of most slots with one look.
const BUCKETS: usize = 64;
/// Slots of a bucket as a power of two.
const BUCKET_BITS: u32 = 6;

/// How often each of 16 symbols comes, in 1/4096. Symbol `s` owns `frequency(s)` slots, from slot 1 upwards in the
/// order of the symbols; slot 0 belongs to none. 320 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// For each 64 slots the symbol that owns most of them.
    buckets: [Owner; BUCKETS],
    symbols: [Owner; 16],
}

/// A symbol with its slots in 32 bits: start, then frequency, 12 bits each, then the symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Owner(u32);

impl Owner {
    const NONE: Self = Self(0);

    pub(super) const fn start(self) -> u32 {
        self.0 & 0xFFF
    }

    pub(super) const fn frequency(self) -> u32 {
        (self.0 >> 12) & 0xFFF
    }

    pub(super) const fn symbol(self) -> u8 {
        self.0.to_le_bytes()[3]
    }

    /// The place of a slot among those of the symbol, if it is one of them.
    #[inline]
    pub(super) fn place(self, slot: u32) -> Option<u32> {
        let place = slot.wrapping_sub(self.start());
        (place < self.frequency()).then_some(place)
    }
}

impl Table {
    /// A table, unless a frequency is zero or they do not sum to 4095.
    pub const fn new(frequencies: [u16; 16]) -> Option<Self> {
        let mut symbols = [Owner::NONE; 16];
        let mut start = 1_u32;
        let mut symbol = 0_u32;
        let mut rest: &[u16] = &frequencies;
        let mut places: &mut [Owner] = &mut symbols;
        while let ([frequency, tail @ ..], [place, later @ ..]) = (rest, places) {
            let frequency = *frequency as u32;
            if frequency == 0 || frequency >= SLOTS.saturating_sub(start).saturating_add(1) {
                return None;
            }
            *place = Owner(start | (frequency << 12) | (symbol << 24));
            start = start.saturating_add(frequency);
            symbol = symbol.saturating_add(1);
            rest = tail;
            places = later;
        }
        if start != SLOTS {
            return None;
        }
        Some(Self { buckets: buckets(&symbols), symbols })
    }

    /// All symbols alike, but for the last, which lacks the reserved slot.
    pub const fn uniform() -> Self {
        let mut frequencies = [256; 16];
        let [.., last] = &mut frequencies;
        *last = 255;
        match Self::new(frequencies) {
            Some(table) => table,
            // Not reached: the sum is right.
            None => Self { buckets: [Owner::NONE; BUCKETS], symbols: [Owner::NONE; 16] },
        }
    }

    /// Slots of a symbol; 0 for what is no symbol.
    pub fn frequency(&self, symbol: u8) -> u32 {
        self.owner(symbol).frequency()
    }

    /// Symbols over 15 have no slots.
    #[inline]
    pub(super) fn owner(&self, symbol: u8) -> Owner {
        self.symbols.get(usize::from(symbol)).copied().unwrap_or(Owner::NONE)
    }

    /// The symbol of a slot and the place of the slot in it; none for slot 0.
    #[inline]
    pub(super) fn find(&self, slot: u32) -> Option<(Owner, u32)> {
        let likely = self.buckets.get((slot >> BUCKET_BITS) as usize).copied()?;
        if let Some(place) = likely.place(slot) {
            return Some((likely, place));
        }
        self.search(slot)
    }

    #[cold]
    fn search(&self, slot: u32) -> Option<(Owner, u32)> {
        self.symbols.iter().find_map(|&owner| Some((owner, owner.place(slot)?)))
    }
}

/// One pass over both: this runs while compiling.
const fn buckets(symbols: &[Owner; 16]) -> [Owner; BUCKETS] {
    let mut buckets = [Owner::NONE; BUCKETS];
    let mut rest: &mut [Owner] = &mut buckets;
    let mut first = 0_u32;
    let mut left: &[Owner] = symbols;
    while let [bucket, later @ ..] = rest {
        let end = first.saturating_add(1 << BUCKET_BITS);
        let mut most = 0;
        while let [owner, tail @ ..] = left {
            let from = if owner.start() > first { owner.start() } else { first };
            let stop = owner.start().saturating_add(owner.frequency());
            let shared = (if stop < end { stop } else { end }).saturating_sub(from);
            if shared > most {
                most = shared;
                *bucket = *owner;
            }
            if stop > end {
                break;
            }
            left = tail;
        }
        first = end;
        rest = later;
    }
    buckets
}
