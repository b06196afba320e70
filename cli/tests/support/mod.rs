//! Running the command, and a small container to run it on.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unreachable_pub, reason = "shared by several test programs")]

pub mod masks;
pub mod store;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use vesalius::{AttributeType, Database, Definition, Field, PromptSet, RegionValue, Space};

/// What a run of the command gave.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// The standard output as JSON; the command must have succeeded.
    pub fn json(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// The lines of the standard output; the command must have succeeded.
    pub fn lines(&self) -> Vec<&str> {
        assert_eq!(self.code, 0, "{}", self.stderr);
        self.stdout.lines().collect()
    }
}

/// The command, its input and output not those of the test.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vesalius"));
    command.stdin(Stdio::null()).env_remove("CLICOLOR_FORCE");
    command
}

/// Runs the command to its end.
pub fn vesalius(args: &[&str]) -> Ran {
    let output = command().args(args).output().unwrap();
    Ran {
        code: output.status.code().expect("no signal"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A key that would paint a terminal red.
pub const EVIL_KEY: &str = "evil\u{1b}[31m\n\u{9b}2J";

/// Regions of [`sample`].
pub const REGIONS: [&str; 3] = ["carina", "spine", "7"];

/// A folder with a container of six images:
///
/// | key | split | n | carina | spine | "7" | features |
/// |---|---|---|---|---|---|---|
/// | a | train | 1 | 1 0 | 1 0 | | 1 0 0 |
/// | b | train | 2 | 4 3 | 0 1 | | 0 1 0 |
/// | c | test | 3 | 3 4 | | 1 1 | 3 4 0 |
/// | d | test | 4 | 0 1 | 1 0 | | |
/// | e | test | | | | | 0 0 1 |
/// | `EVIL_KEY` | | | no value | | | |
pub fn sample() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("sample.vsl");
    let definition = Definition::new()
        .attribute("split", AttributeType::Text)
        .attribute("n", AttributeType::I64)
        .field(Field::regions("regions", 2, REGIONS))
        .field(Field::vector("features", 3));
    let db = Database::create(&file, definition).unwrap();
    let mut txn = db.begin_write().unwrap();
    let unit: [&[f32]; 2] = [&[1.0, 0.0], &[0.0, 1.0]];
    let region = |name, feature| RegionValue::new(name, feature);
    let images: [(&str, &str, Vec<RegionValue<'_>>); 5] = [
        ("a", "train", vec![region("carina", unit[0]), region("spine", unit[0])]),
        ("b", "train", vec![region("carina", &[4.0, 3.0]), region("spine", unit[1])]),
        ("c", "test", vec![region("carina", &[3.0, 4.0]), region("7", &[1.0, 1.0])]),
        ("d", "test", vec![region("carina", unit[1]), region("spine", unit[0])]),
        ("e", "test", vec![]),
    ];
    for (place, (key, split, mut regions)) in images.into_iter().enumerate() {
        if let Some(first) = regions.first_mut().filter(|_| key == "a") {
            first.bbox = Some([0.0, 1.0, 2.0, 1.0, 30.5, 40.0]);
            first.score = Some(0.9);
        }
        let image = txn.put(key).unwrap().attribute("split", split).unwrap();
        let image = image.regions("regions", &regions).unwrap();
        if key != "e" {
            image.attribute("n", i64::try_from(place).unwrap() + 1).unwrap();
        }
    }
    let features: [(&str, [f32; 3]); 4] = [
        ("a", [1.0, 0.0, 0.0]),
        ("b", [0.0, 1.0, 0.0]),
        ("c", [3.0, 4.0, 0.0]),
        ("e", [0.0, 0.0, 1.0]),
    ];
    for (key, feature) in features {
        txn.update(key).unwrap().vector("features", &feature).unwrap();
    }
    txn.put(EVIL_KEY).unwrap().metadata("{\"note\": \"x\"}").unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    let file = text(&file);
    (dir, file)
}

/// The path as an argument.
pub fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// The folder of shared test data; says loudly when it is not there.
pub fn shared_data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if path.is_dir() {
        return Some(path);
    }
    println!("SKIPPED: ../shared/data absent");
    None
}

/// The texts of an array of JSON objects under a key.
pub fn column(array: &Value, key: &str) -> Vec<String> {
    let entries = array.as_array().unwrap().iter();
    entries.map(|entry| entry[key].as_str().unwrap().to_owned()).collect()
}

/// The section of JSON.md with this heading.
pub fn section(name: &str) -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/JSON.md");
    let document = std::fs::read_to_string(path).unwrap();
    let heading = format!("\n## {name}\n");
    let rest = document.split_once(&heading).unwrap_or_else(|| panic!("no section {name}")).1;
    rest.split("\n## ").next().unwrap().to_owned()
}

/// The keys of all images of a container.
pub fn keys(file: &str) -> Vec<String> {
    column(&vesalius(&["list", file, "--json"]).json()["images"], "image")
}

/// Key, label, kind, embedding, patches.
type Labelled<'r> = (&'r str, &'r str, i64, [f32; 2], &'r [f32]);

/// A folder with a container with tokens and prompts:
///
/// | key | label | kind | embedding | patches [2, 2] |
/// |---|---|---|---|---|
/// | x | a cat | 0 | 1 0 | 1 0, 0 1, 1 1, -1 0 |
/// | y | a dog | 1 | 3 4 | 0 1, 0 2, 0 3, 0 4 |
/// | z | a dog | 0 | 2 1 | 3 4, 1 0, 0 0, 4 3 |
/// | w | | 7 | 0 1 | |
///
/// Set `animals` (field embedding, scale e^2, bias -1): `a cat` 1 0, `a dog` 0 1, tokens of `a dog` 0 1 and 1 0.
/// Set `beasts`: the same without constants and field. Images are 4 x 4 pixels.
pub fn tokens() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("tokens.vsl");
    let definition = Definition::new()
        .attribute("label", AttributeType::Text)
        .attribute("kind", AttributeType::I64)
        .field(Field::vector("embedding", 2))
        .field(Field::tokens("patches", [1, 2, 2], 2))
        .space(Space::new([1, 4, 4], [1.0; 3]));
    let db = Database::create(&file, definition).unwrap();
    let mut txn = db.begin_write().unwrap();
    let images: [Labelled<'_>; 4] = [
        ("x", "a cat", 0, [1.0, 0.0], &[1.0, 0.0, 0.0, 1.0, 1.0, 1.0, -1.0, 0.0]),
        ("y", "a dog", 1, [3.0, 4.0], &[0.0, 1.0, 0.0, 2.0, 0.0, 3.0, 0.0, 4.0]),
        ("z", "a dog", 0, [2.0, 1.0], &[3.0, 4.0, 1.0, 0.0, 0.0, 0.0, 4.0, 3.0]),
        ("w", "", 7, [0.0, 1.0], &[]),
    ];
    for (key, label, kind, embedding, patches) in images {
        let image = txn.put(key).unwrap().attribute("kind", kind).unwrap();
        let mut image = image.vector("embedding", &embedding).unwrap();
        if !label.is_empty() {
            image = image.attribute("label", label).unwrap();
        }
        if !patches.is_empty() {
            image.tokens("patches", patches).unwrap();
        }
    }
    let texts = || vec!["a cat".to_owned(), "a dog".to_owned()];
    let unit = vec![1.0, 0.0, 0.0, 1.0];
    let set = PromptSet::new("animals", texts(), 2).features(unit.clone()).field("embedding");
    let set = set.tokens(vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    txn.set_prompt_set(&set.logit_scale(2.0).logit_bias(-1.0)).unwrap();
    txn.set_prompt_set(&PromptSet::new("beasts", texts(), 2).features(unit)).unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    let file = text(&file);
    (dir, file)
}
