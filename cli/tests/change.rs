//! The commands that change or copy a container, and those that look for damage.

#[cfg(test)]
mod support;

use std::fs;

use serde_json::json;
use support::{keys, sample, text, vesalius};

#[test]
fn delete_is_all_or_nothing() {
    let (_dir, file) = sample();
    assert_eq!(vesalius(&["delete", &file, "a", "nobody", "b"]).code, 1);
    assert_eq!(keys(&file).len(), 6);
    let gone = vesalius(&["delete", &file, "a", "nobody", "b", "--missing-ok", "--json"]).json();
    assert_eq!(gone, json!({ "deleted": ["a", "b"], "missing": ["nobody"], "images": 4 }));
    assert_eq!(keys(&file)[..2], ["c", "d"]);
}

#[test]
fn a_secure_compaction_leaves_no_trace() {
    let (dir, file) = sample();
    let trace = b"evil\x1b[31m";
    let has_trace = |file: &str| fs::read(file).unwrap().windows(trace.len()).any(|w| w == trace);
    assert!(has_trace(&file));
    assert_eq!(vesalius(&["delete", &file, support::EVIL_KEY]).code, 0);
    let copy = text(&dir.path().join("copy.vsl"));
    let backup = vesalius(&["backup", &file, &copy, "--json"]).json();
    assert_eq!((&backup["images"], &backup["out"]), (&json!(5), &json!(copy)));
    assert!(!has_trace(&copy));
    let compact = vesalius(&["compact", &file, "--secure", "--json"]).json();
    assert_eq!((&compact["images"], &compact["secure"]), (&json!(5), &json!(true)));
    assert_eq!(compact["bytes_after"], fs::metadata(&file).unwrap().len());
    assert!(!has_trace(&file));
    assert_eq!(keys(&file), keys(&copy));
}

#[test]
fn backup_never_overwrites() {
    let (dir, file) = sample();
    let out = dir.path().join("there.vsl");
    fs::write(&out, "precious").unwrap();
    assert_eq!(vesalius(&["backup", &file, &text(&out)]).code, 1);
    assert_eq!(fs::read(&out).unwrap(), b"precious");
}

#[test]
fn verify_says_sound() {
    let (_dir, file) = sample();
    let report = vesalius(&["verify", &file, "--json"]).json();
    assert_eq!((&report["ok"], &report["problems"]), (&json!(true), &json!([])));
    assert_eq!(report["images"], 6);
    assert!(vesalius(&["verify", &file]).stdout.starts_with("sound"));
}

#[test]
fn damage_is_3() {
    let (dir, file) = sample();
    let sound = fs::read(&file).unwrap();
    let broken = text(&dir.path().join("broken.vsl"));
    let at = sound.windows(8).position(|w| w == b"regions\x02").or_else(|| {
        // Any byte that a checksum covers: a feature of the sample.
        let feature: Vec<u8> = [4.0_f32, 3.0].iter().flat_map(|v| v.to_le_bytes()).collect();
        sound.windows(8).position(|w| w == feature)
    });
    let mut bytes = sound.clone();
    bytes[at.unwrap()] ^= 0x10;
    fs::write(&broken, bytes).unwrap();
    let ran = vesalius(&["verify", &broken, "--json"]);
    assert_eq!(ran.code, 3, "{} {}", ran.stdout, ran.stderr);
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["ok"], false);
    let problem = &report["problems"][0];
    assert!(problem["rule"].as_str().unwrap().starts_with('V'), "{problem}");
    assert!(problem["offset"].is_u64() && problem["message"].is_string(), "{problem}");
    let words = vesalius(&["verify", &broken]);
    assert_eq!(words.code, 3);
    assert!(words.stdout.contains("damaged, "), "{}", words.stdout);
}

#[test]
fn what_is_no_container_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("noise.vsl");
    for length in [0, 100, 4096 * 3, 4096 * 5] {
        fs::write(&file, vec![0x5a; length]).unwrap();
        let name = text(&file);
        for args in [&["info", &name][..], &["list", &name], &["delete", &name, "a"]] {
            let ran = vesalius(&[args, &["--json"]].concat());
            assert_eq!(ran.code, 3, "{length} {args:?} {}", ran.stderr);
            let told: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
            assert!(told["error"]["rule"].as_str().unwrap().starts_with('V'), "{told}");
        }
        assert_eq!(vesalius(&["verify", &name]).code, 3, "{length}");
    }
}
