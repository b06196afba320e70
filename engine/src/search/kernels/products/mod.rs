//! Dot products of many queries with many rows, at the speed of arithmetic.
//!
//! [`Kernel::dot_rows`] reads all rows once a query: it runs at the speed of memory, and Q queries
//! cost Q passes. Here a block of rows is brought into the cache once and meets all queries there.
//! Each product is the [canonical dot](super), bit for bit: see [`tile`] for why.
//!
//! # Layout
//!
//! Rows and queries are packed into *panels* of a few vectors each, as f32, ended with zeros up to
//! a multiple of 64 elements. A panel is what the inner loop reads, in the order in which it does:
//! for each group of `L` lanes (`L` is what fits a register), for each 64 elements, the `L`
//! elements of each vector of the panel. Missing vectors of the last panel are zeros; their
//! products are not written.
//!
//! # Blocks
//!
//! A panel of rows stays in L1 while panels of queries come by from L2 (Goto and van de Geijn,
//! Anatomy of high-performance matrix multiplication, ACM TOMS 2008). The packed block of rows
//! takes [`ROWS_BYTES`] of L2, the packed queries that it meets next [`QUERY_BYTES`].

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod memory;
#[cfg(target_arch = "aarch64")]
mod neon;
mod portable;
#[cfg(test)]
mod tests;
mod tile;

use super::matrix::Strided;
use super::{Kernel, Matrix, Rows, ShapeMismatch, Tier};
use crate::error::{Error, Result};
use memory::{LINE, Line};
use tile::{COLUMNS, Element, Job};

/// Bytes of a packed block of rows.
const ROWS_BYTES: usize = 256 << 10;
/// Bytes of the packed queries that meet a block of rows before the next ones do.
const QUERY_BYTES: usize = 384 << 10;
/// Rows of the panels come in multiples of this, a multiple of the rows of every tier's panels.
const PANEL_ROWS: usize = 6;
/// Lanes of the canonical arithmetic.
const LANES: usize = 64;

/// Queries `[Q, D]` made ready for products with rows.
///
/// Takes `4 * D` bytes a query, D rounded up to a multiple of 64 and Q to one of 4.
#[derive(Clone, Debug)]
pub struct QueryBlock {
    kernel: Kernel,
    dim: usize,
    count: usize,
    packed: Vec<Line>,
}

/// Memory that products need, kept from one call to the next: about 256 KiB, or six rows.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    packed: Vec<Line>,
}

impl QueryBlock {
    /// Packs the queries for one tier. One pass over them.
    ///
    /// Errors: [`Error::OutOfMemory`].
    pub fn new(kernel: Kernel, queries: Matrix<'_>) -> Result<Self> {
        let (dim, count) = (queries.dim(), queries.count());
        let vectors = count.checked_next_multiple_of(COLUMNS);
        let len = vectors.and_then(|vectors| vectors.checked_mul(lines_each(dim)?));
        let mut packed = Vec::new();
        let room = len.and_then(|len| packed.try_reserve_exact(len).ok().map(|()| len));
        let Some(len) = room else {
            let bytes = (count as u64).saturating_mul(dim as u64).saturating_mul(4);
            return Err(Error::OutOfMemory { bytes });
        };
        packed.resize(len, Line::default());
        let blocks = dim.div_ceil(LANES);
        match queries.rows() {
            Rows::F32(data) => pack(kernel, &queries.strided(data), blocks, &mut packed),
            Rows::F16(data) => pack(kernel, &queries.strided(data), blocks, &mut packed),
        }
        Ok(Self { kernel, dim, count, packed })
    }

    /// The kernels in use.
    pub fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// Elements of a query, `D`.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of queries, `Q`.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Rows of a block: work is best cut at multiples of it.
    pub fn rows_at_once(&self) -> usize {
        let panel = PANEL_ROWS.saturating_mul(lines_each(self.dim).unwrap_or(usize::MAX));
        (ROWS_BYTES / size_of::<Line>() / panel).max(1) * PANEL_ROWS
    }

    /// Checks that rows `[N, D]` and `out_len` products fit.
    pub fn check(&self, rows: Matrix<'_>, out_len: usize) -> Result<(), ShapeMismatch> {
        ShapeMismatch::check("query", rows.dim(), self.dim)?;
        // Memory that holds more than usize::MAX values there is not: no such length fits.
        ShapeMismatch::check("output", rows.count().saturating_mul(self.count), out_len)
    }

    /// Dot products of all queries with the rows `[N, D]`, into `out` `[N, Q]`: each what
    /// [`Kernel::dot`] gives, bit for bit.
    ///
    /// `2 * N * Q * D` operations, near the peak of the processor from about 16 queries on; with
    /// one query about as fast as [`Kernel::dot_rows`]. On an error nothing is written.
    pub fn products(
        &self,
        rows: Matrix<'_>,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) -> Result<(), ShapeMismatch> {
        self.check(rows, out.len())?;
        let Some(lines) = lines_each(self.dim).filter(|_| !out.is_empty()) else { return Ok(()) };
        let panels = self.rows_at_once().min(rows.count()).div_ceil(PANEL_ROWS);
        let needed = panels.saturating_mul(PANEL_ROWS).saturating_mul(lines);
        if scratch.packed.len() < needed {
            scratch.packed.resize(needed, Line::default());
        }
        let job = Job {
            queries: &self.packed,
            query_count: self.count,
            query_panels: (QUERY_BYTES / size_of::<Line>() / lines / COLUMNS).max(1),
            blocks: self.dim.div_ceil(LANES),
            scratch: scratch.packed.get_mut(..needed).unwrap_or_default(),
            out,
        };
        match rows.rows() {
            Rows::F32(data) => multiply(self.kernel, &rows.strided(data), job),
            Rows::F16(data) => multiply(self.kernel, &rows.strided(data), job),
        }
        Ok(())
    }
}

/// Lines of one packed vector.
fn lines_each(dim: usize) -> Option<usize> {
    dim.div_ceil(LANES).checked_mul(LANES / LINE)
}

#[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
fn pack<E: Element>(kernel: Kernel, rows: &Strided<'_, E>, blocks: usize, to: &mut [Line]) {
    match kernel.tier {
        #[cfg(target_arch = "x86_64")]
        Tier::Avx512 => {
            // SAFETY: a kernel of this tier exists only where `Tier::is_available` has found
            // avx512f, avx512bw and avx512vl, the features that the function enables.
            unsafe { avx512::pack(rows, blocks, to) }
        }
        #[cfg(target_arch = "x86_64")]
        Tier::Avx2 => {
            // SAFETY: a kernel of this tier exists only where `Tier::is_available` has found
            // avx2, fma and f16c, the features that the function enables.
            unsafe { avx2::pack(rows, blocks, to) }
        }
        #[cfg(target_arch = "aarch64")]
        Tier::Neon => {
            // SAFETY: a kernel of this tier exists only where `Tier::is_available` has found
            // neon, the one feature that the function enables.
            unsafe { neon::pack(rows, blocks, to) }
        }
        _ => portable::pack(rows, blocks, to),
    }
}

#[expect(unsafe_code, reason = "a tier's functions may be called only on its machines")]
fn multiply<E: Element>(kernel: Kernel, rows: &Strided<'_, E>, job: Job<'_>) {
    match kernel.tier {
        #[cfg(target_arch = "x86_64")]
        Tier::Avx512 => {
            // SAFETY: a kernel of this tier exists only where `Tier::is_available` has found
            // avx512f, avx512bw and avx512vl, the features that the function enables.
            unsafe { avx512::multiply(rows, job) }
        }
        #[cfg(target_arch = "x86_64")]
        Tier::Avx2 => {
            // SAFETY: a kernel of this tier exists only where `Tier::is_available` has found
            // avx2, fma and f16c, the features that the function enables.
            unsafe { avx2::multiply(rows, job) }
        }
        #[cfg(target_arch = "aarch64")]
        Tier::Neon => {
            // SAFETY: a kernel of this tier exists only where `Tier::is_available` has found
            // neon, the one feature that the function enables.
            unsafe { neon::multiply(rows, job) }
        }
        _ => portable::multiply(rows, job),
    }
}
