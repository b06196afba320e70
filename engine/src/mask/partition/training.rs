//! Counts of decisions, for the command that makes the built-in tables.

use super::super::Runs;
use super::coder::Coder;
use super::paint::{Painter, slabs, slices_of};
use super::plane::Plane;
use super::slots::{self, COUNT, Chances};
use super::walk::Walk;

/// Number of chances.
pub const SLOTS: usize = COUNT;

/// The tables of chances by the names that `SPEC.md` gives them: name, first slot, number of slots.
pub const TABLES: [(&str, usize, usize); 7] = [
    ("space", slots::SPACE, 1 << 14),
    ("plane", slots::PLANE, 1 << 8),
    ("first_of_space", slots::FIRST_OF_SPACE, 243),
    ("first_of_plane", slots::FIRST_OF_PLANE, 9),
    ("further", slots::FURTHER, 32),
    ("place", slots::PLACE, 64),
    ("gap", slots::GAP, 65),
];

/// How often each decision was "no" and "yes", slot by slot.
pub fn count(parts: &[&Runs]) -> Option<Vec<[u64; 2]>> {
    let mut counter = Counter { counts: vec![[0; 2]; COUNT], passed: 0, open: None };
    let mut painter = Painter::new(parts)?;
    let mut plane = Plane::new(painter.width(), painter.height());
    let mut truth = vec![0; painter.width() * painter.height()];
    for slab in slabs(&painter.bounds.slices) {
        let mut walk = Walk::new(&mut plane, painter.parts);
        walk.begin(&mut counter);
        for slice in slices_of(slab, &painter.bounds.slices) {
            painter.paint(slice, &mut truth);
            counter = walk.slice(counter, &truth, &mut |_, _, _, _| {})?;
        }
        counter.close(None);
    }
    Some(counter.counts)
}

/// The built-in chances that slabs begin with, in 65,536ths.
pub fn built_in() -> &'static [u16] {
    super::tables::start()
}

/// Bits that the parts take when slabs begin with these chances.
pub fn bits(parts: &[&Runs], start: &[u16; COUNT]) -> Option<f64> {
    let mut meter = Meter { chances: Chances::new(start), bits: 0.0, passed: 0, open: None };
    let mut painter = Painter::new(parts)?;
    let mut plane = Plane::new(painter.width(), painter.height());
    let mut truth = vec![0; painter.width() * painter.height()];
    for slab in slabs(&painter.bounds.slices) {
        meter.chances = Chances::new(start);
        meter.bits += 40.0;
        let mut walk = Walk::new(&mut plane, painter.parts);
        walk.begin(&mut meter);
        for slice in slices_of(slab, &painter.bounds.slices) {
            painter.paint(slice, &mut truth);
            meter = walk.slice(meter, &truth, &mut |_, _, _, _| {})?;
        }
        meter.close(None);
    }
    Some(meter.bits)
}

/// Counts decisions.
struct Counter {
    counts: Vec<[u64; 2]>,
    passed: u32,
    open: Option<usize>,
}

/// Sums what decisions would cost.
struct Meter {
    chances: Chances,
    bits: f64,
    passed: u32,
    open: Option<usize>,
}

macro_rules! coder {
    ($name:ty, |$me:ident, $slot:ident, $truth:ident| $bit:expr, |$raw:ident| $add:expr) => {
        impl $name {
            /// The number of quiet voxels is known now.
            fn close(&mut self, value: Option<u32>) {
                if let Some(tree) = self.open.take() {
                    super::coder::code_gap(self, tree, value);
                }
            }
        }

        impl Coder for $name {
            const DECODES: bool = false;

            fn bit(&mut self, $slot: usize, $truth: bool) -> bool {
                let $me = self;
                $bit;
                $truth
            }

            fn raw(&mut self, bits: u32, truth: u32) -> u32 {
                let $raw = self;
                $add(bits);
                truth
            }

            fn gap(&mut self, tree: usize) {
                self.close(Some(self.passed));
                self.passed = 0;
                self.open = Some(tree);
            }

            fn quiet(&mut self, truth: &[u16], label: u16, count: usize) -> usize {
                let truth = truth.get(..count).unwrap_or(truth);
                let same = truth.iter().position(|&other| other != label).unwrap_or(count);
                self.passed += u32::try_from(same).unwrap_or(u32::MAX);
                same
            }
        }
    };
}

coder!(
    Counter,
    |me, slot, truth| {
        if let Some(count) = me.counts.get_mut(slot).and_then(|c| c.get_mut(usize::from(truth))) {
            *count += 1;
        }
    },
    |_me| |_: u32| {}
);
coder!(
    Meter,
    |me, slot, truth| {
        let bits = &mut me.bits;
        me.chances.decide(slot, |yes| {
            let chance = f64::from(if truth { yes } else { 4096 - yes }) / 4096.0;
            *bits -= chance.log2();
            truth
        })
    },
    |me| |n: u32| me.bits += f64::from(n)
);
