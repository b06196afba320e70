//! Volumes and label maps in `NIfTI` files: `.nii`, `.nii.gz`, and `.hdr` and `.img` pairs.
//!
//! Versions 1 and 2 are read, in both byte orders; version 1 is written. Nothing of a file is
//! believed before it is checked: a compressed file cannot claim more than its length can inflate
//! to, and memory is taken only for values that can be there.
//!
//! `NIfTI` counts (x, y, z) and points right, anterior, superior. A [`Geometry`] counts (z, y, x),
//! which is the C order of the same bytes, and points left, posterior, superior.
//!
//! [`resample`] brings a coarse grid, such as the tokens of an encoder, onto the voxels of an
//! image.
//!
//! ```
//! use vesalius_convert::nifti::{Geometry, Limits, NiftiReader, Values, Volume, read, write};
//!
//! let dir = tempfile::tempdir()?;
//! let path = dir.path().join("labels.nii.gz");
//! let mut geometry = Geometry::new([2, 3, 4], [5.0, 1.0, 1.0]);
//! geometry.origin_lps = [-120.0, 30.5, 0.0];
//! let volume = Volume::new(geometry, Values::U8((0..24).collect()));
//! write(&path, &volume)?;
//! assert_eq!(read(&path, &Limits::default())?, volume);
//!
//! let mut reader = NiftiReader::open(&path, &Limits::default())?;
//! assert_eq!(reader.geometry().to_world([1.0, 0.0, 2.0]), [-118.0, 30.5, 5.0]);
//! while let Some(plane) = reader.next_plane()? {
//!     assert_eq!(plane.get::<u8>().map(<[u8]>::len), Some(12));
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod affine;
mod dtype;
mod encode;
mod error;
mod extension;
mod fields;
mod geometry;
mod gzip;
mod header;
mod limits;
mod pair;
mod quaternion;
mod reader;
pub mod resample;
#[cfg(test)]
mod tests;
mod values;
mod writer;

pub use dtype::Dtype;
pub use error::{NiftiError, NiftiErrorKind};
pub use extension::Extension;
pub use fields::Order;
pub use geometry::{Affine, Geometry};
pub(crate) use gzip::{Source, is_compressed_name};
pub use header::{Header, Scaling};
pub(crate) use limits::most_inflated;
pub use limits::{Limits, MAX_AXIS, MAX_DATA_OFFSET};
pub use reader::{NiftiReader, Volume, read};
pub use values::{Element, Values};
pub use writer::{Description, NiftiWriter, write};
