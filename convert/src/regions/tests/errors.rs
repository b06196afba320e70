//! Errors name the image, the region and what to do.

use std::path::Path;

use super::built::{Py, dict, file, image, opened, pickled, read, refusal, region};
use crate::ConvertError;
use crate::regions::{Options, open};

fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in: {text}");
    }
}

#[test]
fn a_faulty_region_is_named() {
    let with = |feature| {
        let good = image(vec![region(0, "x", Py::F32(vec![1.0, 2.0]))]);
        refusal(&dict([("good", good), ("bad", image(vec![region(3, "y", feature)]))]))
    };
    let place = "image \"bad\", region 3";
    says(&with(Py::F32(vec![1.0])), &[place, "has 1 values", "2 in region 0 of image \"good\""]);
    says(&with(Py::F32(vec![1.0, f32::NAN])), &[place, "value 1 is NaN", "compute"]);
    says(&with(Py::F16(vec![f32::INFINITY, 1.0])), &[place, "value 0 is NaN or infinite"]);
    says(&with(Py::F64(vec![1e300, 1.0])), &[place, "value 0"]);
    says(&with(Py::None), &[place, "None", "leave the region out"]);
    says(&with(Py::Str("x")), &[place, "no array"]);
    says(&with(Py::Array(vec![2, 2], vec![0.0; 4])), &[place, "shape [2, 2]"]);
    says(&with(Py::F32(vec![])), &[place, "empty"]);
    says(&with(Py::List(vec![Py::Str("1"), Py::None])), &[place, "no number"]);

    let missing = vec![(Py::Int(3), dict([("region_name", Py::Str("y"))]))];
    let good = image(vec![region(0, "x", Py::F32(vec![1.0]))]);
    says(&refusal(&dict([("good", good), ("bad", image(missing))])), &[place, "no `feature`"]);
}

#[test]
fn a_faulty_image_is_named() {
    let feature = || Py::F32(vec![1.0]);
    for index in [Py::Int(-1), Py::Int(70_000), Py::Str("x"), Py::None] {
        let regions = vec![(index, dict([("feature", feature())]))];
        says(
            &refusal(&dict([("bad", image(regions))])),
            &["image \"bad\"", "region index", "renumber"],
        );
    }
    let good = image(vec![region(0, "x", feature())]);
    let bad = dict([("regions", Py::Int(1))]);
    says(&refusal(&dict([("good", good), ("bad", bad)])), &["image \"bad\"", "no dictionary"]);
}

#[test]
fn values_that_are_not_finite_can_be_allowed() {
    let database = dict([("a", image(vec![region(0, "x", Py::F32(vec![f32::NAN]))]))]);
    let (_folder, path) = file("db.pkl", &pickled(&database));
    let options = Options { allow_not_finite: true, ..Options::default() };
    let images = read(&*open(&path, &options).unwrap(), 0).unwrap();
    assert!(images[0].regions[0].2[0].is_nan());
}

fn open_error(path: &Path) -> String {
    open(path, &Options::default()).err().unwrap_or_else(|| panic!("accepted")).to_string()
}

#[test]
fn files_of_other_kinds_are_told_apart() {
    let gzip = b"\x1f\x8b\x08\x00";
    let cases: [(&[u8], &str); 6] = [
        (b"", "empty"),
        (gzip, "gzip"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\xffhello", "no pickle instruction"),
        (b"]N.", "some other object"),
        (b"}.", "no image"),
    ];
    for (bytes, part) in cases {
        let (_folder, path) = file("x.pkl", bytes);
        says(&open_error(&path), &[part, "x.pkl"]);
    }
    let (_folder, path) = file("x.pkl", &pickled(&dict([("a", Py::Int(1)), ("b", Py::None)])));
    says(&open_error(&path), &["keys [\"a\", \"b\"]", "expected", "knowledge_base"]);
    let (_folder, path) = file("x.pkl", &pickled(&dict([("a", image(vec![]))])));
    says(&open_error(&path), &["no image in it has a region"]);
    let (folder, path) = file("database_files.txt", b"gone.pkl\n");
    std::fs::write(folder.path().join("here.pkl"), b"}.").unwrap();
    says(&open_error(folder.path()), &["gone.pkl", "not there"]);
    std::fs::remove_file(&path).unwrap();
    says(&open_error(folder.path()), &["neither"]);
    says(&open_error(&path), &["database_files.txt"]);
}

#[test]
fn keys_of_text_features_are_checked() {
    let table = Py::Dict(vec![(Py::Str("a_SceneGraph_0"), Py::F32(vec![1.0]))]);
    let text = refusal(&dict([("image_region_embeddings", table)]));
    says(&text, &["\"a_SceneGraph_0\"", "number from 1"]);
}

#[test]
fn a_target_may_fail_and_a_part_may_not_change() {
    let one = |value| image(vec![region(0, "x", Py::F32(vec![value]))]);
    let folder = tempfile::tempdir().unwrap();
    let part = |i: usize| folder.path().join(format!("anatomical_database_part_000{i}.pkl"));
    std::fs::write(part(0), pickled(&dict([("a", one(1.0))]))).unwrap();
    std::fs::write(part(1), pickled(&dict([("b", one(2.0))]))).unwrap();
    let source = opened(folder.path());
    let failed = source.for_each(0, &mut |_, _| Err(ConvertError::Target("full".into())));
    assert_eq!(failed.err().unwrap().to_string(), "full");
    std::fs::write(part(1), pickled(&dict([("b", one(3.0))]))).unwrap();
    says(&read(&*source, 0).err().unwrap().to_string(), &["0001.pkl", "has changed"]);
}
