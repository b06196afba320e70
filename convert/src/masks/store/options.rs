//! How segments are put into a container.

use vesalius::MaskProfile;

use crate::masks::ReadOptions;

/// How to put the segments of an image into a container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoreOptions {
    /// Replace segments that have the same group and name and are not the same.
    pub replace: bool,
    /// Bring segments of another space into that of the image, by the nearest voxel.
    pub resample: bool,
    /// The group of segments that have none.
    pub group: Option<String>,
    /// The name of the segment, of which there must be only one.
    pub name: Option<String>,
    /// How far apart, in voxels, the corners of the segments may be from those of the image; else
    /// [`CORNER_TOLERANCE`](vesalius::model::CORNER_TOLERANCE). Within it they are taken to be in its space.
    pub tolerance: Option<f64>,
    /// How voxels are encoded.
    pub profile: MaskProfile,
}

/// How to import files of masks. The default suits nearly every source.
#[derive(Clone, Debug)]
pub struct MaskImportOptions {
    /// How files are read.
    pub read: ReadOptions,
    /// How segments are stored.
    pub store: StoreOptions,
    /// The masks field. Default: the only one there is, or `masks`.
    pub field: Option<String>,
    /// The key of the image. Of a COCO file of several images, the one of this key is taken. Default: the keys in the
    /// file, or the name of the file or folder.
    pub key: Option<String>,
    /// Each file of a folder is an image, also each `NIfTI` label map, many of which are otherwise segments of one.
    pub each_file: bool,
    /// Read back what was written and compare.
    pub verify: bool,
    /// Most images of a transaction.
    pub batch_images: usize,
    /// Runs at which a transaction is full; 16 bytes of memory each.
    pub batch_runs: u64,
}

impl Default for MaskImportOptions {
    fn default() -> Self {
        Self {
            read: ReadOptions::default(),
            store: StoreOptions::default(),
            field: None,
            key: None,
            each_file: false,
            verify: true,
            batch_images: 256,
            batch_runs: 1 << 22,
        }
    }
}
