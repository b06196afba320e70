//! The NEON tier: a stretch of a plane is four registers.

#![expect(unsafe_code, reason = "loads, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::loops::{self, Query, Simd};
use super::{BYTES, STRETCH, Which};
use std::arch::aarch64::{
    int8x16_t, int32x4_t, uint8x16_t, vaddq_s16, vaddvq_s32, vandq_u8, vdupq_n_s32, vdupq_n_u8,
    vget_high_s8, vget_low_s8, vld1q_s8, vld1q_u8, vmlal_s8, vmull_s8, vmulq_n_s32, vpadalq_s16,
    vaddq_s32, vreinterpretq_s8_u8, vshrq_n_u8,
};

/// Bytes of a register.
const L: usize = 16;

/// [`loops::multiply`] with the features of this tier.
#[target_feature(enable = "neon")]
pub(super) fn multiply<const BOTH: bool>(
    query: Query<'_>,
    planes: [&[u8]; 2],
    which: Which<'_>,
    out: &mut [i32],
) {
    loops::multiply::<_, BOTH>(Neon(()), query, planes, which, out);
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
    fn nibbles(self, acc: int32x4_t, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> int32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { vaddq_s32(acc, dot(plane, weights)) }
    }

    #[inline(always)]
    fn bytes(
        self,
        acc: int32x4_t,
        high: &[u8; BYTES],
        low: &[u8; BYTES],
        weights: &[i8; STRETCH],
    ) -> int32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        let high = unsafe { vmulq_n_s32(dot(high, weights), 16) };
        // SAFETY: the processor has NEON, because `self` exists.
        let low = unsafe { vaddq_s32(high, dot(low, weights)) };
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { vaddq_s32(acc, low) }
    }

    #[inline(always)]
    fn join(self, upper: int32x4_t, lower: int32x4_t) -> int32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { vaddq_s32(vmulq_n_s32(upper, 256), lower) }
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

/// Weights times numbers of at most 15: four products stay within 16 bits.
#[inline]
#[target_feature(enable = "neon")]
fn dot(plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> int32x4_t {
    let mut acc = vdupq_n_s32(0);
    let (first, second) = weights.split_at(BYTES);
    let weights = first.as_chunks::<L>().0.iter().zip(second.as_chunks::<L>().0);
    for (bytes, (first, second)) in plane.as_chunks::<L>().0.iter().zip(weights) {
        let bytes = load_u8(bytes);
        let lower = vreinterpretq_s8_u8(vandq_u8(bytes, vdupq_n_u8(15)));
        let upper = vreinterpretq_s8_u8(vshrq_n_u8::<4>(bytes));
        let (first, second) = (load_i8(first), load_i8(second));
        let a = vmull_s8(vget_low_s8(lower), vget_low_s8(first));
        let a = vmlal_s8(a, vget_low_s8(upper), vget_low_s8(second));
        let b = vmull_s8(vget_high_s8(lower), vget_high_s8(first));
        let b = vmlal_s8(b, vget_high_s8(upper), vget_high_s8(second));
        acc = vpadalq_s16(acc, vaddq_s16(a, b));
    }
    acc
}
