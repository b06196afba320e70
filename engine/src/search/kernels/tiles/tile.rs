//! The inner loop, once for all tiers: some rows with the queries of one panel.

#![expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]

use super::{PANEL, Sums};

/// The operations of a tier on registers of `L` lanes of 32 bits. A value of an implementing type
/// is the proof that the machine has the instructions, so the operations are safe to call.
pub(super) trait Tile<const L: usize>: Copy {
    /// `L` lanes.
    type Reg: Copy;

    /// The words of `L` queries.
    fn load(self, from: &[u32; L]) -> Self::Reg;

    /// A word of a row in all lanes.
    fn splat(self, word: u32) -> Self::Reg;

    /// `acc + row * query`, in each lane the sum over the elements of a word.
    fn dot(self, acc: Self::Reg, row: Self::Reg, query: Self::Reg) -> Self::Reg;

    /// The lanes as integers.
    fn store(self, acc: Self::Reg, to: &mut [i32; L]);
}

/// What to multiply.
pub(super) struct Job<'a> {
    /// The rows, as many words each as the panel has.
    pub(super) rows: &'a [u32],
    /// The queries.
    pub(super) panel: &'a [[u32; PANEL]],
    /// What the sums begin at.
    pub(super) start: &'a Sums,
    /// The products, one a row.
    pub(super) sums: &'a mut [Sums],
}

/// The products of a job, in tiles of `R` rows and `C` registers of queries.
#[inline(always)]
pub(super) fn multiply<T: Tile<L>, const L: usize, const C: usize, const R: usize>(
    tile: T,
    job: Job<'_>,
) {
    let Job { rows, panel, start, sums } = job;
    let words = panel.len();
    let whole = sums.len() / R * R;
    let (first, last) = sums.split_at_mut(whole);
    let (first_rows, last_rows) = rows.split_at(whole.saturating_mul(words).min(rows.len()));
    let tiles = first_rows.chunks_exact((R * words).max(1)).zip(first.as_chunks_mut::<R>().0);
    for (rows, sums) in tiles {
        one::<T, L, C, R>(tile, rows, panel, start, sums);
    }
    let tiles = last_rows.chunks_exact(words.max(1)).zip(last.as_chunks_mut::<1>().0);
    for (rows, sums) in tiles {
        one::<T, L, C, 1>(tile, rows, panel, start, sums);
    }
}

/// One tile after another over the queries of the panel.
#[inline(always)]
#[expect(
    unsafe_code,
    reason = "a check of bounds in the innermost loop costs a third of its speed"
)]
fn one<T: Tile<L>, const L: usize, const C: usize, const R: usize>(
    tile: T,
    rows: &[u32],
    panel: &[[u32; PANEL]],
    start: &Sums,
    sums: &mut [Sums; R],
) {
    let words = panel.len();
    if rows.len() != R * words {
        return;
    }
    let start: &[u32; PANEL] = bytemuck::cast_ref(start);
    for (group, start) in start.as_chunks::<L>().0.as_chunks::<C>().0.iter().enumerate() {
        let mut acc = [load(tile, start); R];
        for (word, queries) in panel.iter().enumerate() {
            let Some(queries) = queries.as_chunks::<L>().0.as_chunks::<C>().0.get(group) else {
                break;
            };
            let queries = load(tile, queries);
            for (row, acc) in acc.iter_mut().enumerate() {
                // SAFETY: `row < R` and `word < words`, so the index is below `R * words`, the
                // length checked above.
                let row = tile.splat(*unsafe { rows.get_unchecked(row * words + word) });
                for (acc, query) in acc.iter_mut().zip(queries) {
                    *acc = tile.dot(*acc, row, query);
                }
            }
        }
        for (acc, sums) in acc.into_iter().zip(sums.iter_mut()) {
            if let Some(sums) = sums.as_chunks_mut::<L>().0.as_chunks_mut::<C>().0.get_mut(group) {
                for (acc, sums) in acc.into_iter().zip(sums) {
                    tile.store(acc, sums);
                }
            }
        }
    }
}

/// Registers of words. A loop, as the closure of a `map` is not sure to take on the features of the kernel.
#[inline(always)]
fn load<T: Tile<L>, const L: usize, const C: usize>(tile: T, from: &[[u32; L]; C]) -> [T::Reg; C] {
    let mut registers = [tile.splat(0); C];
    for (register, from) in registers.iter_mut().zip(from) {
        *register = tile.load(from);
    }
    registers
}
