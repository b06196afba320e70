//! Tiles of 6 rows and 4 queries: 24 registers of sums, 6 of rows, 1 of a query.

#![expect(unsafe_code, reason = "loads, stores, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::super::matrix::Strided;
use super::super::neon::prefetch;
use super::memory::Line;
use super::tile::{self, COLUMNS, Element, Job, Tile};
use half::f16;
use std::arch::aarch64::{
    float32x4_t, vaddq_f32, vcombine_f32, vcvt_f32_f16, vdupq_n_f32, vfmaq_f32, vget_high_f32,
    vget_low_f32, vld1_u16, vld1q_f32, vpaddq_f32, vreinterpret_f16_u16, vst1q_f32,
};

const L: usize = 4;
const G: usize = 16;
const ROWS: usize = 6;

/// [`tile::pack_all`] of queries, with the features of this tier.
#[target_feature(enable = "neon")]
pub(super) fn pack<E: Element>(rows: &Strided<'_, E>, blocks: usize, to: &mut [Line]) {
    tile::pack_all::<_, _, L, G, COLUMNS>(Neon(()), rows, blocks, to);
}

/// [`tile::multiply`] with the features of this tier.
#[target_feature(enable = "neon")]
pub(super) fn multiply<E: Element>(rows: &Strided<'_, E>, job: Job<'_>) {
    tile::multiply::<_, _, L, G, ROWS>(Neon(()), rows, job);
}

/// Exists only inside the functions above, hence only where the processor has NEON.
#[derive(Clone, Copy)]
struct Neon(());

impl Tile<L> for Neon {
    type Reg = float32x4_t;

    #[inline(always)]
    fn zero(self) -> float32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { vdupq_n_f32(0.0) }
    }

    #[inline(always)]
    fn load(self, from: &[f32; L]) -> float32x4_t {
        // SAFETY: the processor has NEON, because `self` exists; `from` is 4 f32, the 16 bytes
        // that are read, aligned as f32.
        unsafe { vld1q_f32(from.as_ptr()) }
    }

    #[inline(always)]
    fn widen(self, from: &[f16; L], to: &mut [f32; L]) {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { widen(from, to) }
    }

    #[inline(always)]
    fn fma(self, a: float32x4_t, b: float32x4_t, acc: float32x4_t) -> float32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { vfmaq_f32(acc, a, b) }
    }

    #[inline(always)]
    fn add(self, a: float32x4_t, b: float32x4_t) -> float32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { vaddq_f32(a, b) }
    }

    #[inline(always)]
    fn prefetch<B>(self, near: &B, bytes: usize) {
        prefetch(near, bytes);
    }

    #[inline(always)]
    fn sums(self, acc: [float32x4_t; COLUMNS]) -> [f32; COLUMNS] {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { sums(acc) }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn widen(from: &[f16; L], to: &mut [f32; L]) {
    let bits = std::ptr::from_ref(from).cast::<u16>();
    // SAFETY: `from` is 4 f16, the 8 bytes that are read, aligned as u16, which f16 wraps.
    let wide = vcvt_f32_f16(vreinterpret_f16_u16(unsafe { vld1_u16(bits) }));
    // SAFETY: `to` is 4 f32, the 16 bytes that are written, aligned as f32.
    unsafe { vst1q_f32(to.as_mut_ptr(), wide) }
}

/// The tree from `w = 2` on, of four registers `a`, `b`, `c`, `d` together.
#[inline]
#[target_feature(enable = "neon")]
fn sums([a, b, c, d]: [float32x4_t; COLUMNS]) -> [f32; COLUMNS] {
    // w = 2: lanes 0 and 1 of two registers side by side, and lanes 2 and 3.
    let ab = vaddq_f32(
        vcombine_f32(vget_low_f32(a), vget_low_f32(b)),
        vcombine_f32(vget_high_f32(a), vget_high_f32(b)),
    );
    let cd = vaddq_f32(
        vcombine_f32(vget_low_f32(c), vget_low_f32(d)),
        vcombine_f32(vget_high_f32(c), vget_high_f32(d)),
    );
    let mut sums = [0.0; COLUMNS];
    // w = 1: the sums of neighbours.
    let one = vpaddq_f32(ab, cd);
    // SAFETY: `sums` is 4 f32, the 16 bytes that are written, aligned as f32.
    unsafe { vst1q_f32(sums.as_mut_ptr(), one) }
    sums
}
