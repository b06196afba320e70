//! The AVX-512 tier: a stretch is one register of a plane of four bits, half of one of a plane of
//! two. With VNNI four products are added at once; without, two.

#![expect(unsafe_code, reason = "loads, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::super::avx2::prefetch;
use super::loops::{self, Query, Simd, Six};
use super::planes::Numbers;
use super::{BYTES, QUARTER, STRETCH, Which, Work, code};
use std::arch::x86_64::{
    __m512i, _mm256_loadu_si256, _mm512_add_epi16, _mm512_add_epi32, _mm512_and_si512,
    _mm512_broadcast_i64x4, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_madd_epi16,
    _mm512_maddubs_epi16, _mm512_reduce_add_epi32, _mm512_set_epi64, _mm512_set1_epi8,
    _mm512_set1_epi16, _mm512_setzero_si512, _mm512_slli_epi16, _mm512_slli_epi32,
    _mm512_srli_epi16, _mm512_srlv_epi64, _mm512_ternarylogic_epi32,
};

/// Picks bits of the second operand where the first has ones, of the third elsewhere.
const PICK: i32 = 0xCA;

/// Whether the processor multiplies bytes four at a time.
pub(super) fn has_vnni() -> bool {
    is_x86_feature_detected!("avx512vnni")
}

/// [`Work::run`] with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn widely<W: Work>(work: W) -> W::Out {
    work.run()
}

/// [`code::code_row`] with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn code_row(row: &[f32], largest: f32, planes: [&mut [u8]; 3]) -> [f32; 3] {
    code::code_row(row, largest, planes)
}

/// [`loops::multiply`] with the features of this tier and VNNI.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) fn multiply_vnni<P: Numbers>(
    query: Query<'_>,
    planes: P,
    which: Which<'_>,
    out: &mut [i32],
) {
    loops::multiply(Vnni(()), query, planes, which, out);
}

/// [`loops::multiply`] with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn multiply<P: Numbers>(query: Query<'_>, planes: P, which: Which<'_>, out: &mut [i32]) {
    loops::multiply(Avx512(()), query, planes, which, out);
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
    fn fours(self, acc: Pair, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { fours(plane) };
        // SAFETY: the processor has AVX-512 F and VNNI, because `self` exists.
        unsafe { add_vnni(acc, numbers, weights) }
    }

    #[inline(always)]
    fn twos(self, acc: Pair, plane: &[u8; QUARTER], weights: &[i8; STRETCH]) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { twos(plane) };
        // SAFETY: the processor has AVX-512 F and VNNI, because `self` exists.
        unsafe { add_vnni(acc, numbers, weights) }
    }

    #[inline(always)]
    fn sixes(self, acc: Pair, six: Six<'_>, weights: &[i8; STRETCH]) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { sixes(six) };
        // SAFETY: the processor has AVX-512 F and VNNI, because `self` exists.
        unsafe { add_vnni(acc, numbers, weights) }
    }

    #[inline(always)]
    fn bytes(self, acc: Pair, six: Six<'_>, low: &[u8; QUARTER], weights: &[i8; STRETCH]) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { bytes(six, low) };
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
    fn fours(self, acc: Pair, plane: &[u8; BYTES], weights: &[i8; STRETCH]) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { fours(plane) };
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
    }

    #[inline(always)]
    fn twos(self, acc: Pair, plane: &[u8; QUARTER], weights: &[i8; STRETCH]) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { twos(plane) };
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
    }

    #[inline(always)]
    fn sixes(self, acc: Pair, six: Six<'_>, weights: &[i8; STRETCH]) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { sixes(six) };
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
    }

    #[inline(always)]
    fn bytes(self, acc: Pair, six: Six<'_>, low: &[u8; QUARTER], weights: &[i8; STRETCH]) -> Pair {
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { sixes(six) };
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let acc = unsafe { add(acc, numbers, weights, 4) };
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        let numbers = unsafe { twos(low) };
        // SAFETY: the processor has AVX-512 F and BW, because `self` exists.
        unsafe { add(acc, numbers, weights, 1) }
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

/// The weights of the first and of the second 64 elements.
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

/// The numbers of four bits, in the order of the elements.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn fours(plane: &[u8; BYTES]) -> Pair {
    let plane = load(plane);
    let mask = _mm512_set1_epi8(15);
    [_mm512_and_si512(plane, mask), _mm512_and_si512(_mm512_srli_epi16::<4>(plane), mask)]
}

/// Two bits of each element in the lowest of its byte, under bits of others.
#[inline]
#[target_feature(enable = "avx512f")]
fn shifted(plane: &[u8; QUARTER]) -> Pair {
    // SAFETY: `plane` is the 32 bytes that are read, and no alignment is asked for.
    let twice = _mm512_broadcast_i64x4(unsafe { _mm256_loadu_si256(plane.as_ptr().cast()) });
    let first = _mm512_set_epi64(2, 2, 2, 2, 0, 0, 0, 0);
    let second = _mm512_set_epi64(6, 6, 6, 6, 4, 4, 4, 4);
    [_mm512_srlv_epi64(twice, first), _mm512_srlv_epi64(twice, second)]
}

/// The numbers of two bits, in the order of the elements.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn twos(plane: &[u8; QUARTER]) -> Pair {
    let ([first, second], mask) = (shifted(plane), _mm512_set1_epi8(3));
    [_mm512_and_si512(first, mask), _mm512_and_si512(second, mask)]
}

/// The numbers of six bits, in the order of the elements.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn sixes((high, middle): Six<'_>) -> Pair {
    let ([first, second], high) = (twos(middle), load(high));
    let mask = _mm512_set1_epi8(0x3C);
    let (up, down) = (_mm512_slli_epi16::<2>(high), _mm512_srli_epi16::<2>(high));
    [
        _mm512_ternarylogic_epi32::<PICK>(mask, up, first),
        _mm512_ternarylogic_epi32::<PICK>(mask, down, second),
    ]
}

/// The bytes that six bits and the lowest two make.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn bytes(six: Six<'_>, low: &[u8; QUARTER]) -> Pair {
    let ([x, y], [first, second]) = (sixes(six), shifted(low));
    let mask = _mm512_set1_epi8(3);
    [
        _mm512_ternarylogic_epi32::<PICK>(mask, first, _mm512_slli_epi16::<2>(x)),
        _mm512_ternarylogic_epi32::<PICK>(mask, second, _mm512_slli_epi16::<2>(y)),
    ]
}

#[inline]
#[target_feature(enable = "avx512f,avx512vnni")]
fn add_vnni(acc: Pair, numbers: Pair, weights: &[i8; STRETCH]) -> Pair {
    let ([a, b], [x, y], [v, w]) = (acc, numbers, halves(weights));
    [_mm512_dpbusd_epi32(a, x, v), _mm512_dpbusd_epi32(b, y, w)]
}

/// Numbers are at most 63: four products with weights of a byte stay within 16 bits.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn add([a, b]: Pair, [x, y]: Pair, weights: &[i8; STRETCH], times: i16) -> Pair {
    let [v, w] = halves(weights);
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
