//! Segments into containers.

mod import;
mod one;

use std::path::Path;

use vesalius::{Database, Definition, Field, Runs, Segment, SegmentValue, Space, VoxelShape};

use super::*;
use crate::error::ConvertError;
use crate::masks::{ImageSegments, SegmentFilter, SegmentSet, of_image};

/// A set of one-row segments `(name, label, voxels)` in a space of 2 x 3 x 4 voxels.
pub(super) fn image(segments: &[(&str, u32, &[u64])]) -> ImageSegments {
    let space = Space::new([2, 3, 4], [5.0, 1.0, 1.0]);
    ImageSegments { key: None, set: set(space, segments), space_known: true }
}

pub(super) fn set(space: Space, segments: &[(&str, u32, &[u64])]) -> SegmentSet {
    let shape = VoxelShape::of_space(&space).unwrap();
    let value = |(name, label, voxels): &(&str, u32, &[u64])| {
        let values: Vec<bool> = (0..shape.voxels()).map(|at| voxels.contains(&at)).collect();
        let runs = Runs::from_bools(shape, &values).unwrap();
        SegmentValue { segment: Segment::new(*name, *label), runs }
    };
    SegmentSet { space, segments: segments.iter().map(value).collect(), notes: Vec::new() }
}

pub(super) fn container(folder: &Path) -> Database {
    let definition = Definition::new().field(Field::vector("v", 2));
    Database::create(folder.join("x.vsl"), definition).unwrap()
}

pub(super) fn stored_set(db: &Database, key: &str) -> SegmentSet {
    let state = db.snapshot().unwrap();
    of_image(&state.image(key).unwrap(), "masks", &SegmentFilter::default()).unwrap()
}

pub(super) fn engine(error: ConvertError) -> vesalius::Error {
    match error {
        ConvertError::Engine(error) => error,
        other => panic!("{other}"),
    }
}
