//! Folders of files.

use super::*;
use std::fs;
use std::path::Path;

fn put(folder: &Path, name: &str, values: Vec<u8>) {
    fs::write(folder.join(name), bytes_of([1, 2, 2], Values::U8(values))).unwrap();
}

#[test]
fn names_labels_groups_and_empty_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    put(path, "b.nii", vec![0, 255, 0, 0]);
    put(path, "a_10.nii", vec![0; 4]);
    put(path, "a_2.NII", vec![1, 1, 0, 0]);
    put(path, "lobes.nii", vec![0, 3, 3, 9]);
    put(path, "._b.nii", vec![7; 4]);
    fs::write(path.join("notes.txt"), "x").unwrap();
    fs::create_dir(path.join("sub.nii")).unwrap();
    let set = read_folder(path, &Limits::default()).unwrap();
    let row = |name: &str, label, voxels| (name.to_owned(), label, voxels);
    let wanted = [row("a_10", 1, 0), row("a_2", 2, 2), row("b", 3, 1)];
    assert_eq!(table_of(&set)[..3], wanted);
    assert_eq!(table_of(&set)[3..], [row("label_3", 4, 2), row("label_9", 5, 1)]);
    let lobe = &set.segments[4].segment;
    assert_eq!((lobe.group.as_str(), lobe.json.as_str()), ("lobes", "{\"value\":9}"));
    assert_eq!(set.notes.len(), 2, "{:?}", set.notes);
}

#[test]
fn pairs_are_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut header = bytes_of([1, 2, 2], Values::U8(vec![0, 1, 1, 1]));
    let values = header.split_off(352);
    header.truncate(348);
    header[344..348].copy_from_slice(b"ni1\0");
    header[108..112].copy_from_slice(&0_f32.to_le_bytes());
    fs::write(folder.path().join("liver.hdr"), header).unwrap();
    fs::write(folder.path().join("liver.img"), values).unwrap();
    let set = read_folder(folder.path(), &Limits::default()).unwrap();
    assert_eq!(table_of(&set), [("liver".to_owned(), 1, 3)]);
    assert_eq!(set.notes, [""; 0]);
}

#[test]
fn one_name_twice_and_no_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let error = read_folder(folder.path(), &Limits::default()).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::NoFiles), "{error}");
    put(folder.path(), "a.nii", vec![0; 4]);
    put(folder.path(), "a.nii.gz", vec![0; 4]);
    let error = read_folder(folder.path(), &Limits::default()).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::SameName(_)), "{error}");
    assert!(read_folder(&folder.path().join("none"), &Limits::default()).is_err());
}

#[test]
fn a_file_of_another_space_is_named_with_both_values() {
    let wanted = Geometry { frames: 2, ..Geometry::new([2, 3, 4], [3.0, 1.0, 2.0]) };
    let turned = [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]];
    let others = [
        (
            "shape",
            Geometry { shape_zyx: [2, 3, 5], ..wanted.clone() },
            "[2, 3, 5] (z, y, x), but [2, 3, 4]",
        ),
        ("number of frames", Geometry { frames: 3, ..wanted.clone() }, "is 3, but 2 in"),
        (
            "spacing",
            Geometry { spacing_zyx: [3.0, 1.0, 2.5], ..wanted.clone() },
            "2.5] mm (z, y, x), but [3.0",
        ),
        (
            "origin",
            Geometry { origin_lps: [0.5, 0.0, 0.0], ..wanted.clone() },
            "[0.5, 0.0, 0.0] mm (L, P, S), but [0.0",
        ),
        ("direction", Geometry { direction: turned, ..wanted.clone() }, "but [[0.0, 0.0, 1.0]"),
    ];
    let bytes = |geometry: &Geometry| {
        let count = usize::try_from(geometry.voxels().unwrap()).unwrap();
        bytes_of_volume(&Volume::new(geometry.clone(), Values::U8(vec![1; count])))
    };
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::write(place("a.nii"), bytes(&wanted)).unwrap();
    for (field, other, says) in others {
        fs::write(place("b.nii"), bytes(&other)).unwrap();
        let error = read_folder(folder.path(), &Limits::default()).unwrap_err();
        let VolumeErrorKind::OtherSpace(found) = &error.kind else { panic!("{error}") };
        assert_eq!(found.field, field);
        let text = error.to_string();
        assert!(text.contains("b.nii") && text.contains("a.nii") && text.contains(says), "{text}");
    }
    // A corner moved by less than 1e-4 voxels is the same place.
    let near = Geometry { origin_lps: [0.5e-4, 0.0, 0.0], ..wanted.clone() };
    fs::write(place("b.nii"), bytes(&near)).unwrap();
    assert_eq!(read_folder(folder.path(), &Limits::default()).unwrap().segments.len(), 2);
}

#[test]
fn the_first_bad_file_is_named_whichever_thread_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..40 {
        put(folder.path(), &format!("{i:02}.nii"), vec![0, 1, 0, 1]);
    }
    for i in [13, 14, 15, 30] {
        let bytes = bytes_of([1, 2, 2], Values::F32(vec![0.5; 4]));
        fs::write(folder.path().join(format!("{i}.nii")), bytes).unwrap();
    }
    for _ in 0..20 {
        let error = read_folder(folder.path(), &Limits::default()).unwrap_err();
        assert!(error.file.as_ref().unwrap().ends_with("13.nii"), "{error}");
    }
}

#[test]
fn limits_count_over_all_files() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..10 {
        put(folder.path(), &format!("{i}.nii"), vec![0, 1, 0, 1]);
    }
    let limits = Limits { max_runs: 20, ..Limits::default() };
    assert!(read_folder(folder.path(), &limits).is_ok());
    for limits in [Limits { max_runs: 19, ..limits }, Limits { max_segments: 9, ..limits }] {
        let error = read_folder(folder.path(), &limits).unwrap_err();
        assert!(matches!(error.kind, VolumeErrorKind::OverLimit { .. }), "{error}");
    }
}
