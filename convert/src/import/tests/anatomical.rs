//! Files as the original programs write them.

use std::collections::HashMap;

use serde_json::Value as Json;
use vesalius::Database;

use super::content::{Content, data, run};
use crate::import::ImportOptions;

/// Checks every feature of the expected list by its CRC-32, and position and count of every image.
fn check(file: &std::path::Path, expected: &Json, with_position: bool) {
    let db = Database::open_read_only(file).unwrap();
    let snapshot = db.snapshot().unwrap();
    let images = expected["images"].as_array().unwrap();
    assert_eq!(snapshot.len(), images.len() as u64);
    for (row, wanted) in images.iter().enumerate() {
        let key = wanted["id"].as_str().unwrap();
        let image = snapshot.image(key).unwrap();
        if with_position {
            assert_eq!(image.row(), row as u64);
            for name in ["sample_idx", "detected_count"] {
                let value = image.attribute(name).unwrap().unwrap();
                assert_eq!(Some(value), wanted[name].as_i64().map(Into::into), "{key} {name}");
            }
        }
        let regions = image.regions("regions").unwrap().unwrap();
        let found: Vec<Json> = regions
            .iter()
            .map(|r| {
                let crc = crc32fast::hash(r.feature.row_bytes(0).unwrap());
                Json::from(vec![r.index.into(), r.name.into(), Json::from(crc)])
            })
            .collect();
        assert_eq!(Json::from(found), wanted["regions"], "{key}");
    }
}

#[test]
fn every_file_of_the_original_arrives_bit_for_bit() {
    let Some(data) = data() else { return };
    let folder = data.join("regions");
    let text = std::fs::read_to_string(folder.join("anatomical_expected.json")).unwrap();
    let expected: Json = serde_json::from_str(&text).unwrap();
    let sources = [
        "anatomical_database.pkl",
        "anatomical_database.npz",
        "anatomical_database.p2.np1.pkl",
        "anatomical_database.p3.np1.pkl",
        "anatomical_database.p4.np2.pkl",
        "anatomical_database.p5.np2.pkl",
        "anatomical_parts",
        "anatomical_parts/database_files.txt",
    ];
    let mut contents: HashMap<String, Content> = HashMap::new();
    for source in sources {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("cases.vsl");
        let options = ImportOptions { name: Some("cases".into()), ..ImportOptions::default() };
        let report = run(&folder.join(source), &file, &options).unwrap();
        assert!(report.verified && report.created && !report.nothing_to_do, "{source}");
        assert_eq!((report.images, report.rates.len()), (6, 29), "{source}");
        assert_eq!(report.to_json()["regions_per_image"]["min"], 0);
        assert_eq!(report.rates[27].name, "carina");
        check(&file, &expected, true);
        let mut content = Content::of(&file);
        content.cursors.clear();
        contents.insert(source.to_owned(), content);
    }
    let first = &contents[sources[0]];
    assert!(contents.values().all(|content| content == first));
}

#[test]
fn region_texts_and_organs_arrive_too() {
    let Some(data) = data() else { return };
    let folder = data.join("regions");
    for (source, images, layout) in [
        ("region_text_embeddings.pkl", 4, "region texts"),
        ("ct_organs.pkl", 28, "region database"),
        ("ct_organs.npz", 28, "region database"),
    ] {
        let out = tempfile::tempdir().unwrap();
        let file = out.path().join("cases.vsl");
        let report = run(&folder.join(source), &file, &ImportOptions::default()).unwrap();
        assert_eq!(report.layout, layout, "{source}");
        if layout == "region database" {
            assert_eq!((report.images, report.regions), (images, 507), "{source}");
        }
        assert!(report.verified, "{source}");
        let db = Database::open_read_only(&file).unwrap();
        let problems = db.snapshot().unwrap().len();
        assert_eq!(problems, report.images);
        assert!(report.peak_memory.is_none_or(|bytes| bytes > 0));
    }
}
