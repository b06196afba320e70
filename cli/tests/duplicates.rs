//! Duplicates: groups, pairs, across an attribute, between containers.

#![cfg(test)]

mod support;

use std::fs;

use serde_json::{Value, json};
use support::store::{IMAGES, store};
use support::{column, sample, text, vesalius};

fn run(args: &[&str]) -> Value {
    vesalius(&[args, &["--json"]].concat()).json()
}

/// The keys of all groups.
fn groups(found: &Value) -> Vec<Vec<String>> {
    let groups = found["groups"].as_array().unwrap().iter();
    groups.map(|group| column(&group["images"], "image")).collect()
}

#[test]
fn groups_are_complete() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(&dir.path().join("x.vsl"));
    let all = ["duplicates", &file, "--field", "clip", "--threshold", "0.9999"];
    let found = run(&all);
    assert_eq!((&found["count"], &found["images"]), (&json!(100), &json!(IMAGES)));
    assert_eq!(groups(&found)[5], ["5", "105", "205", "305"]);
    let first = &found["groups"][0]["images"][1];
    assert_eq!(first, &json!({ "image": "100", "attributes": { "image_path": "100.png" } }));
    assert_eq!(groups(&run(&[&all[..], &["--groups", "stars"]].concat())), groups(&found));
    let words = vesalius(&all);
    assert_eq!(words.lines().len(), 1 + IMAGES);
    assert!(words.lines()[1].ends_with("0.png"), "{}", words.stdout);

    let out = text(&dir.path().join("groups.csv"));
    let written = run(&[&all[..], &["--csv", &out, "--show", "split"]].concat());
    assert_eq!((&written["count"], &written["csv"]), (&json!(100), &json!(out)));
    let table = fs::read_to_string(&out).unwrap();
    assert_eq!(table.lines().next(), Some("group,image,split"));
    assert_eq!(table.lines().count(), 1 + IMAGES);

    let few = run(&[&all[..], &["--where", "split = 'test'"]].concat());
    assert_eq!(few["images"], IMAGES / 4);
    // All four of a kind have one value.
    assert_eq!(run(&[&all[..], &["--across", "split"]].concat())["count"], 0);
    let none = vesalius(&[&all[..], &["--across", "split"]].concat());
    assert_eq!(none.lines(), ["no duplicates"]);
    let region = ["--field", "regions", "--region", "b", "--threshold", "0.9999"];
    let found = run(&[&["duplicates", &file], &region[..]].concat());
    assert_eq!((&found["region"], &found["images"]), (&json!("b"), &json!(IMAGES)));
}

#[test]
fn pairs_have_scores() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(&dir.path().join("x.vsl"));
    let pairs = ["duplicates", &file, "--field", "clip", "--threshold", "0.9999", "--pairs"];
    let found = run(&pairs);
    assert_eq!(found["count"], 600);
    assert_eq!(found["pairs"].as_array().unwrap().len(), 600);
    let first = &found["pairs"][0];
    assert_eq!((&first["first"], &first["second"]), (&json!("0"), &json!("100")));
    assert!(first["score"].as_f64().unwrap() > 0.9999);
    assert_eq!(vesalius(&pairs).lines().len(), 601);
    let out = text(&dir.path().join("pairs.csv"));
    let told = vesalius(&[&pairs[..], &["--csv", &out]].concat());
    assert!(told.stdout.ends_with("600 pairs\n"), "{}", told.stdout);
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 601);
    let by_distance = ["--metric", "l2", "--threshold", "0"];
    let none = [&["duplicates", &file, "--field", "clip", "--pairs"], &by_distance[..]].concat();
    assert_eq!(run(&none)["count"], 0);
}

#[test]
fn two_containers_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(&dir.path().join("x.vsl"));
    let other = store(&dir.path().join("y.vsl"));
    run(&["delete", &other, "0", "100", "200"]);
    let args = ["duplicates", &file, "--field", "clip", "--with", &other, "--threshold", "0.9999"];
    let found = run(&[&args[..], &["--where", "image_path = '0.png'"]].concat());
    assert_eq!((&found["count"], &found["other_field"]), (&json!(1), &json!("clip")));
    assert_eq!(found["pairs"][0]["second"], "300");
    let (_dir, small) = sample();
    let args = ["duplicates", &file, "--field", "clip", "--with", &small];
    let other = ["--other-field", "features"];
    assert_eq!(vesalius(&[&args[..], &other].concat()).code, 1);
    let regions = ["duplicates", &file, "--field", "regions", "--region", "a", "--with", &small];
    let differ = vesalius(&regions);
    assert!(differ.stderr.contains("must agree"), "{}", differ.stderr);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = store(&dir.path().join("x.vsl"));
    for (args, part) in [
        (&["--field", "regions"][..], "--region"),
        (&["--field", "clip", "--region", "a"], "has none"),
        (&["--field", "clip", "--metric", "l2"], "--threshold"),
        (&["--field", "clip", "--across", "colour"], "colour"),
        (&[], "--field"),
    ] {
        let ran = vesalius(&[&["duplicates", &file], args].concat());
        assert_eq!(ran.code, 1, "{args:?}: {}", ran.stdout);
        assert!(ran.stderr.contains(part), "{args:?}: {}", ran.stderr);
    }
    for args in [&["--pairs", "--groups", "stars"][..], &["--with", "x", "--across", "split"]] {
        assert_eq!(vesalius(&[&["duplicates", &file], args].concat()).code, 2, "{args:?}");
    }
}
