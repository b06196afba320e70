//! JSON.md describes what is printed.

#[cfg(test)]
mod support;

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;
use support::masks::masks;
use support::{sample, section, text, tokens, vesalius};
use vesalius_convert::npy::{NpyWriter, Scalar};

const STORE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../convert/tests/data/hdf5/store_old.h5");

/// Objects whose keys come from the container or the source.
const FOREIGN: [&str; 7] =
    ["attributes", "metadata", "extra", "split_counts", "declared_splits", "constants", "json"];

/// Every key, other than those that the container brings along.
fn keys(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                into.insert(key.clone());
                if !FOREIGN.contains(&key.as_str()) || value.is_array() {
                    keys(value, into);
                }
            }
        }
        Value::Array(array) => array.iter().for_each(|value| keys(value, into)),
        _ => {}
    }
}

#[test]
fn every_key_is_documented() {
    let (dir, file) = sample();
    let out = |name: &str| text(&dir.path().join(name));
    let (_tokens, held) = tokens();
    let (_masks, masked) = masks();
    fs::write(dir.path().join("texts.txt"), "a cat\n").unwrap();
    let mut writer = NpyWriter::create(&dir.path().join("f.npy"), Scalar::F32, &[1, 2]).unwrap();
    writer.write(&[1.0_f32, 0.0]).unwrap();
    writer.finish().unwrap();
    let (texts, features) = (out("texts.txt"), out("f.npy"));
    let mut writer = NpyWriter::create(&dir.path().join("q.npy"), Scalar::F32, &[1, 3]).unwrap();
    writer.write(&[1.0_f32, 0.0, 0.0]).unwrap();
    writer.finish().unwrap();
    let three = out("q.npy");
    let mut labels =
        NpyWriter::create(&dir.path().join("labels.npy"), Scalar::U8, &[1, 2, 2]).unwrap();
    labels.write(&[0_u8, 1, 1, 2]).unwrap();
    labels.finish().unwrap();
    let (array, labels) = (out("labels.npy"), out("masks.vsl"));
    let like = ["search", &file, "--field", "regions", "--like", "a"];
    for args in [
        &["info", &file][..],
        &["stats", &file, "--field", "regions", "--means", "--cooccurrence"],
        &["stats", &file, "--field", "features", "--means"],
        &["get", &file, "a"],
        &["get", &file, "a", "--field", "regions"],
        &["get", &file, "a", "--field", "features"],
        &["get", &file, "a", "--field", "regions", "--npy", &out("x.npy")],
        &["list", &file],
        &[&like[..], &["--explain", "--show", "n"]].concat(),
        &["qc", &file],
        &["verify", &file],
        &["validate", &file],
        &["validate", STORE],
        &["import", STORE, &out("store.vsl")],
        &["backup", &file, &out("copy.vsl")],
        &["import", &out("x.npy"), &out("import.vsl")],
        &["export", &file, "--to", "pkl", &out("out.pkl")],
        &["export", &file, "--to", "faiss", &out("out.faiss")],
        &["add", &out("added.vsl"), "--vectors", &features],
        &["search", &file, "--field", "features", "--vectors", &three, "--explain", "--show", "n"],
        &["search", &file, "--field", "features", "--vectors", &three, "--csv", &out("hits.csv")],
        &["duplicates", &file, "--field", "features", "--threshold", "0.1", "--show", "n"],
        &["duplicates", &file, "--field", "features", "--threshold", "0.1", "--pairs"],
        &["duplicates", &file, "--field", "features", "--with", &file],
        &["index", "build", &file, "--field", "features"],
        &["index", "info", &file],
        &["index", "drop", &file, "--field", "features"],
        &["delete", &file, "b"],
        &["compact", &file],
        &["info", &held],
        &["stats", &held, "--field", "patches"],
        &["qc", &held],
        &["get", &held, "x"],
        &["get", &held, "x", "--field", "patches", "--npy", &out("tokens.npy")],
        &["search", &held, "--text", "beasts/a cat"],
        &["search", &held, "--tokens", "--text", "beasts/a cat", "--show", "kind"],
        &["prompts", &held, "add", "s", "--texts", &texts, "--features", &features],
        &["prompts", &held],
        &["prompts", &held, "show", "animals"],
        &["prompts", &held, "remove", "s"],
        &["heatmap", &held, "x", "--prompt", "beasts/a cat", "--out", &out("map.png")],
        &["heatmap", &held, "x", "--like", "y", "--at", "0,0,0", "--out", &out("map.npy")],
        &["classify", &held, "--prompts", "animals", "--truth", "label"],
        &["classify", &held, "--field", "embedding", "--by", "label", "--neighbours", "1"],
        &["cluster", &held, "--field", "embedding", "-k", "2", "--write", "cluster"],
        &["pca", &held, "--field", "embedding", "--out", &out("map.csv"), "--write", "pc"],
        &["outliers", &held, "--field", "embedding", "--write", "far"],
        &["info", &masked],
        &["stats", &masked],
        &["get", &masked, "a"],
        &["masks", &masked, "a"],
        &["masks", &masked],
        &["overlap", &masked, "a", "liver", "lesions/one"],
        &["overlap", &masked, "a"],
        &["render", &masked, "a", "--out", &out("a.png")],
        &["import", &array, &labels],
        &["mask", "get", &labels, "labels", "label_1"],
        &["mask", "add", &labels, "labels", &array],
        &["mask", "rename", &labels, "labels", "label_1", "liver", "--colour", "#102030"],
        &["mask", "export", &labels, "labels", "--out", &out("labels.nii.gz")],
        &["mask", "remove", &labels, "labels", "liver"],
        &["completions", "bash"],
        &["demo", &out("demo")],
    ] {
        let ran = vesalius(&[args, &["--json"]].concat());
        let mut printed = BTreeSet::new();
        keys(&ran.json(), &mut printed);
        let documented = section(args[0]);
        for key in printed {
            let named = [format!("\"{key}\""), format!("`{key}`")];
            assert!(named.iter().any(|n| documented.contains(n)), "{args:?}: {key}");
        }
    }
}

#[test]
fn damage_and_errors_are_documented() {
    let errors = section("Errors");
    for key in ["error", "message", "rule", "offset"] {
        assert!(errors.contains(&format!("\"{key}\"")), "{key}");
    }
}
