//! The definition, in scalar code.

use super::loops::{Simd, Six};
use super::{BYTES, QUARTER, STRETCH};

#[derive(Clone, Copy)]
pub(super) struct Portable;

/// Both numbers of each byte: first the low four bits of all, then the high ones.
fn fours(plane: &[u8; BYTES]) -> [[u8; BYTES]; 2] {
    [plane.map(|byte| byte & 15), plane.map(|byte| byte >> 4)]
}

/// The four numbers of each byte: first the lowest two bits of all.
fn twos(plane: &[u8; QUARTER]) -> [[u8; QUARTER]; 4] {
    [0, 2, 4, 6].map(|shift| plane.map(|byte| byte >> shift & 3))
}

fn dot(numbers: &[u8], weights: &[i8; STRETCH]) -> i32 {
    let pairs = numbers.iter().zip(weights);
    pairs.map(|(number, weight)| i32::from(*number) * i32::from(*weight)).sum()
}

impl Simd for Portable {
    type Acc = i32;

    #[inline]
    fn zero(self) -> i32 {
        0
    }

    #[inline]
    fn fours(self, acc: i32, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> i32 {
        acc.wrapping_add(dot(fours(plane).as_flattened(), weights))
    }

    #[inline]
    fn twos(self, acc: i32, plane: &[u8; QUARTER], weights: &[i8; STRETCH]) -> i32 {
        acc.wrapping_add(dot(twos(plane).as_flattened(), weights))
    }

    #[inline]
    fn sixes(self, acc: i32, (high, middle): Six<'_>, weights: &[i8; STRETCH]) -> i32 {
        let high = self.fours(0, high, weights).wrapping_mul(4);
        self.twos(acc.wrapping_add(high), middle, weights)
    }

    #[inline]
    fn bytes(self, acc: i32, six: Six<'_>, low: &[u8; QUARTER], weights: &[i8; STRETCH]) -> i32 {
        let six = self.sixes(0, six, weights).wrapping_mul(4);
        self.twos(acc.wrapping_add(six), low, weights)
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
