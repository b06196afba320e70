//! The inner loops, once for all tiers: packing, and the products of one panel of rows with one
//! panel of queries, a *tile*.
//!
//! # Why a tile is canonical
//!
//! Steps 1 to 3 of the canonical arithmetic do each lane by itself. A tile does `L` lanes in a
//! pass over the panels, for all its pairs at once, and each lane still meets its elements in
//! order of increasing index, starting from `+0.0`. The partial sums of all passes are kept; then
//! the tree of step 4 is done as written: first over the passes, whole registers of `L` lanes
//! (`w` from 32 down to `L`), then inside the register that is left ([`Tile::sums`]).

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::super::matrix::Strided;
use super::super::scan::{CACHE_LINE, PREFETCH_AHEAD};
use super::memory::{Line, Step, steps, steps_mut};
use half::f16;

/// Queries of a panel.
pub(super) const COLUMNS: usize = 4;

/// The operations of a tier on registers of `L` lanes. A value of an implementing type is the
/// proof that the machine has the instructions, so the operations are safe to call.
pub(super) trait Tile<const L: usize>: Copy {
    /// `L` lanes.
    type Reg: Copy;

    /// `+0.0` in every lane.
    fn zero(self) -> Self::Reg;

    /// The elements as they are.
    fn load(self, from: &[f32; L]) -> Self::Reg;

    /// Converts f16 to f32, exactly.
    fn widen(self, from: &[f16; L], to: &mut [f32; L]);

    /// `a * b + acc`, lane by lane, rounded once.
    fn fma(self, a: Self::Reg, b: Self::Reg, acc: Self::Reg) -> Self::Reg;

    /// `a + b`, lane by lane.
    fn add(self, a: Self::Reg, b: Self::Reg) -> Self::Reg;

    /// Asks for the cache line `bytes` after `near`. A hint: no effect on results.
    fn prefetch<B>(self, near: &B, bytes: usize);

    /// The tree from `w = L / 2` on, of four registers.
    fn sums(self, acc: [Self::Reg; COLUMNS]) -> [f32; COLUMNS];
}

/// An element type of stored rows.
pub(super) trait Element: Copy + Default {
    /// `L` elements as f32.
    fn widen<T: Tile<L>, const L: usize>(tile: T, from: &[Self; L], to: &mut [f32; L]);
}

impl Element for f32 {
    #[inline(always)]
    fn widen<T: Tile<L>, const L: usize>(_: T, from: &[Self; L], to: &mut [f32; L]) {
        *to = *from;
    }
}

impl Element for f16 {
    #[inline(always)]
    fn widen<T: Tile<L>, const L: usize>(tile: T, from: &[Self; L], to: &mut [f32; L]) {
        tile.widen(from, to);
    }
}

/// What to multiply, apart from the rows.
#[derive(Debug)]
pub(super) struct Job<'a> {
    /// The packed queries.
    pub(super) queries: &'a [Line],
    /// Number of queries, `Q`; at least 1.
    pub(super) query_count: usize,
    /// Panels of queries that a block of rows meets before the next ones do; at least 1.
    pub(super) query_panels: usize,
    /// Elements of a vector in units of 64, rounded up; at least 1.
    pub(super) blocks: usize,
    /// Room for a block of rows, whole panels, at least one.
    pub(super) scratch: &'a mut [Line],
    /// The products, `[N, Q]`.
    pub(super) out: &'a mut [f32],
}

/// How far ahead of the reads the prefetch runs, in bytes; whole rows.
#[inline(always)]
fn ahead<E>(rows: &Strided<'_, E>) -> usize {
    let stride = rows.stride_bytes().max(1);
    PREFETCH_AHEAD.div_ceil(stride).saturating_mul(stride)
}

/// Packs the vectors into panels of `W`, zeros after the last one; fills all of `panels`.
#[inline(always)]
pub(super) fn pack_all<T, E, const L: usize, const G: usize, const W: usize>(
    tile: T,
    vectors: &Strided<'_, E>,
    blocks: usize,
    panels: &mut [Line],
) where
    T: Tile<L>,
    E: Element,
{
    pack::<T, E, L, G, W>(tile, vectors.iter(), ahead(vectors), blocks, steps_mut(panels));
}

/// Packs vectors into panels of `W`, zeros after the last one; fills all of `panels`.
///
/// `L * G` is 64, here and below.
#[inline(always)]
fn pack<'a, T, E, const L: usize, const G: usize, const W: usize>(
    tile: T,
    mut vectors: impl Iterator<Item = &'a [E]>,
    ahead: usize,
    blocks: usize,
    panels: &mut [Step<L, W>],
) where
    T: Tile<L>,
    E: Element + 'a,
{
    for panel in panels.chunks_mut(G * blocks) {
        for place in 0..W {
            let vector = vectors.next().unwrap_or_default();
            pack_one::<T, E, L, G, W>(tile, vector, ahead, blocks, panel, place);
        }
    }
}

#[inline(always)]
fn pack_one<T: Tile<L>, E: Element, const L: usize, const G: usize, const W: usize>(
    tile: T,
    vector: &[E],
    ahead: usize,
    blocks: usize,
    panel: &mut [Step<L, W>],
    place: usize,
) {
    let (whole, _) = vector.as_chunks::<L>().0.as_chunks::<G>();
    let rest = vector.get(whole.as_flattened().as_flattened().len()..).unwrap_or_default();
    let mut padded = [[E::default(); L]; G];
    for (slot, element) in padded.as_flattened_mut().iter_mut().zip(rest) {
        *slot = *element;
    }
    let mut chunks = panel.chunks_mut(blocks);
    let mut groups: [_; G] = std::array::from_fn(|_| chunks.next().unwrap_or_default().iter_mut());
    for block in whole.iter().chain([&padded]) {
        for line in 0..size_of_val(block) / CACHE_LINE {
            tile.prefetch(block, ahead.wrapping_add(line * CACHE_LINE));
        }
        for (steps, lanes) in groups.iter_mut().zip(block) {
            if let Some(to) = steps.next().and_then(|step| step.get_mut(place)) {
                E::widen(tile, lanes, to);
            }
        }
    }
    // Where a vector is missing.
    for to in groups.into_iter().flatten().filter_map(|step| step.get_mut(place)) {
        *to = [0.0; L];
    }
}

/// All products, into `job.out`. Panels of rows have `R` rows.
#[inline(always)]
pub(super) fn multiply<T, E, const L: usize, const G: usize, const R: usize>(
    tile: T,
    rows: &Strided<'_, E>,
    job: Job<'_>,
) where
    T: Tile<L>,
    E: Element,
{
    let Job { queries, query_count, query_panels, blocks, scratch, out } = job;
    let queries = steps::<L, COLUMNS>(queries);
    let scratch = steps_mut::<L, R>(scratch);
    let panel_steps = G * blocks;
    let rows_at_once = scratch.len() / panel_steps * R;
    let ahead = ahead(rows);
    let mut rows = rows.iter();
    let mut partial = [[[tile.zero(); COLUMNS]; R]; G];
    for out in out.chunks_mut(rows_at_once.saturating_mul(query_count)) {
        let count = out.len() / query_count;
        let used = count.div_ceil(R) * panel_steps;
        let panels = scratch.get_mut(..used).unwrap_or_default();
        pack::<T, E, L, G, R>(tile, rows.by_ref().take(count), ahead, blocks, panels);
        for (number, queries) in queries.chunks(query_panels * panel_steps).enumerate() {
            let first = number * query_panels * COLUMNS;
            let tiles =
                panels.chunks(panel_steps).zip(out.chunks_mut(query_count.saturating_mul(R)));
            for (panel, out) in tiles {
                for (number, queries) in queries.chunks(panel_steps).enumerate() {
                    passes(tile, blocks, panel, queries, &mut partial);
                    let first = first + number * COLUMNS;
                    finish(tile, &partial, out.chunks_mut(query_count), first);
                }
            }
        }
    }
}

/// The partial sums of a tile, those of each group of lanes in one pass over the panels.
#[inline(always)]
fn passes<T: Tile<L>, const L: usize, const G: usize, const R: usize>(
    tile: T,
    blocks: usize,
    rows: &[Step<L, R>],
    queries: &[Step<L, COLUMNS>],
    partial: &mut [[[T::Reg; COLUMNS]; R]; G],
) {
    let groups = rows.chunks(blocks).zip(queries.chunks(blocks));
    for (partial, (rows, queries)) in partial.iter_mut().zip(groups) {
        let mut acc = [[tile.zero(); R]; COLUMNS];
        for (rows, queries) in rows.iter().zip(queries) {
            let mut x = [tile.zero(); R];
            for (x, row) in x.iter_mut().zip(rows) {
                *x = tile.load(row);
            }
            for (acc, query) in acc.iter_mut().zip(queries) {
                let q = tile.load(query);
                for (acc, x) in acc.iter_mut().zip(x) {
                    *acc = tile.fma(q, x, *acc);
                }
            }
        }
        for (column, acc) in acc.iter().enumerate() {
            for (row, acc) in partial.iter_mut().zip(acc) {
                if let Some(slot) = row.get_mut(column) {
                    *slot = *acc;
                }
            }
        }
    }
}

/// Step 4, and the products to where they belong: from column `first` on of each row of `out`.
#[inline(always)]
fn finish<'a, T: Tile<L>, const L: usize, const G: usize, const R: usize>(
    tile: T,
    partial: &[[[T::Reg; COLUMNS]; R]; G],
    out: impl Iterator<Item = &'a mut [f32]>,
    first: usize,
) {
    for (row, out) in out.enumerate() {
        let mut groups = [[tile.zero(); COLUMNS]; G];
        for (group, partial) in groups.iter_mut().zip(partial) {
            if let Some(sums) = partial.get(row) {
                *group = *sums;
            }
        }
        let mut width = G / 2;
        while width > 0 {
            let (lower, upper) = groups.split_at_mut(width);
            for (lower, upper) in lower.iter_mut().zip(upper) {
                for (lower, upper) in lower.iter_mut().zip(upper) {
                    *lower = tile.add(*lower, *upper);
                }
            }
            width /= 2;
        }
        let [acc, ..] = groups.as_slice() else { continue };
        let sums = tile.sums(*acc);
        let slots = out.get_mut(first..).unwrap_or_default();
        if let Some(four) = slots.first_chunk_mut::<COLUMNS>() {
            *four = sums;
        } else {
            for (slot, sum) in slots.iter_mut().zip(sums) {
                *slot = sum;
            }
        }
    }
}
