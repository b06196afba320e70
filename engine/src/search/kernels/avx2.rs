//! The AVX2 tier, with FMA and F16C: two passes of 32 lanes in 4 registers.

#![expect(unsafe_code, reason = "a prefetch, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::lanes::{Block, Element, Pass, Simd};
use super::matrix::Strided;
use super::scan::{self, Quantity};
use half::f16;
use std::arch::x86_64::{
    __m256, _MM_HINT_T0, _mm_add_ps, _mm_add_ss, _mm_cvtss_f32, _mm_movehl_ps, _mm_prefetch,
    _mm_shuffle_ps, _mm256_add_ps, _mm256_castps256_ps128, _mm256_cvtph_ps, _mm256_extractf128_ps,
    _mm256_fmadd_ps, _mm256_setzero_ps, _mm256_sub_ps,
};

type Lanes = [__m256; 4];

/// [`scan::scan`] with the features of this tier.
#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn scan<Q: Quantity<N>, E: Element, const N: usize>(
    quantity: Q,
    query: &[f32],
    rows: &Strided<'_, E>,
    outs: [&mut [f32]; N],
) {
    scan::scan(Avx2(()), quantity, query, rows, outs);
}

/// Exists only inside [`scan`], hence only where the processor has AVX2, FMA and F16C.
#[derive(Clone, Copy)]
struct Avx2(());

impl Simd for Avx2 {
    type Lanes = Lanes;

    const TWO_PASSES: bool = true;

    const MASKED_LOADS: bool = false;

    #[inline(always)]
    fn zero(self) -> Lanes {
        // SAFETY: the processor has AVX2, FMA and F16C, because `self` exists.
        unsafe { zero() }
    }

    #[inline(always)]
    fn load_f32(self, block: &Block<f32>, pass: Pass) -> Lanes {
        // SAFETY: the processor has AVX2, FMA and F16C, because `self` exists.
        unsafe { load_f32(half_of(block, pass)) }
    }

    #[inline(always)]
    fn load_f16(self, block: &Block<f16>, pass: Pass) -> Lanes {
        // SAFETY: the processor has AVX2, FMA and F16C, because `self` exists.
        unsafe { load_f16(half_of(block, pass)) }
    }

    #[inline(always)]
    fn fma(self, a: Lanes, b: Lanes, acc: Lanes) -> Lanes {
        // SAFETY: the processor has AVX2, FMA and F16C, because `self` exists.
        unsafe { fma(a, b, acc) }
    }

    #[inline(always)]
    fn sub(self, a: Lanes, b: Lanes) -> Lanes {
        // SAFETY: the processor has AVX2, FMA and F16C, because `self` exists.
        unsafe { sub(a, b) }
    }

    #[inline(always)]
    fn add(self, a: Lanes, b: Lanes) -> Lanes {
        // SAFETY: the processor has AVX2, FMA and F16C, because `self` exists.
        unsafe { add(a, b) }
    }

    #[inline(always)]
    fn sum(self, acc: Lanes) -> f32 {
        // SAFETY: the processor has AVX2, FMA and F16C, because `self` exists.
        unsafe { sum(acc) }
    }

    #[inline(always)]
    fn prefetch<E>(self, near: &Block<E>, bytes: usize) {
        prefetch(near, bytes);
    }
}

/// Asks for the cache line `bytes` after `near`.
#[inline(always)]
pub(super) fn prefetch<B: ?Sized>(near: &B, bytes: usize) {
    let line = std::ptr::from_ref(near).wrapping_byte_add(bytes).cast::<i8>();
    // SAFETY: SSE is part of x86-64, and a prefetch is a hint that neither faults nor reads,
    // wherever it points.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(line) }
}

#[inline(always)]
fn half_of<E>([lower, upper]: &Block<E>, pass: Pass) -> &[E; 32] {
    match pass {
        Pass::First => lower,
        Pass::Second => upper,
    }
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn zero() -> Lanes {
    [_mm256_setzero_ps(); 4]
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn load_f32(elements: &[f32; 32]) -> Lanes {
    let mut lanes = zero();
    for (lane, eight) in lanes.iter_mut().zip(elements.as_chunks::<8>().0) {
        *lane = bytemuck::cast(*eight);
    }
    lanes
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn load_f16(elements: &[f16; 32]) -> Lanes {
    let mut lanes = zero();
    for (lane, eight) in lanes.iter_mut().zip(elements.as_chunks::<8>().0) {
        *lane = _mm256_cvtph_ps(bytemuck::cast(*eight));
    }
    lanes
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn fma(a: Lanes, b: Lanes, mut acc: Lanes) -> Lanes {
    for ((acc, a), b) in acc.iter_mut().zip(a).zip(b) {
        *acc = _mm256_fmadd_ps(a, b, *acc);
    }
    acc
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn sub(mut a: Lanes, b: Lanes) -> Lanes {
    for (a, b) in a.iter_mut().zip(b) {
        *a = _mm256_sub_ps(*a, b);
    }
    a
}

#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn add(mut a: Lanes, b: Lanes) -> Lanes {
    for (a, b) in a.iter_mut().zip(b) {
        *a = _mm256_add_ps(*a, b);
    }
    a
}

/// The tree from `w = 16` on.
#[inline]
#[target_feature(enable = "avx2,fma,f16c")]
fn sum([a, b, c, d]: Lanes) -> f32 {
    sum_of_8(_mm256_add_ps(_mm256_add_ps(a, c), _mm256_add_ps(b, d)))
}

/// The tree from `w = 4` on.
#[inline]
#[target_feature(enable = "avx")]
pub(super) fn sum_of_8(lanes: __m256) -> f32 {
    let four = _mm_add_ps(_mm256_castps256_ps128(lanes), _mm256_extractf128_ps::<1>(lanes));
    let two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps::<1>(two, two)))
}
