//! Tiles of 6 rows and 4 queries: 24 registers of sums, 6 of rows, 1 of a query.

#![expect(unsafe_code, reason = "loads, stores, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::super::avx2::prefetch;
use super::super::matrix::Strided;
use super::avx2::sums_of_8;
use super::memory::Line;
use super::tile::{self, COLUMNS, Element, Job, Tile};
use half::f16;
use std::arch::x86_64::{
    __m256, __m512, _mm256_add_ps, _mm256_castpd_ps, _mm512_add_ps, _mm512_castps_pd,
    _mm512_castps512_ps256, _mm512_cvtph_ps, _mm512_extractf64x4_pd, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

const L: usize = 16;
const G: usize = 4;
const ROWS: usize = 6;

/// [`tile::pack_all`] of queries, with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn pack<E: Element>(rows: &Strided<'_, E>, blocks: usize, to: &mut [Line]) {
    tile::pack_all::<_, _, L, G, COLUMNS>(Avx512(()), rows, blocks, to);
}

/// [`tile::multiply`] with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn multiply<E: Element>(rows: &Strided<'_, E>, job: Job<'_>) {
    tile::multiply::<_, _, L, G, ROWS>(Avx512(()), rows, job);
}

/// Exists only inside the functions above, hence only where the processor has AVX-512 F, BW and
/// VL.
#[derive(Clone, Copy)]
struct Avx512(());

impl Tile<L> for Avx512 {
    type Reg = __m512;

    #[inline(always)]
    fn zero(self) -> __m512 {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        unsafe { _mm512_setzero_ps() }
    }

    #[inline(always)]
    fn load(self, from: &[f32; L]) -> __m512 {
        // SAFETY: the processor has AVX-512 F, because `self` exists; `from` is 16 f32, the 64
        // bytes that are read, and no alignment is asked for.
        unsafe { _mm512_loadu_ps(from.as_ptr()) }
    }

    #[inline(always)]
    fn widen(self, from: &[f16; L], to: &mut [f32; L]) {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        let wide = unsafe { _mm512_cvtph_ps(bytemuck::cast(*from)) };
        // SAFETY: the processor has AVX-512 F, because `self` exists; `to` is 16 f32, the 64
        // bytes that are written, and no alignment is asked for.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), wide) }
    }

    #[inline(always)]
    fn fma(self, a: __m512, b: __m512, acc: __m512) -> __m512 {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        unsafe { _mm512_fmadd_ps(a, b, acc) }
    }

    #[inline(always)]
    fn add(self, a: __m512, b: __m512) -> __m512 {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        unsafe { _mm512_add_ps(a, b) }
    }

    #[inline(always)]
    fn prefetch<B>(self, near: &B, bytes: usize) {
        prefetch(near, bytes);
    }

    #[inline(always)]
    fn sums(self, acc: [__m512; COLUMNS]) -> [f32; COLUMNS] {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        unsafe { sums(acc) }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn sums([a, b, c, d]: [__m512; COLUMNS]) -> [f32; COLUMNS] {
    sums_of_8([halves(a), halves(b), halves(c), halves(d)])
}

/// The tree's level `w = 8`.
#[inline]
#[target_feature(enable = "avx512f")]
fn halves(lanes: __m512) -> __m256 {
    let upper = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(lanes)));
    _mm256_add_ps(_mm512_castps512_ps256(lanes), upper)
}
