//! Files of segmentation masks: what each reader gives, what each writer takes, and their way into a container and
//! out of it.
//!
//! [`read`] takes any of the formats of [`MaskFormat`], [`import_masks`] brings files into a container, [`of_image`]
//! and [`save`] get them out again.

pub mod array;
pub mod coco;
pub mod dicom_seg;
mod file_error;
mod format;
pub mod label_table;
mod limits;
pub mod medmask;
mod naming;
pub mod nifti;
pub mod nrrd;
mod open;
mod paint;
mod save;
mod scan;
mod store;
pub mod volumes;

use vesalius::{SegmentValue, Space};

pub use file_error::MaskFileError;
pub use format::MaskFormat;
pub use limits::Limits;
pub use open::{FOLDER_TOLERANCE, ImageSegments, ReadOptions, for_each_image, read};
pub use save::{SegmentFilter, of_image, save, save_truth};
pub use scan::ScanError;
pub use store::{
    MaskImportOptions, MaskImportReport, StoreOptions, Stored, import_masks, is_mask_source, store,
};

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
