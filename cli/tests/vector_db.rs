//! Vector databases through the command: in, asked, changed, and out again.

#![cfg(test)]

mod support;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use support::{column, shared_data, text, vesalius};
use vesalius_convert::faiss::FaissWriter;
use vesalius_convert::npy::{NpyWriter, Scalar};
use vesalius_convert::pickle_write::PickleWriter;

fn run(args: &[&str]) -> Value {
    vesalius(&[args, &["--json"]].concat()).json()
}

fn npy(path: &Path, shape: &[u64], values: &[f32]) -> String {
    let mut writer = NpyWriter::create(path, Scalar::F32, shape).unwrap();
    writer.write(values).unwrap();
    writer.finish().unwrap();
    text(path)
}

/// A folder of `vectors` vectors and the images 0, 5 and 1, with two prompts.
fn folder(path: &Path, vectors: u64) -> String {
    fs::create_dir_all(path).unwrap();
    let mut index = FaissWriter::new(Vec::new(), 2, vectors, false, false).unwrap();
    for vector in
        [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]].iter().take(usize::try_from(vectors).unwrap())
    {
        index.vector(vector).unwrap();
    }
    fs::write(path.join("index.faiss"), index.finish().unwrap()).unwrap();
    let mut pickle = PickleWriter::new(Vec::new()).unwrap();
    pickle.begin_dict().unwrap();
    pickle.str("metadata").unwrap();
    pickle.begin_dict().unwrap();
    for id in [0, 5, 1] {
        pickle.int(id).unwrap();
        pickle.begin_dict().unwrap();
        pickle.str("image_path").unwrap();
        pickle.str(&format!("{id}.png")).unwrap();
        pickle.end().unwrap();
    }
    pickle.end().unwrap();
    pickle.end().unwrap();
    fs::write(path.join("metadata.pkl"), pickle.finish().unwrap()).unwrap();
    npy(&path.join("prompts.npy"), &[2, 2], &[1.0, 0.0, 0.0, 1.0]);
    fs::write(path.join("prompts.json"), "[\"a picture of a cat\", \"a picture of a dog\"]")
        .unwrap();
    text(path)
}

#[test]
fn a_store_is_imported_asked_and_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (folder(&dir.path().join("db"), 3), text(&dir.path().join("x.vsl")));
    let report = run(&["import", &source, &file]);
    assert_eq!((&report["images"], &report["verified"]), (&json!(3), &json!(true)));
    assert_eq!(report["findings"]["prompt_sets"], json!(["prompts"]));
    let words = vesalius(&["import", &source, &file]);
    assert!(words.stdout.contains("all of them there already"), "{}", words.stdout);

    let dog = run(&["search", &file, "--text", "A picture of a dog"]);
    assert_eq!(column(&dog["hits"], "image"), ["5", "1", "0"]);
    let near = vesalius(&["search", &file, "--text", "picture of dogs"]);
    assert_eq!(near.code, 1);
    assert!(near.stderr.contains("like it are \"prompts/a picture of a dog\""), "{}", near.stderr);
    let none = vesalius(&["search", &file, "--text", "#"]);
    assert!(none.stderr.contains("vesalius prompts"), "{}", none.stderr);

    assert_eq!(run(&["delete", &file, "5"])["images"], 2);
    let dog = run(&["search", &file, "--text", "prompts/a picture of a dog"]);
    assert_eq!(column(&dog["hits"], "image"), ["1", "0"]);

    let (array, meta) = (dir.path().join("new.npy"), dir.path().join("new.jsonl"));
    let array = npy(&array, &[2, 2], &[0.0, 2.0, 3.0, 0.0]);
    fs::write(&meta, "{\"key\": \"1\", \"split\": \"a\"}\n{\"key\": 9, \"split\": \"b\"}\n")
        .unwrap();
    let added = run(&["add", &file, "--vectors", &array, "--meta", &text(&meta)]);
    assert_eq!((&added["added"], &added["updated"]), (&json!(1), &json!(1)));
    let words = vesalius(&["add", &file, "--vectors", &array, "--meta", &text(&meta)]);
    assert!(words.stdout.contains("0 added, 2 updated"), "{}", words.stdout);
    let wrong = npy(&dir.path().join("wrong.npy"), &[1, 3], &[0.0; 3]);
    assert!(vesalius(&["add", &file, "--vectors", &wrong]).stderr.contains("dimension 2"));

    let out = |name: &str| text(&dir.path().join(name));
    let back = run(&["export", &file, "--to", "vector-db", &out("back")]);
    assert_eq!(back["images"], 3);
    let again = out("again.vsl");
    assert_eq!(run(&["import", &out("back"), &again])["images"], 3);
    let get = |file: &str| run(&["get", file, "9", "--field", "features"])["feature"].clone();
    assert_eq!((get(&again), get(&file)), (json!([3.0, 0.0]), json!([3.0, 0.0])));
    for (format, name) in [("faiss", "x.faiss"), ("metadata-json", "x.json"), ("csv", "x.csv")] {
        assert_eq!(run(&["export", &file, "--to", format, &out(name)])["images"], 3, "{format}");
    }
    let array = ["export", &file, "--to", "npy", &out("x.npy"), "--with-metadata"];
    assert!(vesalius(&array).stdout.contains("x.meta.jsonl"));
}

#[test]
fn torn_pairs_and_odd_options_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (folder(&dir.path().join("db"), 2), text(&dir.path().join("x.vsl")));
    let torn = vesalius(&["import", &source, &file]);
    assert_eq!(torn.code, 1);
    assert!(torn.stderr.contains("2 vectors, the metadata 3 images"), "{}", torn.stderr);
    for args in [&["--key", "name"][..], &["--each-file"], &["--ids", "x.txt"]] {
        let ran = vesalius(&[&["import", &source, &file], args].concat());
        assert_eq!(ran.code, 1, "{args:?} {}", ran.stdout);
    }
    assert!(!Path::new(&file).exists());
    let salvaged = run(&["import", &source, &file, "--salvage", "--key", "path"]);
    assert_eq!(
        (&salvaged["images"], &salvaged["findings"]["declared_rows"]),
        (&json!(2), &json!(3))
    );
    let list = run(&["list", &file]);
    assert_eq!(column(&list["images"], "image"), ["0.png", "5.png"]);
    let region = ["export", &file, "--to", "csv", "x.csv", "--with-metadata"];
    assert!(vesalius(&region).stderr.contains("--with-metadata is for npy"));
}

#[test]
fn arrow_files_are_written_where_that_was_built_in() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (folder(&dir.path().join("db"), 3), text(&dir.path().join("x.vsl")));
    run(&["import", &source, &file]);
    let out = dir.path().join("x.arrow");
    if !cfg!(feature = "arrow") {
        let ran = vesalius(&["export", &file, "--to", "arrow", &text(&out)]);
        assert!(ran.stderr.contains("--features arrow"), "{}", ran.stderr);
        return;
    }
    assert_eq!(run(&["export", &file, "--to", "arrow", &text(&out)])["features"], 3);
    assert_eq!(fs::read(out).unwrap()[..6], *b"ARROW1");
}

#[test]
fn the_real_store_does_what_its_user_would_hope() {
    let Some(data) = shared_data() else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = text(&dir.path().join("x.vsl"));
    let report = run(&["import", &text(&data.join("vector_db/pathmnist_clip")), &file]);
    assert_eq!(report["images"], 1000);
    let ask = || run(&["search", &file, "--text", "Histology: colorectal adenocarcinoma"]);
    let before = column(&ask()["hits"], "image");
    let first = before.first().unwrap();
    run(&["delete", &file, first]);
    let after = column(&ask()["hits"], "image");
    assert_eq!(after.get(..9), before.get(1..10));
    assert_eq!(run(&["verify", &file])["ok"], true);
}
