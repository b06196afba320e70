//! Prompt sets, and what is asked with them.

#![cfg(test)]

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{column, text, tokens, vesalius};
use vesalius_convert::nifti;
use vesalius_convert::npy::{NpyFile, NpyWriter, Scalar};
use vesalius_convert::picture::{Channels, Image, Samples, read_png, write_png};

fn run(args: &[&str]) -> Value {
    vesalius(&[args, &["--json"]].concat()).json()
}

fn refused(args: &[&str], says: &str) {
    let ran = vesalius(args);
    assert_eq!(ran.code, 1, "{args:?}: {}", ran.stdout);
    assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1);
}

fn npy(path: &Path, shape: &[u64], values: &[f32]) -> String {
    let mut writer = NpyWriter::create(path, Scalar::F32, shape).unwrap();
    writer.write(values).unwrap();
    writer.finish().unwrap();
    text(path)
}

#[test]
fn sets_are_added_listed_shown_and_removed() {
    let (dir, file) = tokens();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("texts.txt"), "one\ntwo, or three\n").unwrap();
    let texts = text(&path("texts.txt"));
    let features = npy(&path("f.npy"), &[2, 3], &[1.0; 6]);
    let words = npy(&path("t.npy"), &[2, 4, 3], &[0.5; 24]);
    let base = ["prompts", &file, "add", "numbers", "--texts", &texts, "--features", &features];
    let more = ["--tokens", &words, "--logit-scale", "4.5", "--logit-bias", "-2"];
    let added = run(&[&base[..], &more[..], &["--attributes", "{\"by\": 1}"]].concat());
    assert_eq!(
        (&added["texts"], &added["dim"], &added["tokens"]),
        (&json!(2), &json!(3), &json!(4))
    );
    let list = run(&["prompts", &file]);
    assert_eq!(column(&list["prompt_sets"], "name"), ["animals", "beasts", "numbers"]);
    assert_eq!(list["prompt_sets"][2], added);
    assert_eq!(run(&["prompts", &file, "list"]), list);
    let shown = run(&["prompts", &file, "show", "numbers"]);
    assert_eq!(shown["list"], json!(["one", "two, or three"]));
    assert_eq!(shown["attributes"], json!({ "by": 1 }));
    assert_eq!(run(&["info", &file])["prompt_sets"], list["prompt_sets"]);
    let words = vesalius(&["prompts", &file]);
    assert!(words.lines()[3].starts_with("numbers"), "{}", words.stdout);
    vesalius(&["prompts", &file, "show", "numbers"]).lines();
    vesalius(&["info", &file]).lines();

    let gone = run(&["prompts", &file, "remove", "beasts"]);
    assert_eq!(gone, json!({ "removed": ["beasts"], "prompt_sets": 2 }));
    refused(&["prompts", &file, "remove", "beasts"], "\"animals\"");
    assert_eq!(run(&["prompts", &file, "clear"])["prompt_sets"], 0);
    assert_eq!(run(&["prompts", &file])["prompt_sets"], json!([]));
}

#[test]
fn sets_that_do_not_fit_are_refused() {
    let (dir, file) = tokens();
    let path = |name: &str| dir.path().join(name);
    let add = |texts: &str, features: &str, more: &[&str]| {
        fs::write(path("texts.txt"), texts).unwrap();
        let texts = text(&path("texts.txt"));
        let base = ["prompts", &file, "add", "s", "--texts", &texts, "--features", features];
        let ran = vesalius(&[&base[..], more].concat());
        assert_eq!(ran.code, 1, "{}", ran.stdout);
        ran.stderr
    };
    let two = npy(&path("f.npy"), &[2, 3], &[1.0; 6]);
    assert!(add("one\n", &two, &[]).contains("[1, D]"));
    assert!(add("one\n\ntwo\n", &two, &[]).contains("line 2 is empty"));
    assert!(add("", &two, &[]).contains("no text"));
    assert!(add("one\ntwo\n", &two, &["--tokens", &two]).contains("[2, T, 3]"));
    assert!(add("one\ntwo\n", &two, &["--field", "embedding"]).contains("embedding"));
    assert!(add("one\ntwo\n", &two, &["--field", "nowhere"]).contains("nowhere"));
    assert!(add("one\ntwo\n", &two, &["--attributes", "{"]).contains("JSON"));
    assert_eq!(run(&["prompts", &file])["prompt_sets"].as_array().unwrap().len(), 2);
}

#[test]
fn texts_are_searched_for() {
    let (_dir, file) = tokens();
    let found = run(&["search", &file, "--text", "animals/a dog"]);
    assert_eq!(column(&found["hits"], "image"), ["w", "y", "z", "x"]);
    assert_eq!(found["hits"][1]["score"], 0.8);
    assert_eq!((&found["text"], &found["metric"]), (&json!("animals/a dog"), &json!("cosine")));
    let short = run(&["search", &file, "--text", "animals/A D", "--where", "kind < 2"]);
    assert_eq!(column(&short["hits"], "image"), ["y", "z", "x"]);
    refused(&["search", &file, "--text", "animals/a"], "fits several");
    refused(&["search", &file, "--text", "animals"], "animals/a cat");
    refused(&["search", &file, "--text", "plants/a rose"], "plants");
    refused(&["search", &file, "--text", "animals/a fox"], "a cat");
}

#[test]
fn tokens_are_searched_for() {
    let (_dir, file) = tokens();
    let base = ["search", &file, "--tokens"];
    let dog = run(&[&base[..], &["--text", "beasts/a dog", "-k", "6", "--show", "kind"]].concat());
    let at = |hit: &Value| format!("{} {}", hit["image"].as_str().unwrap(), hit["at"]);
    let hits: Vec<String> = dog["tokens"].as_array().unwrap().iter().map(at).collect();
    let all = ["x [0,0,1]", "y [0,0,0]", "y [0,0,1]", "y [0,1,0]", "y [0,1,1]", "z [0,0,0]"];
    assert_eq!(hits, all);
    assert_eq!(dog["tokens"][5]["score"], 0.8);
    assert_eq!(dog["tokens"][5]["attributes"], json!({ "kind": 0 }));
    let like = run(&[&base[..], &["--like", "z", "--at", "0,0", "-k", "1"]].concat());
    assert_eq!(at(&like["tokens"][0]), "z [0,0,0]");
    vesalius(&[&base[..], &["--text", "beasts/a dog", "--threshold", "0.9"]].concat()).lines();
    // A set of the vectors of the images will do: the same model made both.
    run(&[&base[..], &["--text", "animals/a dog"]].concat());
    run(&[&base[..], &["--field", "patches", "--text", "animals/a dog"]].concat());
    refused(&[&base[..], &["--like", "z"]].concat(), "--at");
}

#[test]
fn late_interaction_is_ranked() {
    let (_dir, file) = tokens();
    let like = run(&["search", &file, "--maxsim", "--like", "x"]);
    assert_eq!(column(&like["hits"], "image"), ["z", "y"]);
    assert_eq!(like["metric"], "maxsim");
    let text = ["search", &file, "--maxsim", "--text", "animals/a dog", "--field", "patches"];
    let text = run(&text);
    assert_eq!(column(&text["hits"], "image"), ["x", "z", "y"]);
    assert_eq!(text["hits"][0]["score"], 2.0);
    refused(&["search", &file, "--maxsim", "--text", "beasts/a dog"], "no tokens");
}

#[test]
fn heat_maps_are_written_as_what_their_name_says() {
    let (dir, file) = tokens();
    let path = |name: &str| text(&dir.path().join(name));
    let map = |out: &str, more: &[&str]| {
        let base = ["heatmap", &file, "z", "--prompt", "beasts/a cat", "--out", out];
        run(&[&base[..], more].concat())
    };
    let values = |name: &str, rows: usize| {
        let mut values = Vec::new();
        let array = NpyFile::open(Path::new(&path(name))).unwrap();
        array.read_rows_f32(0, rows, &mut values).unwrap();
        (array.shape().to_vec(), values)
    };
    let told = map(&path("z.npy"), &[]);
    assert_eq!((&told["max"], &told["highest"]["at"]), (&json!(1.0), &json!([0, 0, 1])));
    assert_eq!(told["highest"]["voxels"]["low"], json!([0.0, 0.0, 2.0]));
    assert_eq!(values("z.npy", 1), (vec![1, 2, 2], vec![0.6, 1.0, 0.0, 0.8]));
    map(&path("voxels.npy"), &["--resample", "nearest"]);
    let (shape, voxels) = values("voxels.npy", 1);
    assert_eq!((shape, &voxels[..4]), (vec![1, 4, 4], &[0.6, 0.6, 1.0, 1.0][..]));
    map(&path("z.nii.gz"), &["--resample", "nearest"]);
    let volume = nifti::read(Path::new(&path("z.nii.gz")), &nifti::Limits::default()).unwrap();
    assert_eq!(volume.values, nifti::Values::F32(voxels));
    map(&path("alone.png"), &["--range", "-1,1"]);
    let grey = Image::new(8, 8, Channels::Grey, Samples::Eight(vec![90; 64])).unwrap();
    write_png(Path::new(&path("grey.png")), &grey).unwrap();
    map(&path("over.png"), &["--over", &path("grey.png")]);
    assert!(read_png(Path::new(&path("over.png"))).unwrap().width() > 512);
    map(&path("slice.png"), &["--over", &path("z.nii.gz")]);

    let base = ["heatmap", &file, "z", "--prompt", "beasts/a cat", "--out"];
    refused(&[&base[..], &["x.tif"]].concat(), ".nii.gz");
    refused(&[&base[..], &["x.npy", "--over", "y.png"]].concat(), "--over is for pictures");
    refused(&[&base[..], &["x.png", "--slice", "1"]].concat(), "1 slices");
    refused(&[&base[..], &["x.png", "--over", "no-such.png"]].concat(), "no-such.png");
    refused(&[&base[..], &["x.png", "--scale", "logit"]].concat(), "no constants");
    refused(&["heatmap", &file, "w", "--prompt", "beasts/a cat", "--out", "x.png"], "no tokens");
    assert!(!Path::new("x.png").exists());
}

#[test]
fn heat_maps_are_of_prompts_vectors_or_tokens() {
    let (dir, file) = tokens();
    let out = text(&dir.path().join("m.npy"));
    let map = |more: &[&str]| {
        run(&[&["heatmap", &file, "y", "--out", &out, "--field", "patches"], more].concat())
    };
    let prompt = ["--prompt", "animals/a dog"];
    assert_eq!(map(&prompt)["max"], 1.0);
    let logit = map(&[&prompt[..], &["--scale", "logit"]].concat());
    assert!((logit["max"].as_f64().unwrap() - (2.0_f64.exp() - 1.0)).abs() < 1e-5, "{logit}");
    assert_eq!(logit["bias"], -1.0);
    let query = npy(&dir.path().join("q.npy"), &[2], &[4.0, 3.0]);
    assert_eq!(map(&["--query", &query])["max"], 0.6);
    let like = map(&["--like", "z", "--at", "0,0,0"]);
    assert_eq!((&like["max"], &like["query"]["at"]), (&json!(0.8), &json!([0, 0, 0])));
    let wrong = npy(&dir.path().join("q.npy"), &[3], &[4.0, 3.0, 1.0]);
    refused(&["heatmap", &file, "y", "--out", &out, "--query", &wrong], "dimension 2");
    refused(&["heatmap", &file, "y", "--out", &out, "--like", "z", "--at", "0,2,0"], "grid");
}
