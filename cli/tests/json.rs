//! JSON.md describes what is printed.

#[cfg(test)]
mod support;

use std::collections::BTreeSet;

use serde_json::Value;
use support::{sample, section, text, vesalius};

/// Every key, other than those that the container brings along.
fn keys(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                into.insert(key.clone());
                if !matches!(key.as_str(), "attributes" | "metadata" | "extra") || value.is_array()
                {
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
        &["backup", &file, &out("copy.vsl")],
        &["import", &out("x.npy"), &out("import.vsl")],
        &["export", &file, "--to", "pkl", &out("out.pkl")],
        &["delete", &file, "b"],
        &["compact", &file],
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
