//! The files of `MedMask`: `.msk`, one label map, and `.mska`, many in one space.
//!
//! # What becomes what
//!
//! A value of an array is a segment, named by the mapping of the array. A name without voxels is an empty
//! segment, a value without a name is the segment `label_N`, and a note says so; written again it has no name
//! again. The segments of an `.msk` have
//! no group; those of an entry of an `.mska` have the name of the entry as their group. So a segment that fills
//! an entry alone has the entry's name twice, and the entry can be written again as it was.
//!
//! An archive cannot say that a segment has no group, and no entry holds segments that overlap. What this
//! writer has to write in another way carries a key `group` beside its `name` in the index, which `MedMask`
//! keeps and does not look at: a segment without a group is an entry of its own with the group "", the layers
//! of a group that overlaps itself are entries of several names with the group that they are of. The reader
//! obeys the key. Colours, codes, priorities and JSON have no place in these files.
//!
//! # Geometry
//!
//! The voxels are in C order of (z, y, x); the space beside them is written in the order (x, y, z), so that
//! `x_orientation` is the direction of the last axis of the array. World coordinates are LPS in millimetres.
//! A mask that was saved without a space has `x_orientation` [0, 0, 1]: its first axis runs to the left. That
//! is what is read.
//!
//! Zstandard is read with `ruzstd`, without C. The values stream: neither reading nor writing has the dense array
//! in memory.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod archive;
mod assemble;
mod blob;
mod element;
mod encode;
mod entropy;
mod error;
mod geometry;
mod header;
mod index;
mod index_text;
mod mask;
mod matcher;
mod plan;
mod salvage;
mod search;
mod sequences;
mod tolerant;
mod write;
mod zstd;

#[cfg(test)]
mod tests;

pub use archive::read_mska;
pub use error::{MedMaskError, MedMaskErrorKind};
pub use mask::read_msk;
pub use write::{write_msk, write_mska};
