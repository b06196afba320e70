//! COCO files against `pycocotools`: what it wrote, and what it reads of what is written here.
//!
//! The interpreter that `VESALIUS_PEERS_PYTHON` names has to have `pycocotools`.

#![cfg(test)]

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use vesalius::{Run, Runs, Segment, SegmentValue, Space, VoxelShape};
use vesalius_convert::masks::SegmentSet;
use vesalius_convert::masks::coco::{CocoFile, Rle, write_dataset};

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/coco");

/// Reads a dataset, checks masks, areas and boxes both ways, and prints one line of counts for each polygon.
const PEER: &str = r#"
import json, sys
import numpy as np
from pycocotools import mask
from pycocotools.coco import COCO
coco = COCO(sys.argv[1])
expected = json.load(open(sys.argv[2]))
assert len(coco.anns) == len(expected), (len(coco.anns), len(expected))
for number, ann in coco.anns.items():
    dense = np.zeros(ann["segmentation"]["size"], np.uint8)
    for a, b in expected[str(number)]:
        dense.ravel()[a:b] = 1
    assert (coco.annToMask(ann) == dense).all(), number
    again = mask.encode(np.asfortranarray(dense))
    assert again["counts"].decode() == ann["segmentation"]["counts"], number
    assert int(mask.area(again)) == ann["area"] and mask.toBbox(again).tolist() == ann["bbox"], number
print("same")
"#;

const POLYGONS: &str = r#"
import json, sys
from pycocotools import mask
for h, w, polygons in json.load(open(sys.argv[1])):
    print(mask.merge(mask.frPyObjects(polygons, h, w))["counts"].decode())
"#;

fn peer(code: &str, arguments: &[&Path]) -> Option<String> {
    let Some(python) = std::env::var_os("VESALIUS_PEERS_PYTHON") else {
        eprintln!("SKIPPED: VESALIUS_PEERS_PYTHON names no interpreter with pycocotools");
        return None;
    };
    let out = Command::new(python).arg("-c").arg(code).args(arguments).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    Some(String::from_utf8(out.stdout).unwrap())
}

struct Random(u64);

impl Random {
    fn new() -> Self {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or(20_260);
        println!("VESALIUS_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

fn fixture(name: &str) -> Value {
    let bytes = std::fs::read(Path::new(DATA).join(name)).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn pairs(runs: &Runs) -> Value {
    runs.as_slice().iter().map(|run| vec![run.start, run.end]).collect::<Vec<_>>().into()
}

#[test]
fn masks_and_polygons_are_those_of_pycocotools() {
    let file = CocoFile::open(&Path::new(DATA).join("dataset.json")).unwrap();
    let expected = fixture("expected.json");
    let keys: Vec<&str> = file.images().iter().map(|image| image.key.as_str()).collect();
    assert_eq!(keys, ["scan1.png", "scan2.png", "scan3.png_3", "scan3.png_4"]);
    let mut seen = 0;
    for (number, image) in file.images().iter().enumerate() {
        let set = file.segments(number).unwrap();
        assert_eq!(set.space.shape, [1, image.height, image.width]);
        for value in &set.segments {
            let json: Value = serde_json::from_str(&value.segment.json).unwrap();
            let id = json["id"].to_string();
            let wanted = &expected[&id];
            assert_eq!(pairs(&value.runs), wanted["rows"], "annotation {id}");
            let rle = Rle::from_runs(&value.runs).unwrap();
            assert_eq!(rle.text(), wanted["counts"], "annotation {id}");
            assert_eq!(rle.area(), wanted["area"], "annotation {id}");
            let bounds = rle.bounding_box().map(|v| v as f64).to_vec();
            assert_eq!(Value::from(bounds), wanted["bbox"], "annotation {id}");
            let name = format!("organ {}", value.segment.label);
            assert_eq!(json["category_name"], name);
            assert!([name.clone(), format!("{name}_{id}")].contains(&value.segment.name));
            seen += 1;
        }
    }
    assert_eq!(seen, expected.as_object().unwrap().len());
}

#[test]
fn what_was_read_is_written_the_same() {
    let file = CocoFile::open(&Path::new(DATA).join("dataset.json")).unwrap();
    let sets: Vec<SegmentSet> = (0..4).map(|number| file.segments(number).unwrap()).collect();
    let named: Vec<(&str, &SegmentSet)> =
        file.images().iter().zip(&sets).map(|(image, set)| (image.key.as_str(), set)).collect();
    let mut json = Vec::new();
    assert_eq!(write_dataset(&mut json, &named).unwrap(), [""; 0]);
    let again = CocoFile::parse(&json).unwrap();
    for (number, set) in sets.iter().enumerate() {
        assert_eq!(again.images()[number].key, file.images()[number].key);
        let back = again.segments(number).unwrap();
        for (a, b) in back.segments.iter().zip(&set.segments) {
            let parsed = |json: &str| serde_json::from_str::<Value>(json).unwrap();
            assert_eq!((&a.runs, &a.segment.name), (&b.runs, &b.segment.name));
            let (a, b) = (parsed(&a.segment.json), parsed(&b.segment.json));
            for key in ["id", "iscrowd", "score", "area", "category_name", "supercategory"] {
                assert_eq!(a[key], b[key], "{key}");
            }
        }
        assert_eq!(back.segments.len(), set.segments.len());
    }
}

#[test]
fn pycocotools_reads_what_is_written() {
    let mut random = Random::new();
    let mut sets = Vec::new();
    for [z, y, x] in [[1, 13, 29], [5, 17, 8], [3, 1, 40], [2, 33, 1]] {
        let shape = VoxelShape::new(1, [z, y, x]).unwrap();
        let mut segments = Vec::new();
        for label in 0..5_u32 {
            let limit = [2, 10, 100, 1 << 40, 1][usize::try_from(label).unwrap()];
            let values: Vec<u8> =
                (0..z * y * x).map(|_| u8::from(random.below(limit) == 0)).collect();
            let runs = Runs::from_dense(shape, &values).unwrap();
            let segment = Segment::new(format!("s{label}"), label + 1);
            segments.push(SegmentValue { segment, runs });
        }
        let space = Space::new([z, y, x], [1.0; 3]);
        sets.push(SegmentSet { space, segments, notes: Vec::new() });
    }
    let keys = ["a", "b", "c", "d"];
    let named: Vec<(&str, &SegmentSet)> = keys.into_iter().zip(&sets).collect();
    let mut json = Vec::new();
    write_dataset(&mut json, &named).unwrap();
    // The runs of each annotation, from the sets themselves.
    let document: Value = serde_json::from_slice(&json).unwrap();
    let mut expected = serde_json::Map::new();
    for annotation in document["annotations"].as_array().unwrap() {
        let image = &document["images"]
            [usize::try_from(annotation["image_id"].as_u64().unwrap()).unwrap() - 1];
        let key = image.get("volume").unwrap_or(&image["file_name"]).as_str().unwrap();
        let set = &sets[keys.iter().position(|k| *k == key).unwrap()];
        let label = annotation["category_id"].as_u64().unwrap();
        let runs = &set.segments.iter().find(|s| u64::from(s.segment.label) == label).unwrap().runs;
        let size = runs.shape().slice_voxels();
        let from = image["slice"].as_u64().unwrap_or(0) * size;
        let local: Vec<[u64; 2]> = runs
            .as_slice()
            .iter()
            .filter(|run| (from..from + size).contains(&run.start))
            .map(|Run { start, end }| [start - from, end - from])
            .collect();
        expected.insert(annotation["id"].to_string(), serde_json::to_value(local).unwrap());
    }
    let dir = tempfile::tempdir().unwrap();
    let (file, wanted) = (dir.path().join("set.json"), dir.path().join("expected.json"));
    std::fs::write(&file, &json).unwrap();
    std::fs::write(&wanted, serde_json::to_vec(&expected).unwrap()).unwrap();
    if let Some(said) = peer(PEER, &[&file, &wanted]) {
        assert!(said.ends_with("same\n"), "{said}");
    }
}

#[test]
fn random_polygons_are_filled_as_by_pycocotools() {
    let mut random = Random::new();
    let mut cases = Vec::new();
    for round in 0..2000 {
        let (h, w) = (1 + random.below(60), 1 + random.below(60));
        let mut number = || {
            let wide = random.below(100_000) as f64 / 700.0 - 40.0;
            match round % 4 {
                0 => wide,
                1 => wide.round(),
                2 => (wide * 10.0).round() / 10.0,
                _ => (wide * 2.0).round() / 2.0,
            }
        };
        let polygon: Vec<f64> = (0..6 + 2 * (round % 9)).map(|_| number()).collect();
        cases.push((h, w, vec![polygon]));
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("polygons.json");
    std::fs::write(&file, serde_json::to_vec(&cases).unwrap()).unwrap();
    let Some(said) = peer(POLYGONS, &[&file]) else { return };
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), cases.len());
    for ((h, w, polygons), text) in cases.iter().zip(lines) {
        let rle = Rle::from_polygons(*h, *w, polygons).unwrap();
        assert_eq!(rle.text(), text, "{h} {w} {polygons:?}");
    }
}
