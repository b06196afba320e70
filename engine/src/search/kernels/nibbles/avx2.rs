//! The AVX2 tier: a stretch is two registers of a plane of four bits, one of a plane of two.

#![expect(unsafe_code, reason = "loads, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::super::avx2::prefetch;
use super::loops::{self, Query, Simd, Six};
use super::planes::Numbers;
use super::{BYTES, QUARTER, STRETCH, Which, Work, code};
use std::arch::x86_64::{
    __m256i, _mm_add_epi32, _mm_cvtsi128_si32, _mm_shuffle_epi32, _mm256_add_epi16,
    _mm256_add_epi32, _mm256_and_si256, _mm256_castsi256_si128, _mm256_extracti128_si256,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_set1_epi16, _mm256_setzero_si256, _mm256_slli_epi16, _mm256_slli_epi32,
    _mm256_srli_epi16,
};

/// Bytes of a register: of a plane of two bits a stretch.
const L: usize = QUARTER;

/// Numbers of a stretch.
type Four = [__m256i; 4];

/// [`Work::run`] with the features of this tier.
#[target_feature(enable = "avx2")]
pub(super) fn widely<W: Work>(work: W) -> W::Out {
    work.run()
}

/// [`code::code_row`] with the features of this tier.
#[target_feature(enable = "avx2")]
pub(super) fn code_row(row: &[f32], largest: f32, planes: [&mut [u8]; 3]) -> [f32; 3] {
    code::code_row(row, largest, planes)
}

/// [`loops::multiply`] with the features of this tier.
#[target_feature(enable = "avx2")]
pub(super) fn multiply<P: Numbers>(query: Query<'_>, planes: P, which: Which<'_>, out: &mut [i32]) {
    loops::multiply(Avx2(()), query, planes, which, out);
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
    fn fours(self, acc: __m256i, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> __m256i {
        // SAFETY: the processor has AVX2, because `self` exists.
        let numbers = unsafe { fours(plane) };
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
    }

    #[inline(always)]
    fn twos(self, acc: __m256i, plane: &[u8; QUARTER], weights: &[i8; STRETCH]) -> __m256i {
        // SAFETY: the processor has AVX2, because `self` exists.
        let numbers = unsafe { twos(plane) };
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
    }

    #[inline(always)]
    fn sixes(self, acc: __m256i, six: Six<'_>, weights: &[i8; STRETCH]) -> __m256i {
        // SAFETY: the processor has AVX2, because `self` exists.
        let numbers = unsafe { sixes(six) };
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
    }

    #[inline(always)]
    fn bytes(
        self,
        acc: __m256i,
        six: Six<'_>,
        low: &[u8; QUARTER],
        weights: &[i8; STRETCH],
    ) -> __m256i {
        // SAFETY: the processor has AVX2, because `self` exists.
        let numbers = unsafe { sixes(six) };
        // SAFETY: the processor has AVX2, because `self` exists.
        let acc = unsafe { add(acc, numbers, weights, 4) };
        // SAFETY: the processor has AVX2, because `self` exists.
        let numbers = unsafe { twos(low) };
        // SAFETY: the processor has AVX2, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
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

/// The numbers of four bits, in the order of the elements.
#[inline]
#[target_feature(enable = "avx2")]
fn fours(plane: &[u8; BYTES]) -> Four {
    let from = plane.as_ptr();
    // SAFETY: the plane is 64 bytes, of which the first 32 are read; no alignment is asked for.
    let first = unsafe { _mm256_loadu_si256(from.cast()) };
    let from = from.wrapping_add(L);
    // SAFETY: the plane is 64 bytes, of which the last 32 are read; no alignment is asked for.
    let second = unsafe { _mm256_loadu_si256(from.cast()) };
    let mask = _mm256_set1_epi8(15);
    [
        _mm256_and_si256(first, mask),
        _mm256_and_si256(second, mask),
        _mm256_and_si256(_mm256_srli_epi16::<4>(first), mask),
        _mm256_and_si256(_mm256_srli_epi16::<4>(second), mask),
    ]
}

/// The numbers of two bits, in the order of the elements.
#[inline]
#[target_feature(enable = "avx2")]
fn twos(plane: &[u8; QUARTER]) -> Four {
    let (plane, mask) = (load_u8(plane), _mm256_set1_epi8(3));
    [
        _mm256_and_si256(plane, mask),
        _mm256_and_si256(_mm256_srli_epi16::<2>(plane), mask),
        _mm256_and_si256(_mm256_srli_epi16::<4>(plane), mask),
        _mm256_and_si256(_mm256_srli_epi16::<6>(plane), mask),
    ]
}

/// The numbers of six bits, in the order of the elements.
#[inline]
#[target_feature(enable = "avx2")]
fn sixes((high, middle): Six<'_>) -> Four {
    let mut numbers = fours(high);
    for (number, two) in numbers.iter_mut().zip(twos(middle)) {
        // Four bits go two up and stay in their byte.
        *number = _mm256_or_si256(_mm256_slli_epi16::<2>(*number), two);
    }
    numbers
}

/// Adds so many times weights times numbers. These are at most 63: four products with weights of a
/// byte stay within 16 bits.
#[inline]
#[target_feature(enable = "avx2")]
fn add(mut acc: __m256i, [a, b, c, d]: Four, weights: &[i8; STRETCH], times: i16) -> __m256i {
    let times = _mm256_set1_epi16(times);
    let weights = weights.as_chunks::<L>().0.as_chunks::<2>().0;
    for ([first, second], (x, y)) in weights.iter().zip([(a, b), (c, d)]) {
        let lower = _mm256_maddubs_epi16(x, load_i8(first));
        let pairs = _mm256_add_epi16(lower, _mm256_maddubs_epi16(y, load_i8(second)));
        acc = _mm256_add_epi32(acc, _mm256_madd_epi16(pairs, times));
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
