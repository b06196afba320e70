//! Files of segmentation masks: what each reader gives, and what each writer takes.

pub mod array;
pub mod coco;
pub mod dicom_seg;
pub mod label_table;
mod limits;
pub mod medmask;
mod naming;
pub mod nifti;
pub mod nrrd;
mod paint;
mod scan;
pub mod volumes;

use vesalius::{SegmentValue, Space};

pub use limits::Limits;
pub use scan::ScanError;

/// The segments of one image, all in one space.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentSet {
    /// Where the voxels are. Its shape is that of the runs.
    pub space: Space,
    /// The segments, in the order of the file; they may overlap.
    pub segments: Vec<SegmentValue>,
    /// What a user should know of the file: values without a name, names without voxels, what was mended.
    pub notes: Vec<String>,
}
