//! Tiles in plain Rust: what each operation means.

use super::super::matrix::Strided;
use super::memory::Line;
use super::tile::{self, COLUMNS, Element, Job, Tile};
use half::f16;

const L: usize = 16;
const G: usize = 4;
const ROWS: usize = 2;

/// Needs nothing but the language.
#[derive(Clone, Copy)]
struct Portable;

/// [`tile::pack_all`] of queries.
pub(super) fn pack<E: Element>(rows: &Strided<'_, E>, blocks: usize, to: &mut [Line]) {
    tile::pack_all::<_, _, L, G, COLUMNS>(Portable, rows, blocks, to);
}

/// [`tile::multiply`].
pub(super) fn multiply<E: Element>(rows: &Strided<'_, E>, job: Job<'_>) {
    tile::multiply::<_, _, L, G, ROWS>(Portable, rows, job);
}

impl Tile<L> for Portable {
    type Reg = [f32; L];

    fn zero(self) -> [f32; L] {
        [0.0; L]
    }

    fn load(self, from: &[f32; L]) -> [f32; L] {
        *from
    }

    fn widen(self, from: &[f16; L], to: &mut [f32; L]) {
        for (to, from) in to.iter_mut().zip(from) {
            *to = from.to_f32();
        }
    }

    fn fma(self, a: [f32; L], b: [f32; L], mut acc: [f32; L]) -> [f32; L] {
        for ((acc, a), b) in acc.iter_mut().zip(a).zip(b) {
            *acc = a.mul_add(b, *acc);
        }
        acc
    }

    fn add(self, mut a: [f32; L], b: [f32; L]) -> [f32; L] {
        for (a, b) in a.iter_mut().zip(b) {
            *a += b;
        }
        a
    }

    fn prefetch<B>(self, _: &B, _: usize) {}

    fn sums(self, acc: [[f32; L]; COLUMNS]) -> [f32; COLUMNS] {
        acc.map(|mut lanes| {
            for width in [8, 4, 2, 1] {
                let (lower, upper) = lanes.split_at_mut(width);
                for (lower, upper) in lower.iter_mut().zip(upper) {
                    *lower += *upper;
                }
            }
            let [sum, ..] = lanes;
            sum
        })
    }
}
