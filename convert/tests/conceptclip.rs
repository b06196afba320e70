//! The feature stores, small ones of this repository and the sample files.
#![cfg(test)]

use std::path::{Path, PathBuf};

use serde_json::json;
use vesalius_convert::hdf5::conceptclip::ConceptClip;
use vesalius_convert::hdf5::{ElementType, H5Error, H5File, find, salvage};

fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf5").join(name)
}

fn sample(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("VESALIUS_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("conceptclip").join(name);
    if !path.exists() {
        eprintln!("NOT TESTED: {} is absent", path.display());
    }
    path.exists().then_some(path)
}

fn read_all(store: &ConceptClip, from: u64, max: u64) -> (Vec<u8>, Vec<u8>, Vec<i64>, Vec<String>) {
    let (mut features, mut tokens, mut ids, mut splits) = (vec![], vec![], vec![], vec![]);
    let mut next = from;
    let done = store.for_each_batch::<H5Error>(from, max, |batch| {
        assert_eq!(batch.first, next);
        assert_eq!(batch.labels.len(), batch.len());
        assert!(batch.len() as u64 <= max && !batch.is_empty());
        assert_eq!(
            batch.feature(0).unwrap(),
            &batch.features[..batch.features.len() / batch.len()]
        );
        next += batch.len() as u64;
        features.extend_from_slice(batch.features);
        tokens.extend_from_slice(batch.tokens.unwrap_or_default());
        ids.extend_from_slice(&batch.ids);
        splits.extend_from_slice(&batch.splits);
        Ok(true)
    });
    assert_eq!(done.unwrap().next_row, store.rows());
    (features, tokens, ids, splits)
}

#[test]
fn small_stores_of_both_formats() {
    for name in ["store_old.h5", "store_new.h5"] {
        let file = H5File::open(own(name)).unwrap();
        assert!(ConceptClip::recognise(&file));
        let store = ConceptClip::open(&file).unwrap();
        assert_eq!((store.rows(), store.dim(), store.tokens()), (24, 6, Some(9)));
        assert_eq!(store.grid_side(), Some(3));
        assert_eq!(store.feature_type(), ElementType::F16);
        assert!(store.absent().is_empty() && store.problems().is_empty());
        assert!(store.missing_chunks().unwrap().iter().all(|(_, n)| *n == 0));
        let dataset = find(store.attributes(), "dataset").unwrap();
        assert_eq!(dataset.text.as_deref(), Some("\"bloodmnist\""));
        assert_eq!(dataset.parsed(), Some(json!("bloodmnist")));
        assert_eq!(
            find(store.attributes(), "logit_scale").unwrap().value,
            Some(json!(4.570_647_716_522_217))
        );

        let whole = read_all(&store, 0, 1000);
        assert_eq!(whole.2, (0..24).collect::<Vec<i64>>());
        assert_eq!(whole.3[..5], ["test", "train", "train", "train", "test"]);
        for max in [1, 3, 4, 5, 23] {
            assert_eq!(read_all(&store, 0, max), whole);
        }
        let late = read_all(&store, 13, 4);
        assert_eq!(late.0, whole.0[13 * 12..]);
        assert_eq!(late.1, whole.1[13 * 108..]);

        let counts = store.split_counts().unwrap();
        assert_eq!(counts.actual, [("test".into(), 6), ("train".into(), 18)]);
        assert!(!counts.disagree());
        assert_eq!(store.repeated_rows().unwrap().repeated, 0);
        check_templates(&store);

        let found = salvage::examine(&file).unwrap();
        assert_eq!(found.rows, 24);
        assert!(found.columns.iter().all(|c| c.stopped.is_none() && c.good == 24));
    }
}

fn check_templates(store: &ConceptClip) {
    assert_eq!(store.template_names().unwrap(), ["concept_prompts_t01", "label_prompts_t01"]);
    let concept = store.template("concept_prompts_t01").unwrap();
    assert_eq!(concept.shape, (3, 6));
    assert_eq!(concept.features.len(), 18);
    assert_eq!((concept.token_count, concept.tokens.as_ref().unwrap().len()), (Some(3), 54));
    assert_eq!(concept.texts[1], "a photo of zwei");
    assert!(!concept.hash_differs() && concept.stored_hash.is_some());
    let label = store.template("label_prompts_t01").unwrap();
    assert_eq!((label.tokens, label.token_count), (None, None));
    assert_eq!(find(&label.attributes, "T_txt").unwrap().integer(), Some(-1));
}

/// Sequential reading decodes a chunk once, however the batches fall.
#[test]
fn chunks_are_decoded_once() {
    let file = H5File::open(own("odd_old.h5")).unwrap();
    for (path, chunks, missing) in
        [("/edge", 3 * 3 * 2, 0), ("/sparse", 1, 9), ("/grow2", 3 * 3, 0), ("/never", 0, 1)]
    {
        for batch in [1, 2, 3, 50] {
            let dataset = file.dataset(path).unwrap();
            let (mut rows, mut bytes, mut row) = (dataset.rows().unwrap(), Vec::new(), 0);
            while row < dataset.row_count() {
                row += rows.read(row, batch, &mut bytes).unwrap();
            }
            assert_eq!((rows.chunks_read(), rows.chunks_missing()), (chunks, missing), "{path}");
        }
    }
    assert_eq!(file.dataset("/sparse").unwrap().missing_chunks().unwrap(), 9);
}

#[test]
fn sample_files() {
    for (name, rows, dim, tokens, templates) in
        [("conceptclip_features.h5", 5, 1152, 729, 4), ("ct_slices.h5", 28, 256, 1024, 0)]
    {
        let Some(path) = sample(name) else { continue };
        let file = H5File::open(path).unwrap();
        let store = ConceptClip::open(&file).unwrap();
        assert_eq!((store.rows(), store.dim(), store.tokens()), (rows, dim, Some(tokens)));
        assert!(store.grid_side().is_some_and(|side| side * side == tokens));
        let counts = store.split_counts().unwrap();
        assert!(counts.declared.is_some() && !counts.disagree());
        let (features, token_bytes, ids, _) = read_all(&store, 0, 3);
        assert_eq!(features.len() as u64, rows * dim * 2);
        assert_eq!(token_bytes.len() as u64, rows * tokens * dim * 2);
        assert_eq!(ids, (0..rows.cast_signed()).collect::<Vec<_>>());
        assert_eq!(salvage::examine(&file).unwrap().rows, rows);
        let names = store.template_names().unwrap();
        assert_eq!(names.len(), templates);
        for name in names {
            assert!(!store.template(&name).unwrap().hash_differs());
        }
    }
}

#[test]
fn a_store_of_a_killed_run() {
    let file = H5File::open(own("store_torn.h5")).unwrap();
    let store = ConceptClip::open(&file).unwrap();
    assert_eq!(store.rows(), 22);
    assert!(store.problems()[0].contains("image_token_features 22"), "{:?}", store.problems());
    assert!(store.split_counts().unwrap().disagree());
    let repeats = store.repeated_rows().unwrap();
    assert_eq!((repeats.checked, repeats.repeated), (22, 8));
    assert_eq!(repeats.pairs, (0..8).map(|n| (n + 8, n)).collect::<Vec<_>>());

    let found = salvage::examine(&file).unwrap();
    let good: Vec<(&str, u64)> = found.columns.iter().map(|c| (c.name, c.good)).collect();
    let expected =
        [("image_features", 24), ("image_token_features", 22), ("ids", 20), ("labels", 24)];
    assert_eq!(good[..4], expected);
    assert_eq!((good[4], found.rows), (("split", 18), 18));
    assert_eq!(found.rows_of(&["image_features", "image_token_features"]), 22);
    let part = ConceptClip::open_damaged(&file, 22, &["ids", "split"]).unwrap();
    let (features, _, ids, splits) = read_all(&part, 0, 5);
    assert_eq!((features.len(), ids[21], splits[21].as_str()), (22 * 12, 21, "unspecified"));
}

/// The image of a file whose writer died inside its fifth flush.
#[test]
fn a_store_that_h5py_cannot_read() {
    let file = H5File::open(own("store_killed.h5")).unwrap();
    let found = salvage::examine(&file).unwrap();
    let arrays = ["image_features", "image_token_features"];
    assert_eq!((found.rows, found.rows_of(&arrays)), (16, 24));
    let whole = ConceptClip::open(&H5File::open(own("store_old.h5")).unwrap()).unwrap();
    let (features, tokens, ids, splits) = read_all(&whole, 0, 100);
    for (rows, without) in [(16, &[][..]), (24, &["ids", "labels", "split"][..])] {
        let part = ConceptClip::open_damaged(&file, rows, without).unwrap();
        assert_eq!(part.rows(), rows);
        let again = read_all(&part, 0, 3);
        // The draws of the generator are those of the whole store for the first two appends.
        let same = 16;
        assert_eq!(again.0[..same * 12], features[..same * 12]);
        assert_eq!(again.1[..same * 108], tokens[..same * 108]);
        assert_eq!(again.2[..same], ids[..same]);
        assert!(!without.is_empty() || again.3[..same] == splits[..same]);
    }
}

/// A file without its end: no panic, and the rows that count as good can be read.
#[test]
fn a_store_without_its_last_bytes() {
    for name in ["store_old.h5", "store_new.h5", "store_killed.h5"] {
        let whole = std::fs::read(own(name)).unwrap();
        for end in (0..whole.len()).step_by(301) {
            let Ok(file) = H5File::from_bytes("cut", whole[..end].to_vec()) else { continue };
            let Ok(found) = salvage::examine(&file) else { continue };
            if found.rows > 0 {
                let part = ConceptClip::open_damaged(&file, found.rows, &[]).unwrap();
                assert_eq!(read_all(&part, 0, 4).2.len() as u64, found.rows);
            }
        }
    }
}
