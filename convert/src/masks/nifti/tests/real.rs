//! Files of other programs.

use super::*;
use std::collections::BTreeMap;

/// Counts by the bits of the label as `f64`, the slow way.
fn counts(path: &std::path::Path) -> BTreeMap<u64, u64> {
    let volume = crate::nifti::read(path, &crate::nifti::Limits::default()).unwrap();
    let mut counts = BTreeMap::new();
    for value in volume.values.to_f64(&volume.scaling).into_iter().filter(|v| *v > 0.0) {
        *counts.entry(value.to_bits()).or_insert(0) += 1;
    }
    counts
}

#[test]
fn total_segmentator_label_maps_have_their_names() {
    let Some(folder) = data("totalseg") else { return };
    for file in
        ["example_seg.nii.gz", "example_seg_dicom.nii.gz", "example_seg_fast_force_split.nii.gz"]
    {
        let set = read_label_map(&folder.join(file), &Limits::default()).unwrap();
        assert_eq!(set.segments.len(), 117, "{file}");
        assert_eq!(set.segments[0].segment.name, "spleen");
        assert_eq!(set.segments[0].segment.colour, Some([0, 255, 0, 255]));
        assert_eq!(set.segments[116].segment.name, "costal_cartilages");
        let wanted = counts(&folder.join(file));
        for value in &set.segments {
            let wanted =
                wanted.get(&f64::from(value.segment.label).to_bits()).copied().unwrap_or(0);
            assert_eq!(value.runs.voxels(), wanted, "{file} {}", value.segment.name);
        }
        println!("{file}: {} labels, notes {:?}", wanted.len(), set.notes);
    }
}

#[test]
fn brain_atlases_in_floats_are_label_maps() {
    let Some(folder) = data("brain") else { return };
    for name in ["AAL", "DKT", "Schaefer200", "Tissue", "Yeo-7"] {
        let path = folder.join(format!("{name}.nii.gz"));
        let set = read_label_map(&path, &Limits::default()).unwrap();
        let found =
            set.segments.iter().map(|v| (f64::from(v.segment.label).to_bits(), v.runs.voxels()));
        let found: BTreeMap<u64, u64> = found.collect();
        assert_eq!(found, counts(&path), "{name}");
        println!("{name}: {} labels", found.len());
    }
}

#[test]
fn the_folder_of_total_segmentator_reads_whole_and_loses_nothing() {
    let Some(folder) = data("ts_s0000") else { return };
    // 25 of the files have directions that are rounded otherwise: 0.04 voxels at the far corner.
    let error = read_folder(&folder, &Limits::default()).unwrap_err();
    let VolumeErrorKind::OtherSpace(other) = error.kind else { panic!("{error}") };
    assert_eq!(other.field, "direction");
    assert!((0.03..0.05).contains(&other.apart.unwrap()), "{other}");
    let set = read_folder_within(&folder, 0.05, &Limits::default()).unwrap();
    assert!(set.notes[0].starts_with("25 files are up to 0.0"), "{:?}", set.notes);
    assert_eq!(set.segments.len(), 117);
    assert_eq!(set.segments[0].segment.name, "adrenal_gland_left");
    assert!(set.segments.iter().zip(1..).all(|(v, label)| v.segment.label == label));
    let full = set.segments.iter().filter(|v| !v.runs.is_empty()).count();
    println!("{full} not empty, notes {:?}", set.notes);
    for name in ["liver", "rib_right_12", "aorta"] {
        let wanted = counts(&folder.join(format!("{name}.nii.gz")));
        let value = set.segments.iter().find(|v| v.segment.name == name).unwrap();
        assert_eq!(value.runs.voxels(), wanted.values().sum::<u64>(), "{name}");
    }
    // Flattened: 21 voxels belong to two organs.
    let out = tempfile::tempdir().unwrap();
    let path = out.path().join("all.nii.gz");
    let report = write_label_map(&set, &path).unwrap();
    let back = read_label_map(&path, &Limits::default()).unwrap();
    assert_eq!(back.segments.len(), 117);
    println!("{} voxels covered", report.total());
    for ((was, now), covered) in set.segments.iter().zip(&back.segments).zip(&report.covered) {
        assert_eq!(was.segment.name, now.segment.name);
        assert_eq!(was.runs.voxels() - covered, now.runs.voxels(), "{}", was.segment.name);
    }
}
