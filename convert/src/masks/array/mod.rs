//! Label maps in `.npy` and `.npz`.
//!
//! An array has the axes (y, x), (z, y, x) or (time, z, y, x). Its values are truth values, or whole numbers of 0
//! to 2^32 - 1 of any type, floats included.
//!
//! The labels of a `.npy` are segments `label_N` without a group. In a `.npz` the name of an array is the group
//! of its segments; an array of truth values is one segment of that name, without a group. What is no label map
//! there is left out with a note, as long as there is one. Two arrays tell the space:
//!
//! * `affine`, 4 x 4 or 3 x 4, is that of `nibabel`: from voxels (x, y, z), the axes of the array from the last
//!   to the first, to right, anterior, superior in millimetres;
//! * `spacing` is in millimetres in the order of the axes of the array, (z, y, x) or (y, x). It is looked at
//!   where there is no affine.
//!
//! Both reading and writing stream: of a dense array a slice is in memory, or a frame of one with time.

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod error;
mod place;
mod read;
#[cfg(test)]
mod tests;
mod values;
mod write;

pub use error::{ArrayError, ArrayErrorKind};
pub use read::{read_npy, read_npz};
pub use write::{write_npy, write_npy_truth, write_npz};
