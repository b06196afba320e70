//! Masks: voxels of one space as runs, their codec, their algebra and measures.
//!
//! A [`Runs`] is a set of voxels. Everything here works on runs, never on voxels, except where a dense array is
//! what was asked for.

mod bounds;
pub mod codec;
mod dense;
mod facts;
mod runs;
mod segment;
mod shape;
pub mod stored;

pub use bounds::Bounds;
pub use dense::{LabelValue, split_labels};
pub use runs::{Run, Runs, RunsError};
pub use segment::SegmentValue;
pub use shape::VoxelShape;
