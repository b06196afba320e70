//! DICOM Segmentation objects (SEG): BINARY, FRACTIONAL and LABELMAP, read only.
//!
//! [`read_dicom_seg`] gives the segments with their names, codes and colours, and the space that the positions
//! of the frames span. Only the few elements that this needs are looked at, by a walk over the bytes of the
//! file: no tree is built, nesting is bounded, and nothing is copied before it is asked for. (The general readers
//! recurse without a bound and allocate what a length claims: 265 bytes may cost 4 GiB.)

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod colour;
mod element;
mod error;
mod file;
mod frames;
mod limits;
mod pixels;
mod planes;
mod read;
mod rle;
mod segments;
mod tags;
#[cfg(test)]
mod tests;
mod text;
mod voxels;

pub use error::DicomSegError;
pub use limits::{DEPTH_MAX, FILE_BYTES_MAX, FRAMES_MAX, RUNS_MAX, SLICES_MAX};
pub use read::{open_dicom_seg, read_dicom_seg};
pub use tags::Tag;
