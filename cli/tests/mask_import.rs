//! Masks through `vesalius import`, from real files.

#![cfg(test)]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use support::{shared_data, text, vesalius};
use vesalius::Database;
use vesalius_convert::masks::{
    MaskFormat, ReadOptions, SegmentFilter, SegmentSet, of_image, read, save,
};

/// A file of masks of the shared data.
fn masks(name: &str) -> Option<PathBuf> {
    shared_data().map(|data| data.join("masks").join(name))
}

/// Imports and gives the report.
fn import(source: &Path, file: &str, more: &[&str]) -> Value {
    vesalius(&[&["import", &text(source), file, "--json"], more].concat()).json()
}

fn stored(file: &str, key: &str) -> SegmentSet {
    let state = Database::open_read_only(file).unwrap().snapshot().unwrap();
    of_image(&state.image(key).unwrap(), "masks", &SegmentFilter::default()).unwrap()
}

fn of_file(path: &Path) -> SegmentSet {
    let mut images = read(path, &ReadOptions::default()).unwrap();
    assert_eq!(images.len(), 1, "{}", path.display());
    SegmentSet { notes: Vec::new(), ..images.remove(0).set }
}

#[test]
fn a_folder_of_one_run_of_a_model_comes_in_with_one_command() {
    let Some(folder) = masks("ts_s0000") else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = text(&dir.path().join("x.vsl"));
    let report = import(&folder, &file, &[]);
    assert_eq!((&report["images"], &report["segments"]), (&1.into(), &117.into()));
    assert_eq!((&report["verified"], &report["segments_empty"]), (&true.into(), &96.into()));
    assert_eq!(report["keys"][0], "ts_s0000");
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("25 files are up to 0.038"), "{warnings}");
    let set = stored(&file, "ts_s0000");
    assert_eq!(set.segments.len(), 117);
    let names: BTreeSet<&str> = set.segments.iter().map(|v| &*v.segment.name).collect();
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = text(path.file_name().unwrap().as_ref());
        let name = name.strip_suffix(".nii.gz").unwrap();
        assert!(names.contains(name), "{name}");
        // Each file, read alone, as the twin.
        let alone = of_file(&path);
        let value = set.segments.iter().find(|v| v.segment.name == name).unwrap();
        match alone.segments.as_slice() {
            [] => assert!(value.runs.is_empty(), "{name}"),
            [one] => assert_eq!(one.runs, value.runs, "{name}"),
            several => panic!("{name}: {}", several.len()),
        }
    }
    let again = vesalius(&["import", &text(&folder), &file]);
    assert!(again.stdout.contains("117 there already"), "{}", again.stdout);
    assert_eq!(vesalius(&["verify", &file]).code, 0);

    let strict = text(&dir.path().join("strict.vsl"));
    let ran = vesalius(&["import", &text(&folder), &strict, "--tolerance", "0.0001"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("voxels apart"), "{}", ran.stderr);
    assert!(!Path::new(&strict).exists());
}

#[test]
fn an_archive_of_medmask_goes_in_and_out() {
    let Some(path) = masks("medmask/lung_analysis.mska") else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = text(&dir.path().join("x.vsl"));
    let report = import(&path, &file, &["--key", "lung"]);
    assert_eq!(
        (&report["keys"][0], &report["layout"]),
        (&"lung".into(), &"MedMask archive".into())
    );
    let set = of_file(&path);
    assert_eq!(stored(&file, "lung"), set);
    let out = dir.path().join("again.mska");
    let export = ["mask", "export", &file, "lung", "--out", &text(&out), "--json"];
    assert_eq!(vesalius(&export).json()["format"], "mska");
    assert_eq!(of_file(&out), set);
    let Some(python) = std::env::var_os("VESALIUS_PEERS_PYTHON") else {
        println!("SKIPPED: VESALIUS_PEERS_PYTHON names no Python with medmask 0.1.3");
        return;
    };
    let script = "import sys, numpy as np\n\
                  from medmask import MaskArchive\n\
                  a, b = (MaskArchive(p, 'r') for p in sys.argv[1:])\n\
                  assert list(a.all_names()) == list(b.all_names())\n\
                  for n in a.all_names():\n    \
                  x, y = a.load_segmask(n), b.load_segmask(n)\n    \
                  assert np.array_equal(x.data, y.data), n\n    \
                  assert dict(x.mapping.items()) == dict(y.mapping.items()), n\n";
    let ran = Command::new(python).args(["-B", "-c", script]).arg(&path).arg(&out).output();
    let ran = ran.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn every_other_format_comes_in() {
    let Some(folder) = masks("") else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = text(&dir.path().join("x.vsl"));
    for (name, key, segments) in [
        ("nrrd/SegmentationOverlapping.seg.nrrd", "SegmentationOverlapping", 8),
        ("dicom/partial_overlaps.dcm", "partial_overlaps", 5),
        ("medmask/lung_lobes.msk", "lung_lobes", 5),
        ("medmask/expected.npz", "expected", 0),
        ("brain/AAL.nii.gz", "AAL", 116),
    ] {
        let path = folder.join(name);
        if name.ends_with("npz") && !path.exists() {
            continue;
        }
        let more = if segments == 0 { &["--masks"][..] } else { &[] };
        let ran = vesalius(&[&["import", &text(&path), &file, "--json"], more].concat());
        if segments == 0 {
            println!("{name}: {}{}", ran.stdout, ran.stderr);
            continue;
        }
        assert_eq!(ran.json()["segments"], segments, "{name}");
        assert_eq!(stored(&file, key), of_file(&path), "{name}");
    }
    let set = stored(&file, "SegmentationOverlapping");
    let overlap = set.segments.iter().enumerate().any(|(place, a)| {
        set.segments[..place].iter().any(|b| a.runs.overlap(&b.runs).unwrap().both > 0)
    });
    assert!(overlap, "the layers of the file overlap");
    assert!(set.segments.iter().all(|v| v.segment.colour.is_some()));
}

#[test]
fn tables_name_labels() {
    let Some(folder) = masks("brain") else { return };
    let dir = tempfile::tempdir().unwrap();
    let (file, table) = (text(&dir.path().join("x.vsl")), folder.join("AAL.json"));
    let more = ["--labels", &text(&table), "--group", "aal"];
    let told = import(&folder.join("AAL.nii.gz"), &file, &more);
    assert_eq!(told["warnings"], serde_json::json!([]), "the table names what the file does not");
    let first = &stored(&file, "AAL").segments[0].segment;
    assert_eq!((&*first.name, &*first.group, first.label), ("L_Precentral_gyrus", "aal", 1));
}

#[test]
fn another_space_is_refused_and_resampled_when_asked() {
    let Some(folder) = masks("") else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = text(&dir.path().join("x.vsl"));
    import(&folder.join("brain/Tissue.nii.gz"), &file, &["--key", "case"]);
    let other = text(&folder.join("totalseg/example_seg.nii.gz"));
    let add = ["mask", "add", &file, "case", &other, "--group", "organs"];
    let ran = vesalius(&add);
    assert_eq!(ran.code, 1);
    for part in ["shape of image case", "[30, 101, 122]", "[182, 218, 182]"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
    assert_eq!(stored(&file, "case").segments.len(), 3);
    let report = vesalius(&[&add[..], &["--resample", "--json"]].concat()).json();
    assert!(report["warnings"].to_string().contains("resampled by the nearest voxel"));
    let (set, source) = (stored(&file, "case"), of_file(Path::new(&other)));
    assert_eq!(set.segments.len(), 3 + source.segments.len());
    for (stored, given) in set.segments[3..].iter().zip(&source.segments) {
        assert_eq!(stored.runs, given.runs.resample(&source.space, &set.space).unwrap());
    }
}

#[test]
fn arrays_of_labels_are_told_from_features() {
    let Some(path) = masks("medmask/lung_lobes.msk") else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = text(&dir.path().join("x.vsl"));
    let set = of_file(&path);
    let flat = dir.path().join("flat.npy");
    save("", &set, MaskFormat::Npy, &flat).unwrap();
    // Three axes of small integers.
    assert_eq!(import(&flat, &file, &[])["kind"], "masks");
    let own = dir.path().join("own.npz");
    save("", &set, MaskFormat::Npz, &own).unwrap();
    let report = import(&own, &file, &["--profile", "fast"]);
    assert_eq!((&report["kind"], &report["segments"]), (&"masks".into(), &5.into()));
    let ran = vesalius(&["import", &text(&own), &file, "--key", "k", "--ids", "x.txt"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("--ids is for features"), "{}", ran.stderr);
}

#[test]
fn coco_pictures_become_images() {
    let Some(path) = masks("nrrd/SegmentationOverlapping.seg.nrrd") else { return };
    let dir = tempfile::tempdir().unwrap();
    let (file, coco) = (text(&dir.path().join("x.vsl")), dir.path().join("x.json"));
    let set = of_file(&path);
    save("v", &set, MaskFormat::Coco, &coco).unwrap();
    let report = import(&coco, &file, &[]);
    assert_eq!(report["layout"], "COCO JSON");
    let images = read(&coco, &ReadOptions::default()).unwrap();
    assert_eq!(report["images"], images.len());
    for image in images {
        let key = image.key.unwrap();
        assert_eq!(stored(&file, &key).segments, image.set.segments, "{key}");
    }
    let voxels: u64 = set.segments.iter().map(|value| value.runs.voxels()).sum();
    assert_eq!(report["voxels"], voxels);
}
