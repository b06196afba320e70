//! The cohort as a container.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use vesalius::{
    AttributeType, Database, Definition, Field, PromptSet, Provenance, RegionKey, RegionValue,
    Space,
};

use super::phantom::{Lesson, PATCHES, Patient, REGION_NAMES};
use crate::{Failure, Result};

/// The field of the regions.
pub(crate) const FIELD: &str = "regions";
/// The field of the tokens.
pub(crate) const TOKENS: &str = "patches";
/// The field of the masks.
pub(crate) const MASKS: &str = "masks";
/// The set of prompts for them.
pub(crate) const PROMPTS: &str = "structures";
/// By this entry of its metadata a container is known to be a demonstration.
const MARK: (&str, &str) = ("made_by", "vesalius demo");
/// Numbers of a feature or token.
const DIM: usize = 64;
/// Millimetres that a pixel of a drawn picture stands for: 256 of them make a chest.
const PIXEL_MM: f64 = 1.4;

/// Whether the file is a demonstration, which may be replaced.
pub(crate) fn is_demo(file: &Path) -> bool {
    let snapshot = Database::open_read_only(file).and_then(|db| db.snapshot());
    let Ok(snapshot) = snapshot else { return false };
    let metadata = serde_json::from_str::<Value>(snapshot.metadata());
    metadata.is_ok_and(|metadata| metadata.get(MARK.0).and_then(Value::as_str) == Some(MARK.1))
}

/// Writes the cohort. The file appears when it is whole, in the place of an older one.
pub(crate) fn write(file: &Path, cohort: &[Patient], lesson: &Lesson) -> Result<()> {
    let part = file.with_extension("vsl.part");
    if part.exists() {
        fs::remove_file(&part).map_err(Failure::io(format!("removing {}", part.display())))?;
    }
    let written = fill(&part, cohort, lesson).and_then(|()| {
        fs::rename(&part, file).map_err(Failure::io(format!("renaming {}", part.display())))
    });
    if written.is_err() {
        // The error counts, not whether its debris could be removed.
        drop(fs::remove_file(&part));
    }
    written
}

fn definition(patients: usize) -> Definition {
    let provenance = Provenance {
        model: "drawn phantom descriptor".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        preprocessing: "256 x 256 pixels, 64 numbers from the pixels of each box".into(),
        ..Provenance::default()
    };
    let of_patches = Provenance {
        preprocessing: "256 x 256 pixels, 64 numbers from each window of 24 x 24, whitened".into(),
        ..provenance.clone()
    };
    let side = u32::try_from(PATCHES).unwrap_or(u32::MAX);
    Definition::new()
        .attribute("split", AttributeType::Text)
        .attribute("finding", AttributeType::Text)
        .attribute("age", AttributeType::I64)
        .attribute("heart_ratio", AttributeType::F64)
        .field(Field::regions(FIELD, DIM, REGION_NAMES).provenance(provenance))
        .field(Field::tokens(TOKENS, [1, side, side], DIM).provenance(of_patches))
        .field(Field::masks(MASKS))
        .space(Space::new([1, 256, 256], [1.0, PIXEL_MM, PIXEL_MM]))
        .metadata(&json!({ MARK.0: MARK.1, "patients": patients }).to_string())
}

fn fill(file: &Path, cohort: &[Patient], lesson: &Lesson) -> Result<()> {
    let db = Database::create(file, definition(cohort.len()))?;
    let mut txn = db.begin_write()?;
    for patient in cohort {
        let regions = patient.regions.iter().map(|region| RegionValue {
            region: RegionKey::Name(region.name),
            feature: &region.descriptor,
            bbox: Some(region.bbox.map(f32::from)),
            score: Some(region.score),
        });
        txn.put(&patient.key)?
            .attribute("split", patient.split)?
            .attribute("finding", patient.finding)?
            .attribute("age", i64::from(patient.age))?
            .attribute("heart_ratio", patient.heart_ratio)?
            .regions(FIELD, &regions.collect::<Vec<_>>())?
            .tokens(TOKENS, &patient.tokens[..])?
            .segments(MASKS, &patient.segments)?;
    }
    txn.set_prompt_set(&prompts(lesson))?;
    txn.commit()?;
    Ok(db.close()?)
}

/// The prompts, which no language model had a part in.
fn prompts(lesson: &Lesson) -> PromptSet {
    let texts = lesson.prompts.iter().map(|(name, _)| (*name).to_owned()).collect();
    let features = lesson.prompts.iter().flat_map(|(_, feature)| feature).copied().collect();
    let about = json!({
        "made_from": "the mean token of the patches inside each drawn structure, by no language model; \
                      of findings, the part of it that the others do not have",
        "patients": lesson.teachers,
        "of_this_container": false,
    });
    let set = PromptSet::new(PROMPTS, texts, DIM).features(features);
    set.field(TOKENS).attributes(&about.to_string())
}
