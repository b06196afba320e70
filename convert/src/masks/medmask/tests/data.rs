//! The files of the shared data, written by `MedMask`, against the arrays that they were written from.

use super::*;
use crate::npz::Archive;

fn expected(name: &str) -> Option<Vec<u32>> {
    let mut archive = Archive::open(&shared("medmask/expected.npz")?).unwrap();
    let array = archive.open_npy(name).unwrap();
    let mut out = Vec::new();
    array.read_rows_i64(0, 3, &mut out).unwrap();
    Some(out.into_iter().map(|v| u32::try_from(v).unwrap()).collect())
}

fn check_space(space: &Space) {
    let wanted = Space {
        origin: [-10.0, 5.0, 7.5],
        // Saved without directions: the first axis, z, runs to the left.
        direction: [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        ..Space::new([3, 64, 48], [2.5, 0.7, 0.8])
    };
    assert_eq!(*space, wanted);
}

#[test]
fn masks_hold_the_arrays_they_were_written_from() {
    let limits = Limits::default();
    for (file, array, segments) in [
        ("lung_lobes", "lobes", 5),
        ("seg_u16", "segments", 400),
        ("whole_lung_bool", "whole_lung", 1),
    ] {
        let Some(path) = shared(&format!("medmask/{file}.msk")) else { return };
        let set = read_msk(&path, &limits).unwrap();
        check_space(&set.space);
        assert_eq!(painted(&set, ""), expected(array).unwrap(), "{file}");
        assert!(set.segments.len() >= segments - 1, "{} of {file}", set.segments.len());
        println!("{file}: {} segments, {} notes", set.segments.len(), set.notes.len());
    }
    let lobes = read_msk(&shared("medmask/lung_lobes.msk").unwrap(), &limits).unwrap();
    let first = &lobes.segments[0].segment;
    assert_eq!((first.name.as_str(), first.label), ("left_upper_lobe", 1));
    assert!(lobes.notes.is_empty(), "{:?}", lobes.notes);
    let many = read_msk(&shared("medmask/seg_u16.msk").unwrap(), &limits).unwrap();
    assert!(many.segments.iter().any(|v| v.segment.name == "label_2"));
    assert!(
        many.notes.iter().any(|note| note.contains("388 labels have no name")),
        "{:?}",
        many.notes
    );
}

#[test]
fn an_archive_holds_all_of_its_arrays_and_is_written_again() {
    let Some(path) = shared("medmask/lung_analysis.mska") else { return };
    let set = read_mska(&path, &Limits::default(), false).unwrap();
    check_space(&set.space);
    let check = |set: &SegmentSet| {
        for (group, array) in
            [("lobes", "lobes"), ("segments", "segments"), ("whole_lung", "whole_lung")]
        {
            assert_eq!(painted(set, group), expected(array).unwrap(), "{group}");
        }
    };
    check(&set);
    let dir = tempfile::tempdir().unwrap();
    let again = dir.path().join("again.mska");
    assert!(write_mska(&set, &again).unwrap().is_empty());
    let back = read_mska(&again, &Limits::default(), false).unwrap();
    check(&back);
    assert_eq!((back.space, back.segments), (set.space, set.segments));
    let (old, new) =
        (std::fs::metadata(&path).unwrap().len(), std::fs::metadata(&again).unwrap().len());
    println!("{old} bytes of MedMask, {new} bytes of ours");
    // The index has more room; the arrays are not much longer.
    assert!(new < old * 3 / 2 + 4000);
    // Salvage changes nothing where nothing is broken.
    let salvaged = read_mska(&again, &Limits::default(), true).unwrap();
    assert!(!salvaged.notes.iter().any(|note| note.contains("salvaged")));
}

#[test]
fn real_label_maps_come_back_and_are_not_much_longer_than_those_of_medmask() {
    // Bytes that MedMask 0.1.3 writes of the same arrays, in the smallest type.
    let known = [("brain/DKT", 260_300), ("totalseg/example_seg_dicom", 24_900), ("brain/AAL", 0)];
    for (name, of_medmask) in known {
        let Some(path) = shared(&format!("{name}.nii.gz")) else { return };
        let volume = crate::nifti::read(&path, &crate::nifti::Limits::default()).unwrap();
        let space = Space::from(&volume.geometry);
        let shape = VoxelShape::of_space(&space).unwrap();
        let values = volume.values.to_f64(&volume.scaling);
        let label = |v: f64| super::super::element::whole(v).unwrap();
        let map: Vec<u32> = values.into_iter().map(label).collect();
        let segments =
            vesalius::split_labels(shape, &map).unwrap().into_iter().map(|(label, runs)| {
                SegmentValue { segment: Segment::new(format!("label_{label}"), label), runs }
            });
        let set = SegmentSet { space, segments: segments.collect(), notes: Vec::new() };
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.msk");
        write_msk(&set, &path).unwrap();
        let back = read_msk(&path, &Limits::default()).unwrap();
        assert_eq!((&back.space, &back.segments), (&set.space, &set.segments));
        crate::masks::array::write_npy(&set, &dir.path().join("a.npy")).unwrap();
        let _told = super::medmask::python("loads.py", dir.path());
        let length = std::fs::metadata(&path).unwrap().len();
        println!("{name}: {length} bytes, MedMask {of_medmask}");
        assert!(of_medmask == 0 || length < of_medmask * 2);
    }
}
