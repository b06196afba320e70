//! The portable tier: the canonical arithmetic in its scalar form, one operation per line of it.

use super::lanes::{Block, Pass, Simd};
use half::f16;

/// Needs nothing but the language.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Simd for Portable {
    type Lanes = [f32; 64];

    const TWO_PASSES: bool = false;

    const MASKED_LOADS: bool = false;

    fn zero(self) -> [f32; 64] {
        [0.0; 64]
    }

    fn load_f32(self, block: &Block<f32>, _: Pass) -> [f32; 64] {
        let mut lanes = [0.0; 64];
        lanes.copy_from_slice(block.as_flattened());
        lanes
    }

    fn load_f16(self, block: &Block<f16>, _: Pass) -> [f32; 64] {
        let mut lanes = [0.0; 64];
        for (lane, element) in lanes.iter_mut().zip(block.as_flattened()) {
            *lane = element.to_f32();
        }
        lanes
    }

    fn fma(self, a: [f32; 64], b: [f32; 64], mut acc: [f32; 64]) -> [f32; 64] {
        for ((acc, a), b) in acc.iter_mut().zip(a).zip(b) {
            *acc = a.mul_add(b, *acc);
        }
        acc
    }

    fn sub(self, mut a: [f32; 64], b: [f32; 64]) -> [f32; 64] {
        for (a, b) in a.iter_mut().zip(b) {
            *a -= b;
        }
        a
    }

    fn add(self, mut a: [f32; 64], b: [f32; 64]) -> [f32; 64] {
        for (a, b) in a.iter_mut().zip(b) {
            *a += b;
        }
        a
    }

    fn sum(self, mut acc: [f32; 64]) -> f32 {
        for width in [32, 16, 8, 4, 2, 1] {
            let (lower, upper) = acc.split_at_mut(width);
            for (lower, upper) in lower.iter_mut().zip(upper) {
                *lower += *upper;
            }
        }
        let [sum, ..] = acc;
        sum
    }

    fn prefetch<E>(self, _: &Block<E>, _: usize) {}
}
