//! Products of one query with rows of one bit a dimension, and bounds of scores from them.
//!
//! 64 rows lie together, a *block*. Six dimensions of a row are a number below 64, the place in a
//! table of the query where the sum of the query's values at the dimensions whose bit is set is
//! found, in whole steps. A register that looks up 64 bytes in 64 bytes (`vpermb` of AVX-512 VBMI,
//! `tbl` of NEON) does six dimensions of all rows of a block at once; the tables are sums of two
//! halves for machines that look up in 16 bytes only.
//!
//! # Layout of a block
//!
//! With `T` tables, table `t` has the dimensions `t`, `t + T` and so on up to `t + 5 T`, the first
//! as lowest bit. Four tables are a [`Group`]: planes of 64 bytes, three of them. Plane `p` has the
//! set of table `p` in its low six bits; its high two bits are the bits `2 p` and `2 p + 1` of the
//! fourth set. Byte `2 i` of a plane is row `i`, byte `2 i + 1` row `32 + i`: the sums of even
//! bytes are rows in a run.
//!
//! All sums are integers below `2^24`, the rest single IEEE operations and fused multiply-adds:
//! every tier gives the same bits.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod bytes;
mod finish;
#[cfg(target_arch = "aarch64")]
mod neon;
mod pack;
mod portable;
mod tables;
#[cfg(test)]
mod tests;

use super::{Kernel, Row, Tier};

pub(crate) use finish::{Bounds, Facts, Probe, over};
pub(crate) use pack::{PackRoom, bit, pack_row};
pub(crate) use tables::QueryTables;

/// Rows of a block.
pub(crate) const ROWS: usize = 64;
/// Bytes of a cache line.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 64;
/// Dimensions of a group.
const DIMS: usize = 24;
/// Sets of a group, of 6 dimensions each.
const SETS: usize = 4;

/// The bits of 24 dimensions of the rows of a block.
pub(crate) type Group = [[u8; ROWS]; 3];

/// Groups of a vector of `dims` elements.
pub(crate) const fn groups(dims: usize) -> usize {
    dims.div_ceil(DIMS)
}

impl Kernel {
    /// Estimates of the scores of the rows of a block and what bounds them from below; the rows
    /// whose bound is not over `limit`, as bits. A bound that is NaN is not over it. `ahead` are
    /// the codes that will be needed next.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub(crate) fn bound_block(
        self,
        tables: &QueryTables,
        codes: &[Group],
        facts: &Facts,
        probe: &Probe,
        ahead: &[Group],
        bounds: &mut Bounds,
    ) -> u64 {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 if is_x86_feature_detected!("avx512vbmi") => {
                // SAFETY: a kernel of this tier exists only where avx512f, avx512bw and avx512vl
                // were found; avx512vbmi was found here.
                unsafe { avx512::bound(tables, codes, facts, probe, ahead, bounds) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 | Tier::Avx2 if Tier::Avx2.is_available() => {
                // SAFETY: avx2, fma and f16c were found here.
                unsafe { avx2::bound(tables, codes, facts, probe, ahead, bounds) }
            }
            #[cfg(target_arch = "aarch64")]
            Tier::Neon => {
                // SAFETY: a kernel of this tier exists only where neon was found.
                unsafe { neon::bound(tables, codes, facts, probe, bounds) }
            }
            _ => portable::bound(tables, codes, facts, probe, bounds),
        }
    }

    /// Makes the tables of a query ready; see [`QueryTables`].
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub(crate) fn fill_tables(self, tables: &mut QueryTables, query: &[f32]) {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                // SAFETY: a kernel of this tier exists only where avx512f, avx512bw and avx512vl
                // were found.
                unsafe { avx512::fill(tables, query) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => {
                // SAFETY: a kernel of this tier exists only where avx2, fma and f16c were found.
                unsafe { avx2::fill(tables, query) }
            }
            _ => tables.fill(query),
        }
    }

    /// The product of two vectors of bytes; what the longer one has more is left out. Exact up to
    /// 65,536 elements and for more as long as the sum stays below `2^31`.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub(crate) fn dot_bytes(self, a: &[i8], b: &[i8]) -> i32 {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                // SAFETY: a kernel of this tier exists only where avx512f, avx512bw and avx512vl
                // were found.
                unsafe { avx512::dot_bytes(a, b) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => {
                // SAFETY: a kernel of this tier exists only where avx2, fma and f16c were found.
                unsafe { avx2::dot_bytes(a, b) }
            }
            _ => bytes::dot(a, b),
        }
    }

    /// A vector as bytes of -127 to 127; returns what one of them is worth.
    #[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
    pub(crate) fn quantise(self, values: &[f32], to: &mut [i8]) -> f32 {
        match self.tier {
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => {
                // SAFETY: a kernel of this tier exists only where avx512f, avx512bw and avx512vl
                // were found.
                unsafe { avx512::quantise(values, to) }
            }
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => {
                // SAFETY: a kernel of this tier exists only where avx2, fma and f16c were found.
                unsafe { avx2::quantise(values, to) }
            }
            _ => bytes::quantise(values, to),
        }
    }

    /// Asks for the cache lines of a row that will be read soon. A hint: no effect on results.
    pub(crate) fn prefetch_row(row: Row<'_>) {
        match row {
            Row::F32(data) => Self::prefetch(data),
            Row::F16(data) => Self::prefetch(data),
        }
    }

    /// Asks for the cache lines of what will be read soon. A hint: no effect on results.
    pub(crate) fn prefetch<T>(data: &[T]) {
        #[cfg(target_arch = "x86_64")]
        for line in data.chunks((LINE / size_of::<T>().max(1)).max(1)) {
            super::avx2::prefetch(line, 0);
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = data;
    }
}
