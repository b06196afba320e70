//! The NEON tier: a stretch is four registers of a plane of four bits, two of a plane of two.

#![expect(unsafe_code, reason = "loads, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::loops::{self, Query, Simd, Six};
use super::planes::Numbers;
use super::{BYTES, QUARTER, STRETCH, Which};
use std::arch::aarch64::{
    int8x16_t, int32x4_t, uint8x16_t, vaddq_s16, vaddq_s32, vaddvq_s32, vandq_u8, vdupq_n_s32,
    vdupq_n_u8, vget_high_s8, vget_low_s8, vld1q_s8, vld1q_u8, vmlal_s8, vmull_s8, vmulq_n_s32,
    vorrq_u8, vpadalq_s16, vreinterpretq_s8_u8, vshlq_n_u8, vshrq_n_u8,
};

/// Bytes of a register.
const L: usize = 16;

/// Numbers of a stretch.
type Eight = [uint8x16_t; 8];

/// [`loops::multiply`] with the features of this tier.
#[target_feature(enable = "neon")]
pub(super) fn multiply<P: Numbers>(query: Query<'_>, planes: P, which: Which<'_>, out: &mut [i32]) {
    loops::multiply(Neon(()), query, planes, which, out);
}

/// Exists only inside [`multiply`], hence only where the processor has NEON.
#[derive(Clone, Copy)]
struct Neon(());

impl Simd for Neon {
    type Acc = int32x4_t;

    #[inline(always)]
    fn zero(self) -> int32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { vdupq_n_s32(0) }
    }

    #[inline(always)]
    fn fours(self, acc: int32x4_t, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> int32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        let numbers = unsafe { fours(plane) };
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
    }

    #[inline(always)]
    fn twos(self, acc: int32x4_t, plane: &[u8; QUARTER], weights: &[i8; STRETCH]) -> int32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        let numbers = unsafe { twos(plane) };
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
    }

    #[inline(always)]
    fn sixes(self, acc: int32x4_t, six: Six<'_>, weights: &[i8; STRETCH]) -> int32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        let numbers = unsafe { sixes(six) };
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
    }

    #[inline(always)]
    fn bytes(
        self,
        acc: int32x4_t,
        six: Six<'_>,
        low: &[u8; QUARTER],
        weights: &[i8; STRETCH],
    ) -> int32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        let numbers = unsafe { sixes(six) };
        // SAFETY: the processor has NEON, because `self` exists.
        let acc = unsafe { add(acc, numbers, weights, 4) };
        // SAFETY: the processor has NEON, because `self` exists.
        let numbers = unsafe { twos(low) };
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
    }

    #[inline(always)]
    fn join(self, upper: int32x4_t, lower: int32x4_t) -> int32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { join_sums(upper, lower) }
    }

    #[inline(always)]
    fn sum(self, acc: int32x4_t) -> i32 {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { vaddvq_s32(acc) }
    }

    #[inline(always)]
    fn prefetch<B>(self, _: &B, _: usize) {}
}

#[inline]
#[target_feature(enable = "neon")]
fn load_u8(from: &[u8; L]) -> uint8x16_t {
    // SAFETY: `from` is the 16 bytes that are read, and no alignment is asked for.
    unsafe { vld1q_u8(from.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn load_i8(from: &[i8; L]) -> int8x16_t {
    // SAFETY: `from` is the 16 bytes that are read, and no alignment is asked for.
    unsafe { vld1q_s8(from.as_ptr()) }
}

/// The numbers of four bits, in the order of the elements.
#[inline]
#[target_feature(enable = "neon")]
fn fours(plane: &[u8; BYTES]) -> Eight {
    let mut numbers = [vdupq_n_u8(0); 8];
    let (lower, upper) = numbers.split_at_mut(4);
    for ((lower, upper), bytes) in lower.iter_mut().zip(upper).zip(plane.as_chunks::<L>().0) {
        let bytes = load_u8(bytes);
        *lower = vandq_u8(bytes, vdupq_n_u8(15));
        *upper = vshrq_n_u8::<4>(bytes);
    }
    numbers
}

/// The numbers of two bits, in the order of the elements.
#[inline]
#[target_feature(enable = "neon")]
fn twos(plane: &[u8; QUARTER]) -> Eight {
    let mut halves = [vdupq_n_u8(0); 2];
    for (half, bytes) in halves.iter_mut().zip(plane.as_chunks::<L>().0) {
        *half = load_u8(bytes);
    }
    let ([a, b], mask) = (halves, vdupq_n_u8(3));
    [
        vandq_u8(a, mask),
        vandq_u8(b, mask),
        vandq_u8(vshrq_n_u8::<2>(a), mask),
        vandq_u8(vshrq_n_u8::<2>(b), mask),
        vandq_u8(vshrq_n_u8::<4>(a), mask),
        vandq_u8(vshrq_n_u8::<4>(b), mask),
        vshrq_n_u8::<6>(a),
        vshrq_n_u8::<6>(b),
    ]
}

/// The numbers of six bits, in the order of the elements.
#[inline]
#[target_feature(enable = "neon")]
fn sixes((high, middle): Six<'_>) -> Eight {
    let mut numbers = fours(high);
    for (number, two) in numbers.iter_mut().zip(twos(middle)) {
        *number = vorrq_u8(vshlq_n_u8::<2>(*number), two);
    }
    numbers
}

#[inline]
#[target_feature(enable = "neon")]
fn add(acc: int32x4_t, numbers: Eight, weights: &[i8; STRETCH], times: i32) -> int32x4_t {
    vaddq_s32(acc, vmulq_n_s32(dot(numbers, weights), times))
}

#[inline]
#[target_feature(enable = "neon")]
fn join_sums(upper: int32x4_t, lower: int32x4_t) -> int32x4_t {
    vaddq_s32(vmulq_n_s32(upper, 256), lower)
}

/// Weights times numbers of at most 63: four products stay within 16 bits.
#[inline]
#[target_feature(enable = "neon")]
fn dot(numbers: Eight, weights: &[i8; STRETCH]) -> int32x4_t {
    let mut acc = vdupq_n_s32(0);
    let numbers = numbers.as_chunks::<2>().0;
    let weights = weights.as_chunks::<L>().0.as_chunks::<2>().0;
    for ([x, y], [first, second]) in numbers.iter().zip(weights) {
        let (x, y) = (vreinterpretq_s8_u8(*x), vreinterpretq_s8_u8(*y));
        let (first, second) = (load_i8(first), load_i8(second));
        let a = vmull_s8(vget_low_s8(x), vget_low_s8(first));
        let a = vmlal_s8(a, vget_low_s8(y), vget_low_s8(second));
        let b = vmull_s8(vget_high_s8(x), vget_high_s8(first));
        let b = vmlal_s8(b, vget_high_s8(y), vget_high_s8(second));
        acc = vpadalq_s16(acc, vaddq_s16(a, b));
    }
    acc
}
