//! Tiles of 6 rows and 16 queries: 12 registers of sums, 2 of queries, 1 of a row, 1 of products.

#![expect(unsafe_code, reason = "calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::tile::{self, Job, Tile};
use super::unpack;
use std::arch::x86_64::{__m256i, _mm256_add_epi32, _mm256_madd_epi16, _mm256_set1_epi32};

const L: usize = 8;
const C: usize = 2;
const R: usize = 6;

/// [`tile::multiply`] of words of two 16-bit integers.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn multiply(job: Job<'_>) {
    tile::multiply::<_, L, C, R>(Avx2(()), job);
}

/// [`unpack::words`] with the features of this tier.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn unpack_words(planes: [&[u8]; 3], to: &mut [u16]) {
    unpack::words(planes, to);
}

/// Exists only inside [`multiply`], hence only where the processor has AVX2.
#[derive(Clone, Copy)]
struct Avx2(());

impl Tile<L> for Avx2 {
    type Reg = __m256i;

    #[inline(always)]
    fn load(self, from: &[u32; L]) -> __m256i {
        bytemuck::cast(*from)
    }

    #[inline(always)]
    fn splat(self, word: u32) -> __m256i {
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { _mm256_set1_epi32(word.cast_signed()) }
    }

    #[inline(always)]
    fn dot(self, acc: __m256i, row: __m256i, query: __m256i) -> __m256i {
        // SAFETY: the processor has AVX2, because `self` exists.
        let product = unsafe { _mm256_madd_epi16(row, query) };
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { _mm256_add_epi32(acc, product) }
    }

    #[inline(always)]
    fn store(self, acc: __m256i, to: &mut [i32; L]) {
        *to = bytemuck::cast(acc);
    }
}
