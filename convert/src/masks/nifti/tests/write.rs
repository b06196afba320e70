//! Label maps and folders that are written.

use super::*;

#[test]
fn a_label_map_shows_what_painting_shows() {
    let mut random = Random::new();
    let folder = tempfile::tempdir().unwrap();
    for i in 0..60 {
        let set = random.set(1 + i % 2, u32::try_from(i % 9).unwrap());
        let path = folder.path().join(["a.nii", "a.nii.gz"][usize::try_from(i % 2).unwrap()]);
        let report = write_label_map(&set, &path).unwrap();
        let back = read_label_map(&path, &Limits::default()).unwrap();
        assert_eq!(dense(&back), dense(&set));
        assert_eq!(back.segments.len(), set.segments.len());
        for ((value, was), covered) in back.segments.iter().zip(&set.segments).zip(&report.covered)
        {
            assert_eq!(value.segment.name, was.segment.name);
            assert_eq!(value.segment.colour, was.segment.colour);
            assert_eq!(was.runs.voxels() - value.runs.voxels(), *covered);
        }
        assert_eq!(report.total(), report.covered.iter().sum::<u64>());
        assert!(back.space.corner_distance(&set.space).unwrap() < 1e-3);
    }
}

#[test]
fn a_name_in_capitals_is_compressed_too() {
    let set = Random::new().set(1, 2);
    let folder = tempfile::tempdir().unwrap();
    for (name, begins) in [("A.NII.GZ", [0x1f, 0x8b]), ("A.NII", [0x5c, 0x01])] {
        let path = folder.path().join(name);
        write_label_map(&set, &path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap()[..2], begins, "{name}");
        assert_eq!(dense(&read_label_map(&path, &Limits::default()).unwrap()), dense(&set));
    }
}

#[test]
fn labels_that_are_taken_are_replaced_and_names_of_two_groups_say_which() {
    let mut set = Random::new().set(1, 4);
    for (value, label) in set.segments.iter_mut().zip([2, 0, 2, 1]) {
        value.segment.label = label;
        value.segment.name = "same".into();
        value.segment.group = format!("g{label}");
    }
    set.segments[1].segment.group.clear();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nii");
    assert_eq!(write_label_map(&set, &path).unwrap().labels, [2, 3, 4, 1]);
    let back = read_label_map(&path, &Limits::default()).unwrap();
    let names: Vec<&str> = back.segments.iter().map(|v| v.segment.name.as_str()).collect();
    assert_eq!(names, ["g1/same", "g2/same", "same", "g2/same_2"]);
}

#[test]
fn runs_of_another_shape_are_refused() {
    let mut set = Random::new().set(1, 1);
    set.space.frames += 1;
    let folder = tempfile::tempdir().unwrap();
    let error = write_label_map(&set, &folder.path().join("a.nii")).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::Runs(_)), "{error}");
    assert!(write_folder(&set, folder.path(), true).is_err());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    // An axis that the format cannot say.
    let space = Space::new([1, 1, 40_000], [1.0; 3]);
    let runs = Runs::empty(VoxelShape::of_space(&space).unwrap());
    let segments = vec![SegmentValue { segment: Segment::new("a", 1), runs }];
    let set = SegmentSet { space, segments, notes: Vec::new() };
    let error = write_label_map(&set, &folder.path().join("a.nii")).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::Nifti(_)), "{error}");
}

#[test]
fn a_folder_reads_back_with_its_overlaps() {
    let mut random = Random::new();
    for i in 0..20 {
        let mut set = random.set(1 + i % 2, 7);
        for (value, number) in set.segments.iter_mut().zip(0..) {
            value.segment.name = format!("part{number}");
        }
        let folder = tempfile::tempdir().unwrap();
        let paths = write_folder(&set, &folder.path().join("new"), i % 3 > 0).unwrap();
        assert_eq!(paths.len(), 7);
        let back = read_folder(&folder.path().join("new"), &Limits::default()).unwrap();
        assert_eq!(table_of(&back), table_of(&set));
        assert!(back.segments.iter().zip(&set.segments).all(|(a, b)| a.runs == b.runs));
    }
}

#[test]
fn file_names_are_safe_and_differ() {
    let mut set = Random::new().set(1, 7);
    let given = ["../../etc/x", "a/b", "A:B", "", "..", "L1", "l1"];
    for (value, name) in set.segments.iter_mut().zip(given) {
        value.segment.name = name.into();
    }
    set.segments[6].segment.group = "g".into();
    let folder = tempfile::tempdir().unwrap();
    let paths = write_folder(&set, folder.path(), false).unwrap();
    let names: Vec<_> = paths.iter().map(|p| p.file_name().unwrap().to_str().unwrap()).collect();
    let wanted = ["_.._etc_x", "a_b", "A_B_2", "label_4", "label_5", "L1", "g_l1"];
    assert_eq!(names, wanted.map(|name| format!("{name}.nii")));
    assert_eq!(read_folder(folder.path(), &Limits::default()).unwrap().segments.len(), 7);
}
