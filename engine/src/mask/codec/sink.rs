//! Where symbols go: into entropy coded bytes, into counts.

use crate::mask::rans::Encoder;

use super::model::{CLASSES, FAR, FAR_BOTH, FAR_MORE, Model, PAIR, far, near};

/// Takes the symbols of a slab in order.
pub(super) trait Sink {
    /// A symbol under 16 of a table.
    fn symbol(&mut self, table: usize, symbol: u8);

    /// Bits of even odds, at most 32.
    fn bits(&mut self, count: u32, value: u32);

    /// The class of a circumstance and whether residuals are negated in it.
    fn class(&mut self, context: usize) -> (usize, bool);

    /// Told of each residual; for training.
    fn seen(&mut self, _context: usize, _residual: i32) {}

    /// A number: its length in bits as a symbol, then the bits behind the first.
    fn number(&mut self, table: usize, value: u32) {
        let length = 32_u32.saturating_sub(value.leading_zeros());
        let short = u8::try_from(length.min(15)).unwrap_or(15);
        self.symbol(table, short);
        if length >= 15 {
            self.bits(5, length.saturating_sub(15));
        }
        if length > 1 {
            let below = length.saturating_sub(1);
            self.bits(below, value & !(u32::MAX << below));
        }
    }

    /// A number that is mostly under 15: a symbol, and by `more` what is over.
    fn small(&mut self, table: usize, more: usize, value: u32) {
        if let Ok(symbol @ 0..15) = u8::try_from(value) {
            self.symbol(table, symbol);
        } else {
            self.symbol(table, 15);
            self.number(more, value.saturating_sub(15));
        }
    }

    /// Residuals of a run in their circumstances. `escape`: a table to say that this is no escape, which the
    /// first run of a regular row has.
    fn pair(&mut self, contexts: [usize; 2], residuals: [i32; 2], escape: Option<usize>) {
        let [(start, from), (end, to)] = contexts.map(|context| self.class(context));
        for (context, residual) in contexts.into_iter().zip(residuals) {
            self.seen(context, residual);
        }
        let turn = |negated: bool, d: i32| if negated { d.wrapping_neg() } else { d };
        let [s, e] = residuals;
        let (s, e) = (turn(from, s), turn(to, e));
        let symbol = near(s) << 2 | near(e);
        self.symbol(PAIR + start * CLASSES + end, symbol);
        if symbol == FAR_BOTH
            && let Some(escape) = escape
        {
            self.symbol(escape, 0);
        }
        for (class, residual) in [(start, s), (end, e)] {
            if near(residual) == 3 {
                self.small(FAR + class, FAR_MORE, far(residual));
            }
        }
    }
}

/// Entropy coded.
#[derive(Debug)]
pub(super) struct Coded<'a> {
    pub(super) model: &'a Model,
    pub(super) encoder: Encoder,
}

impl Sink for Coded<'_> {
    fn symbol(&mut self, table: usize, symbol: u8) {
        if let Some(table) = self.model.tables.get(table) {
            self.encoder.symbol(table, symbol);
        }
    }

    fn bits(&mut self, count: u32, value: u32) {
        self.encoder.bits(count, value);
    }

    fn class(&mut self, context: usize) -> (usize, bool) {
        self.model.class(context)
    }
}
