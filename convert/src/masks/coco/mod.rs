//! COCO JSON: masks of pictures as run lengths down the columns, or as polygons.
//!
//! [`CocoFile::parse`] takes a dataset (images, annotations, categories), a bare list of annotations (results),
//! one mask, or a list of masks, and [`CocoFile::segments`] gives the masks of one picture at a time.
//! [`write_dataset`] writes a dataset back. Masks and polygons become the pixels that `pycocotools` gives.
//!
//! ```
//! use vesalius_convert::masks::coco::Rle;
//!
//! let rle = Rle::from_text(3, 4, "714")?;
//! assert_eq!(rle.counts(), [7, 1, 4]);
//! assert_eq!(rle.runs()?.as_slice(), [vesalius::Run { start: 6, end: 7 }]);
//! assert_eq!(rle.text(), "714");
//! # Ok::<(), vesalius_convert::masks::coco::CocoError>(())
//! ```

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod columns;
mod counts;
mod document;
mod error;
mod file;
mod limits;
mod polygon;
mod rle;
mod segmentation;
#[cfg(test)]
mod tests;
mod write;

pub use error::CocoError;
pub use file::{CocoFile, CocoImage};
pub use limits::{JSON_BYTES_MAX, POLYGON_STEPS_MAX, RUNS_MAX};
pub use rle::Rle;
pub use write::write_dataset;
