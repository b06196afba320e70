//! Segments into containers.

mod import;
mod one;

use std::path::Path;

use vesalius::{Database, Definition, Field, Runs, Segment, SegmentValue, Space, VoxelShape};

use super::*;
use crate::error::ConvertError;
use crate::masks::{ImageSegments, MaskFormat, SegmentFilter, SegmentSet, of_image, save};

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

#[test]
fn a_map_without_labels_is_told_and_kept_under_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let db = container(folder.path());
    let stored = store(&db, "a", "masks", image(&[]), &StoreOptions::default()).unwrap();
    assert!(stored.notes.iter().any(|note| note.contains("no voxel has a label")), "{stored:?}");
    assert!(stored_set(&db, "a").segments.is_empty());
    let named = StoreOptions { name: Some("liver".into()), ..StoreOptions::default() };
    assert_eq!(store(&db, "a", "masks", image(&[]), &named).unwrap().added, 1);
    let set = stored_set(&db, "a");
    assert_eq!(set.segments[0].segment.name, "liver");
    assert!(set.segments[0].runs.is_empty());
}

#[test]
fn a_slice_that_no_memory_holds_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let space = Space::new([1, 1 << 24, 1 << 24], [1.0; 3]);
    let shape = VoxelShape::of_space(&space).unwrap();
    let runs = Runs::new(shape, vec![vesalius::Run { start: 5, end: 1 << 24 }]).unwrap();
    let segments = vec![SegmentValue { segment: Segment::new("a", 1), runs }];
    let set = SegmentSet { space, segments, notes: Vec::new() };
    let path = folder.path().join("a.seg.nrrd");
    let error = save("a", &set, MaskFormat::SegNrrd, &path).unwrap_err().to_string();
    assert!(error.contains("memory") && !path.exists(), "{error}");
}

#[test]
fn axes_that_a_file_cannot_have_are_told_before_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let set = set(Space::new([1, 1, 40_000], [1.0; 3]), &[("a", 1, &[39_999])]);
    for format in [MaskFormat::NiftiLabelMap, MaskFormat::NiftiFolder] {
        let error = save("a", &set, format, &folder.path().join("a.nii")).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("32767") && text.contains("seg-nrrd"), "{text}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

pub(super) fn engine(error: ConvertError) -> vesalius::Error {
    match error {
        ConvertError::Engine(error) => error,
        other => panic!("{other}"),
    }
}
