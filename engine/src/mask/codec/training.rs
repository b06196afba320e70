//! Counts of symbols, from which the tables of the default profile are made.

use crate::mask::Runs;

use super::context::{CONTEXTS, parts};
use super::encoder::slabs_of;
use super::model::{CLASSES, PAIR, TABLES};
use super::sink::Sink;
use super::write::write_slab;

/// How often each symbol of each table came, and each residual in each circumstance.
#[derive(Clone, Debug)]
pub struct Counts {
    /// For each table 16 symbols.
    pub symbols: Vec<[u64; 16]>,
    /// For each circumstance the residuals 0, 1, -1, over 1 and under -1.
    pub residuals: Vec<[u64; 5]>,
    /// Bits outside of tables.
    pub bits: u64,
    /// Slabs.
    pub slabs: u64,
    classes: Vec<u8>,
}

impl Counts {
    /// Nothing yet. `classes`: for each circumstance its class, plus 128 where residuals are negated; what is
    /// missing is 0.
    pub fn new(mut classes: Vec<u8>) -> Self {
        classes.resize(CONTEXTS, 0);
        Self {
            symbols: vec![[0; 16]; TABLES],
            residuals: vec![[0; 5]; CONTEXTS],
            bits: 0,
            slabs: 0,
            classes,
        }
    }

    /// Number of classes that there may be.
    pub fn class_count() -> usize {
        CLASSES
    }

    /// The first and the number of tables of pairs.
    pub fn pair_tables() -> std::ops::Range<usize> {
        PAIR..PAIR + CLASSES * CLASSES
    }

    /// What circumstances are made of: kind and four values; negating the values mirrors them.
    pub fn circumstances() -> Vec<(usize, [i8; 4])> {
        (0..CONTEXTS).map(parts).collect()
    }

    /// Adds what the default profile would write for a mask.
    pub fn add(&mut self, runs: &Runs) {
        let Some(bounds) = runs.bounds() else { return };
        let rows = bounds.rows.end.saturating_sub(bounds.rows.start);
        for (_, mut slices) in slabs_of(runs, &bounds) {
            self.slabs = self.slabs.saturating_add(1);
            write_slab(self, &mut slices, u32::try_from(rows).unwrap_or(u32::MAX));
        }
    }
}

impl Sink for Counts {
    fn symbol(&mut self, table: usize, symbol: u8) {
        let counts = self.symbols.get_mut(table);
        if let Some(count) = counts.and_then(|counts| counts.get_mut(usize::from(symbol & 15))) {
            *count = count.saturating_add(1);
        }
    }

    fn bits(&mut self, count: u32, _value: u32) {
        self.bits = self.bits.saturating_add(u64::from(count));
    }

    fn class(&mut self, context: usize) -> (usize, bool) {
        let class = self.classes.get(context).copied().unwrap_or(0);
        (usize::from(class & 127), class > 127)
    }

    fn seen(&mut self, context: usize, residual: i32) {
        let kind = match residual {
            0 => 0,
            1 => 1,
            -1 => 2,
            2.. => 3,
            _ => 4,
        };
        let counts = self.residuals.get_mut(context);
        if let Some(count) = counts.and_then(|counts| counts.get_mut(kind)) {
            *count = count.saturating_add(1);
        }
    }
}
