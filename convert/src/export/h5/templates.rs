//! Prompt sets to templates.

use serde_json::Value as Json;
use vesalius::{FeatureMatrix, PromptSetRef, Snapshot};

use super::attributes::Borrowed;
use crate::error::ConvertError;
use crate::export::ExportReport;
use crate::hdf5_write::{Attribute, ConceptClipWriter, Template};
use crate::import::h5::about::{Restored, restore};
use crate::import::h5::time;

/// Attributes that the writer sets from what the template is.
const OWN: [&str; 5] = ["K", "D", "T_txt", "texts_hash", "created_at"];

/// Writes them all. The group of them is made even for none, as the original does, unless the source had not.
pub(super) fn write(
    snapshot: &Snapshot,
    source: Option<&Json>,
    writer: &mut ConceptClipWriter,
    report: &mut ExportReport,
) -> Result<(), ConvertError> {
    if source.and_then(|source| source.get("templates")) != Some(&Json::Bool(false)) {
        writer.templates()?;
    }
    for set in snapshot.prompt_sets() {
        one(set, writer, report)?;
        report.prompt_sets = report.prompt_sets.saturating_add(1);
    }
    Ok(())
}

fn one(
    set: PromptSetRef<'_>,
    writer: &mut ConceptClipWriter,
    report: &mut ExportReport,
) -> Result<(), ConvertError> {
    let mut kept = Vec::new();
    for entry in entries(set.attributes()) {
        match restore(&entry) {
            Ok((name, value, note)) => {
                kept.push((name, value));
                report.warnings.extend(note);
            }
            Err(why) => report.warnings.push(format!("template {:?}: {why}", set.name())),
        }
    }
    let text = |name: &str| {
        kept.iter().find_map(|(known, value)| match value {
            Restored::Text(text) if known == name => Some(text.clone()),
            _ => None,
        })
    };
    let computed = set.texts_sha256().map(|byte| format!("{byte:02x}")).concat();
    let hash = text("texts_hash").unwrap_or_else(|| computed.clone());
    if hash != computed {
        let what = "its texts_hash is that of the source and not of its texts";
        report.warnings.push(format!("template {:?}: {what}", set.name()));
    }
    let created = text("created_at").unwrap_or_else(|| time::text(set.created_ms()));
    let (mut features, mut tokens) = (Vec::new(), Vec::new());
    append(&set.features()?, &mut features);
    let count = set.tokens_of_text();
    if count > 0 {
        for place in 0..set.len() {
            append(&set.tokens(place)?, &mut tokens);
        }
    }
    let texts = set.texts()?;
    let others: Vec<(&str, Borrowed<'_>)> = kept
        .iter()
        .filter(|(name, _)| !OWN.contains(&name.as_str()))
        .map(|(name, value)| (name.as_str(), Borrowed::new(value)))
        .collect();
    let attributes: Vec<(&str, Attribute<'_>)> =
        others.iter().map(|(name, value)| (*name, value.attribute())).collect();
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    writer.template(&Template {
        name: set.name(),
        dim: u64::try_from(set.dim()).unwrap_or(u64::MAX),
        texts: &texts,
        features: &features,
        tokens: (count > 0).then_some((count, tokens.as_slice())),
        texts_hash: &hash,
        created_at: &created,
        attributes: &attributes,
    })?;
    Ok(())
}

fn entries(text: &str) -> Vec<Json> {
    let json: Json = serde_json::from_str(text).unwrap_or_default();
    json.get("attributes").and_then(Json::as_array).cloned().unwrap_or_default()
}

fn append(matrix: &FeatureMatrix<'_>, out: &mut Vec<f32>) {
    for place in 0..matrix.len() {
        matrix.extend_f32(place, out);
    }
}
