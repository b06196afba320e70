//! Codes of four and eight bits: made of rotated rows, and multiplied with the integers of a query.
//!
//! The layout is that of [`crate::search::codes`]. All sums are integers modulo 2^32, so every tier gives the same.
//!
//! A weight `W` of the query is two bytes, `256 a + b` with `-128 <= b < 128`: the products with `a` and with `b` are
//! summed apart and joined at the end. Where all `a` are zero they are left out.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod code;
mod loops;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(test)]
mod tests;

use super::{Kernel, Row, Tier};
use loops::Query;

/// Elements of a stretch: 64 bytes of a plane.
pub(crate) const STRETCH: usize = 128;
/// Bytes of a stretch in a plane.
const BYTES: usize = STRETCH / 2;

/// What is multiplied: 64 bytes each of the weights' upper and lower bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weights<'a> {
    /// Upper bytes, one an element; empty where all are zero.
    pub(crate) upper: &'a [i8],
    /// Lower bytes, one an element.
    pub(crate) lower: &'a [i8],
}

/// Rows of which the products are wanted.
#[derive(Clone, Copy, Debug)]
enum Which<'a> {
    All,
    These(&'a [u32]),
}

impl Kernel {
    /// Makes the codes of a rotated row `[P]` whose largest element is `largest`, and returns the sums of the squares of
    /// what eight and what four bits leave out. The planes are `P / 2` bytes; `largest` is neither 0 nor so small that
    /// 128 times its inverse is infinite.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub(crate) fn code_row(
        self,
        row: &[f32],
        largest: f32,
        high: &mut [u8],
        low: &mut [u8],
    ) -> [f32; 2] {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx512f, avx512bw and avx512vl, the features that the function enables.
                unsafe { avx512::code_row(row, largest, high, low) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx2, the one feature that the function enables.
                unsafe { avx2::code_row(row, largest, high, low) }
            }
            _ => code::code_row(row, largest, high, low),
        }
    }

    /// Asks the memory for a row.
    pub(crate) fn fetch(self, row: Row<'_>) {
        #[cfg(target_arch = "x86_64")]
        match row {
            Row::F32(row) => row.chunks(16).for_each(|line| super::avx2::prefetch(line, 0)),
            Row::F16(row) => row.chunks(32).for_each(|line| super::avx2::prefetch(line, 0)),
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = row;
    }

    /// Runs a loop with the features of the tier: what is inlined into it is vectorised with them.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub(crate) fn widely<T>(self, work: impl FnOnce() -> T) -> T {
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
            _ => work(),
        }
    }

    /// Sums of weights times the numbers of a plane `[N, P / 2]`, four bits each, into `out` `[N]`.
    pub(crate) fn nibble_rows(self, weights: Weights<'_>, plane: &[u8], out: &mut [i32]) {
        self.multiply::<false>(weights, [plane, plane], Which::All, out);
    }

    /// The same for some of the rows of the plane.
    pub(crate) fn nibble_rows_at(
        self,
        weights: Weights<'_>,
        plane: &[u8],
        rows: &[u32],
        out: &mut [i32],
    ) {
        self.multiply::<false>(weights, [plane, plane], Which::These(rows), out);
    }

    /// Sums of weights times the bytes of two planes, high and low bits `[N, P / 2]`, into `out` `[N]`.
    pub(crate) fn byte_rows(
        self,
        weights: Weights<'_>,
        high: &[u8],
        low: &[u8],
        out: &mut [i32],
    ) {
        self.multiply::<true>(weights, [high, low], Which::All, out);
    }

    /// The same for some of the rows of the planes.
    pub(crate) fn byte_rows_at(
        self,
        weights: Weights<'_>,
        planes: [&[u8]; 2],
        rows: &[u32],
        out: &mut [i32],
    ) {
        self.multiply::<true>(weights, planes, Which::These(rows), out);
    }

    /// Rows that are not there leave what stands in `out`.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    fn multiply<const BOTH: bool>(
        self,
        weights: Weights<'_>,
        planes: [&[u8]; 2],
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
                unsafe { avx512::multiply_vnni::<BOTH>(query, planes, which, out) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx512f, avx512bw and avx512vl, the features that the function enables.
                unsafe { avx512::multiply::<BOTH>(query, planes, which, out) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found avx2, the one feature that the function enables.
                unsafe { avx2::multiply::<BOTH>(query, planes, which, out) }
            }
            #[cfg(target_arch = "aarch64")]
            Tier::Neon => {
                // SAFETY: a kernel of this tier exists only where `Tier::is_available` has
                // found neon, the one feature that the function enables.
                unsafe { neon::multiply::<BOTH>(query, planes, which, out) }
            }
            _ => loops::multiply::<_, BOTH>(portable::Portable, query, planes, which, out),
        }
    }
}
