//! HDF5 through the command: import, validate, export.

#[cfg(test)]
mod support;

use support::{shared_data, text, vesalius};
use vesalius_convert::hdf5_write::{
    Compression, ConceptClipBatch, ConceptClipShape, ConceptClipWriter, ElementType, Values,
};

#[test]
fn a_feature_store_comes_in_and_goes_out() {
    let Some(data) = shared_data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&dir.path().join(name));
    let source = text(&data.join("conceptclip/cc_small_lzf_earliest.h5"));
    let report = vesalius(&["import", &source, &path("a.vsl"), "--json"]).json();
    assert_eq!(report["images"], 150);
    assert_eq!(report["findings"]["prompt_sets"].as_array().unwrap().len(), 12);
    let out = path("a.h5");
    let written = vesalius(&["export", &path("a.vsl"), "--to", "h5", &out, "--json"]).json();
    assert_eq!((&written["images"], &written["prompt_sets"]), (&150.into(), &12.into()));
    let mut seen = Vec::new();
    for file in [&source, &path("a.vsl"), &out] {
        let ran = vesalius(&["validate", file]);
        assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.contains("no problem found"));
        let found = vesalius(&["validate", file, "--json"]).json();
        assert_eq!(found["ok"], true);
        let mut splits: Vec<String> = found["split_counts"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        splits.sort();
        seen.push((
            found["ids"].clone(),
            found["labels"].clone(),
            found["templates"].clone(),
            splits,
        ));
    }
    assert!(seen.iter().all(|one| *one == seen[0]), "{seen:?}");
}

#[test]
fn options_that_do_not_fit_are_refused() {
    let store = concat!(env!("CARGO_MANIFEST_DIR"), "/../convert/tests/data/hdf5/store_old.h5");
    let dir = tempfile::tempdir().unwrap();
    let array = dir.path().join("x.npy");
    std::fs::write(&array, b"\x93NUMPY").unwrap();
    let (array, file) = (text(&array), dir.path().join("x.vsl"));
    for (source, options) in [
        (array.as_str(), &["--salvage"][..]),
        (&array, &["--dataset", "/x"]),
        (store, &["--ids", "/ids"]),
        (store, &["--regions", "a,b"]),
    ] {
        let ran = vesalius(&[&["import", source, &text(&file)], options].concat());
        assert_eq!(ran.code, 1, "{options:?}");
        assert!(ran.stderr.contains("HDF5") || ran.stderr.contains("dataset"), "{}", ran.stderr);
        assert!(!file.exists());
    }
}

/// A store that is larger than the memory that its import may take, with `VESALIUS_ROWS=200` or more.
#[test]
fn memory_is_bounded() {
    let rows = std::env::var("VESALIUS_ROWS").ok().and_then(|text| text.parse().ok());
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("big.h5"), dir.path().join("big.vsl"));
    let shape = ConceptClipShape {
        dim: 1152,
        image_tokens: Some(729),
        features: ElementType::F16,
        tokens: ElementType::F16,
        compression: Compression::None,
    };
    let mut writer = ConceptClipWriter::create(&source, shape).unwrap();
    for row in 0..rows.unwrap_or(48_i64) {
        let values = vec![u8::try_from(row % 100 + 1).unwrap(); 1152 * 729 * 2];
        let batch = ConceptClipBatch {
            features: Values::Bytes(&values[..1152 * 2]),
            tokens: Some(Values::Bytes(&values)),
            ids: &[row],
            labels: &[0],
            splits: &["train"],
        };
        writer.append(batch).unwrap();
    }
    writer.finish().unwrap();
    let report = vesalius(&["import", &text(&source), &text(&file), "--json"]).json();
    let peak = report["peak_memory"].as_u64();
    println!("{} bytes, {peak:?} of memory", report["bytes_written"]);
    assert!(peak.is_none_or(|peak| peak < 300 << 20), "{peak:?}");
}

#[test]
fn an_unknown_file_is_listed() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../convert/tests/data/hdf5/odd_old.h5");
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.vsl");
    let ran = vesalius(&["import", source, &text(&file)]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("--dataset") && !file.exists(), "{}", ran.stderr);
}

#[test]
fn damage_is_refused_and_salvaged() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../convert/tests/data/hdf5/store_killed.h5");
    let dir = tempfile::tempdir().unwrap();
    let file = text(&dir.path().join("x.vsl"));
    let ran = vesalius(&["import", source, &file]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("salvage"), "{}", ran.stderr);
    assert_eq!(vesalius(&["validate", source]).code, 3);
    let report = vesalius(&["import", source, &file, "--salvage", "--json"]).json();
    let declared = report["findings"]["declared_rows"].as_u64().unwrap();
    assert!(report["images"].as_u64().unwrap() <= declared);
    assert!(!report["warnings"].as_array().unwrap().is_empty());
}
