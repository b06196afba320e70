//! What the reading commands say.

#[cfg(test)]
mod support;

use serde_json::json;
use support::{EVIL_KEY, REGIONS, column, sample, text, vesalius};
use vesalius_convert::npy::NpyFile;

#[test]
fn info_names_images_and_fields() {
    let (_dir, file) = sample();
    let info = vesalius(&["info", &file, "--json"]).json();
    assert_eq!(info["images"], 6);
    let fields = info["fields"].as_array().unwrap();
    let expected = [("regions", "regions", 2, 5), ("features", "vector", 3, 4)];
    for (field, (name, kind, dim, images)) in fields.iter().zip(expected) {
        assert_eq!(field["name"], name);
        assert_eq!(field["kind"], kind);
        assert_eq!(field["dim"], dim);
        assert_eq!(field["dtype"], "f32");
        assert_eq!(field["images"], images);
    }
    assert_eq!(fields[0]["regions"], json!(REGIONS));
    assert_eq!(info["attributes"][1], json!({ "name": "n", "type": "i64" }));
    assert_eq!(info["bytes"], std::fs::metadata(&file).unwrap().len());
    let words = vesalius(&["info", &file]);
    assert!(words.lines().contains(&"images   6"), "{}", words.stdout);
    assert!(!words.stdout.contains('\u{1b}'));
}

#[test]
fn list_filters_and_limits() {
    let (_dir, file) = sample();
    let list = |args: &[&str]| vesalius(&[&["list", &file, "--json"], args].concat()).json();
    let all = list(&[]);
    assert_eq!(all["matched"], 6);
    assert_eq!(column(&all["images"], "image"), ["a", "b", "c", "d", "e", EVIL_KEY]);
    assert_eq!(all["images"][2]["attributes"], json!({ "split": "test", "n": 3 }));
    let some = list(&["--where", "has_region('spine') and n > 1", "--limit", "1"]);
    assert_eq!(some["matched"], 2);
    assert_eq!(column(&some["images"], "image"), ["b"]);
    assert_eq!(list(&["--where", "false"])["images"], json!([]));
}

#[test]
fn tables_are_aligned_and_foreign_text_is_harmless() {
    let (_dir, file) = sample();
    let ran = vesalius(&["list", &file]);
    let lines = ran.lines();
    assert_eq!(lines[0], "image                     split  n");
    assert_eq!(lines[1], "a                         train  1");
    assert_eq!(lines[6], "evil\\u{1b}[31m\\n\\u{9b}2J");
    let json = vesalius(&["list", &file, "--json"]).stdout;
    for ran in [ran.stdout, json, vesalius(&["get", &file, EVIL_KEY]).stdout] {
        assert!(!ran.contains(['\u{1b}', '\u{9b}']), "{ran}");
    }
}

#[test]
fn get_shows_an_image() {
    let (_dir, file) = sample();
    let whole = vesalius(&["get", &file, "a", "--json"]).json();
    assert_eq!(whole["image"], "a");
    assert_eq!(whole["attributes"], json!({ "split": "train", "n": 1 }));
    assert_eq!(whole["metadata"], json!(null));
    assert_eq!(
        whole["fields"],
        json!([
            { "name": "regions", "kind": "regions", "regions": 2 },
            { "name": "features", "kind": "vector", "regions": null },
        ])
    );
    let evil = vesalius(&["get", &file, EVIL_KEY, "--json"]).json();
    assert_eq!(evil["metadata"], json!({ "note": "x" }));
    assert_eq!(evil["fields"], json!([]));
}

#[test]
fn get_shows_features() {
    let (_dir, file) = sample();
    let get = |args: &[&str]| vesalius(&[&["get", &file, "--json"], args].concat()).json();
    let carina = get(&["a", "--field", "regions", "--region", "carina"]);
    assert_eq!(
        carina["regions"],
        json!([{
            "index": 0, "name": "carina", "score": 0.9,
            "bbox": [0.0, 1.0, 2.0, 1.0, 30.5, 40.0], "norm": 1.0, "feature": [1.0, 0.0],
        }])
    );
    let all = get(&["c", "--field", "regions"]);
    assert_eq!(column(&all["regions"], "name"), ["carina", "7"]);
    assert_eq!(all["regions"][0]["norm"], 5.0);
    let vector = get(&["c", "--field", "features"]);
    assert_eq!(vector["feature"], json!([3.0, 4.0, 0.0]));
    // A name that is a number wins over the index; other numbers are indexes.
    assert_eq!(get(&["c", "--region", "7"])["regions"][0]["index"], 2);
    assert_eq!(get(&["b", "--region", "1"])["regions"][0]["name"], "spine");
}

#[test]
fn get_writes_arrays() {
    let (dir, file) = sample();
    let out = dir.path().join("x.npy");
    let name = text(&out);
    for (args, shape, values) in [
        (&["c", "--field", "features"][..], vec![3], vec![3.0, 4.0, 0.0]),
        (&["c", "--region", "carina"], vec![2], vec![3.0, 4.0]),
        (&["c", "--field", "regions"], vec![2, 2], vec![3.0, 4.0, 1.0, 1.0]),
    ] {
        let ran = vesalius(&[&["get", &file, "--npy", &name], args].concat());
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let array = NpyFile::open(&out).unwrap();
        assert_eq!(array.shape(), shape);
        let mut read = Vec::new();
        let rows = usize::try_from(array.rows()).unwrap();
        array.read_rows_f32(0, rows, &mut read).unwrap();
        assert_eq!(read, values);
    }
    let before = std::fs::read(&out).unwrap();
    let none = vesalius(&["get", &file, "e", "--field", "regions", "--npy", &name]);
    assert_eq!(none.code, 1, "{}", none.stdout);
    assert_eq!(std::fs::read(&out).unwrap(), before, "a failure leaves the old file");
}

#[test]
fn stats_count_regions() {
    let (_dir, file) = sample();
    let stats =
        vesalius(&["stats", &file, "--field", "regions", "--cooccurrence", "--json"]).json();
    assert_eq!((&stats["images"], &stats["with_value"]), (&json!(6), &json!(5)));
    assert_eq!(stats["detected"]["histogram"], json!([1, 0, 4]));
    let expected = [(0, "carina", 4, 0.8), (1, "spine", 3, 0.6), (2, "7", 1, 0.2)];
    for (region, (index, name, images, rate)) in
        stats["regions"].as_array().unwrap().iter().zip(expected)
    {
        assert_eq!(region["index"], index);
        assert_eq!(region["name"], name);
        assert_eq!(region["images"], images);
        assert_eq!(region["detection_rate"], rate);
    }
    assert_eq!(stats["regions"][0]["norm"], json!({ "mean": 3.0, "min": 1.0, "max": 5.0 }));
    assert_eq!(stats["cooccurrence"], json!([[4, 3, 1], [3, 3, 0], [1, 0, 1]]));
    let words = vesalius(&["stats", &file, "--field", "regions"]);
    assert!(words.stdout.contains("    0  carina       4  80.0 %"), "{}", words.stdout);
    let vectors = vesalius(&["stats", &file, "--field", "features", "--means", "--json"]).json();
    assert_eq!(vectors["with_value"], 4);
    assert_eq!(vectors["mean"], json!([1.0, 1.25, 0.25]));
}

#[test]
fn qc_finds_equal_features() {
    let (_dir, file) = sample();
    let qc = vesalius(&["qc", &file, "--json"]).json();
    assert_eq!(column(&qc["fields"], "field"), ["regions", "features"]);
    let regions = &qc["fields"][0];
    assert_eq!(regions["features"], 8);
    let spine = json!({ "region": "spine", "count": 2, "images": ["a", "d"] });
    assert_eq!(regions["duplicates"], json!({ "count": 1, "items": [spine] }));
    let words = vesalius(&["qc", &file, "--field", "regions"]);
    assert!(
        words.stdout.contains("duplicate  a      spine   the same in 2 images"),
        "{}",
        words.stdout
    );
}
