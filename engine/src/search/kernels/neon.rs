//! The NEON tier: two passes of 32 lanes in 8 registers.

#![expect(unsafe_code, reason = "loads, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::lanes::{Block, Element, Pass, Simd};
use super::matrix::Strided;
use super::scan::{self, Quantity};
use half::f16;
use std::arch::aarch64::{
    float32x4_t, vadd_f32, vaddq_f32, vcvt_f32_f16, vdupq_n_f32, vfmaq_f32, vget_high_f32,
    vget_lane_f32, vget_low_f32, vld1_u16, vld1q_f32, vreinterpret_f16_u16, vsubq_f32,
};

type Lanes = [float32x4_t; 8];

/// [`scan::scan`] with the features of this tier.
#[target_feature(enable = "neon")]
pub(super) fn scan<Q: Quantity<N>, E: Element, const N: usize>(
    quantity: Q,
    query: &[f32],
    rows: &Strided<'_, E>,
    outs: [&mut [f32]; N],
) {
    scan::scan(Neon(()), quantity, query, rows, outs);
}

/// Exists only inside [`scan`], hence only where the processor has NEON.
#[derive(Clone, Copy)]
struct Neon(());

impl Simd for Neon {
    type Lanes = Lanes;

    const TWO_PASSES: bool = true;

    const MASKED_LOADS: bool = false;

    #[inline(always)]
    fn zero(self) -> Lanes {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { zero() }
    }

    #[inline(always)]
    fn load_f32(self, block: &Block<f32>, pass: Pass) -> Lanes {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { load_f32(half_of(block, pass)) }
    }

    #[inline(always)]
    fn load_f16(self, block: &Block<f16>, pass: Pass) -> Lanes {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { load_f16(half_of(block, pass)) }
    }

    #[inline(always)]
    fn fma(self, a: Lanes, b: Lanes, acc: Lanes) -> Lanes {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { fma(a, b, acc) }
    }

    #[inline(always)]
    fn sub(self, a: Lanes, b: Lanes) -> Lanes {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { sub(a, b) }
    }

    #[inline(always)]
    fn add(self, a: Lanes, b: Lanes) -> Lanes {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { add(a, b) }
    }

    #[inline(always)]
    fn sum(self, acc: Lanes) -> f32 {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { sum(acc) }
    }

    #[inline(always)]
    fn prefetch<E>(self, near: &Block<E>, bytes: usize) {
        prefetch(near, bytes);
    }
}

/// Asks for the cache line `bytes` after `near`.
#[inline(always)]
pub(super) fn prefetch<B>(near: &B, bytes: usize) {
    let line = std::ptr::from_ref(near).wrapping_byte_add(bytes);
    // SAFETY: a prefetch is a hint that neither faults nor reads, wherever it points; it
    // touches no register, flag or stack.
    unsafe {
        std::arch::asm!(
            "prfm pldl1keep, [{line}]",
            line = in(reg) line,
            options(nostack, readonly, preserves_flags)
        );
    }
}

#[inline(always)]
fn half_of<E>([lower, upper]: &Block<E>, pass: Pass) -> &[E; 32] {
    match pass {
        Pass::First => lower,
        Pass::Second => upper,
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn zero() -> Lanes {
    [vdupq_n_f32(0.0); 8]
}

#[inline]
#[target_feature(enable = "neon")]
fn load_f32(elements: &[f32; 32]) -> Lanes {
    let mut lanes = zero();
    for (lane, four) in lanes.iter_mut().zip(elements.as_chunks::<4>().0) {
        // SAFETY: `four` is 4 f32, the 16 bytes that are read, aligned as f32.
        *lane = unsafe { vld1q_f32(four.as_ptr()) };
    }
    lanes
}

#[inline]
#[target_feature(enable = "neon")]
fn load_f16(elements: &[f16; 32]) -> Lanes {
    let mut lanes = zero();
    for (lane, four) in lanes.iter_mut().zip(elements.as_chunks::<4>().0) {
        let bits = std::ptr::from_ref(four).cast::<u16>();
        // SAFETY: `four` is 4 f16, the 8 bytes that are read, aligned as u16, which f16 wraps.
        *lane = vcvt_f32_f16(vreinterpret_f16_u16(unsafe { vld1_u16(bits) }));
    }
    lanes
}

#[inline]
#[target_feature(enable = "neon")]
fn fma(a: Lanes, b: Lanes, mut acc: Lanes) -> Lanes {
    for ((acc, a), b) in acc.iter_mut().zip(a).zip(b) {
        *acc = vfmaq_f32(*acc, a, b);
    }
    acc
}

#[inline]
#[target_feature(enable = "neon")]
fn sub(mut a: Lanes, b: Lanes) -> Lanes {
    for (a, b) in a.iter_mut().zip(b) {
        *a = vsubq_f32(*a, b);
    }
    a
}

#[inline]
#[target_feature(enable = "neon")]
fn add(mut a: Lanes, b: Lanes) -> Lanes {
    for (a, b) in a.iter_mut().zip(b) {
        *a = vaddq_f32(*a, b);
    }
    a
}

/// The tree from `w = 16` on: 8 registers to 4, to 2, to 1, and its lanes.
#[inline]
#[target_feature(enable = "neon")]
fn sum([r0, r1, r2, r3, r4, r5, r6, r7]: Lanes) -> f32 {
    let (r0, r1) = (vaddq_f32(r0, r4), vaddq_f32(r1, r5));
    let (r2, r3) = (vaddq_f32(r2, r6), vaddq_f32(r3, r7));
    let four = vaddq_f32(vaddq_f32(r0, r2), vaddq_f32(r1, r3));
    let two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    vget_lane_f32::<0>(two) + vget_lane_f32::<1>(two)
}
