//! `vesalius import` killed at random moments, and started again: the result is that of an import that was not.

#![cfg(test)]

mod support;

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use support::{command, text, vesalius};
use vesalius::Database;
use vesalius::storage::sim::SplitMix64;
use vesalius_convert::pickle_write::{Feature, RegionFeature, RegionImage, write_region_pickle};
use vesalius_tests::model::{Model, read};

const KILLS: usize = 50;
const IMAGES: i64 = 600;
const DIM: usize = 96;

/// A region database in the layout of the original.
fn write_source(path: &Path) {
    let mut rng = SplitMix64::new(99);
    let mut feature = || -> Vec<f32> {
        (0..DIM).map(|_| f32::from(u16::try_from(rng.below(2000)).unwrap()) / 7.0).collect()
    };
    let features: Vec<Vec<f32>> = (0..64).map(|_| feature()).collect();
    let images = (0..IMAGES).map(|n| {
        let place = usize::try_from(n).unwrap();
        let regions =
            (0..29_u32).filter(move |region| (place + *region as usize).is_multiple_of(3));
        (format!("image-{n:05}"), n, regions.map(move |r| (r, (place * 7 + r as usize) % 64)))
    });
    let names: Vec<String> = (0..29).map(|r| format!("region {r}")).collect();
    let out = BufWriter::new(File::create(path).unwrap());
    let built: Vec<(String, i64, Vec<_>)> =
        images.map(|(key, n, regions)| (key, n, regions.collect())).collect();
    let images = built.iter().map(|(key, n, regions)| RegionImage {
        key,
        regions: regions
            .iter()
            .map(|&(index, place)| RegionFeature {
                index,
                name: &names[index as usize],
                feature: Feature::F32(&features[place]),
            })
            .collect(),
        sample_idx: *n,
        attributes: Vec::new(),
    });
    write_region_pickle(out, images).unwrap();
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

fn start(source: &Path, file: &Path) -> Child {
    let (source, file) = (text(source), text(file));
    command()
        .args(["import", &source, &file, "--batch", "9", "--name", "cohort"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn killed_fifty_times_and_equal() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("cohort.pkl");
    write_source(&source);
    let whole = dir.path().join("whole.vsl");
    let started = Instant::now();
    assert!(start(&source, &whole).wait().unwrap().success());
    let usual = started.elapsed();
    let expected = content(&whole);
    assert_eq!(expected.0.len(), usize::try_from(IMAGES).unwrap());
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    println!("VESALIUS_SEED={seed}");
    let mut rng = SplitMix64::new(seed);
    let (mut kills, mut round) = (0, 0);
    while kills < KILLS {
        let file = dir.path().join(format!("{round}.vsl"));
        round += 1;
        assert!(round < 20 * KILLS, "nearly all kills came too late");
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
        let ended =
            vesalius(&["import", &text(&source), &text(&file), "--batch", "9", "--name", "cohort"]);
        assert_eq!(ended.code, 0, "VESALIUS_SEED={seed} round {round}: {}", ended.stderr);
        assert_eq!(content(&file), expected, "VESALIUS_SEED={seed} round {round}");
        assert_eq!(vesalius(&["verify", &text(&file)]).code, 0);
    }
    println!("{kills} kills before the end, {round} files");
}
