//! Finite state entropy with the distributions that RFC 8878 predefines (section 3.1.1.3.2.2), and bits.

/// Symbols and how many of the states each has; -1 is one state at the end.
const LITERAL_LENGTHS: [i8; 36] = [
    4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1,
    -1, -1, -1, -1,
];
const MATCH_LENGTHS: [i8; 53] = [
    1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1,
];
const OFFSETS: [i8; 29] =
    [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];

/// A state of a decoder: its symbol, and which states can follow it.
#[derive(Clone, Copy, Default)]
struct State {
    symbol: usize,
    bits: u32,
    base: usize,
}

/// The states of a decoder, in order.
pub(super) struct Table {
    log: u32,
    states: Vec<State>,
}

impl Table {
    pub(super) fn literal_lengths() -> Self {
        Self::new(6, &LITERAL_LENGTHS)
    }

    pub(super) fn match_lengths() -> Self {
        Self::new(6, &MATCH_LENGTHS)
    }

    pub(super) fn offsets() -> Self {
        Self::new(5, &OFFSETS)
    }

    /// Section 4.1.1: rare symbols from the end, the others in steps that meet every place once.
    fn new(log: u32, distribution: &[i8]) -> Self {
        let size = 1_usize << log;
        let mut states = vec![State::default(); size];
        let mut end = size;
        for (symbol, _) in distribution.iter().enumerate().filter(|(_, count)| **count < 0) {
            end = end.saturating_sub(1);
            if let Some(state) = states.get_mut(end) {
                state.symbol = symbol;
            }
        }
        let step = (size >> 1).saturating_add(size >> 3).saturating_add(3);
        let mut place = 0_usize;
        for (symbol, count) in distribution.iter().enumerate() {
            for _ in 0..*count {
                if let Some(state) = states.get_mut(place) {
                    state.symbol = symbol;
                }
                loop {
                    place = place.saturating_add(step) & size.saturating_sub(1);
                    if place < end {
                        break;
                    }
                }
            }
        }
        let mut next: Vec<usize> =
            distribution.iter().map(|count| usize::from(count.unsigned_abs())).collect();
        for state in &mut states {
            let Some(number) = next.get_mut(state.symbol) else { continue };
            state.bits = log.saturating_sub(number.checked_ilog2().unwrap_or(0));
            state.base = (*number << state.bits).saturating_sub(size);
            *number = number.saturating_add(1);
        }
        Self { log, states }
    }

    /// A state of a symbol, for the last one.
    pub(super) fn last(&self, symbol: usize) -> usize {
        self.states.iter().position(|state| state.symbol == symbol).unwrap_or(0)
    }

    /// The state of a symbol that `next` can follow, and the bits that say so.
    pub(super) fn before(&self, symbol: usize, next: usize, out: &mut Bits) -> usize {
        let follows = |state: &State| {
            let end = state.base.saturating_add(1 << state.bits);
            state.symbol == symbol && (state.base..end).contains(&next)
        };
        let Some(place) = self.states.iter().position(follows) else { return 0 };
        if let Some(state) = self.states.get(place) {
            out.put(next.saturating_sub(state.base) as u64, state.bits);
        }
        place
    }

    /// Writes the state that a decoder begins with.
    pub(super) fn first(&self, state: usize, out: &mut Bits) {
        out.put(state as u64, self.log);
    }
}

/// Bits, the lowest of each byte first.
#[derive(Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    waiting: u64,
    count: u32,
}

impl Bits {
    /// Appends the lowest `count` bits, at most 32.
    pub(super) fn put(&mut self, value: u64, count: u32) {
        self.waiting |= (value & ((1_u64 << count).wrapping_sub(1))) << self.count;
        self.count = self.count.saturating_add(count);
        while self.count >= 8 {
            self.bytes.extend(self.waiting.to_le_bytes().first());
            self.waiting >>= 8;
            self.count = self.count.saturating_sub(8);
        }
    }

    /// The bytes, behind the mark that tells where the last begin.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.put(1, 1);
        if self.count > 0 {
            self.put(0, 8_u32.saturating_sub(self.count));
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_can_be_reached() {
        for (table, distribution) in [
            (Table::literal_lengths(), &LITERAL_LENGTHS[..]),
            (Table::match_lengths(), &MATCH_LENGTHS),
            (Table::offsets(), &OFFSETS),
        ] {
            let size = table.states.len();
            let told: usize = distribution.iter().map(|c| usize::from(c.unsigned_abs())).sum();
            assert_eq!(told, size);
            for (symbol, count) in distribution.iter().enumerate() {
                let own = table.states.iter().filter(|state| state.symbol == symbol).count();
                assert_eq!(own, usize::from(count.unsigned_abs()));
                for next in 0..size {
                    let place = table.before(symbol, next, &mut Bits::default());
                    let state = table.states[place];
                    assert_eq!(state.symbol, symbol);
                    assert!((state.base..state.base + (1 << state.bits)).contains(&next));
                }
            }
        }
    }
}
