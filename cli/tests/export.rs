//! Export through the command.

#[cfg(test)]
mod support;

use std::fs;

use serde_json::json;
use support::{column, sample, shared_data, text, vesalius};
use vesalius_convert::npy::NpyFile;

#[test]
fn a_database_comes_back_as_it_went_in() {
    let Some(data) = shared_data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| text(&dir.path().join(name));
    let source = text(&data.join("regions/ct_organs.pkl"));
    let (first, second) = (path("first.vsl"), path("second.vsl"));
    assert_eq!(vesalius(&["import", &source, &first]).code, 0);
    let get = |file: &str| vesalius(&["get", file, "ct-axial-088", "--field", "regions", "--json"]);
    for format in ["pkl", "npz"] {
        let out = path(&format!("out.{format}"));
        let report = vesalius(&["export", &first, "--to", format, &out, "--json"]).json();
        assert_eq!(report["images"], 28);
        assert_eq!(report["bytes"], fs::metadata(&out).unwrap().len());
        assert_eq!(vesalius(&["import", &out, &second]).code, 0);
        assert_eq!(get(&second).json()["regions"], get(&first).json()["regions"]);
        let (a, b) = (vesalius(&["list", &first]), vesalius(&["list", &second]));
        assert_eq!(a.stdout, b.stdout);
        fs::remove_file(&second).unwrap();
    }
}

#[test]
fn arrays_bring_their_keys() {
    let (dir, file) = sample();
    let out = dir.path().join("x.npy");
    let name = text(&out);
    let args = ["export", &file, "--to", "npy", &name, "--field", "regions", "--region", "0"];
    let report = vesalius(&[&args[..], &["--where", "split = 'test'", "--json"]].concat()).json();
    assert_eq!((&report["images"], &report["without_value"]), (&json!(2), &json!(1)));
    let mut values = Vec::new();
    NpyFile::open(&out).unwrap().read_rows_f32(0, 2, &mut values).unwrap();
    assert_eq!(values, [3.0, 4.0, 0.0, 1.0]);
    let ids = fs::read_to_string(report["ids"].as_str().unwrap()).unwrap();
    assert_eq!(ids, "c\nd\n");
    let back = text(&dir.path().join("back.vsl"));
    let ids = report["ids"].as_str().unwrap();
    assert_eq!(vesalius(&["import", &name, &back, "--ids", ids]).code, 0);
    let list = vesalius(&["list", &back, "--json"]).json();
    assert_eq!(column(&list["images"], "image"), ["c", "d"]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let (dir, file) = sample();
    let out = text(&dir.path().join("x.out"));
    for args in [
        &["pkl", &out, "--field", "features"][..],
        &["pkl", &out, "--region", "carina"],
        &["npy", &out, "--field", "regions"],
        &["npy", &out, "--region", "tail"],
        &["npy", &out, "--field", "nothing"],
    ] {
        let ran = vesalius(&[&["export", &file, "--to"], args].concat());
        assert_eq!(ran.code, 1, "{args:?} {}", ran.stdout);
    }
    assert!(!dir.path().join("x.out").exists());
}
