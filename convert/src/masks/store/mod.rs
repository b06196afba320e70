//! Segments of files on their way into a container.
//!
//! [`store`] puts the segments of one image there, in one transaction: the masks field is declared and the image made
//! when they are not there. The image is bound to the space of its first segments; others must be of the same one, or
//! are resampled when that is asked for. [`import_masks`] brings files and folders.
//!
//! A segment that is there already and is the same is passed over, so that an import that was killed is completed by
//! the same call.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod batch;
mod import;
mod options;
mod place;
mod put;
mod report;
mod sources;
#[cfg(test)]
mod tests;

pub use import::import_masks;
pub use options::{MaskImportOptions, StoreOptions};
pub use put::{Stored, store};
pub use report::MaskImportReport;
pub use sources::is_mask_source;
