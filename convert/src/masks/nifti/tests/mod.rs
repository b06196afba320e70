//! Tests of masks in `NIfTI` files.

mod folder;
mod hostile;
mod peers;
mod real;
mod table;
mod values;
mod write;

use super::*;
use crate::masks::SegmentSet;
use crate::masks::volumes::testing::{Random, data, dense};
use crate::masks::volumes::{Limits, VolumeErrorKind};
use crate::nifti::{Description, Geometry, NiftiWriter, Scaling, Values, Volume};
use vesalius::{Runs, Segment, SegmentValue, Space, VoxelShape};

/// A file of these values, row by row of `[z, y, x]`.
fn bytes_of(shape: [u64; 3], values: Values) -> Vec<u8> {
    bytes_of_volume(&Volume::new(Geometry::new(shape, [1.0; 3]), values))
}

fn bytes_of_volume(volume: &Volume) -> Vec<u8> {
    let mut writer = NiftiWriter::new(Vec::new(), &Description::of(volume), false).unwrap();
    writer.write_values(&volume.values).unwrap();
    writer.finish().unwrap()
}

fn parse(bytes: Vec<u8>) -> Result<SegmentSet, crate::masks::volumes::VolumeError> {
    read_label_map_stream(std::io::Cursor::new(bytes), &Limits::default())
}

/// Names, labels and numbers of voxels.
fn table_of(set: &SegmentSet) -> Vec<(String, u32, u64)> {
    let row = |v: &SegmentValue| (v.segment.name.clone(), v.segment.label, v.runs.voxels());
    set.segments.iter().map(row).collect()
}
