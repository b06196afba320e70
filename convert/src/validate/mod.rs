//! What is in a feature store or a container, and everything that is wrong with it.
//!
//! [`validate`] reads the whole file: of an HDF5 file every chunk is decoded, of a container every checksum
//! and every rule of the format is checked.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod container;
mod report;
mod store;

pub use report::{DatasetSummary, TemplateSummary, Validation};

use std::path::Path;

use crate::error::ConvertError;
use crate::import;

/// Values that a preview shows.
const PREVIEW: usize = 8;

/// Examines an HDF5 file or a container.
///
/// # Errors
/// Where the file cannot be opened at all. What is wrong inside it is in [`Validation::problems`].
///
/// Cost: one pass over the file, of an HDF5 file a second one over its features.
pub fn validate(file: &Path) -> Result<Validation, ConvertError> {
    if !file.is_dir() && import::h5::recognise(file)? {
        return store::validate(file);
    }
    container::validate(file)
}
