//! What cannot be ruled out: pairs of a row and a query whose bound reaches far enough.
//!
//! A pair stays unless `s (t J + m) + e Z + h E + g B + C < 0`, with the integer product `J` and
//! numbers of the row (`s`, `e`, `h`, `g`) and of the query (`t`, `m`, `Z`, `E`, `B`, `C`) that
//! make it an upper bound of how far the pair is on the good side. A sum that is NaN stays. The sum
//! is done by fused multiply-adds in this order on every machine: `((g B + C) + h E) + e Z`, then
//! `s` times the rounded `t J + m`.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::isa::Isa;
use super::{PANEL, Sums};

/// The numbers of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RowBound {
    /// `s`: what a step of its codes is worth.
    pub step: f32,
    /// `e`: how far its codes are from it. Infinite where they say nothing.
    pub error: f32,
    /// `h`: at least its length and that of its codes.
    pub length: f32,
    /// `g`: what depends on the row alone, or the factor of the query's `B`.
    pub extra: f32,
}

/// The numbers of the queries of a panel.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct QueryBounds {
    /// `t`.
    pub scale: [f32; PANEL],
    /// `m`.
    pub shift: [f32; PANEL],
    /// `Z`.
    pub by_error: [f32; PANEL],
    /// `E`.
    pub by_length: [f32; PANEL],
    /// `B`.
    pub by_extra: [f32; PANEL],
    /// `C`.
    pub rest: [f32; PANEL],
}

impl QueryBounds {
    /// Sets `t`, `m`, `Z`, `E`, `B` and `C` of a lane, below 64; others are passed over.
    pub fn set(&mut self, lane: usize, numbers: [f32; 6]) {
        let Self { scale, shift, by_error, by_length, by_extra, rest } = self;
        let slots = [scale, shift, by_error, by_length, by_extra, rest];
        for (slots, number) in slots.into_iter().zip(numbers) {
            if let Some(slot) = slots.get_mut(lane) {
                *slot = number;
            }
        }
    }
}

impl Default for QueryBounds {
    /// Nothing stays.
    fn default() -> Self {
        let zero = [0.0; PANEL];
        Self {
            scale: zero,
            shift: zero,
            by_error: zero,
            by_length: zero,
            by_extra: zero,
            rest: [-1.0; PANEL],
        }
    }
}

/// The pairs of a row that stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The row's place in the block.
    pub row: usize,
    /// The queries, a bit a lane.
    pub lanes: u64,
}

/// Adds the rows of which pairs stay to `hits`.
#[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
pub(super) fn screen(
    isa: Isa,
    queries: &QueryBounds,
    rows: &[RowBound],
    sums: &[Sums],
    hits: &mut Vec<Hit>,
) {
    match isa {
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512Vnni | Isa::Avx512 => {
            // SAFETY: the value exists only where `Isa::of` has found AVX-512 F, BW and VL.
            unsafe { screen_avx512(queries, rows, sums, hits) }
        }
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => {
            // SAFETY: the value exists only where `Isa::of` has found AVX2 and FMA.
            unsafe { screen_avx2(queries, rows, sums, hits) }
        }
        _ => all(queries, rows, sums, hits),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl")]
fn screen_avx512(q: &QueryBounds, rows: &[RowBound], sums: &[Sums], hits: &mut Vec<Hit>) {
    all(q, rows, sums, hits);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn screen_avx2(q: &QueryBounds, rows: &[RowBound], sums: &[Sums], hits: &mut Vec<Hit>) {
    all(q, rows, sums, hits);
}

#[inline(always)]
fn all(queries: &QueryBounds, rows: &[RowBound], sums: &[Sums], hits: &mut Vec<Hit>) {
    for (number, (row, sums)) in rows.iter().zip(sums).enumerate() {
        let mut values = [0.0_f32; PANEL];
        let mut any = 0_u32;
        for (lane, value) in values.iter_mut().enumerate() {
            *value = of_lane(queries, row, sums, lane);
            any |= u32::from(stays(*value));
        }
        if any != 0 {
            let bit = |(lane, value): (usize, &f32)| u64::from(stays(*value)) << lane;
            let lanes = values.iter().enumerate().map(bit).fold(0, |lanes, bit| lanes | bit);
            hits.push(Hit { row: number, lanes });
        }
    }
}

#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "arrays of 64, lanes below 64")]
fn of_lane(q: &QueryBounds, row: &RowBound, sums: &Sums, lane: usize) -> f32 {
    let rest = row.extra.mul_add(q.by_extra[lane], q.rest[lane]);
    let rest = row.length.mul_add(q.by_length[lane], rest);
    let rest = row.error.mul_add(q.by_error[lane], rest);
    let product = (sums[lane] as f32).mul_add(q.scale[lane], q.shift[lane]);
    row.step.mul_add(product, rest)
}

/// A NaN stays.
#[inline(always)]
#[expect(clippy::neg_cmp_op_on_partial_ord, reason = "a NaN must stay")]
fn stays(value: f32) -> bool {
    !(value < 0.0)
}
