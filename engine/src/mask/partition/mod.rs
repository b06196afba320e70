//! One block for many disjoint segments of an image: dense label maps such as atlases of the brain.
//!
//! Each boundary between two segments is coded once. A voxel whose neighbours above, to the left and in the
//! slice before agree is skipped; for each of the others one adaptive binary decision says whether it is as
//! its left neighbour, in the context of which of its neighbours differ. The chances start from built-in
//! tables and adapt within a slab of 16 slices; each slab decodes alone.
//!
//! Files of this room: `walk` visits the voxels, the same way for both directions; `label` finds which label a
//! voxel has that is not that of its left neighbour; `around` cuts the neighbourhood out of bit maps of the
//! edges; `plane` holds the slice; `coder` the entropy coder; `slots` and `tables` the chances; `dense` the
//! other way to store a slab.
#![expect(
    clippy::inline_always,
    reason = "the walk over a row must become one loop with the coder's state in registers; measured"
)]

mod around;
mod coder;
mod decode;
mod dense;
mod encode;
mod error;
mod label;
mod paint;
mod plane;
mod slots;
mod tables;
#[doc(hidden)]
pub mod training;
mod walk;

#[cfg(test)]
mod tests;

pub use decode::Decoder;
pub use encode::encode;
pub use error::PartitionError;

/// Slices of a slab: slab `k` has the slices `16 * k .. 16 * k + 16` of the image.
pub const SLAB_SLICES: u64 = 16;
/// Most parts of a block. Labels are ordinals plus one in 16 bits; zero is the background.
pub const PARTS_MAX: usize = 65_535;
/// Most voxels of a slice of the box around the parts: both directions hold one slice in memory.
pub const SLICE_VOXELS_MAX: u64 = 1 << 24;
