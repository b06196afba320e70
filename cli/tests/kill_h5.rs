//! `vesalius import` of a feature store killed at random moments, and started again: the result is that of an
//! import that was not.

#![cfg(test)]

#[path = "support/kill.rs"]
mod kill;
mod support;

use std::path::Path;

use kill::killed;
use vesalius::storage::sim::SplitMix64;
use vesalius_convert::hdf5_write::{
    Attribute, Compression, ConceptClipBatch, ConceptClipShape, ConceptClipWriter, ElementType,
    Template, Values,
};

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

#[test]
fn killed_and_equal() {
    let dir = tempfile::tempdir().unwrap();
    let source = dir.path().join("store.h5");
    write_source(&source);
    let reports = killed(&source, &["--batch", "9"], KILLS, |whole| {
        assert_eq!((whole.0.len(), whole.1.prompt_sets.len()), (ROWS, 2));
    });
    let resumed = reports.iter().filter(|r| r["resumed_at"].as_u64().unwrap() > 0).count();
    println!("{resumed} of them went on behind row 0");
}
