//! Heat maps on their way out: as an array, as a volume in the space of their image, as a picture.
//!
//! A [`HeatMap`](vesalius::HeatMap) has a score for each token. Where the tokens lie over the image
//! is in its mapping, with all that was done to the image before the model saw it; what is written
//! here lies where the image lies.
//!
//! ```
//! use vesalius::{GridMapping, HeatMap, Space};
//! use vesalius_convert::heat::{Look, Under, picture, write_volume};
//! use vesalius_convert::nifti::{Limits, read, resample::Resampling};
//!
//! let space = Space::new([1, 28, 28], [5.0, 1.0, 1.0]);
//! let mapping = GridMapping::covering([1, 2, 2], space.shape);
//! let values = vec![0.1, 0.2, 0.3, 0.9];
//! let map = HeatMap { grid: [1, 2, 2], values, mapping: Some(mapping) };
//! let drawn = picture(&map, &space, &Under::Nothing, &Look::default())?;
//! assert!(drawn.picture.height() > 28);
//!
//! let dir = tempfile::tempdir()?;
//! let path = dir.path().join("map.nii.gz");
//! write_volume(&map, &space, Resampling::Nearest, &path)?;
//! let volume = read(&path, &Limits::default())?;
//! assert_eq!(volume.geometry.shape_zyx, [1, 28, 28]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod array;
mod error;
mod laid;
mod picture;
mod slice;
mod space;
#[cfg(test)]
mod tests;
mod volume;

pub use array::{write_array, write_resampled_array};
pub use error::HeatError;
pub use picture::{Drawn, Look, Under, picture};
pub use slice::Slice;
pub use volume::write_volume;
