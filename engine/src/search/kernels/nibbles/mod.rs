//! Codes of four, six and eight bits: made of rotated rows, and multiplied with the integers of a query.
//!
//! The layout is that of [`crate::search::codes`]. All sums are integers modulo 2^32, so every tier
//! gives the same.
//!
//! A weight `W` of the query is two bytes, `256 a + b` with `-128 <= b < 128`: the products with
//! `a` and with `b` are summed apart and joined at the end. Where all `a` are zero they are left
//! out.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod code;
mod loops;
#[cfg(target_arch = "aarch64")]
mod neon;
mod planes;
mod portable;
#[cfg(test)]
mod tests;

use super::{Kernel, Row, Tier};
use loops::Query;
use planes::Numbers;

/// Elements of a stretch: a cache line of a plane of four bits.
pub(crate) const STRETCH: usize = 128;
/// Bytes of a stretch in a plane of four bits.
const BYTES: usize = STRETCH / 2;
/// Bytes of a stretch in a plane of two bits.
const QUARTER: usize = STRETCH / 4;

/// What is multiplied: 64 bytes each of the weights' upper and lower bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weights<'a> {
    /// Upper bytes, one an element; empty where all are zero.
    pub(crate) upper: &'a [i8],
    /// Lower bytes, one an element.
    pub(crate) lower: &'a [i8],
}

/// Plain loops that a tier's instructions are good for. To be compiled with them `run`, and what it
/// calls, must be inlined always.
pub(crate) trait Work {
    /// What comes of it.
    type Out;

    /// Runs the loops.
    fn run(self) -> Self::Out;
}

/// Rows of which the products are wanted.
#[derive(Clone, Copy, Debug)]
enum Which<'a> {
    All,
    These(&'a [u32]),
}

impl Kernel {
    /// Makes the codes of a rotated row `[P]` whose largest element is `largest`, and returns the
    /// sums of the squares of what eight, six and four bits leave out. The planes, of four, two and
    /// two bits, are `P / 2` and twice `P / 4` bytes; `largest` is neither 0 nor so small that 128
    /// times its inverse is infinite.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub(crate) fn code_row(self, row: &[f32], largest: f32, planes: [&mut [u8]; 3]) -> [f32; 3] {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx512f, avx512bw and avx512vl, the features that the function enables.
                unsafe { avx512::code_row(row, largest, planes) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx2, the one feature that the function enables.
                unsafe { avx2::code_row(row, largest, planes) }
            }
            _ => code::code_row(row, largest, planes),
        }
    }

    /// Asks the memory for a row.
    pub(crate) fn fetch(self, row: Row<'_>) {
        #[cfg(target_arch = "x86_64")]
        match row {
            _ if self.tier == Tier::Portable => (),
            Row::F32(row) => row.chunks(16).for_each(|line| super::avx2::prefetch(line, 0)),
            Row::F16(row) => row.chunks(32).for_each(|line| super::avx2::prefetch(line, 0)),
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = (self, row);
    }

    /// Runs loops with the features of the tier.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub(crate) fn widely<W: Work>(self, work: W) -> W::Out {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx512f, avx512bw and avx512vl, the features that the function enables.
                unsafe { avx512::widely(work) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx2, the one feature that the function enables.
                unsafe { avx2::widely(work) }
            }
            _ => work.run(),
        }
    }

    /// Sums of weights times the numbers of a plane of four bits `[N, P / 2]`, into `out` `[N]`.
    pub(crate) fn nibble_rows(self, weights: Weights<'_>, plane: &[u8], out: &mut [i32]) {
        self.multiply(weights, fours(plane), Which::All, out);
    }

    /// The same for some of the rows of the plane.
    pub(crate) fn nibble_rows_at(
        self,
        weights: Weights<'_>,
        plane: &[u8],
        rows: &[u32],
        out: &mut [i32],
    ) {
        self.multiply(weights, fours(plane), Which::These(rows), out);
    }

    /// Sums of weights times the numbers of a plane of two bits `[N, P / 4]`, into `out` `[N]`.
    pub(crate) fn pair_rows(self, weights: Weights<'_>, plane: &[u8], out: &mut [i32]) {
        self.multiply(weights, twos(plane), Which::All, out);
    }

    /// The same for some of the rows of the plane.
    pub(crate) fn pair_rows_at(
        self,
        weights: Weights<'_>,
        plane: &[u8],
        rows: &[u32],
        out: &mut [i32],
    ) {
        self.multiply(weights, twos(plane), Which::These(rows), out);
    }

    /// Sums of weights times numbers of six bits, of planes of four `[N, P / 2]` and of two
    /// `[N, P / 4]`, into `out` `[N]`.
    pub(crate) fn six_rows(self, weights: Weights<'_>, planes: [&[u8]; 2], out: &mut [i32]) {
        let [high, middle] = planes;
        self.multiply(weights, (fours(high), twos(middle)), Which::All, out);
    }

    /// Sums of weights times the bytes of planes of four, two and two bits, for some of the rows.
    pub(crate) fn byte_rows_at(
        self,
        weights: Weights<'_>,
        planes: [&[u8]; 3],
        rows: &[u32],
        out: &mut [i32],
    ) {
        let [high, middle, low] = planes;
        let planes = ((fours(high), twos(middle)), twos(low));
        self.multiply(weights, planes, Which::These(rows), out);
    }

    /// Rows that are not there leave what stands in `out`.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    fn multiply<P: Numbers>(
        self,
        weights: Weights<'_>,
        planes: P,
        which: Which<'_>,
        out: &mut [i32],
    ) {
        let query = Query::new(weights);
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 if avx512::has_vnni() => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx512f, avx512bw and avx512vl, and avx512vnni has been found just now:
                // the features that the function enables.
                unsafe { avx512::multiply_vnni(query, planes, which, out) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx512f, avx512bw and avx512vl, the features that the function enables.
                unsafe { avx512::multiply(query, planes, which, out) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx2, the one feature that the function enables.
                unsafe { avx2::multiply(query, planes, which, out) }
            }
            #[cfg(target_arch = "aarch64")]
            Tier::Neon => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found neon, the one feature that the function enables.
                unsafe { neon::multiply(query, planes, which, out) }
            }
            _ => loops::multiply(portable::Portable, query, planes, which, out),
        }
    }
}

fn fours(plane: &[u8]) -> planes::Fours<'_> {
    plane.as_chunks().0
}

fn twos(plane: &[u8]) -> planes::Twos<'_> {
    plane.as_chunks().0
}
