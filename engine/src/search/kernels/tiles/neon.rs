//! Tiles of 4 rows and 16 queries: 16 registers of sums, 4 of queries, 1 of a row, 2 of products.

#![expect(unsafe_code, reason = "calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::tile::{self, Job, Tile};
use std::arch::aarch64::{
    int16x8_t, int32x4_t, uint32x4_t, vaddq_s32, vdupq_n_u32, vget_low_s16, vld1q_u32,
    vmull_high_s16, vmull_s16, vpaddq_s32, vreinterpretq_s16_u32, vreinterpretq_s32_u32,
    vreinterpretq_u32_s32, vst1q_s32,
};

const L: usize = 4;
const C: usize = 4;
const R: usize = 4;

/// [`tile::multiply`] of words of two 16-bit integers.
#[target_feature(enable = "neon")]
pub(super) fn multiply(job: Job<'_>) {
    tile::multiply::<_, L, C, R>(Neon(()), job);
}

/// Exists only inside [`multiply`], hence only where the processor has NEON.
#[derive(Clone, Copy)]
struct Neon(());

impl Tile<L> for Neon {
    type Reg = uint32x4_t;

    #[inline(always)]
    fn load(self, from: &[u32; L]) -> uint32x4_t {
        // SAFETY: the processor has NEON, because `self` exists; `from` is the 16 bytes that are
        // read.
        unsafe { vld1q_u32(from.as_ptr()) }
    }

    #[inline(always)]
    fn splat(self, word: u32) -> uint32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { vdupq_n_u32(word) }
    }

    #[inline(always)]
    fn dot(self, acc: uint32x4_t, row: uint32x4_t, query: uint32x4_t) -> uint32x4_t {
        // SAFETY: the processor has NEON, because `self` exists.
        unsafe { dot(acc, row, query) }
    }

    #[inline(always)]
    fn store(self, acc: uint32x4_t, to: &mut [i32; L]) {
        // SAFETY: the processor has NEON, because `self` exists.
        let lanes = unsafe { vreinterpretq_s32_u32(acc) };
        // SAFETY: the processor has NEON, because `self` exists; `to` is the 16 bytes that are
        // written.
        unsafe { vst1q_s32(to.as_mut_ptr(), lanes) }
    }
}

/// The products of the two halves of each word side by side, then added in pairs.
#[inline]
#[target_feature(enable = "neon")]
fn dot(acc: uint32x4_t, row: uint32x4_t, query: uint32x4_t) -> uint32x4_t {
    let (row, query): (int16x8_t, int16x8_t) =
        (vreinterpretq_s16_u32(row), vreinterpretq_s16_u32(query));
    let low: int32x4_t = vmull_s16(vget_low_s16(row), vget_low_s16(query));
    let high = vmull_high_s16(row, query);
    vreinterpretq_u32_s32(vaddq_s32(vreinterpretq_s32_u32(acc), vpaddq_s32(low, high)))
}
