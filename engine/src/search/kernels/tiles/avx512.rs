//! Tiles of 6 rows and 64 queries: 24 registers of sums, 4 of queries, 1 of a row.

#![expect(unsafe_code, reason = "loads, stores, and calls that need the processor's features")]
#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::tile::{self, Job, Tile};
use super::unpack;
use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_madd_epi16,
    _mm512_set1_epi32, _mm512_storeu_si512,
};

const L: usize = 16;
const C: usize = 4;
const R: usize = 6;

/// [`tile::multiply`] of words of four bytes.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
pub(super) fn multiply_vnni(job: Job<'_>) {
    tile::multiply::<_, L, C, R>(Vnni(()), job);
}

/// [`tile::multiply`] of words of two 16-bit integers.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn multiply(job: Job<'_>) {
    tile::multiply::<_, L, C, R>(Avx512(()), job);
}

/// [`unpack::bytes`] with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn unpack_bytes(planes: [&[u8]; 3], to: &mut [u8]) {
    unpack::bytes(planes, to);
}

/// [`unpack::words`] with the features of this tier.
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn unpack_words(planes: [&[u8]; 3], to: &mut [u16]) {
    unpack::words(planes, to);
}

/// Exists only inside [`multiply_vnni`], hence only where the processor has AVX-512 F and VNNI.
#[derive(Clone, Copy)]
struct Vnni(());

/// Exists only inside [`multiply`], hence only where the processor has AVX-512 F and BW.
#[derive(Clone, Copy)]
struct Avx512(());

macro_rules! memory {
    () => {
        type Reg = __m512i;

        #[inline(always)]
        fn load(self, from: &[u32; L]) -> __m512i {
            // SAFETY: the processor has AVX-512 F, because `self` exists; `from` is the 64 bytes
            // that are read, and no alignment is asked for.
            unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
        }

        #[inline(always)]
        fn splat(self, word: u32) -> __m512i {
            // SAFETY: the processor has AVX-512 F, because `self` exists.
            unsafe { _mm512_set1_epi32(word.cast_signed()) }
        }

        #[inline(always)]
        fn store(self, acc: __m512i, to: &mut [i32; L]) {
            // SAFETY: the processor has AVX-512 F, because `self` exists; `to` is the 64 bytes that
            // are written, and no alignment is asked for.
            unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), acc) }
        }
    };
}

impl Tile<L> for Vnni {
    memory!();

    #[inline(always)]
    fn dot(self, acc: __m512i, row: __m512i, query: __m512i) -> __m512i {
        // SAFETY: the processor has AVX-512 F and VNNI, because `self` exists.
        unsafe { _mm512_dpbusd_epi32(acc, row, query) }
    }
}

impl Tile<L> for Avx512 {
    memory!();

    #[inline(always)]
    fn dot(self, acc: __m512i, row: __m512i, query: __m512i) -> __m512i {
        // SAFETY: the processor has AVX-512 BW, because `self` exists.
        let product = unsafe { _mm512_madd_epi16(row, query) };
        // SAFETY: the processor has AVX-512 F, because `self` exists.
        unsafe { _mm512_add_epi32(acc, product) }
    }
}
