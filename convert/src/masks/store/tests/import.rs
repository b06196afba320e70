//! Files and folders.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::masks::volumes::testing::Random;
use crate::masks::{MaskFormat, ReadOptions, read, save};

fn import(
    paths: &[PathBuf],
    file: &Path,
    options: &MaskImportOptions,
) -> Result<MaskImportReport, ConvertError> {
    import_masks(paths, file, options, &mut |_| true)
}

/// Segments without what most formats have no place for.
fn plain(set: &SegmentSet) -> Vec<(String, Runs)> {
    let segments = set.segments.iter();
    let mut all: Vec<_> = segments.map(|v| (v.segment.name.clone(), v.runs.clone())).collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

#[test]
fn every_format_that_keeps_overlap_comes_back() {
    let mut random = Random::new();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.vsl");
    for round in 0..8 {
        let mut set = random.set(1, 5);
        for value in &mut set.segments {
            value.segment.name = format!("part {}", value.segment.label);
        }
        for format in
            [MaskFormat::NiftiFolder, MaskFormat::SegNrrd, MaskFormat::Mska, MaskFormat::Npz]
        {
            let ending = match format {
                MaskFormat::SegNrrd => ".seg.nrrd",
                MaskFormat::Mska => ".mska",
                MaskFormat::Npz => ".npz",
                _ => "",
            };
            let key = format!("{}{round}", format.name());
            let path = dir.path().join(format!("{key}{ending}"));
            save(&key, &set, format, &path).unwrap();
            assert!(is_mask_source(&path).unwrap(), "{}", path.display());
            let report = import(&[path], &file, &MaskImportOptions::default()).unwrap();
            assert_eq!((report.segments, report.keys), (5, vec![key.clone()]));
            let db = Database::open_read_only(&file).unwrap();
            let back = stored_set(&db, &key);
            assert_eq!(plain(&back), plain(&set), "{format}");
            assert!(back.space.corner_distance(&set.space).unwrap() < 1e-4);
        }
    }
}

#[test]
fn label_maps_of_any_format_show_the_same() {
    let mut random = Random::new();
    let dir = tempfile::tempdir().unwrap();
    for round in 0..8 {
        // Two segments of one label, and one of label 0: label maps number them anew.
        let mut set = random.set(1 + round % 2, 4);
        set.segments[1].segment.label = 1;
        set.segments[2].segment.label = 0;
        let mut maps = Vec::new();
        for (format, name) in [(MaskFormat::NiftiLabelMap, "x.nii.gz"), (MaskFormat::Npy, "x.npy")]
        {
            let path = dir.path().join(name);
            let notes = save("k", &set, format, &path).unwrap();
            assert!(notes.iter().any(|note| note.contains("are new")), "{notes:?}");
            let read = read(&path, &ReadOptions::default()).unwrap();
            assert_eq!(read[0].space_known, format == MaskFormat::NiftiLabelMap);
            let set = &read[0].set;
            let runs = set.segments.iter().map(|v| (v.segment.label, v.runs.clone()));
            maps.push(runs.filter(|(_, runs)| !runs.is_empty()).collect::<Vec<_>>());
        }
        assert_eq!(maps[0], maps[1]);
    }
}

#[test]
fn a_folder_of_cases_is_many_images() {
    let dir = tempfile::tempdir().unwrap();
    let (cases, file) = (dir.path().join("cases"), dir.path().join("x.vsl"));
    let space = Space::new([2, 3, 4], [5.0, 1.0, 1.0]);
    let given = set(space, &[("a", 1, &[0]), ("b", 2, &[1, 2])]);
    for (name, inner) in [("s1", "segmentations"), ("s2", ""), ("s3", "segmentations")] {
        let case = cases.join(name);
        save("", &given, MaskFormat::NiftiFolder, &case.join(inner)).unwrap();
        if !inner.is_empty() {
            // The scan itself, which is no mask.
            fs::write(case.join("ct.nii.gz"), "no mask").unwrap();
        }
    }
    let options = MaskImportOptions { batch_images: 2, ..MaskImportOptions::default() };
    let report = import(std::slice::from_ref(&cases), &file, &options).unwrap();
    assert_eq!((report.images, report.images_created, report.segments), (3, 3, 6));
    assert_eq!(report.keys, ["s1", "s2", "s3"]);
    assert!(report.verified && report.created);
    let again = import(std::slice::from_ref(&cases), &file, &options).unwrap();
    assert!(again.nothing_to_do && again.segments_unchanged == 6 && !again.created);
    let each = MaskImportOptions { each_file: true, ..options.clone() };
    let apart = dir.path().join("apart.vsl");
    fs::write(cases.join("s2/a.json"), "{}").unwrap();
    let report = import(&[cases.join("s2")], &apart, &each).unwrap();
    assert_eq!((report.images, report.keys), (2, vec!["a".to_owned(), "b".to_owned()]));
    let alone = dir.path().join("alone.vsl");
    let report = import(&[cases.join("s3/segmentations")], &alone, &options).unwrap();
    assert_eq!(report.keys, ["s3"]);
}

#[test]
fn the_pictures_of_a_coco_file_are_images() {
    let dir = tempfile::tempdir().unwrap();
    let (path, file) = (dir.path().join("x.json"), dir.path().join("x.vsl"));
    let space = Space::new([3, 4, 5], [1.0; 3]);
    let volume = set(space, &[("a", 1, &[0, 45]), ("b", 2, &[46])]);
    save("v", &volume, MaskFormat::Coco, &path).unwrap();
    let options = MaskImportOptions::default();
    let report = import(std::slice::from_ref(&path), &file, &options).unwrap();
    assert_eq!(report.keys, ["v/0", "v/2"]);
    let db = Database::open_read_only(&file).unwrap();
    let back = stored_set(&db, "v/2");
    assert_eq!(back.space, Space::new([1, 4, 5], [1.0; 3]));
    assert_eq!(back.segments.len(), 2);
    drop(db);
    let one = |key: &str| MaskImportOptions { key: Some(key.into()), ..options.clone() };
    let error = import(std::slice::from_ref(&path), &file, &one("other")).unwrap_err();
    assert!(error.to_string().contains("none of its 2 images"), "{error}");
    assert_eq!(import(std::slice::from_ref(&path), &file, &one("v/0")).unwrap().images, 1);
    // A picture that is alone takes any key.
    let flat = set(Space::new([1, 4, 5], [1.0; 3]), &[("a", 1, &[0])]);
    save("p", &flat, MaskFormat::Coco, &path).unwrap();
    assert_eq!(import(&[path], &file, &one("other")).unwrap().keys, ["other"]);
}

#[test]
fn what_is_no_mask_makes_no_container() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.vsl");
    let bad = dir.path().join("bad.msk");
    fs::write(&bad, "MSK1").unwrap();
    let other = dir.path().join("notes.txt");
    fs::write(&other, "text").unwrap();
    for path in [bad, other, dir.path().join("missing.nii")] {
        assert!(import(&[path], &file, &MaskImportOptions::default()).is_err());
        assert!(!file.exists());
    }
}

#[test]
fn formats_are_written_where_they_can_be() {
    let dir = tempfile::tempdir().unwrap();
    let space = Space::new([2, 3, 4], [5.0, 1.0, 1.0]);
    let given = set(space, &[("a", 1, &[0, 1]), ("b", 2, &[1, 2])]);
    let error = save("", &given, MaskFormat::DicomSeg, &dir.path().join("x.dcm")).unwrap_err();
    assert!(error.to_string().contains("seg-nrrd"), "{error}");
    fs::write(dir.path().join("there"), "x").unwrap();
    let error = save("", &given, MaskFormat::NiftiFolder, dir.path()).unwrap_err();
    assert!(error.to_string().contains("is not empty"), "{error}");
    let notes = save("", &given, MaskFormat::NiftiLabelMap, &dir.path().join("x.nii")).unwrap();
    assert!(notes[0].starts_with("1 voxels are under other segments"), "{notes:?}");
    let error = save("", &given, MaskFormat::Msk, &dir.path().join("x.msk")).unwrap_err();
    assert!(error.to_string().contains("overlap"), "{error}");
}
