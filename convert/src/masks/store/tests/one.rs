//! One image at a time.

use vesalius::Error;

use super::*;

#[test]
fn what_is_stored_comes_back_and_is_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let db = container(dir.path());
    let given = image(&[("lung", 1, &[0, 1, 2]), ("lesion", 2, &[1]), ("none", 3, &[])]);
    let options = StoreOptions::default();
    let first = store(&db, "case", "masks", given.clone(), &options).unwrap();
    assert_eq!((first.added, first.new_image, first.voxels), (3, true, 4));
    assert_eq!(stored_set(&db, "case"), given.set);
    let epoch = db.snapshot().unwrap().epoch();
    let again = store(&db, "case", "masks", given, &options).unwrap();
    assert_eq!((again.unchanged, again.is_change()), (3, false));
    assert_eq!(db.snapshot().unwrap().epoch(), epoch);
}

#[test]
fn names_that_are_taken_are_refused_unless_they_are_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let db = container(dir.path());
    let mut options = StoreOptions::default();
    store(&db, "case", "masks", image(&[("lung", 1, &[0])]), &options).unwrap();
    let other = image(&[("heart", 2, &[3]), ("lung", 1, &[1])]);
    let error = engine(store(&db, "case", "masks", other.clone(), &options).unwrap_err());
    assert!(matches!(error, Error::SegmentExists { ref name, .. } if name == "lung"), "{error}");
    assert_eq!(stored_set(&db, "case").segments.len(), 1);
    options.replace = true;
    let stored = store(&db, "case", "masks", other, &options).unwrap();
    assert_eq!((stored.added, stored.replaced), (1, 1));
    let now = stored_set(&db, "case");
    assert_eq!(now.segments[0].runs.as_slice()[0].start, 1);
    options.group = Some("all".into());
    options.name = Some("whole".into());
    let stored = store(&db, "case", "masks", image(&[("x", 1, &[9])]), &options).unwrap();
    assert_eq!(stored.notes.len(), 1, "{:?}", stored.notes);
    let (group, name) = ("all", "whole");
    let state = db.snapshot().unwrap();
    let found = state.image("case").unwrap().segment("masks", (group, name)).unwrap().voxels();
    assert_eq!(found, 1);
    let two = image(&[("x", 1, &[9]), ("y", 2, &[8])]);
    assert!(store(&db, "case", "masks", two, &options).is_err());
}

#[test]
fn two_segments_of_one_name_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let db = container(dir.path());
    let mut twice = image(&[("a", 1, &[0]), ("a", 2, &[1])]);
    twice.set.segments[1].segment.group = "g".into();
    let options = StoreOptions { group: Some("g".into()), ..StoreOptions::default() };
    let error = store(&db, "case", "masks", twice, &options).unwrap_err().to_string();
    assert!(error.contains("two segments \"a\" in group \"g\""), "{error}");
    assert!(db.snapshot().unwrap().is_empty());
}

#[test]
fn a_field_of_another_kind_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let db = container(dir.path());
    let given = image(&[("a", 1, &[0])]);
    let error = engine(store(&db, "case", "v", given, &StoreOptions::default()).unwrap_err());
    assert!(matches!(error, Error::WrongKind { .. }), "{error}");
}

#[test]
fn another_space_is_refused_with_what_differs() {
    let dir = tempfile::tempdir().unwrap();
    let db = container(dir.path());
    let options = StoreOptions::default();
    let first = image(&[("a", 1, &[0])]);
    let base = first.set.space.clone();
    store(&db, "case", "masks", first, &options).unwrap();
    let spaces = [
        ("shape", Space { shape: [2, 3, 5], ..base.clone() }),
        ("spacing", Space { spacing: [5.0, 1.0, 1.5], ..base.clone() }),
        ("origin", Space { origin: [0.0, 0.3, 0.0], ..base.clone() }),
        ("frames", Space { frames: 2, ..base.clone() }),
    ];
    for (what, space) in spaces {
        let set = set(space, &[("b", 2, &[0])]);
        let given = ImageSegments { key: None, set, space_known: true };
        let error = engine(store(&db, "case", "masks", given, &options).unwrap_err());
        let Error::SpaceMismatch { name, have, given } = &error else { panic!("{error}") };
        assert_eq!((name.as_str(), have != given), (&*format!("{what} of image case"), true));
    }
}

#[test]
fn a_tolerance_takes_the_space_of_the_image() {
    let dir = tempfile::tempdir().unwrap();
    let db = container(dir.path());
    let mut options = StoreOptions::default();
    let first = image(&[("a", 1, &[0])]);
    let base = first.set.space.clone();
    store(&db, "case", "masks", first, &options).unwrap();
    let near = Space { origin: [0.0, 0.01, 0.0], ..base.clone() };
    let set = set(near, &[("b", 2, &[5])]);
    let given = ImageSegments { key: None, set, space_known: true };
    assert!(store(&db, "case", "masks", given.clone(), &options).is_err());
    options.tolerance = Some(0.02);
    let stored = store(&db, "case", "masks", given, &options).unwrap();
    assert!(stored.notes[0].contains("0.010000 voxels"), "{:?}", stored.notes);
    assert_eq!((stored_set(&db, "case").space, stored.added), (base, 1));
}

#[test]
fn a_file_without_a_space_is_in_that_of_the_image() {
    let dir = tempfile::tempdir().unwrap();
    let db = container(dir.path());
    let options = StoreOptions::default();
    store(&db, "case", "masks", image(&[("a", 1, &[0])]), &options).unwrap();
    let unit = |shape| {
        let set = set(Space::new(shape, [1.0; 3]), &[("b", 2, &[5])]);
        ImageSegments { key: None, set, space_known: false }
    };
    let stored = store(&db, "case", "masks", unit([2, 3, 4]), &options).unwrap();
    assert!(stored.notes[0].contains("says nothing of the space"), "{:?}", stored.notes);
    // Where it would lie in the image nobody knows, so that resampling has no meaning.
    let options = StoreOptions { resample: true, ..options };
    assert!(store(&db, "case", "masks", unit([2, 3, 5]), &options).is_err());
}

#[test]
fn resampling_is_that_of_the_engine() {
    let dir = tempfile::tempdir().unwrap();
    let db = container(dir.path());
    let options = StoreOptions { resample: true, ..StoreOptions::default() };
    let first = image(&[("a", 1, &[0])]);
    let to = first.set.space.clone();
    store(&db, "case", "masks", first, &options).unwrap();
    let from = Space { origin: [0.5, 0.0, 1.0], ..Space::new([4, 6, 8], [2.5, 0.5, 0.5]) };
    let set = set(from.clone(), &[("b", 2, &[0, 1, 2, 3, 50, 51, 100, 140])]);
    let wanted = set.segments[0].runs.resample(&from, &to).unwrap();
    let given = ImageSegments { key: None, set, space_known: true };
    let stored = store(&db, "case", "masks", given, &options).unwrap();
    assert!(stored.notes[0].contains("resampled by the nearest voxel"), "{:?}", stored.notes);
    assert_eq!(stored_set(&db, "case").segments[1].runs, wanted);
}

#[test]
fn the_space_of_the_container_counts_for_new_images() {
    let dir = tempfile::tempdir().unwrap();
    let space = Space::new([2, 3, 4], [1.0; 3]);
    let definition = Definition::new().space(space);
    let db = Database::create(dir.path().join("x.vsl"), definition).unwrap();
    let given = image(&[("a", 1, &[0])]);
    let error = engine(store(&db, "k", "masks", given, &StoreOptions::default()).unwrap_err());
    assert!(matches!(error, Error::SpaceMismatch { .. }), "{error}");
}
