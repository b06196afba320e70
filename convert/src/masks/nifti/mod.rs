//! Masks in `NIfTI` files: label maps, and folders of one file per segment.
//!
//! Names come from the label table in the header extension (`CaretExtension`, as Connectome Workbench, 3D Slicer
//! and TotalSegmentator write it) or from the names of the files. The space is that of
//! [`Geometry`](crate::nifti::Geometry): the sform if there is one, else the qform.
//!
//! ```
//! use vesalius::{Run, Runs, Segment, SegmentValue, Space, VoxelShape};
//! use vesalius_convert::masks::SegmentSet;
//! use vesalius_convert::masks::nifti::{read_label_map, write_label_map};
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
//! let path = dir.path().join("lung.nii.gz");
//! // One voxel of the lung is under the lesion.
//! assert_eq!(write_label_map(&set, &path)?.covered, [1, 0]);
//! let back = read_label_map(&path, &Limits::default())?;
//! assert_eq!(back.segments[1].segment.name, "lesion");
//! assert_eq!(back.segments[0].runs.voxels(), 3);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod file_names;
mod folder;
mod label_map;
mod label_table;
mod listing;
#[cfg(test)]
mod tests;
mod write;
mod write_folder;

pub use folder::{read_folder, read_folder_within};
pub use label_map::{read_label_map, read_label_map_stream};
pub use listing::TOLERANCE;
pub use write::{Flattened, write_label_map};
pub use write_folder::write_folder;
