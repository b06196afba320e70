//! `vesalius import` of a feature store killed at random moments, and started again: the result is that of an
//! import that was not.

#![cfg(test)]

mod support;

use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::{command, text, vesalius};
use vesalius::Database;
use vesalius::storage::sim::SplitMix64;
use vesalius_convert::hdf5_write::{
    Attribute, Compression, ConceptClipBatch, ConceptClipShape, ConceptClipWriter, ElementType,
    Template, Values,
};
use vesalius_tests::model::{Model, read};

/// Kills, unless `VESALIUS_KILLS` names another number.
const KILLS: usize = 25;
const ROWS: usize = 600;
const DIM: usize = 32;
const TOKENS: usize = 16;

fn write_source(path: &Path) {
    let shape = ConceptClipShape {
        dim: DIM as u64,
        image_tokens: Some(TOKENS as u64),
        features: ElementType::F32,
        tokens: ElementType::F32,
        compression: Compression::Lzf,
    };
    let mut writer = ConceptClipWriter::create(path, shape).unwrap();
    writer.attribute("logit_scale", Attribute::F64(4.57)).unwrap();
    let mut rng = SplitMix64::new(99);
    let mut values = |count: usize| -> Vec<f32> {
        (0..count).map(|_| f32::from(u16::try_from(rng.below(2000)).unwrap()) / 7.0).collect()
    };
    for row in 0..ROWS {
        let batch = ConceptClipBatch {
            features: Values::F32(&values(DIM)),
            tokens: Some(Values::F32(&values(DIM * TOKENS))),
            ids: &[i64::try_from(row).unwrap()],
            labels: &[i64::try_from(row % 5).unwrap()],
            splits: &[["train", "val", "train", "test"][row % 4]],
        };
        writer.append(batch).unwrap();
    }
    for name in ["label_prompts_t01", "concept_prompts_t01"] {
        let template = Template {
            name,
            dim: DIM as u64,
            texts: &["a", "b"],
            features: &values(2 * DIM),
            tokens: Some((3, &values(6 * DIM))),
            texts_hash: "",
            created_at: "2025-06-09 12:00:00",
            attributes: &[],
        };
        writer.template(&template).unwrap();
    }
    writer.finish().unwrap();
}

fn content(path: &Path) -> (Vec<String>, Model) {
    let snapshot = Database::open(path).unwrap().snapshot().unwrap();
    let mut keys = Vec::new();
    snapshot
        .for_each_key(|_, key| {
            keys.push(key.to_owned());
            Ok(true)
        })
        .unwrap();
    (keys, read(&snapshot).unwrap())
}

fn arguments(source: &Path, file: &Path) -> [String; 5] {
    ["import".into(), text(source), text(file), "--batch".into(), "9".into()]
}

fn start(source: &Path, file: &Path) -> Child {
    let mut command = command();
    command.args(arguments(source, file)).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn killed_and_equal() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let kills_wanted = number("VESALIUS_KILLS").map_or(KILLS, |n: u64| usize::try_from(n).unwrap());
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("store.h5");
    write_source(&source);
    let whole = dir.path().join("whole.vsl");
    let started = Instant::now();
    assert!(start(&source, &whole).wait().unwrap().success());
    let usual = started.elapsed();
    let expected = content(&whole);
    assert_eq!((expected.0.len(), expected.1.prompt_sets.len()), (ROWS, 2));
    let seed = number("VESALIUS_SEED").unwrap_or(1);
    println!("VESALIUS_SEED={seed}");
    let mut rng = SplitMix64::new(seed);
    let (mut kills, mut round, mut resumed) = (0, 0, 0);
    while kills < kills_wanted {
        let file = dir.path().join(format!("{round}.vsl"));
        round += 1;
        assert!(round < 20 * kills_wanted, "nearly all kills came too late");
        // Several kills on the way of one file, then to the end.
        for _ in 0..=rng.below(6) {
            let mut child = start(&source, &file);
            let millis = u64::try_from(usual.as_millis()).unwrap() + 1;
            std::thread::sleep(Duration::from_micros(rng.next_u64() % (millis * 1000)));
            child.kill().unwrap();
            if child.wait().unwrap().success() {
                break;
            }
            kills += 1;
        }
        let arguments = arguments(&source, &file);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let ended = vesalius(&[&arguments[..], &["--json"]].concat()).json();
        resumed += usize::from(ended["resumed_at"].as_u64().unwrap() > 0);
        assert_eq!(content(&file), expected, "VESALIUS_SEED={seed} round {round}");
        assert_eq!(vesalius(&["verify", &text(&file)]).code, 0);
        std::fs::remove_file(&file).unwrap();
    }
    println!("{kills} kills before the end, {round} files, {resumed} of them went on behind row 0");
}
