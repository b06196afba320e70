//! What is kept of a source, beyond what the original programs write.

use std::io::Cursor;

use serde_json::json;

use super::built::{Py, dict, file, image, opened, pickled, read, region};
use crate::npz::Compression;
use crate::pickle_write::{Feature, RegionFeature, RegionImage, write_region_npz};
use crate::regions::{Attribute, FeatureType, Layout};

#[test]
fn nothing_of_an_image_is_dropped() {
    let extra = dict([
        ("region_name", Py::Str("liver")),
        ("feature", Py::F32(vec![1.0, 2.0])),
        ("bbox", Py::List(vec![Py::Int(1), Py::Int(2), Py::Int(5), Py::Float(6.5)])),
        ("confidence", Py::Float(0.5)),
        ("color", Py::Str("red")),
    ]);
    let record = dict([
        (
            "regions",
            Py::Dict(vec![(Py::Int(1), extra), region(0, "lung", Py::F32(vec![3.0, 4.0]))]),
        ),
        ("split", Py::Str("train")),
        ("age", Py::Float(40.5)),
        ("findings", Py::List(vec![Py::Str("nodule"), Py::None])),
    ]);
    let database =
        dict([("a", record), ("b", image(vec![])), ("info", dict([("model", Py::Str("x"))]))]);
    let (_folder, path) = file("db", &pickled(&database));
    let source = opened(&path);
    assert_eq!(source.region_names(), ["lung", "liver"]);
    assert_eq!(source.source_metadata()["info"], json!({"model": "x"}));
    let images = read(&*source, 0).unwrap();
    assert_eq!(images.len(), 2);
    let first = &images[0];
    assert_eq!(first.regions[1], (1, "liver".into(), vec![1.0, 2.0]));
    assert_eq!(first.boxes, [(None, None), (Some([0.0, 2.0, 1.0, 1.0, 6.5, 5.0]), Some(0.5))]);
    let attributes = [("split", Attribute::Str("train".into())), ("age", Attribute::F64(40.5))];
    assert_eq!(first.attributes, attributes.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(first.metadata["findings"], json!(["nodule", null]));
    assert_eq!(first.metadata["regions"], json!({"1": {"color": "red"}}));
    assert!(images[1].regions.is_empty());
    assert_eq!(source.warnings().len(), 2, "{:?}", source.warnings());
}

#[test]
fn half_precision_stays_exact_and_double_is_rounded() {
    for (feature, dtype, warnings) in [
        (Py::F16(vec![1.5, 65504.0]), FeatureType::F16, 0),
        (Py::F64(vec![1.5, 65504.0]), FeatureType::F32, 1),
        (Py::List(vec![Py::Float(1.5), Py::Int(65504)]), FeatureType::F32, 1),
        (Py::Array(vec![1, 2], vec![1.5, 65504.0]), FeatureType::F32, 0),
    ] {
        let database = dict([("a", image(vec![region(0, "x", feature)]))]);
        let (_folder, path) = file("db.pkl", &pickled(&database));
        let source = opened(&path);
        assert_eq!((source.dtype(), source.warnings().len()), (dtype, warnings));
        assert_eq!(read(&*source, 0).unwrap()[0].regions[0].2, [1.5, 65504.0]);
    }
}

#[test]
fn integer_ids_and_repeated_ids_are_told() {
    let one = |value| image(vec![region(0, "x", Py::F32(vec![value]))]);
    let database =
        Py::Dict(vec![(Py::Int(7), one(1.0)), (Py::Str("b"), one(2.0)), (Py::Int(7), one(3.0))]);
    let (_folder, path) = file("db.pkl", &pickled(&database));
    let source = opened(&path);
    let images = read(&*source, 0).unwrap();
    let told: Vec<_> = images.iter().map(|i| (i.key.as_str(), i.regions[0].2[0])).collect();
    assert_eq!(told, [("b", 2.0), ("7", 3.0)]);
    assert_eq!((source.len(), source.warnings().len()), (2, 2));
    assert_eq!(read(&*source, 1).unwrap(), images[1..]);
}

#[test]
fn the_later_part_wins() {
    let one = |value| image(vec![region(0, "x", Py::F32(vec![value]))]);
    let folder = tempfile::tempdir().unwrap();
    let parts = [
        dict([("a", one(1.0)), ("b", one(2.0))]),
        dict([]),
        dict([("b", one(3.0)), ("c", one(4.0))]),
    ];
    for (i, part) in parts.iter().enumerate() {
        let name = format!("anatomical_database_part_{i:04}.pkl");
        std::fs::write(folder.path().join(name), pickled(part)).unwrap();
    }
    let source = opened(folder.path());
    let images = read(&*source, 0).unwrap();
    let told: Vec<_> = images.iter().map(|i| (i.key.as_str(), i.regions[0].2[0])).collect();
    assert_eq!(told, [("a", 1.0), ("b", 3.0), ("c", 4.0)]);
    for from in 0..4 {
        assert_eq!(read(&*source, from as u64).unwrap(), images[from..]);
    }
    assert!(source.warnings()[0].contains("\"b\""), "{:?}", source.warnings());
}

#[test]
fn a_database_may_lie_under_a_key() {
    let one = |value| image(vec![region(0, "x", Py::F32(vec![value]))]);
    let nested = dict([
        ("train", dict([("a", one(1.0))])),
        ("test", dict([("b", one(2.0))])),
        ("version", Py::Int(3)),
    ]);
    let (_folder, path) = file("db.pkl", &pickled(&nested));
    let source = opened(&path);
    let images = read(&*source, 0).unwrap();
    let group = |i: usize| images[i].attributes[0].clone();
    assert_eq!(group(0), ("group".to_owned(), Attribute::Str("train".into())));
    assert_eq!(group(1), ("group".to_owned(), Attribute::Str("test".into())));
    assert_eq!(source.source_metadata()["version"], json!(3));
    assert_eq!(source.source_metadata().len(), 1);
}

#[test]
fn what_this_crate_writes_is_read() {
    let features = [1.0_f32, 2.0];
    let region = RegionFeature { index: 2, name: "x", feature: Feature::F32(&features) };
    let image = |key, regions| RegionImage { key, regions, sample_idx: 4, attributes: vec![] };
    let images = [image("a", vec![region]), image("b", vec![])];
    let written = write_region_npz(Cursor::new(Vec::new()), Compression::Deflated, images).unwrap();
    let (_folder, path) = file("db.npz", written.get_ref());
    let images = read(&*opened(&path), 0).unwrap();
    assert_eq!(images[0].regions, [(2, "x".to_owned(), features.to_vec())]);
    assert_eq!((images[0].attributes.len(), images[1].key.as_str()), (2, "b"));
}

#[test]
fn reading_ends_when_told() {
    let one = |value| image(vec![region(0, "x", Py::F32(vec![value]))]);
    let database = dict([("a", one(1.0)), ("b", one(2.0)), ("c", one(3.0))]);
    let (_folder, path) = file("db.pkl", &pickled(&database));
    let mut seen = Vec::new();
    let stop = opened(&path).for_each(1, &mut |number, image| {
        seen.push((number, image.key.into_owned()));
        Ok(false)
    });
    assert!(stop.is_ok());
    assert_eq!(seen, [(1, "b".to_owned())]);
}

#[test]
fn a_knowledge_base_is_grouped_by_image() {
    let entry = |image, name, value, text| {
        dict([
            ("image_id", Py::Str(image)),
            ("region_name", Py::Str(name)),
            ("visual_feature", Py::F32(vec![value])),
            ("text_string", Py::Str(text)),
            ("view", Py::Str("PA")),
        ])
    };
    let base = dict([
        (
            "knowledge_base",
            Py::List(vec![
                entry("a", "trachea", 1.0, "clear"),
                entry("b", "carina", 2.0, "seen"),
                entry("a", "abdomen", 3.0, "gas"),
                entry("a", "trachea", 4.0, "midline"),
            ]),
        ),
        ("feature_to_info_map", Py::Dict(vec![(Py::Int(0), Py::Int(0))])),
        ("statistics", dict([("total_entries", Py::Int(4))])),
    ]);
    let (_folder, path) = file("kb.pkl", &pickled(&base));
    let source = opened(&path);
    assert_eq!(source.layout(), Layout::KnowledgeBase);
    assert_eq!(source.source_metadata()["statistics"]["total_entries"], json!(4));
    let images = read(&*source, 0).unwrap();
    assert_eq!(images.iter().map(|i| i.key.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let regions = [(4, "abdomen".to_owned(), vec![3.0]), (5, "trachea".to_owned(), vec![4.0])];
    assert_eq!(images[0].regions, regions);
    assert_eq!(images[0].metadata["texts"], json!({"4": "gas", "5": "midline"}));
    assert_eq!(images[0].metadata["regions"]["5"], json!({"view": "PA"}));
    assert_eq!(source.warnings().len(), 1, "{:?}", source.warnings());
}

#[test]
fn what_is_too_large_is_told_and_not_lost_silently() {
    let record = dict([
        ("regions", Py::Dict(vec![region(0, "x", Py::F32(vec![1.0]))])),
        ("map", Py::F32(vec![0.5; 70_000])),
    ]);
    let (_folder, path) = file("db.pkl", &pickled(&dict([("a", record)])));
    let source = opened(&path);
    assert!(source.warnings()[0].contains("float32 array [70000]"), "{:?}", source.warnings());
    let text = read(&*source, 0).unwrap()[0].metadata["map"].to_string();
    assert!(text.contains("not imported"), "{text}");
}
