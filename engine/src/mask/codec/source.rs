//! Where symbols come from.

use crate::mask::rans::Decoder;

use super::model::{CLASSES, FAR, FAR_BOTH, FAR_MORE, Model, PAIR, cut, from_far};

/// Gives the symbols of a slab in order.
#[derive(Debug)]
pub(super) struct Coded<'a> {
    pub(super) model: &'a Model,
    pub(super) decoder: Decoder<'a>,
}

impl Coded<'_> {
    /// The next symbol, under 16.
    #[inline]
    pub(super) fn symbol(&mut self, table: usize) -> u8 {
        // Numbers of tables come from the syntax, not from bytes.
        self.model.tables.get(table).map_or(0, |table| self.decoder.symbol(table))
    }

    /// The next bits, at most 32.
    #[inline]
    fn bits(&mut self, count: u32) -> u32 {
        self.decoder.bits(count)
    }

    /// Whether more was asked for than there is.
    #[inline]
    pub(super) fn is_dead(&self) -> bool {
        self.decoder.is_dead()
    }

    /// See [`Sink::number`](super::sink::Sink::number); none for what no number is coded as.
    pub(super) fn number(&mut self, table: usize) -> Option<u32> {
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
    pub(super) fn small(&mut self, table: usize, more: usize) -> Option<u32> {
        match self.symbol(table) {
            15 => self.number(more)?.checked_add(15),
            symbol => Some(u32::from(symbol)),
        }
    }

    /// See [`Sink::pair`](super::sink::Sink::pair).
    #[expect(clippy::inline_always, reason = "nearly all runs come here; a third faster")]
    #[inline(always)]
    pub(super) fn pair(&mut self, contexts: [usize; 2], escape: Option<usize>) -> Pair {
        let [(start, from), (end, to)] = contexts.map(|context| self.model.class(context));
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
        let turns = usize::from(from) << 4 | usize::from(to) << 5;
        let near = NEAR.get(usize::from(symbol) | turns).copied().unwrap_or_default();
        if symbol >= 12 || symbol & 3 == 3 {
            let [mut s, mut e, ..] = near.map(i32::from);
            let turn = |negated: bool, d: i32| if negated { d.wrapping_neg() } else { d };
            if symbol >= 12 {
                let Some(far) = self.small(FAR + start, FAR_MORE) else { return Pair::Broken };
                s = turn(from, from_far(far));
            }
            if symbol & 3 == 3 {
                let Some(far) = self.small(FAR + end, FAR_MORE) else { return Pair::Broken };
                e = turn(to, from_far(far));
            }
            return Pair::Residuals(s, e, [cut(s), cut(e)]);
        }
        let [s, e, cuts @ ..] = near;
        Pair::Residuals(i32::from(s), i32::from(e), cuts.map(i8::cast_unsigned))
    }
}

/// Residuals of start and end, and both as they are kept, by the symbol of a pair and, in bits 4 and 5, whether they
/// are negated. Far ones are zero.
static NEAR: [[i8; 4]; 64] = near();

const fn near() -> [[i8; 4]; 64] {
    let mut table = [[0; 4]; 64];
    let mut rest: &mut [[i8; 4]] = &mut table;
    let mut number = 0_u8;
    while let [place, later @ ..] = rest {
        let start = near_residual(number >> 2, number >> 4);
        let end = near_residual(number, number >> 5);
        *place = [start, end, start.wrapping_add(2), end.wrapping_add(2)];
        number = number.wrapping_add(1);
        rest = later;
    }
    table
}

/// 0, 1, -1, 0 of the low two bits, negated when the low bit of `turn` is set.
const fn near_residual(code: u8, turn: u8) -> i8 {
    let residual = (code & 1).cast_signed().wrapping_sub((code >> 1 & 1).cast_signed());
    if turn & 1 == 1 { residual.wrapping_neg() } else { residual }
}

/// What a run is coded as.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pair {
    /// Of start and end, and as they are kept.
    Residuals(i32, i32, [u8; 2]),
    /// The row is not regular.
    Escape,
    /// No such thing is ever written.
    Broken,
}
