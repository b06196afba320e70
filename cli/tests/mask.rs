//! `vesalius mask`: one segment at a time.

#![cfg(test)]

mod support;

use std::fs;

use serde_json::json;
use support::{column, text, vesalius};
use vesalius::{
    Database, Definition, Field, Run, Runs, Segment, SegmentValue, Space, TermCode, VoxelShape,
};
use vesalius_convert::masks::{MaskFormat, ReadOptions, SegmentSet, read, save};
use vesalius_convert::picture::{Samples, read_png};

/// A folder with a container: image `case` of 2 x 3 x 4 voxels with `lung` (4 voxels), `lesions/one` (1 of them) and
/// `lesions/none` (empty).
fn sample() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.vsl");
    let db = Database::create(&file, Definition::new().field(Field::masks("masks"))).unwrap();
    let space = space();
    let mut lesion = value("one", 2, &[(13, 14)]);
    lesion.segment.group = "lesions".into();
    lesion.segment.colour = Some([255, 0, 16, 255]);
    lesion.segment.codes =
        vec![TermCode { scheme: "SCT".into(), value: "52988006".into(), meaning: "Lesion".into() }];
    let mut none = value("none", 3, &[]);
    none.segment.group = "lesions".into();
    let mut txn = db.begin_write().unwrap();
    let image = txn.put("case").unwrap().in_space(&space).unwrap();
    let lung = value("lung", 1, &[(1, 3), (12, 14)]);
    image.segments("masks", &[lung, lesion, none]).unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    let file = text(&file);
    (dir, file)
}

fn space() -> Space {
    Space::new([2, 3, 4], [5.0, 1.0, 0.5])
}

fn value(name: &str, label: u32, runs: &[(u64, u64)]) -> SegmentValue {
    let shape = VoxelShape::of_space(&space()).unwrap();
    let runs = runs.iter().map(|&(start, end)| Run { start, end }).collect();
    SegmentValue { segment: Segment::new(name, label), runs: Runs::new(shape, runs).unwrap() }
}

#[test]
fn facts_are_told() {
    let (_dir, file) = sample();
    let told = vesalius(&["mask", "get", &file, "case", "lesions/one", "--json"]).json();
    assert_eq!(told["voxels"], 1);
    assert_eq!(told["volume_mm3"], 2.5);
    assert_eq!(told["colour"], "#ff0010ff");
    assert_eq!(told["codes"][0]["value"], "52988006");
    let bounds = json!({ "low": [1, 0, 1], "high": [2, 1, 2], "frames": [0, 1] });
    assert_eq!(told["box"], bounds);
    assert_eq!(told["centroid_world"], json!([0.5, 0.0, 5.0]));
    let empty = vesalius(&["mask", "get", &file, "case", "none", "--json"]).json();
    assert_eq!((&empty["voxels"], &empty["box"]), (&json!(0), &json!(null)));
    let lines = vesalius(&["mask", "get", &file, "case", "lung"]);
    assert!(lines.stdout.contains("box       z 0..2, y 0..1, x 0..3"), "{}", lines.stdout);
    let ran = vesalius(&["mask", "get", &file, "case", "heart"]);
    assert!(ran.stderr.contains("there are \"lung\""), "{}", ran.stderr);
}

#[test]
fn a_segment_is_written_three_ways() {
    let (dir, file) = sample();
    let get = |name: &str, more: &[&str]| {
        let out = dir.path().join(name);
        let args = ["mask", "get", &file, "case", "lung", "--json", "--out", &text(&out)];
        (out.clone(), vesalius(&[&args[..], more].concat()).json())
    };
    for name in ["x.nii.gz", "x.npy"] {
        let back = read(&get(name, &[]).0, &ReadOptions::default()).unwrap().remove(0);
        assert_eq!(back.set.segments.len(), 1, "{name}");
        assert_eq!(back.set.segments[0].runs, value("", 1, &[(1, 3), (12, 14)]).runs, "{name}");
        assert_eq!(back.set.segments[0].segment.label, 1, "{name}");
    }
    // Both slices have two voxels: the first is shown.
    let (path, told) = get("x.png", &[]);
    assert_eq!(told["slice"], "z=0");
    let picture = read_png(&path).unwrap();
    let pixels = Samples::Eight(vec![0, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!((picture.width(), picture.height(), picture.samples()), (4, 3, &pixels));
    let (path, told) = get("y.png", &["--slice", "y=0"]);
    assert_eq!(told["slice"], "y=0");
    assert_eq!(read_png(&path).unwrap().height(), 2);
    for (out, more) in
        [("x.jpg", &[][..]), ("x.npy", &["--slice", "1"]), ("x.png", &["--slice", "9"])]
    {
        let out = text(&dir.path().join(out));
        let ran =
            vesalius(&[&["mask", "get", &file, "case", "lung", "--out", &out], more].concat());
        assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{}", ran.stderr);
    }
}

/// The segments of the container as a file.
fn exported(file: &str) -> String {
    let out = format!("{file}.seg.nrrd");
    assert_eq!(vesalius(&["mask", "export", file, "case", "--out", &out]).code, 0);
    out
}

#[test]
fn segments_are_renamed_and_removed() {
    let (_dir, file) = sample();
    let rename = |args: &[&str]| vesalius(&[&["mask", "rename", &file, "case"], args].concat());
    let args = ["lung", "left_lung", "--group", "lungs", "--label", "7", "--colour", "#102030"];
    let told = rename(&[&args[..], &["--priority", "-1", "--json"]].concat()).json();
    assert_eq!(
        (&told["name"], &told["group"], &told["label"], &told["colour"], &told["priority"]),
        (&json!("left_lung"), &json!("lungs"), &json!(7), &json!("#102030ff"), &json!(-1))
    );
    assert_eq!(told["voxels"], 4);
    assert_eq!(rename(&["lungs/left_lung", "/lung", "--colour", "none"]).code, 0);
    let ran = rename(&["lung", "lesions/one"]);
    assert!(ran.stderr.contains("has a segment \"one\" in group \"lesions\""), "{}", ran.stderr);
    assert_eq!(rename(&["lung", "lung", "--colour", "red"]).code, 2);

    let remove = |names: &[&str]| vesalius(&[&["mask", "remove", &file, "case"], names].concat());
    // All or none.
    assert_eq!(remove(&["lung", "heart"]).code, 1);
    let told = remove(&["lung", "lesions/none", "--json"]).json();
    assert_eq!(
        (&told["removed"], &told["segments"]),
        (&json!(["lung", "lesions/none"]), &json!(1))
    );
    // A name that is given twice is not another segment of that name the second time.
    assert_eq!(rename(&["lesions/one", "/twin"]).code, 0);
    let more = ["mask", "add", &file, "case", &exported(&file), "--group", "g", "--json"];
    assert_eq!(vesalius(&more).json()["segments_added"], 1);
    let told = remove(&["twin", "twin", "--json"]).json();
    assert_eq!((&told["removed"], &told["segments"]), (&json!(["twin"]), &json!(1)));
    assert_eq!(rename(&["g/twin", "/one"]).code, 0);
    assert_eq!(remove(&["lung"]).code, 1);
    assert_eq!(vesalius(&["mask", "get", &file, "case", "one"]).code, 0);
    assert_eq!(vesalius(&["verify", &file]).code, 0);
}

#[test]
fn segments_are_added() {
    let (dir, file) = sample();
    let set = |name: &str, runs: &[(u64, u64)]| {
        let segments = vec![value(name, 1, runs)];
        SegmentSet { space: space(), segments, notes: Vec::new() }
    };
    let (one, two) = (dir.path().join("a.seg.nrrd"), dir.path().join("b.nii.gz"));
    save("", &set("heart", &[(5, 7)]), MaskFormat::SegNrrd, &one).unwrap();
    save("", &set("lung", &[(5, 7)]), MaskFormat::NiftiLabelMap, &two).unwrap();
    let (one, two) = (text(&one), text(&two));
    let add = |args: &[&str]| vesalius(&[&["mask", "add", &file, "case"], args].concat());
    let ran = add(&[&one, &two]);
    assert!(ran.stderr.contains("has a segment \"lung\""), "{}", ran.stderr);
    let told = add(&[&one, &two, "--replace", "--json"]).json();
    let counts = ["segments", "segments_unchanged", "segments_replaced"].map(|key| &told[key]);
    // The first source was committed before the second one was refused.
    assert_eq!(counts, [&json!(2), &json!(1), &json!(1)], "{told}");
    assert_eq!(told["images"], 1);
    let again = add(&[&one, &two, "--json"]).json();
    assert_eq!(again["nothing_to_do"], true);
    let named = add(&[&two, "--name", "copy", "--group", "g", "--json"]).json();
    assert_eq!(named["segments_added"], 1);
    let voxels = vesalius(&["mask", "get", &file, "case", "g/copy", "--json"]).json();
    assert_eq!(voxels["voxels"], 2);
    let missing = text(&dir.path().join("no.vsl"));
    assert_eq!(vesalius(&["mask", "add", &missing, "case", &two]).code, 1);
    assert!(!dir.path().join("no.vsl").exists());
}

#[test]
fn segments_are_exported() {
    let (dir, file) = sample();
    let export = |to: &str, name: &str, more: &[&str]| {
        let out = dir.path().join(name);
        let args = ["mask", "export", &file, "case", "--to", to, "--out", &text(&out), "--json"];
        (out.clone(), vesalius(&[&args[..], more].concat()))
    };
    for (to, name, segments) in [
        ("nifti", "x.nii.gz", 3),
        ("nifti-folder", "folder", 3),
        ("seg-nrrd", "x.seg.nrrd", 3),
        ("mska", "x.mska", 3),
        ("npz", "x.npz", 2),
        ("npy", "x.npy", 2),
    ] {
        let (out, ran) = export(to, name, &[]);
        let told = ran.json();
        assert_eq!((&told["segments"], &told["format"]), (&json!(3), &json!(to)));
        let set = read(&out, &ReadOptions::default()).unwrap().remove(0).set;
        assert_eq!(set.segments.len(), segments, "{name}");
        let covered = told["warnings"].to_string();
        // The lesion lies over the lung.
        assert_eq!(
            covered.contains("hidden") || covered.contains("under other"),
            to.len() < 6 && to != "mska" && to != "npz",
            "{to}: {covered}"
        );
    }
    let (out, ran) = export("msk", "x.msk", &["--group", "lesions"]);
    assert_eq!(ran.json()["segments"], 2);
    assert!(out.exists());
    let (_, ran) = export("msk", "y.msk", &[]);
    assert!(ran.stderr.contains("overlap"), "{}", ran.stderr);
    let (out, ran) = export("coco", "x.json", &["--only", "lesions/one,lung"]);
    assert_eq!(ran.json()["segments"], 2);
    let warnings = ran.json()["warnings"].to_string();
    assert!(warnings.contains("COCO JSON has no groups, colours, codes"), "{warnings}");
    let coco: serde_json::Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(column(&coco["images"], "file_name"), ["case/0", "case/1"]);
    // A file that other programs would look for the values of, and the container itself.
    let (out, ran) = export("nifti", "x.hdr", &[]);
    assert!(ran.code == 1 && ran.stderr.contains(".nii.gz") && !out.exists(), "{}", ran.stderr);
    let (out, ran) = export("npz", "x.vsl", &[]);
    assert!(ran.code == 1 && ran.stderr.contains("overwritten"), "{}", ran.stderr);
    assert_eq!(vesalius(&["verify", &text(&out)]).code, 0);
    let (_, ran) = export("npz", "z.npz", &["--group", "nope"]);
    assert!(ran.stderr.contains("no group \"nope\"; there are \"lesions\""), "{}", ran.stderr);
}
