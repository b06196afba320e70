//! The AVX-512 tier: one pass of 64 lanes in 4 registers.

#![expect(unsafe_code, reason = "loads, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::avx2::{prefetch, sum_of_8};
use super::lanes::{Block, Element, Pass, Rest, Simd};
use super::matrix::Strided;
use super::scan::{self, Quantity};
use half::f16;
use std::arch::x86_64::{
    __m512, _mm256_add_ps, _mm256_castpd_ps, _mm256_maskz_loadu_epi16, _mm512_add_ps,
    _mm512_castps_pd, _mm512_castps512_ps256, _mm512_cvtph_ps, _mm512_extractf64x4_pd,
    _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_maskz_loadu_ps, _mm512_setzero_ps, _mm512_sub_ps,
};

type Lanes = [__m512; 4];

/// [`scan::scan`] with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn scan<Q: Quantity<N>, E: Element, const N: usize>(
    quantity: Q,
    query: &[f32],
    rows: &Strided<'_, E>,
    outs: [&mut [f32]; N],
) {
    scan::scan(Avx512(()), quantity, query, rows, outs);
}

/// Exists only inside [`scan`], hence only where the processor has AVX-512 F, BW and VL.
#[derive(Clone, Copy)]
struct Avx512(());

impl Simd for Avx512 {
    type Lanes = Lanes;

    const TWO_PASSES: bool = false;

    const MASKED_LOADS: bool = true;

    #[inline(always)]
    fn zero(self) -> Lanes {
        // SAFETY: the processor has AVX-512 F, BW and VL, because `self` exists.
        unsafe { zero() }
    }

    #[inline(always)]
    fn load_f32(self, block: &Block<f32>, _: Pass) -> Lanes {
        // SAFETY: the processor has AVX-512 F, BW and VL, because `self` exists.
        unsafe { load_f32(block) }
    }

    #[inline(always)]
    fn load_f16(self, block: &Block<f16>, _: Pass) -> Lanes {
        // SAFETY: the processor has AVX-512 F, BW and VL, because `self` exists.
        unsafe { load_f16(block) }
    }

    #[inline(always)]
    fn load_rest_f32(self, rest: Rest<'_, f32>, _: Pass) -> Lanes {
        // SAFETY: the processor has AVX-512 F, BW and VL, because `self` exists.
        unsafe { load_rest_f32(rest.elements) }
    }

    #[inline(always)]
    fn load_rest_f16(self, rest: Rest<'_, f16>, _: Pass) -> Lanes {
        // SAFETY: the processor has AVX-512 F, BW and VL, because `self` exists.
        unsafe { load_rest_f16(rest.elements) }
    }

    #[inline(always)]
    fn fma(self, a: Lanes, b: Lanes, acc: Lanes) -> Lanes {
        // SAFETY: the processor has AVX-512 F, BW and VL, because `self` exists.
        unsafe { fma(a, b, acc) }
    }

    #[inline(always)]
    fn sub(self, a: Lanes, b: Lanes) -> Lanes {
        // SAFETY: the processor has AVX-512 F, BW and VL, because `self` exists.
        unsafe { sub(a, b) }
    }

    #[inline(always)]
    fn add(self, a: Lanes, b: Lanes) -> Lanes {
        // SAFETY: the processor has AVX-512 F, BW and VL, because `self` exists.
        unsafe { add(a, b) }
    }

    #[inline(always)]
    fn sum(self, acc: Lanes) -> f32 {
        // SAFETY: the processor has AVX-512 F, BW and VL, because `self` exists.
        unsafe { sum(acc) }
    }

    #[inline(always)]
    fn prefetch<E>(self, near: &Block<E>, bytes: usize) {
        prefetch(near, bytes);
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn zero() -> Lanes {
    [_mm512_setzero_ps(); 4]
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn load_f32(block: &Block<f32>) -> Lanes {
    let mut lanes = zero();
    for (lane, sixteen) in lanes.iter_mut().zip(block.as_flattened().as_chunks::<16>().0) {
        // SAFETY: `sixteen` is 16 f32, the 64 bytes that are read; no alignment is asked for.
        *lane = unsafe { _mm512_loadu_ps(sixteen.as_ptr()) };
    }
    lanes
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn load_f16(block: &Block<f16>) -> Lanes {
    let mut lanes = zero();
    for (lane, sixteen) in lanes.iter_mut().zip(block.as_flattened().as_chunks::<16>().0) {
        *lane = _mm512_cvtph_ps(bytemuck::cast(*sixteen));
    }
    lanes
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn load_rest_f32(rest: &[f32]) -> Lanes {
    let mut lanes = zero();
    for (lane, start) in lanes.iter_mut().zip([0, 16, 32, 48]) {
        let present = rest.get(start..).unwrap_or_default();
        if present.is_empty() {
            break;
        }
        // SAFETY: the mask has a bit for each of the first 16 f32 of `present` and no other;
        // an element without its bit is not touched, and reads as zero.
        *lane = unsafe { _mm512_maskz_loadu_ps(mask(present.len()), present.as_ptr()) };
    }
    lanes
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn load_rest_f16(rest: &[f16]) -> Lanes {
    let mut lanes = zero();
    for (lane, start) in lanes.iter_mut().zip([0, 16, 32, 48]) {
        let present = rest.get(start..).unwrap_or_default();
        if present.is_empty() {
            break;
        }
        let bits = present.as_ptr().cast::<i16>();
        // SAFETY: the mask has a bit for each of the first 16 f16 of `present` and no other;
        // an element without its bit is not touched, and reads as zero.
        *lane = _mm512_cvtph_ps(unsafe { _mm256_maskz_loadu_epi16(mask(present.len()), bits) });
    }
    lanes
}

/// The lowest `count` bits, at most 16.
#[inline(always)]
fn mask(count: usize) -> u16 {
    if count < 16 { (1 << count) - 1 } else { u16::MAX }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn fma(a: Lanes, b: Lanes, mut acc: Lanes) -> Lanes {
    for ((acc, a), b) in acc.iter_mut().zip(a).zip(b) {
        *acc = _mm512_fmadd_ps(a, b, *acc);
    }
    acc
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn sub(mut a: Lanes, b: Lanes) -> Lanes {
    for (a, b) in a.iter_mut().zip(b) {
        *a = _mm512_sub_ps(*a, b);
    }
    a
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn add(mut a: Lanes, b: Lanes) -> Lanes {
    for (a, b) in a.iter_mut().zip(b) {
        *a = _mm512_add_ps(*a, b);
    }
    a
}

/// The tree: of 64 lanes to 16, to 8, and the rest.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn sum([a, b, c, d]: Lanes) -> f32 {
    let sixteen = _mm512_add_ps(_mm512_add_ps(a, c), _mm512_add_ps(b, d));
    let upper = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(sixteen)));
    sum_of_8(_mm256_add_ps(_mm512_castps512_ps256(sixteen), upper))
}
