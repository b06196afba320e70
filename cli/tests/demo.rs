//! The demonstration.

#[cfg(test)]
mod support;

use std::fs;
use std::process::Command;

use support::{column, text, vesalius};

#[test]
fn the_demonstration_makes_sense_and_can_be_repeated() {
    let dir = tempfile::tempdir().unwrap();
    let folder = text(&dir.path().join("a folder"));
    let told = vesalius(&["demo", &folder, "--json"]).json();
    assert_eq!(told["images"], 60);
    let hits = column(&told["hits"], "finding");
    assert_eq!(hits.len(), 5);
    assert!(told["same_finding"].as_u64().unwrap() >= 4, "{told}");
    let file = told["file"].as_str().unwrap();
    let map = &told["heat_map"];
    let (drawn, again) = (map["out"].as_str().unwrap(), text(&dir.path().join("again.png")));
    let key = map["image"].as_str().unwrap();
    let prompt = ["--prompt", map["prompt"].as_str().unwrap()];
    let over = ["--over", told["picture"].as_str().unwrap(), "--out", &again, "--json"];
    let made = vesalius(&[&["heatmap", file, key], &prompt[..], &over[..]].concat()).json();
    assert_eq!(fs::read(drawn).unwrap(), fs::read(&again).unwrap());
    // The nodule stands in the upper zone of the left lung, at the right of the picture.
    let at = &made["highest"]["at"];
    assert!((6..12).contains(&at[1].as_u64().unwrap()), "{made}");
    assert!((19..27).contains(&at[2].as_u64().unwrap()), "{made}");
    let masks = &told["masks"];
    let key = masks["image"].as_str().unwrap();
    let before = fs::read(masks["out"].as_str().unwrap()).unwrap();
    let over = ["--over", told["picture"].as_str().unwrap(), "--out", &again];
    vesalius(&[&["render", file, key], &over[..]].concat()).lines();
    assert_eq!(before, fs::read(&again).unwrap());
    let nodule = ["lesions/nodule", "lobes/left_upper_lobe"];
    let overlap = vesalius(&[&["overlap", file, key, "--json"], &nodule[..]].concat()).json();
    assert_eq!(overlap["a"]["inside"], 1.0, "{overlap}");
    let found = "overlaps('lesions/nodule', 'lobes/left_upper_lobe')";
    let list = vesalius(&["list", file, "--where", found, "--json"]).json();
    assert_eq!(list["matched"], 9);
    let best = ["search", file, "--tokens", "--text", "structures/nodule", "-k", "5"];
    let best = vesalius(&[&best[..], &["--show", "finding", "--json"]].concat()).json();
    for hit in best["tokens"].as_array().unwrap() {
        assert_eq!(hit["attributes"]["finding"], "left upper lung nodule");
    }
    assert_eq!(vesalius(&["verify", file]).code, 0);
    let info = vesalius(&["info", file, "--json"]).json();
    assert_eq!(info["fields"][0]["name"], "regions");
    assert_eq!(info["fields"][0]["regions"].as_array().unwrap().len(), 29);
    if cfg!(unix) {
        for line in told["next"].as_array().unwrap() {
            let line = line.as_str().unwrap();
            let output = Command::new("sh").args(["-c", line]).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && stderr.is_empty(), "{line}: {stderr}");
        }
    }
    let list = vesalius(&["list", file, "--json"]).stdout;
    let words = vesalius(&["demo", &folder]);
    assert_eq!(words.code, 0, "{}", words.stderr);
    assert!(words.stdout.contains("Try next:") && !words.stdout.contains('\u{1b}'));
    assert_eq!(words.stderr, "");
    assert_eq!(vesalius(&["list", file, "--json"]).stdout, list);
    // The container, a patient, where it is ill, and its segments.
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 4);
}

#[test]
fn the_demonstration_replaces_nothing_of_yours() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("demo.vsl");
    fs::write(&file, "precious").unwrap();
    let ran = vesalius(&["demo", &text(dir.path())]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("--force"), "{}", ran.stderr);
    assert_eq!(fs::read(&file).unwrap(), b"precious");
    assert_eq!(vesalius(&["demo", &text(dir.path()), "--force"]).code, 0);
    assert_eq!(vesalius(&["info", &text(&file), "--json"]).json()["images"], 60);
}
