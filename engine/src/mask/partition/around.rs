//! The neighbourhood of the voxels of a block, cut out of the bit maps of edges.

use super::plane::Triple;
use super::slots::{PLANE, SPACE};

/// Bit maps of up to 32 voxels: bit `b` of what a field is named for is at voxel `b` of the block; fields that
/// begin one voxel earlier are shifted by one.
pub(super) struct Around {
    /// Voxels that are not quiet whatever their left neighbour is.
    active: u32,
    /// Across, row above; begins one voxel earlier.
    above: u64,
    /// Across, slice before, this row.
    here: u64,
    /// Across, slice before, row below.
    below: u64,
    /// Down, slice before, this row; in the first slice of a slab: down, row above. Begins one voxel earlier.
    down: u64,
    /// Down, slice before, row below.
    down_below: u32,
    /// Through, row above; begins one voxel later.
    through_above: u32,
    /// Through, slice before, this row.
    through_here: u32,
}

/// The word of block `k`, the last bit of the word before it and the words behind it, as one number that begins
/// one voxel earlier.
#[inline(always)]
fn wide(words: &[u32], block: usize) -> u64 {
    let Some(&[before, word, after]) = words.get(block..).and_then(|w| w.first_chunk::<3>()) else {
        return 0;
    };
    u64::from(before >> 31) | u64::from(word) << 1 | u64::from(after & 1) << 33
}

impl Around {
    /// Of block `k` of a row. `down_before` is what the word of [`Triple::here`] before this block was in the
    /// slice before.
    #[inline(always)]
    pub(super) fn of_space(
        across: &Triple<'_>,
        down: &Triple<'_>,
        through: &Triple<'_>,
        block: usize,
        down_before: u32,
    ) -> Self {
        let above = wide(across.above, block);
        let here = wide(across.here, block) >> 1;
        let below = wide(across.below, block) >> 1;
        let word = |words: &[u32]| words.get(block + 1).copied().unwrap_or(0);
        let down_below = word(down.below);
        let edges = above >> 1 | above >> 2 | here | here >> 1;
        Self {
            active: low_word(edges) | down_below,
            above,
            here,
            below,
            down: u64::from(down_before >> 31) | u64::from(word(down.here)) << 1,
            down_below,
            through_above: low_word(wide(through.above, block) >> 2),
            through_here: word(through.here),
        }
    }

    /// Of block `k` of a row of the first slice of a slab.
    #[inline(always)]
    pub(super) fn of_plane(across: &Triple<'_>, down: &Triple<'_>, block: usize) -> Self {
        let above = wide(across.above, block);
        Self {
            active: low_word(above >> 1 | above >> 2),
            above,
            here: 0,
            below: 0,
            down: wide(down.above, block),
            down_below: 0,
            through_above: 0,
            through_here: 0,
        }
    }

    /// How many voxels from `b` on are quiet, `most` at most.
    #[inline(always)]
    pub(super) fn quiet_from(&self, b: usize, most: usize) -> usize {
        most.min((self.active >> b).trailing_zeros() as usize)
    }

    /// The slot of voxel `b`; see below for `left`.
    #[inline(always)]
    pub(super) fn slot<const FIRST: bool>(&self, b: usize, left: u32) -> usize {
        if FIRST { self.slot_of_plane(b, left) } else { self.slot_of_space(b, left) }
    }

    /// The slot of voxel `b`. `left` is whether its left neighbour is not as the voxel above that one (bit 0)
    /// and not as the one in the slice before (bit 1).
    #[inline(always)]
    fn slot_of_space(&self, b: usize, left: u32) -> usize {
        let bits = low_word(self.above >> b) & 7
            | (low_word(self.here >> b) & 3) << 3
            | (low_word(self.below >> b) & 3) << 5
            | (low_word(self.down >> b) & 3) << 7
            | (self.down_below >> b & 1) << 9
            | (self.through_above >> b & 1) << 10
            | (self.through_here >> b & 1) << 11
            | left << 12;
        SPACE + bits as usize
    }

    /// The slot of voxel `b` of a first slice. Bit 0 of `left` as above; bit 1: the same of the neighbour left
    /// of the left one.
    #[inline(always)]
    fn slot_of_plane(&self, b: usize, left: u32) -> usize {
        let bits = low_word(self.above >> b) & 7 | (low_word(self.down >> b) & 7) << 3 | left << 6;
        PLANE + bits as usize
    }
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the low half is what is wanted")]
fn low_word(bits: u64) -> u32 {
    bits as u32
}
