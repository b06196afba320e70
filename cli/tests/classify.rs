//! Labels from prompts.

#[cfg(test)]
mod support;

use std::fs;

use serde_json::{Value, json};
use support::{column, text, tokens, vesalius};

fn classify(file: &str, args: &[&str]) -> Value {
    vesalius(&[&["classify", file, "--json"], args].concat()).json()
}

#[test]
fn the_label_is_the_likest_text() {
    let (_dir, file) = tokens();
    let told = classify(&file, &["--prompts", "animals"]);
    assert_eq!(column(&told["images"], "image"), ["x", "y", "z", "w"]);
    let labels: Vec<&str> = told["images"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["labels"][0]["label"].as_str().unwrap())
        .collect();
    assert_eq!(labels, ["a cat", "a dog", "a cat", "a dog"]);
    let (scale, y) = (2.0_f64.exp(), &told["images"][1]["labels"][0]);
    assert!((y["score"].as_f64().unwrap() - (0.8 * scale - 1.0)).abs() < 1e-5);
    let share = 1.0 / (1.0 + (-0.2 * scale).exp());
    assert!((y["probability"].as_f64().unwrap() - share).abs() < 1e-5, "{y}");
    let both = classify(&file, &["--prompts", "beasts", "--top", "5", "--where", "kind = 7"]);
    assert_eq!(column(&both["images"][0]["labels"], "label"), ["a dog", "a cat"]);
    assert!(vesalius(&["classify", &file, "--prompts", "beasts"]).lines()[1].starts_with('x'));
}

#[test]
fn labels_are_compared_with_what_is_known() {
    let (_dir, file) = tokens();
    let told = classify(&file, &["--prompts", "animals", "--truth", "label"]);
    let truth = &told["truth"];
    assert_eq!(
        (&truth["images"], &truth["right"], &truth["without_value"]),
        (&json!(3), &json!(2), &json!(1))
    );
    assert_eq!(
        truth["confusion"],
        json!([
            { "truth": "a cat", "label": "a cat", "count": 1 },
            { "truth": "a dog", "label": "a cat", "count": 1 },
            { "truth": "a dog", "label": "a dog", "count": 1 },
        ])
    );
    assert_eq!(truth["labels"][1]["recall"], 0.5);
    let index = classify(&file, &["--prompts", "animals", "--truth", "kind", "--top", "2"]);
    assert_eq!(index["truth"]["accuracy"], 1.0);
    assert_eq!(
        (&index["truth"]["not_a_text"], &index["truth"]["top_accuracy"]),
        (&json!(1), &json!(1.0))
    );
    let words = vesalius(&["classify", &file, "--prompts", "animals", "--truth", "kind"]);
    assert!(words.lines()[0].contains("3 of 3"), "{}", words.stdout);
    assert!(words.stderr.contains("\"7\""), "{}", words.stderr);
    let wrong = vesalius(&["classify", &file, "--prompts", "animals", "--truth", "colour"]);
    assert_eq!((wrong.code, wrong.stderr.contains("label")), (1, true), "{}", wrong.stderr);
}

#[test]
fn several_sets_are_phrasings() {
    let (_dir, file) = tokens();
    let one = classify(&file, &["--prompts", "beasts"]);
    for average in ["features", "scores"] {
        let sets = ["--prompts", "beasts", "--prompts", "beasts", "--average", average];
        assert_eq!(classify(&file, &sets)["images"], one["images"]);
    }
    let sets = ["classify", &file, "--prompts", "animals", "--prompts", "beasts"];
    let differ = vesalius(&sets);
    assert_eq!((differ.code, differ.stderr.contains("logit")), (1, true), "{}", differ.stderr);
}

#[test]
fn labels_go_to_a_file() {
    let (dir, file) = tokens();
    let csv = dir.path().join("out.csv");
    let args = ["--prompts", "beasts", "--truth", "label", "--csv", &text(&csv)];
    classify(&file, &args);
    let written = fs::read_to_string(&csv).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    assert_eq!(lines[0], "image,rank,label,score,probability,truth");
    assert!(lines[1].starts_with("x,1,a cat,1,0.7310"), "{}", lines[1]);
    assert_eq!((lines.len(), lines[4].ends_with(',')), (5, true));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2);
}
