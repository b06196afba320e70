//! Masks in NRRD files: `.seg.nrrd` of 3D Slicer with overlapping layers, and plain `.nrrd` and `.nhdr` label maps.
//!
//! The format is that of Teem (<https://teem.sourceforge.net/nrrd/format.html>): a text header, then the values,
//! raw or gzip, in the same file or in others beside it. Segments are described by keys `Segment0_Name`,
//! `Segment0_LabelValue`, `Segment0_Layer` and so on
//! (<https://slicer.readthedocs.io/en/latest/developer_guide/modules/segmentations.html>). Terminology in
//! `Segment0_Tags` becomes codes: category, type, modifier, region, modifier of the region, without the empty ones.
//! Keys that have no place in a segment are kept in its JSON, under `"nrrd"`, and written back.
//!
//! ```
//! use vesalius::{Run, Runs, Segment, SegmentValue, Space, VoxelShape};
//! use vesalius_convert::masks::SegmentSet;
//! use vesalius_convert::masks::nrrd::{read_nrrd, write_seg_nrrd};
//! use vesalius_convert::masks::volumes::Limits;
//!
//! let space = Space::new([2, 3, 4], [5.0, 1.0, 1.0]);
//! let shape = VoxelShape::of_space(&space)?;
//! let part = |name: &str, label, start, end| -> Result<_, vesalius::RunsError> {
//!     let runs = Runs::new(shape, vec![Run { start, end }])?;
//!     Ok(SegmentValue { segment: Segment::new(name, label), runs })
//! };
//! let segments = vec![part("lung", 1, 0, 4)?, part("lesion", 2, 2, 3)?];
//! let set = SegmentSet { space, segments, notes: Vec::new() };
//!
//! let dir = tempfile::tempdir()?;
//! let path = dir.path().join("lung.seg.nrrd");
//! // The two overlap.
//! assert_eq!(write_seg_nrrd(&set, &path, true)?.layers, 2);
//! let back = read_nrrd(&path, &Limits::default())?;
//! assert_eq!(back.segments[0].runs.voxels(), 4);
//! assert_eq!(back.space, set.space);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod axes;
mod data;
mod error;
mod extras;
mod fields;
mod files;
mod header;
mod layers;
mod read;
mod segments;
mod space;
mod tags;
#[cfg(test)]
mod tests;
mod write;
mod write_header;

pub use error::NrrdErrorKind;
pub use read::{read_nrrd, read_nrrd_stream};
pub use write::{Layered, write_seg_nrrd};
