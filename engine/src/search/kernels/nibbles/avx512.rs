//! The AVX-512 tier: a stretch of a plane is one register. With VNNI four products are added at once; without, two.

#![expect(unsafe_code, reason = "loads, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::super::avx2::prefetch;
use super::loops::{self, Query, Simd};
use super::{BYTES, STRETCH, Which, code};
use std::arch::x86_64::{
    __m512i, _mm512_add_epi16, _mm512_add_epi32, _mm512_and_si512, _mm512_dpbusd_epi32,
    _mm512_loadu_si512, _mm512_madd_epi16, _mm512_maddubs_epi16, _mm512_reduce_add_epi32,
    _mm512_set1_epi8, _mm512_set1_epi16, _mm512_setzero_si512, _mm512_slli_epi16, _mm512_slli_epi32,
    _mm512_srli_epi16, _mm512_ternarylogic_epi32,
};

/// Picks bits of the second operand where the first has ones, of the third elsewhere.
const PICK: i32 = 0xCA;

/// Whether the processor multiplies bytes four at a time.
pub(super) fn has_vnni() -> bool {
    is_x86_feature_detected!("avx512vnni")
}

/// Runs a loop with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn widely<T>(work: impl FnOnce() -> T) -> T {
    work()
}

/// [`code::code_row`] with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn code_row(row: &[f32], largest: f32, high: &mut [u8], low: &mut [u8]) -> [f32; 2] {
    code::code_row(row, largest, high, low)
}

/// [`loops::multiply`] with the features of this tier and VNNI.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) fn multiply_vnni<const BOTH: bool>(
    query: Query<'_>,
    planes: [&[u8]; 2],
    which: Which<'_>,
    out: &mut [i32],
) {
    loops::multiply::<_, BOTH>(Vnni(()), query, planes, which, out);
}

/// [`loops::multiply`] with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn multiply<const BOTH: bool>(
    query: Query<'_>,
    planes: [&[u8]; 2],
    which: Which<'_>,
    out: &mut [i32],
) {
    loops::multiply::<_, BOTH>(Avx512(()), query, planes, which, out);
}

/// Exists only inside [`multiply_vnni`], hence only where the processor has AVX-512 F, BW, VL and VNNI.
#[derive(Clone, Copy)]
struct Vnni(());

/// Exists only inside [`multiply`], hence only where the processor has AVX-512 F, BW and VL.
#[derive(Clone, Copy)]
struct Avx512(());

type Pair = [__m512i; 2];

impl Simd for Vnni {
    type Acc = Pair;

    #[inline(always)]
    fn zero(self) -> Pair {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        [unsafe { _mm512_setzero_si512() }; 2]
    }

    #[inline(always)]
    fn nibbles(self, acc: Pair, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { split(load(plane)) };
        // SAFETY: the processor has AVX-512 F and VNNI, because `self` exists.
        unsafe { add_vnni(acc, numbers, weights) }
    }

    #[inline(always)]
    fn bytes(
        self,
        acc: Pair,
        high: &[u8; BYTES],
        low: &[u8; BYTES],
        weights: &[i8; STRETCH],
    ) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { join(load(high), load(low)) };
        // SAFETY: the processor has AVX-512 F and VNNI, because `self` exists.
        unsafe { add_vnni(acc, numbers, weights) }
    }

    #[inline(always)]
    fn join(self, upper: Pair, lower: Pair) -> Pair {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        unsafe { join_sums(upper, lower) }
    }

    #[inline(always)]
    fn sum(self, acc: Pair) -> i32 {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        unsafe { sum(acc) }
    }

    #[inline(always)]
    fn prefetch<B>(self, near: &B, bytes: usize) {
        prefetch(near, bytes);
    }
}

impl Simd for Avx512 {
    type Acc = Pair;

    #[inline(always)]
    fn zero(self) -> Pair {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        [unsafe { _mm512_setzero_si512() }; 2]
    }

    #[inline(always)]
    fn nibbles(self, acc: Pair, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        unsafe { add_nibbles(acc, split(load(plane)), weights, 1) }
    }

    #[inline(always)]
    fn bytes(
        self,
        acc: Pair,
        high: &[u8; BYTES],
        low: &[u8; BYTES],
        weights: &[i8; STRETCH],
    ) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let acc = unsafe { add_nibbles(acc, split(load(high)), weights, 16) };
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        unsafe { add_nibbles(acc, split(load(low)), weights, 1) }
    }

    #[inline(always)]
    fn join(self, upper: Pair, lower: Pair) -> Pair {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        unsafe { join_sums(upper, lower) }
    }

    #[inline(always)]
    fn sum(self, acc: Pair) -> i32 {
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        unsafe { sum(acc) }
    }

    #[inline(always)]
    fn prefetch<B>(self, near: &B, bytes: usize) {
        prefetch(near, bytes);
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(from: &[u8; BYTES]) -> __m512i {
    // SAFETY: `from` is the 64 bytes that are read, and no alignment is asked for.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

/// The weights of the low and of the high four bits.
#[inline]
#[target_feature(enable = "avx512f")]
fn halves(weights: &[i8; STRETCH]) -> Pair {
    let from = weights.as_ptr();
    // SAFETY: the weights are 128 bytes, of which the first 64 are read; no alignment is asked for.
    let first = unsafe { _mm512_loadu_si512(from.cast()) };
    let from = from.wrapping_add(BYTES);
    // SAFETY: the weights are 128 bytes, of which the last 64 are read; no alignment is asked for.
    let second = unsafe { _mm512_loadu_si512(from.cast()) };
    [first, second]
}

/// The low and the high four bits of each byte.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn split(plane: __m512i) -> Pair {
    let mask = _mm512_set1_epi8(15);
    [_mm512_and_si512(plane, mask), _mm512_and_si512(_mm512_srli_epi16::<4>(plane), mask)]
}

/// The bytes that high and low four bits make.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn join(high: __m512i, low: __m512i) -> Pair {
    let mask = _mm512_set1_epi8(15);
    let first = _mm512_ternarylogic_epi32::<PICK>(mask, low, _mm512_slli_epi16::<4>(high));
    let second = _mm512_ternarylogic_epi32::<PICK>(mask, _mm512_srli_epi16::<4>(low), high);
    [first, second]
}

#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn add_vnni(acc: Pair, numbers: Pair, weights: &[i8; STRETCH]) -> Pair {
    let ([a, b], [x, y], [v, w]) = (acc, numbers, halves(weights));
    [_mm512_dpbusd_epi32(a, x, v), _mm512_dpbusd_epi32(b, y, w)]
}

/// Numbers are at most 15: four products with weights of a byte stay within 16 bits.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn add_nibbles(acc: Pair, numbers: Pair, weights: &[i8; STRETCH], times: i16) -> Pair {
    let ([a, b], [x, y], [v, w]) = (acc, numbers, halves(weights));
    let pairs = _mm512_add_epi16(_mm512_maddubs_epi16(x, v), _mm512_maddubs_epi16(y, w));
    [_mm512_add_epi32(a, _mm512_madd_epi16(pairs, _mm512_set1_epi16(times))), b]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn join_sums([a, b]: Pair, [c, d]: Pair) -> Pair {
    let upper = _mm512_slli_epi32::<8>(_mm512_add_epi32(a, b));
    [_mm512_add_epi32(upper, c), d]
}

#[inline]
#[target_feature(enable = "avx512f")]
fn sum([a, b]: Pair) -> i32 {
    _mm512_reduce_add_epi32(_mm512_add_epi32(a, b))
}
