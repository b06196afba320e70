//! The geometry of sets of voxels: components, contacts, surfaces and their distances, outlines,
//! and what of the cells of a grid of tokens, of tokens, heat maps and boxes is under a segment.
//!
//! All of it walks runs; no dense array is made. Frames in time are never neighbours of each other.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod adjacency;
mod boxes;
mod cells;
mod components;
mod contour;
mod distance;
mod error;
mod nearest;
mod plane;
mod rows;
mod surface;
mod under;

#[cfg(test)]
mod tests;

pub use adjacency::{Contact, PairContact, contact, contacts};
pub use boxes::BoxOverlap;
pub use cells::{CELLS_MAX, CellCoverage};
pub use components::Neighbours;
pub use contour::{Outline, Ring};
pub use distance::{DirectedDistances, SurfaceDistances, surface_distances};
pub use error::GeometryError;
pub use under::{HeatSummary, heat_under, max_under, mean_under};
