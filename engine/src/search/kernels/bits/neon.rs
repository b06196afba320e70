//! The NEON tier: one instruction looks up six dimensions of 16 rows.

#![expect(unsafe_code, reason = "loads")]

use super::finish::{self, Bounds, Facts, Probe};
use super::portable::mask;
use super::tables::{GROUPS_AT_ONCE, QueryTables, Table};
use super::{Group, ROWS};
use std::arch::aarch64::{
    uint8x16_t, uint8x16x4_t, uint16x8_t, vaddq_u8, vaddq_u16, vandq_u8, vdupq_n_u8, vdupq_n_u16,
    vld1q_u8, vorrq_u8, vqtbl4q_u8, vreinterpretq_u16_u8, vshlq_n_u16, vshrq_n_u8, vshrq_n_u16,
    vst1q_u16, vsubq_u16,
};

#[target_feature(enable = "neon")]
pub(super) fn bound(
    tables: &QueryTables,
    codes: &[Group],
    facts: &Facts,
    probe: &Probe,
    bounds: &mut Bounds,
) -> u64 {
    let mut total = [0.0; ROWS];
    let stretches = tables.wide().chunks(GROUPS_AT_ONCE).zip(codes.chunks(GROUPS_AT_ONCE));
    for (tables, codes) in stretches {
        finish::add(&mut total, &sums(tables, codes));
    }
    finish::finish(&total, facts, probe, bounds);
    mask(&bounds.low, probe.limit)
}

#[inline]
#[target_feature(enable = "neon")]
fn sums(tables: &[[Table; 4]], codes: &[Group]) -> [u16; ROWS] {
    let zero = vdupq_n_u16(0);
    let (mut even, mut odd) = ([zero; 4], [zero; 4]);
    for (tables, group) in tables.iter().zip(codes) {
        let [a, b, c] = group;
        let planes = a.as_chunks::<16>().0.iter().zip(b.as_chunks::<16>().0).zip(c.as_chunks::<16>().0);
        for (((a, b), c), (even, odd)) in planes.zip(even.iter_mut().zip(&mut odd)) {
            let sum = vreinterpretq_u16_u8(group_sums(tables, load(a), load(b), load(c)));
            *even = vaddq_u16(*even, sum);
            *odd = vaddq_u16(*odd, vshrq_n_u16::<8>(sum));
        }
    }
    let mut sums = [[0_u16; 8]; 8];
    let (rows, later) = sums.split_at_mut(4);
    for ((rows, later), (even, odd)) in rows.iter_mut().zip(later).zip(even.into_iter().zip(odd)) {
        // The even ones had the odd ones above them all the time.
        store(rows, vsubq_u16(even, vshlq_n_u16::<8>(odd)));
        store(later, odd);
    }
    bytemuck::cast(sums)
}

#[inline]
#[target_feature(enable = "neon")]
fn group_sums(
    [t0, t1, t2, t3]: &[Table; 4],
    a: uint8x16_t,
    b: uint8x16_t,
    c: uint8x16_t,
) -> uint8x16_t {
    let ab = vorrq_u8(vshrq_n_u8::<6>(a), vandq_u8(vshrq_n_u8::<4>(b), vdupq_n_u8(0x0c)));
    let last = vorrq_u8(ab, vandq_u8(vshrq_n_u8::<2>(c), vdupq_n_u8(0x30)));
    let first = vaddq_u8(look_up(a, t0), look_up(b, t1));
    vaddq_u8(first, vaddq_u8(look_up(c, t2), look_up(last, t3)))
}

#[inline]
#[target_feature(enable = "neon")]
fn look_up(sets: uint8x16_t, Table(sums): &Table) -> uint8x16_t {
    let [a, b, c, d] = sums.as_chunks::<16>().0 else { return vdupq_n_u8(0) };
    let table = uint8x16x4_t(load(a), load(b), load(c), load(d));
    vqtbl4q_u8(table, vandq_u8(sets, vdupq_n_u8(63)))
}

#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: `bytes` is the 16 bytes that are read; no alignment is asked for.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn store(to: &mut [u16; 8], lanes: uint16x8_t) {
    // SAFETY: `to` is the 16 bytes that are written; no alignment is asked for.
    unsafe { vst1q_u16(to.as_mut_ptr(), lanes) }
}
