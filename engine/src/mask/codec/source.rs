//! Where symbols come from.

use crate::mask::rans::Decoder;

use super::model::{CLASSES, FAR, FAR_BOTH, FAR_MORE, Model, PAIR, from_far};

/// Gives the symbols of a slab in order.
pub(super) trait Source {
    /// The next symbol, under 16.
    fn symbol(&mut self, table: usize) -> u8;

    /// The next bits, at most 32.
    fn bits(&mut self, count: u32) -> u32;

    /// The class of a circumstance and whether residuals are negated in it.
    fn class(&self, context: usize) -> (usize, bool);

    /// Whether more was asked for than there is.
    fn is_dead(&self) -> bool;

    /// See [`Sink::number`](super::sink::Sink::number); none for what no number is coded as.
    fn number(&mut self, table: usize) -> Option<u32> {
        let mut length = u32::from(self.symbol(table));
        if length == 15 {
            length = self.bits(5).wrapping_add(15);
        }
        match length {
            0 | 1 => Some(length),
            2..=32 => {
                let below = length.wrapping_sub(1);
                Some(1 << below | self.bits(below))
            }
            _ => None,
        }
    }

    /// See [`Sink::small`](super::sink::Sink::small).
    #[inline]
    fn small(&mut self, table: usize, more: usize) -> Option<u32> {
        match self.symbol(table) {
            15 => self.number(more)?.checked_add(15),
            symbol => Some(u32::from(symbol)),
        }
    }

    /// See [`Sink::pair`](super::sink::Sink::pair).
    #[expect(clippy::inline_always, reason = "nearly all runs come here; a third faster")]
    #[inline(always)]
    fn pair(&mut self, contexts: [usize; 2], escape: Option<usize>) -> Pair {
        let [(start, from), (end, to)] = contexts.map(|context| self.class(context));
        let symbol = self.symbol(PAIR + start * CLASSES + end);
        if symbol == FAR_BOTH
            && let Some(escape) = escape
        {
            match self.symbol(escape) {
                0 => {}
                1 => return Pair::Escape,
                _ => return Pair::Broken,
            }
        }
        // Without a branch for near residuals: which it is cannot be foreseen.
        let (mut s, mut e) = (near_residual(symbol >> 2), near_residual(symbol));
        if symbol >= 12 || symbol & 3 == 3 {
            if symbol >= 12 {
                let Some(far) = self.small(FAR + start, FAR_MORE) else { return Pair::Broken };
                s = from_far(far);
            }
            if symbol & 3 == 3 {
                let Some(far) = self.small(FAR + end, FAR_MORE) else { return Pair::Broken };
                e = from_far(far);
            }
        }
        let turn = |negated: bool, d: i32| {
            let mask = i32::from(negated).wrapping_neg();
            (d ^ mask).wrapping_sub(mask)
        };
        Pair::Residuals(turn(from, s), turn(to, e))
    }
}

/// 0, 1, -1 of the low two bits 0, 1, 2.
#[inline]
fn near_residual(symbol: u8) -> i32 {
    i32::from(symbol & 1).wrapping_sub(i32::from(symbol >> 1 & 1))
}

/// What a run is coded as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pair {
    /// Of start and end.
    Residuals(i32, i32),
    /// The row is not regular.
    Escape,
    /// No such thing is ever written.
    Broken,
}

/// Entropy coded.
#[derive(Debug)]
pub(super) struct Coded<'a> {
    pub(super) model: &'a Model,
    pub(super) decoder: Decoder<'a>,
}

impl Source for Coded<'_> {
    #[inline]
    fn symbol(&mut self, table: usize) -> u8 {
        // Numbers of tables come from the syntax, not from bytes.
        self.model.tables.get(table).map_or(0, |table| self.decoder.symbol(table))
    }

    #[inline]
    fn bits(&mut self, count: u32) -> u32 {
        self.decoder.bits(count)
    }

    #[inline]
    fn class(&self, context: usize) -> (usize, bool) {
        self.model.class(context)
    }

    #[inline]
    fn is_dead(&self) -> bool {
        self.decoder.is_dead()
    }
}
