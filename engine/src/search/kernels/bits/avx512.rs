//! The AVX-512 tier, with VBMI: one instruction looks up six dimensions of 64 rows.

#![expect(unsafe_code, reason = "loads and stores")]

use super::super::avx2::prefetch;
use super::finish::{self, Bounds, Facts, Probe};
use super::tables::{GROUPS_AT_ONCE, QueryTables, Table};
use super::{Group, ROWS, bytes};
use std::arch::x86_64::{
    __m512i, _CMP_NGT_UQ, _mm512_add_epi8, _mm512_add_epi16, _mm512_cmp_ps_mask, _mm512_loadu_ps,
    _mm512_loadu_si512, _mm512_permutexvar_epi8, _mm512_set1_epi8, _mm512_set1_ps,
    _mm512_setzero_si512, _mm512_slli_epi16, _mm512_srli_epi16, _mm512_storeu_si512,
    _mm512_sub_epi16, _mm512_ternarylogic_epi32,
};

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn fill(tables: &mut QueryTables, query: &[f32]) {
    tables.fill(query);
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn dot_bytes(a: &[i8], b: &[i8]) -> i32 {
    bytes::dot(a, b)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
pub(super) fn quantise(values: &[f32], bytes: &mut [i8]) -> f32 {
    bytes::quantise(values, bytes)
}

#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
pub(super) fn bound(
    tables: &QueryTables,
    codes: &[Group],
    facts: &Facts,
    probe: &Probe,
    ahead: &[Group],
    bounds: &mut Bounds,
) -> u64 {
    let mut total = [0.0; ROWS];
    let stretches = tables.wide().chunks(GROUPS_AT_ONCE).zip(codes.chunks(GROUPS_AT_ONCE));
    let mut ahead = ahead.chunks(GROUPS_AT_ONCE);
    for (tables, codes) in stretches {
        let ahead = ahead.next().unwrap_or_default();
        finish::add(&mut total, &sums(tables, codes, ahead));
    }
    finish::finish(&total, facts, probe, bounds);
    mask(&bounds.low, probe.limit)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
fn sums(tables: &[[Table; 4]], codes: &[Group], ahead: &[Group]) -> [u16; ROWS] {
    let (lowest2, lowest4) = (_mm512_set1_epi8(0x03), _mm512_set1_epi8(0x0f));
    let mut ahead = ahead.iter();
    let (mut even, mut odd) = (_mm512_setzero_si512(), _mm512_setzero_si512());
    for ([t0, t1, t2, t3], group) in tables.iter().zip(codes) {
        let [a, b, c] = group;
        if let Some(planes) = ahead.next() {
            for plane in planes {
                prefetch(plane, 0);
            }
        }
        let (a, b, c) = (load(a), load(b), load(c));
        // The bits that cross from one byte to the next are chosen away, or are of the two that a
        // look-up leaves out.
        let ab = choose(lowest2, _mm512_srli_epi16::<6>(a), _mm512_srli_epi16::<4>(b));
        let last = choose(lowest4, ab, _mm512_srli_epi16::<2>(c));
        let first = _mm512_add_epi8(look_up(a, t0), look_up(b, t1));
        let second = _mm512_add_epi8(look_up(c, t2), look_up(last, t3));
        let sum = _mm512_add_epi8(first, second);
        even = _mm512_add_epi16(even, sum);
        odd = _mm512_add_epi16(odd, _mm512_srli_epi16::<8>(sum));
    }
    // The even ones had the odd ones above them all the time.
    even = _mm512_sub_epi16(even, _mm512_slli_epi16::<8>(odd));
    let mut sums = [0; ROWS];
    for (slots, lanes) in sums.as_chunks_mut::<32>().0.iter_mut().zip([even, odd]) {
        // SAFETY: `slots` is 32 u16, the 64 bytes that are written; no alignment is asked for.
        unsafe { _mm512_storeu_si512(slots.as_mut_ptr().cast(), lanes) }
    }
    sums
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi")]
fn look_up(sets: __m512i, Table(sums): &Table) -> __m512i {
    _mm512_permutexvar_epi8(sets, load(sums))
}

/// The bits of `a` where the mask has ones, those of `b` elsewhere.
#[inline]
#[target_feature(enable = "avx512f")]
fn choose(mask: __m512i, a: __m512i, b: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0xca>(mask, a, b)
}

#[inline]
#[target_feature(enable = "avx512f")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: `bytes` is the 64 bytes that are read; no alignment is asked for.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn mask(low: &[f32; ROWS], limit: f32) -> u64 {
    let limit = _mm512_set1_ps(limit);
    let mut mask = 0;
    for (number, sixteen) in low.as_chunks::<16>().0.iter().enumerate() {
        // SAFETY: `sixteen` is the 64 bytes that are read; no alignment is asked for.
        let low = unsafe { _mm512_loadu_ps(sixteen.as_ptr()) };
        mask |= u64::from(_mm512_cmp_ps_mask::<_CMP_NGT_UQ>(low, limit)) << (16 * number);
    }
    mask
}
