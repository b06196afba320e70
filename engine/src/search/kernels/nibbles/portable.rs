//! The definition, in scalar code.

use super::loops::Simd;
use super::{BYTES, STRETCH};

#[derive(Clone, Copy)]
pub(super) struct Portable;

/// Both numbers of each byte: first the low four bits of all, then the high ones.
fn split(plane: &[u8; BYTES]) -> [[u8; BYTES]; 2] {
    [plane.map(|byte| byte & 15), plane.map(|byte| byte >> 4)]
}

fn dot(numbers: [[u8; BYTES]; 2], weights: &[i8; STRETCH]) -> i32 {
    let pairs = numbers.as_flattened().iter().zip(weights);
    pairs.map(|(number, weight)| i32::from(*number) * i32::from(*weight)).sum()
}

impl Simd for Portable {
    type Acc = i32;

    #[inline]
    fn zero(self) -> i32 {
        0
    }

    #[inline]
    fn nibbles(self, acc: i32, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> i32 {
        acc.wrapping_add(dot(split(plane), weights))
    }

    #[inline]
    fn bytes(
        self,
        acc: i32,
        high: &[u8; BYTES],
        low: &[u8; BYTES],
        weights: &[i8; STRETCH],
    ) -> i32 {
        let high = dot(split(high), weights).wrapping_mul(16);
        acc.wrapping_add(high).wrapping_add(dot(split(low), weights))
    }

    #[inline]
    fn join(self, upper: i32, lower: i32) -> i32 {
        upper.wrapping_mul(256).wrapping_add(lower)
    }

    #[inline]
    fn sum(self, acc: i32) -> i32 {
        acc
    }

    #[inline]
    fn prefetch<B>(self, _: &B, _: usize) {}
}
