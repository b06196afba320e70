//! The AVX2 tier: a stretch of a plane is two registers.

#![expect(unsafe_code, reason = "loads, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::super::avx2::prefetch;
use super::loops::{self, Query, Simd};
use super::{BYTES, STRETCH, Which, Work, code};
use std::arch::x86_64::{
    __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_and_si256, _mm256_castsi256_si128, _mm256_extracti128_si256,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_setzero_si256, _mm256_slli_epi32, _mm256_srli_epi16,
};

/// Bytes of a register.
const L: usize = 32;

/// [`Work::run`] with the features of this tier.
#[target_feature(enable = "avx2")]
pub(super) fn widely<W: Work>(work: W) -> W::Out {
    work.run()
}

/// [`code::code_row`] with the features of this tier.
#[target_feature(enable = "avx2")]
pub(super) fn code_row(row: &[f32], largest: f32, high: &mut [u8], low: &mut [u8]) -> [f32; 2] {
    code::code_row(row, largest, high, low)
}

/// [`loops::multiply`] with the features of this tier.
#[target_feature(enable = "avx2")]
pub(super) fn multiply<const BOTH: bool>(
    query: Query<'_>,
    planes: [&[u8]; 2],
    which: Which<'_>,
    out: &mut [i32],
) {
    loops::multiply::<_, BOTH>(Avx2(()), query, planes, which, out);
}

/// Exists only inside [`multiply`], hence only where the processor has AVX2.
#[derive(Clone, Copy)]
struct Avx2(());

impl Simd for Avx2 {
    type Acc = __m256i;

    #[inline(always)]
    fn zero(self) -> __m256i {
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { _mm256_setzero_si256() }
    }

    #[inline(always)]
    fn nibbles(self, acc: __m256i, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> __m256i {
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { add(acc, plane, weights, 1) }
    }

    #[inline(always)]
    fn bytes(
        self,
        acc: __m256i,
        high: &[u8; BYTES],
        low: &[u8; BYTES],
        weights: &[i8; STRETCH],
    ) -> __m256i {
        // SAFETY: the processor has AVX2, because `self` exists.
        let acc = unsafe { add(acc, high, weights, 16) };
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { add(acc, low, weights, 1) }
    }

    #[inline(always)]
    fn join(self, upper: __m256i, lower: __m256i) -> __m256i {
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { join(upper, lower) }
    }

    #[inline(always)]
    fn sum(self, acc: __m256i) -> i32 {
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { sum(acc) }
    }

    #[inline(always)]
    fn prefetch<B>(self, near: &B, bytes: usize) {
        prefetch(near, bytes);
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_u8(from: &[u8; L]) -> __m256i {
    // SAFETY: `from` is the 32 bytes that are read, and no alignment is asked for.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn load_i8(from: &[i8; L]) -> __m256i {
    // SAFETY: `from` is the 32 bytes that are read, and no alignment is asked for.
    unsafe { _mm256_loadu_si256(from.as_ptr().cast()) }
}

/// Adds so many times weights times numbers. These are at most 15: four products with weights of a
/// byte stay within 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn add(mut acc: __m256i, plane: &[u8; BYTES], weights: &[i8; STRETCH], times: i16) -> __m256i {
    let mask = _mm256_set1_epi8(15);
    let (first, second) = weights.split_at(BYTES);
    let weights = first.as_chunks::<L>().0.iter().zip(second.as_chunks::<L>().0);
    for (bytes, (first, second)) in plane.as_chunks::<L>().0.iter().zip(weights) {
        let bytes = load_u8(bytes);
        let upper = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), mask);
        let lower = _mm256_maddubs_epi16(_mm256_and_si256(bytes, mask), load_i8(first));
        let pairs = _mm256_add_epi16(lower, _mm256_maddubs_epi16(upper, load_i8(second)));
        acc = _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, _mm256_set1_epi16(times)));
    }
    acc
}

#[inline]
#[target_feature(enable = "avx2")]
fn join(upper: __m256i, lower: __m256i) -> __m256i {
    _mm256_add_epi32(_mm256_slli_epi32::<8>(upper), lower)
}

#[inline]
#[target_feature(enable = "avx2")]
fn sum(acc: __m256i) -> i32 {
    let four = _mm_add_epi32(_mm256_castsi256_si128(acc), _mm256_extracti128_si256::<1>(acc));
    let two = _mm_add_epi32(four, _mm_shuffle_epi32::<0b00_00_11_10>(four));
    _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32::<0b00_00_00_01>(two)))
}
