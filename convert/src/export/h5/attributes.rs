//! Attributes of the root: as the source had them, or as the original program writes them.

use serde_json::{Map, Value as Json, json};
use vesalius::Snapshot;

use super::choose::Fields;
use super::rows::Counts;
use crate::error::ConvertError;
use crate::export::ExportReport;
use crate::hdf5_write::{Attribute, ConceptClipWriter, Hdf5WriteError};
use crate::import::h5::about::{Restored, restore};
use crate::import::h5::concept::LAYOUT;
use crate::import::h5::time;

/// The version of the layout.
const VERSION: &str = "1.0";

pub(super) fn write(
    snapshot: &Snapshot,
    source: Option<&Json>,
    fields: &Fields<'_>,
    counts: &Counts,
    writer: &mut ConceptClipWriter,
    report: &mut ExportReport,
) -> Result<(), ConvertError> {
    let mut all: Vec<(String, Restored)> = Vec::new();
    let entries = source.and_then(|source| source.get("attributes")?.as_array());
    for entry in entries.into_iter().flatten() {
        match restore(entry) {
            Ok((name, value, note)) => {
                all.push((name, value));
                report.warnings.extend(note);
            }
            Err(why) => report.warnings.push(why),
        }
    }
    let restored = !all.is_empty();
    let mut set = |name: &str, value: Restored, always: bool| {
        let known = all.iter_mut().find(|(known, _)| known == name);
        match known {
            Some((_, old)) if *old != value && always => {
                report
                    .warnings
                    .push(format!("attribute {name:?} is not that of the source any more"));
                *old = value;
            }
            Some(_) => {}
            None => all.push((name.to_owned(), value)),
        }
    };
    set("D", Restored::I64(i64::from(fields.vector.dim)), true);
    if let Some(count) = fields.token_count {
        set("T_img", Restored::I64(i64::try_from(count).unwrap_or(i64::MAX)), true);
    }
    if !restored {
        set("created_at", Restored::Text(time::text(snapshot.created_ms())), false);
        set("version", Restored::Text(VERSION.to_owned()), false);
        for (name, value) in constants(snapshot) {
            set(&name, Restored::F64(value), false);
        }
    }
    let said = all.iter().find(|(name, _)| name == "split_counts").map(|(_, value)| value);
    if !said.is_some_and(|said| agrees(said, counts)) {
        let text = counts_text(counts);
        let value = Restored::Text(text);
        if said.is_some() {
            report
                .warnings
                .push("split_counts was counted again, the rows have changed".to_owned());
            all.iter_mut().filter(|(name, _)| name == "split_counts").for_each(|(_, old)| {
                old.clone_from(&value);
            });
        } else {
            all.push(("split_counts".to_owned(), value));
        }
    }
    for (name, value) in &all {
        match writer.attribute(name, Borrowed::new(value).attribute()) {
            Err(Hdf5WriteError::Refused { what, .. }) => {
                report.warnings.push(format!("attribute {name:?} was not written: {what}"));
            }
            other => other?,
        }
    }
    Ok(())
}

/// What the container knows of the file that filled the vector field.
pub(super) fn source(snapshot: &Snapshot, fields: &Fields<'_>) -> Option<Json> {
    let metadata: Json = serde_json::from_str(snapshot.metadata()).unwrap_or_default();
    let fits = |source: &&Json| {
        let is = |key: &str, wanted: &str| source.get(key).and_then(Json::as_str) == Some(wanted);
        is("layout", LAYOUT) && is("vector_field", &fields.vector.name)
    };
    metadata.get("sources")?.as_object()?.values().find(fits).cloned()
}

/// The constants of the models, as the prompt sets name them.
fn constants(snapshot: &Snapshot) -> Vec<(String, f64)> {
    let mut found: Vec<(String, f64)> = Vec::new();
    for set in snapshot.prompt_sets() {
        let prefix = if set.name().starts_with("concept_") { "concept_" } else { "" };
        for (name, value) in [("logit_scale", set.logit_scale()), ("logit_bias", set.logit_bias())]
        {
            let name = format!("{prefix}{name}");
            if let Some(value) = value.filter(|_| found.iter().all(|(known, _)| *known != name)) {
                found.push((name, value));
            }
        }
    }
    found
}

/// Whether the text of counts says what the rows do; splits of none may be named.
fn agrees(said: &Restored, counts: &Counts) -> bool {
    let Restored::Text(text) = said else { return false };
    let Ok(Json::Object(said)) = serde_json::from_str(text) else { return false };
    let named = said.values().filter(|count| count.as_u64() != Some(0)).count();
    named == counts.len()
        && counts
            .iter()
            .all(|(split, count)| said.get(split).and_then(Json::as_u64) == Some(*count))
}

/// The way Python writes it, with a space behind comma and colon.
fn counts_text(counts: &Counts) -> String {
    let map: Map<String, Json> =
        counts.iter().map(|(split, n)| (split.clone(), json!(n))).collect();
    let parts: Vec<String> =
        map.iter().map(|(split, count)| format!("{}: {count}", json!(split))).collect();
    format!("{{{}}}", parts.join(", "))
}

/// Borrows an attribute as the writer takes it.
pub(super) struct Borrowed<'a> {
    value: &'a Restored,
    texts: Vec<&'a str>,
}

impl<'a> Borrowed<'a> {
    pub(super) fn new(value: &'a Restored) -> Self {
        let texts = match value {
            Restored::Texts(texts) => texts.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        };
        Self { value, texts }
    }

    pub(super) fn attribute(&self) -> Attribute<'_> {
        match self.value {
            Restored::I64(value) => Attribute::I64(*value),
            Restored::F64(value) => Attribute::F64(*value),
            Restored::Text(text) => Attribute::Text(text),
            Restored::I64s(values) => Attribute::I64s(values),
            Restored::F64s(values) => Attribute::F64s(values),
            Restored::Texts(_) => Attribute::Texts(&self.texts),
        }
    }
}
