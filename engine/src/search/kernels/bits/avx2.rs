//! The AVX2 tier: a table is two halves, of three dimensions each.

use super::super::avx2::prefetch;
use super::finish::{self, Bounds, Facts, Probe};
use super::tables::{GROUPS_AT_ONCE, Halves, QueryTables};
use super::{Group, ROWS, bytes};
use std::arch::x86_64::{
    __m256i, _CMP_NGT_UQ, _mm256_add_epi8, _mm256_add_epi16, _mm256_and_si256,
    _mm256_broadcastsi128_si256, _mm256_cmp_ps, _mm256_movemask_ps, _mm256_or_si256,
    _mm256_set1_epi8, _mm256_set1_ps, _mm256_setzero_si256, _mm256_shuffle_epi8,
    _mm256_slli_epi16, _mm256_srli_epi16, _mm256_sub_epi16,
};

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn fill(tables: &mut QueryTables, query: &[f32]) {
    tables.fill(query);
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn dot_bytes(a: &[i8], b: &[i8]) -> i32 {
    bytes::dot(a, b)
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn quantise(values: &[f32], bytes: &mut [i8]) -> f32 {
    bytes::quantise(values, bytes)
}

#[target_feature(enable = "avx2,fma,f16c")]
pub(super) fn bound(
    tables: &QueryTables,
    codes: &[Group],
    facts: &Facts,
    probe: &Probe,
    ahead: &[Group],
    bounds: &mut Bounds,
) -> u64 {
    let mut total = [0.0; ROWS];
    let stretches = tables.halves().chunks(GROUPS_AT_ONCE).zip(codes.chunks(GROUPS_AT_ONCE));
    let mut ahead = ahead.chunks(GROUPS_AT_ONCE);
    for (tables, codes) in stretches {
        let ahead = ahead.next().unwrap_or_default();
        finish::add(&mut total, &sums(tables, codes, ahead));
    }
    finish::finish(&total, facts, probe, bounds);
    mask(&bounds.low, probe.limit)
}

#[inline]
#[target_feature(enable = "avx2")]
fn sums(tables: &[[Halves; 4]], codes: &[Group], ahead: &[Group]) -> [u16; ROWS] {
    let mut ahead = ahead.iter();
    let zero = _mm256_setzero_si256();
    let (mut even, mut odd) = ([zero; 2], [zero; 2]);
    for (tables, group) in tables.iter().zip(codes) {
        let [a, b, c] = group;
        if let Some(planes) = ahead.next() {
            planes.iter().for_each(|plane| prefetch(plane, 0));
        }
        let tables = tables.map(|halves| _mm256_broadcastsi128_si256(bytemuck::cast(halves)));
        let planes = a.as_chunks::<32>().0.iter().zip(b.as_chunks::<32>().0).zip(c.as_chunks::<32>().0);
        for (((a, b), c), (even, odd)) in planes.zip(even.iter_mut().zip(&mut odd)) {
            let (a, b, c) = (bytemuck::cast(*a), bytemuck::cast(*b), bytemuck::cast(*c));
            let sum = group_sums(tables, a, b, c);
            *even = _mm256_add_epi16(*even, sum);
            *odd = _mm256_add_epi16(*odd, _mm256_srli_epi16::<8>(sum));
        }
    }
    let mut sums = [[0_u16; 16]; 4];
    let (rows, later) = sums.split_at_mut(2);
    for ((rows, later), (even, odd)) in rows.iter_mut().zip(later).zip(even.iter().zip(odd)) {
        // The even ones had the odd ones above them all the time.
        *rows = bytemuck::cast(_mm256_sub_epi16(*even, _mm256_slli_epi16::<8>(odd)));
        *later = bytemuck::cast(odd);
    }
    bytemuck::cast(sums)
}

#[inline]
#[target_feature(enable = "avx2")]
fn group_sums(tables: [__m256i; 4], a: __m256i, b: __m256i, c: __m256i) -> __m256i {
    let [t0, t1, t2, t3] = tables;
    let bits = |x: __m256i, mask: i8| _mm256_and_si256(x, _mm256_set1_epi8(mask));
    let last = _mm256_or_si256(
        bits(_mm256_srli_epi16::<6>(a), 0x03),
        _mm256_or_si256(
            bits(_mm256_srli_epi16::<4>(b), 0x0c),
            bits(_mm256_srli_epi16::<2>(c), 0x30),
        ),
    );
    let first = _mm256_add_epi8(look_up(a, t0), look_up(b, t1));
    _mm256_add_epi8(first, _mm256_add_epi8(look_up(c, t2), look_up(last, t3)))
}

#[inline]
#[target_feature(enable = "avx2")]
fn look_up(sets: __m256i, table: __m256i) -> __m256i {
    let seven = _mm256_set1_epi8(7);
    let lower = _mm256_and_si256(sets, seven);
    let upper = _mm256_and_si256(_mm256_srli_epi16::<3>(sets), seven);
    // The second half of the table.
    let upper = _mm256_or_si256(upper, _mm256_set1_epi8(8));
    _mm256_add_epi8(_mm256_shuffle_epi8(table, lower), _mm256_shuffle_epi8(table, upper))
}

#[inline]
#[target_feature(enable = "avx2")]
fn mask(low: &[f32; ROWS], limit: f32) -> u64 {
    let limit = _mm256_set1_ps(limit);
    let mut mask = 0;
    for (number, eight) in low.as_chunks::<8>().0.iter().enumerate() {
        let over = _mm256_cmp_ps::<_CMP_NGT_UQ>(bytemuck::cast(*eight), limit);
        mask |= u64::from(_mm256_movemask_ps(over).cast_unsigned()) << (8 * number);
    }
    mask
}
