//! Tiles in plain Rust: what each operation means.

use super::tile::{self, Job, Tile};

const L: usize = 16;

/// [`tile::multiply`].
pub(super) fn multiply(job: Job<'_>) {
    tile::multiply::<_, L, 1, 4>(Portable, job);
}

/// Needs nothing but the language.
#[derive(Clone, Copy)]
struct Portable;

impl Tile<L> for Portable {
    type Reg = [u32; L];

    fn load(self, from: &[u32; L]) -> [u32; L] {
        *from
    }

    fn splat(self, word: u32) -> [u32; L] {
        [word; L]
    }

    fn dot(self, mut acc: [u32; L], row: [u32; L], query: [u32; L]) -> [u32; L] {
        for ((acc, row), query) in acc.iter_mut().zip(row).zip(query) {
            let pairs = row.to_le_bytes().into_iter().zip(query.to_le_bytes());
            let sum: i32 = pairs.map(|(u, w)| i32::from(u) * i32::from(w.cast_signed())).sum();
            *acc = acc.wrapping_add(sum.cast_unsigned());
        }
        acc
    }

    fn store(self, acc: [u32; L], to: &mut [i32; L]) {
        *to = acc.map(u32::cast_signed);
    }
}
