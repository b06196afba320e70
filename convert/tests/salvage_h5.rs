//! Damaged stores: what is good comes in, and nothing else does.
#![cfg(test)]

mod support;

use std::fs;

use support::{Made, bring, own, row, rows, state};
use vesalius::storage::sim::SplitMix64;
use vesalius_convert::hdf5_write::Compression;
use vesalius_convert::import::ImportOptions;

fn salvage() -> ImportOptions {
    ImportOptions { salvage: true, ..ImportOptions::default() }
}

#[test]
fn a_store_of_a_killed_writer() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("killed.vsl");
    for name in ["store_killed.h5", "store_torn.h5"] {
        let report = bring(&own(name), &file, &salvage()).unwrap();
        let findings = report.findings.unwrap();
        assert!(findings.declared_rows.unwrap() >= report.images, "{name}");
        assert!(report.images > 0 && !findings.problems.is_empty(), "{name}");
        println!(
            "{name}: {} of {:?}, {:?}",
            report.images, findings.declared_rows, findings.problems
        );
        fs::remove_file(&file).unwrap();
    }
}

#[test]
fn a_whole_store_is_salvaged_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("a.h5"), dir.path().join("a.vsl"));
    Made::default().write(&source);
    let report = bring(&source, &file, &salvage()).unwrap();
    assert_eq!((report.images, report.warnings), (40, Vec::<String>::new()));
    let state = state(&file);
    for wanted in rows(&source) {
        assert_eq!(row(&state, &wanted.id.to_string()), wanted);
    }
}

#[test]
fn truncated_and_flipped_stores() {
    let dir = tempfile::tempdir().unwrap();
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(1);
    println!("VESALIUS_SEED={seed}");
    let mut rng = SplitMix64::new(seed);
    let whole = dir.path().join("whole.h5");
    let made = Made { rows: 200, dim: 64, compression: Compression::None, ..Made::default() };
    made.write(&whole);
    let (bytes, expected) = (fs::read(&whole).unwrap(), rows(&whole));
    let (source, file) = (dir.path().join("a.h5"), dir.path().join("a.vsl"));
    let (mut taken, mut refused, mut most) = (0, 0, 0);
    for round in 0..120 {
        let truncated = round % 2 == 0;
        let mut damaged = bytes.clone();
        if truncated {
            damaged.truncate(rng.below(bytes.len()));
        } else {
            for _ in 0..=rng.below(8) {
                let at = rng.below(bytes.len());
                damaged[at] ^= 1 << rng.below(8);
            }
        }
        fs::write(&source, &damaged).unwrap();
        let strict = bring(&source, &file, &ImportOptions::default());
        if strict.is_err() {
            // A value that is not finite may stand behind batches that were good.
            let left = file.exists().then(|| state(&file).len());
            assert!(left.is_none_or(|rows| rows > 0), "VESALIUS_SEED={seed} round {round}");
        }
        drop(fs::remove_file(&file));
        let Ok(report) = bring(&source, &file, &salvage()) else {
            refused += 1;
            assert!(!file.exists(), "VESALIUS_SEED={seed} round {round}");
            continue;
        };
        taken += 1;
        most = most.max(report.images);
        let found = state(&file);
        assert_eq!(found.len(), report.images);
        for number in 0..found.len() {
            let (key, at) = (number.to_string(), usize::try_from(number).unwrap());
            let (image, wanted) = (found.image(&key).unwrap(), &expected[at]);
            let whole = image.has_field("image_features").unwrap();
            // What was flipped inside a value cannot be told; what was cut off can.
            if truncated {
                assert!(whole);
                let row = row(&found, &key);
                assert_eq!(row.features, wanted.features, "round {round} row {number}");
                if row.tokens.is_some() {
                    assert_eq!(row.tokens, wanted.tokens, "round {round} row {number}");
                }
            }
        }
        drop(fs::remove_file(&file));
    }
    println!("{taken} salvaged, at most {most} rows; {refused} refused");
    assert!(taken > 10 && most > 0);
}

#[test]
fn a_value_that_is_not_finite_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let (source, file) = (dir.path().join("a.h5"), dir.path().join("a.vsl"));
    Made { nan: Some(3), ..Made::default() }.write(&source);
    let report = bring(&source, &file, &salvage()).unwrap();
    assert!(report.warnings.iter().any(|w| w.contains("not finite")), "{:?}", report.warnings);
    let state = state(&file);
    let image = state.image("3").unwrap();
    assert!(!image.has_field("image_features").unwrap());
    assert!(image.has_field("image_token_features").unwrap());
    assert_eq!(state.len(), 40);
}
