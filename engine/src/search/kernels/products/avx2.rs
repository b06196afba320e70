//! Tiles of 3 rows and 4 queries: 12 registers of sums, 3 of rows, 1 of a query.

#![expect(unsafe_code, reason = "stores, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::super::avx2::prefetch;
use super::super::matrix::Strided;
use super::memory::Line;
use super::tile::{self, COLUMNS, Element, Job, Tile};
use half::f16;
use std::arch::x86_64::{
    __m256, _mm_add_ps, _mm_shuffle_ps, _mm256_add_ps, _mm256_castpd_ps, _mm256_castps_pd,
    _mm256_castps256_ps128, _mm256_cvtph_ps, _mm256_extractf128_ps, _mm256_fmadd_ps,
    _mm256_permute2f128_ps, _mm256_setzero_ps, _mm256_unpackhi_pd, _mm256_unpacklo_pd,
};

const L: usize = 8;
const G: usize = 8;
const ROWS: usize = 3;

/// [`tile::pack_all`] of queries, with the features of this tier.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn pack<E: Element>(rows: &Strided<'_, E>, blocks: usize, to: &mut [Line]) {
    tile::pack_all::<_, _, L, G, COLUMNS>(Avx2(()), rows, blocks, to);
}

/// [`tile::multiply`] with the features of this tier.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn multiply<E: Element>(rows: &Strided<'_, E>, job: Job<'_>) {
    tile::multiply::<_, _, L, G, ROWS>(Avx2(()), rows, job);
}

/// Exists only inside the functions above, hence only where the processor has AVX2, FMA and F16C.
#[derive(Clone, Copy)]
struct Avx2(());

impl Tile<L> for Avx2 {
    type Reg = __m256;

    #[inline(always)]
    fn zero(self) -> __m256 {
        // SAFETY: the processor has AVX, because `self` exists.
        unsafe { _mm256_setzero_ps() }
    }

    #[inline(always)]
    fn load(self, from: &[f32; L]) -> __m256 {
        bytemuck::cast(*from)
    }

    #[inline(always)]
    fn widen(self, from: &[f16; L], to: &mut [f32; L]) {
        // SAFETY: the processor has F16C, because `self` exists.
        *to = bytemuck::cast(unsafe { _mm256_cvtph_ps(bytemuck::cast(*from)) });
    }

    #[inline(always)]
    fn fma(self, a: __m256, b: __m256, acc: __m256) -> __m256 {
        // SAFETY: the processor has FMA, because `self` exists.
        unsafe { _mm256_fmadd_ps(a, b, acc) }
    }

    #[inline(always)]
    fn add(self, a: __m256, b: __m256) -> __m256 {
        // SAFETY: the processor has AVX, because `self` exists.
        unsafe { _mm256_add_ps(a, b) }
    }

    #[inline(always)]
    fn prefetch<B>(self, near: &B, bytes: usize) {
        prefetch(near, bytes);
    }

    #[inline(always)]
    fn sums(self, acc: [__m256; COLUMNS]) -> [f32; COLUMNS] {
        // SAFETY: the processor has AVX, because `self` exists.
        unsafe { sums_of_8(acc) }
    }
}

/// The tree from `w = 4` on, of four registers `a`, `b`, `c`, `d` together.
#[inline]
#[target_feature(enable = "avx")]
pub(super) fn sums_of_8([a, b, c, d]: [__m256; COLUMNS]) -> [f32; COLUMNS] {
    // w = 4: lanes 0 to 3 of two registers side by side, and lanes 4 to 7.
    let ab =
        _mm256_add_ps(_mm256_permute2f128_ps::<0x20>(a, b), _mm256_permute2f128_ps::<0x31>(a, b));
    let cd =
        _mm256_add_ps(_mm256_permute2f128_ps::<0x20>(c, d), _mm256_permute2f128_ps::<0x31>(c, d));
    // w = 2: lanes 0 and 1 of all four, in the order a c b d, and lanes 2 and 3.
    let (ab, cd) = (_mm256_castps_pd(ab), _mm256_castps_pd(cd));
    let low = _mm256_castpd_ps(_mm256_unpacklo_pd(ab, cd));
    let high = _mm256_castpd_ps(_mm256_unpackhi_pd(ab, cd));
    let two = _mm256_add_ps(low, high);
    // w = 1: lane 0 of all four, and lane 1.
    let (ac, bd) = (_mm256_castps256_ps128(two), _mm256_extractf128_ps::<1>(two));
    let one = _mm_add_ps(_mm_shuffle_ps::<0x88>(ac, bd), _mm_shuffle_ps::<0xDD>(ac, bd));
    bytemuck::cast(_mm_shuffle_ps::<0xD8>(one, one))
}
