//! The loop over the rows, once for all tiers, elements and sums.
//!
//! One row at a time: interleaving neighbouring rows costs a third of the bandwidth, because the
//! processor's own prefetcher loses the thread. What it does lose at every 4 KiB page of a
//! mapped file, the prefetch in here picks up.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::lanes::{Block, Element, Pass, Rest, Simd};
use super::matrix::Strided;

/// How far ahead of the reads the prefetch runs, in bytes, rounded up to whole rows. Less than a
/// page comes too late, several pages crowd the L1.
pub(super) const PREFETCH_AHEAD: usize = 6144;
/// Bytes of a cache line.
pub(super) const CACHE_LINE: usize = 64;

/// What is accumulated: `N` sums per row.
pub(super) trait Quantity<const N: usize>: Copy {
    /// Step 3 of the canonical arithmetic for one block.
    fn step<S: Simd>(self, simd: S, acc: &mut [S::Lanes; N], query: S::Lanes, row: S::Lanes);
}

/// Dot product.
#[derive(Clone, Copy)]
pub(super) struct Dot;

/// Dot product and squared norm of the row.
#[derive(Clone, Copy)]
pub(super) struct DotNorm;

/// Squared l2 distance.
#[derive(Clone, Copy)]
pub(super) struct SquaredL2;

impl Quantity<1> for Dot {
    #[inline(always)]
    fn step<S: Simd>(self, simd: S, [dot]: &mut [S::Lanes; 1], query: S::Lanes, row: S::Lanes) {
        *dot = simd.fma(query, row, *dot);
    }
}

impl Quantity<2> for DotNorm {
    #[inline(always)]
    fn step<S: Simd>(self, simd: S, acc: &mut [S::Lanes; 2], query: S::Lanes, row: S::Lanes) {
        let [dot, norm_sq] = acc;
        *dot = simd.fma(query, row, *dot);
        *norm_sq = simd.fma(row, row, *norm_sq);
    }
}

impl Quantity<1> for SquaredL2 {
    #[inline(always)]
    fn step<S: Simd>(self, simd: S, [sum]: &mut [S::Lanes; 1], query: S::Lanes, row: S::Lanes) {
        let difference = simd.sub(query, row);
        *sum = simd.fma(difference, difference, *sum);
    }
}

/// A vector as whole blocks and the rest.
#[derive(Clone, Copy)]
struct Blocks<'a, E> {
    whole: &'a [Block<E>],
    rest: Rest<'a, E>,
}

impl<'a, E: Element> Blocks<'a, E> {
    /// Splits a vector; `padded` must hold zeros from the length of the rest on.
    #[inline(always)]
    fn new(vector: &'a [E], padded: &'a mut Block<E>, fill: bool) -> Self {
        let (halves, _) = vector.as_chunks::<32>();
        let (whole, _) = halves.as_chunks::<2>();
        let elements = vector.get(whole.as_flattened().as_flattened().len()..).unwrap_or_default();
        if fill {
            for (slot, element) in padded.as_flattened_mut().iter_mut().zip(elements) {
                *slot = *element;
            }
        }
        Self { whole, rest: Rest { elements, padded } }
    }
}

/// Writes the sums of row `i` to `outs[_][i]`. The caller has checked that the query is as long
/// as a row, and each of `outs` as long as the matrix.
#[inline(always)]
pub(super) fn scan<S: Simd, E: Element, Q: Quantity<N>, const N: usize>(
    simd: S,
    quantity: Q,
    query: &[f32],
    rows: &Strided<'_, E>,
    outs: [&mut [f32]; N],
) {
    let mut query_padded = [[0.0; 32]; 2];
    let query = Blocks::new(query, &mut query_padded, true);
    // All rows have the same length, so each overwrites the same elements and leaves the zeros.
    let mut row_padded = [[E::default(); 32]; 2];
    let stride = rows.stride_bytes().max(1);
    let rows_ahead = PREFETCH_AHEAD.div_ceil(stride);
    let ahead = rows_ahead.saturating_mul(stride);
    // The last rows have nothing ahead of them that will be read.
    let prefetching = rows.count.saturating_sub(rows_ahead);
    let mut outs = outs.map(|out| out.iter_mut());
    for (index, row) in rows.iter().enumerate() {
        let row = Blocks::new(row, &mut row_padded, !S::MASKED_LOADS);
        let sums = if index < prefetching {
            row_sums(Some(ahead), simd, quantity, query, row)
        } else {
            row_sums(None, simd, quantity, query, row)
        };
        for (out, sum) in outs.iter_mut().zip(sums) {
            if let Some(slot) = out.next() {
                *slot = sum;
            }
        }
    }
}

#[inline(always)]
fn row_sums<S: Simd, E: Element, Q: Quantity<N>, const N: usize>(
    ahead: Option<usize>,
    simd: S,
    quantity: Q,
    query: Blocks<'_, f32>,
    row: Blocks<'_, E>,
) -> [f32; N] {
    let mut acc = pass(Pass::First, ahead, simd, quantity, query, row);
    if S::TWO_PASSES {
        let upper = pass(Pass::Second, None, simd, quantity, query, row);
        for (lower, upper) in acc.iter_mut().zip(upper) {
            *lower = simd.add(*lower, upper);
        }
    }
    let mut sums = [0.0; N];
    for (sum, lanes) in sums.iter_mut().zip(acc) {
        *sum = simd.sum(lanes);
    }
    sums
}

#[inline(always)]
fn pass<S: Simd, E: Element, Q: Quantity<N>, const N: usize>(
    pass: Pass,
    ahead: Option<usize>,
    simd: S,
    quantity: Q,
    query: Blocks<'_, f32>,
    row: Blocks<'_, E>,
) -> [S::Lanes; N] {
    let mut acc = [simd.zero(); N];
    for (q, x) in query.whole.iter().zip(row.whole) {
        if let Some(ahead) = ahead {
            for line in 0..size_of::<Block<E>>() / CACHE_LINE {
                simd.prefetch(x, ahead.wrapping_add(line * CACHE_LINE));
            }
        }
        quantity.step(simd, &mut acc, simd.load_f32(q, pass), E::load(simd, x, pass));
    }
    if !row.rest.elements.is_empty() {
        let q = simd.load_f32(query.rest.padded, pass);
        quantity.step(simd, &mut acc, q, E::load_rest(simd, row.rest, pass));
    }
    acc
}
