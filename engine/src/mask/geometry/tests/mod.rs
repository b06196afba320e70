//! Everything against slow twins on dense arrays.

#![expect(clippy::float_cmp, reason = "what is exact is compared exactly")]

mod adjacency;
mod boxes;
mod cells;
mod components;
mod contour;
mod distance;
mod errors;
mod masks;
mod under;
