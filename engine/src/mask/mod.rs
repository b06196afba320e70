//! Masks: voxels of one space as runs, their codec, their algebra and measures.
//!
//! A [`Runs`] is a set of voxels. Everything here works on runs, never on voxels, except where a dense array is
//! what was asked for.

mod algebra;
mod boundaries;
mod bounds;
pub mod codec;
mod dense;
mod expression;
pub(crate) mod facts;
mod flatten;
mod geometry;
mod index_map;
mod joined;
mod measure;
mod overlap;
pub mod partition;
pub mod rans;
mod resample;
mod rows;
mod runs;
mod segment;
mod select;
mod shape;
pub mod stored;
mod together;
#[cfg(test)]
mod twin;
mod voxel_box;
mod words;
mod world;

pub use boundaries::RunIter;
pub use bounds::Bounds;
pub use dense::{LabelValue, split_labels};
pub use expression::MaskExpr;
pub use flatten::{FlatSegment, Flattened, flatten};
pub use geometry::{
    BoxOverlap, CELLS_MAX, CellCoverage, Contact, DirectedDistances, GeometryError, HeatSummary,
    Neighbours, Outline, PairContact, Ring, SurfaceDistances, contact, contacts, heat_under,
    max_under, mean_under, surface_distances,
};
pub use measure::{Measures, voxel_mm3};
pub use overlap::{Overlap, OverlapMatrix};
pub use runs::{Run, Runs, RunsError};
pub use segment::SegmentValue;
pub use select::Axis;
pub use shape::VoxelShape;
pub use voxel_box::{VoxelBox, WorldBox};
pub use world::{TIE_VOXELS, WorldToVoxel};
