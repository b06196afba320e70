//! Everything that is told about a store, and kept of it, besides its rows.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use super::LAYOUT;
use crate::error::ConvertError;
use crate::hdf5::ElementType;
use crate::hdf5::NodeKind;
use crate::hdf5::conceptclip::{COLUMNS, ConceptClip};
use crate::import::findings::{SourceField, SourceFindings};
use crate::import::h5::about::encode;
use crate::import::h5::prompts;
use crate::import::h5::rows::{FieldPlan, Kind};
use crate::import::h5::salvage::Sides;
use crate::import::recognise;

/// Datasets of a template.
const TEMPLATE: [&str; 3] = ["text_features", "text_token_features", "texts"];
/// Most things that are listed as not taken.
const LISTED: usize = 1000;
/// Repeated rows that are named.
const EXAMPLES: usize = 20;
/// Text of attributes beyond which what they say as JSON is not kept a second time.
const PARSED_MAX: usize = 2 << 20;

/// The checks that do not depend on the container.
pub(super) fn findings(
    store: &ConceptClip,
    sides: &Sides,
    damaged: bool,
    problems: Vec<String>,
) -> Result<SourceFindings, ConvertError> {
    let mut found = SourceFindings { problems, ..SourceFindings::default() };
    found.absent = store.absent().into_iter().map(str::to_owned).collect();
    found.absent.retain(|name| !sides.has(name));
    if !found.absent.iter().any(|name| name == "split") && sides.splits.is_none() {
        let counts = store.split_counts()?;
        if counts.disagree() {
            found.problems.push(
                "split_counts is not what the rows say: a run that was interrupted and started again may \
                 have left images twice"
                    .to_owned(),
            );
        }
        found.split_counts = counts.actual;
        found.declared_splits = counts.declared;
    }
    let repeats = store.repeated_rows()?;
    found.repeated_rows = repeats.repeated;
    found.repeated_examples = repeats.pairs.into_iter().take(EXAMPLES).collect();
    if let Some((again, first)) = found.repeated_examples.first() {
        let what = format!(
            "{} rows repeat the feature of an earlier one, the first is row {again} (like row {first})",
            found.repeated_rows
        );
        found.problems.push(what);
    }
    if repeats.checked < store.rows() {
        let what = format!("only the first {} rows were compared for repeats", repeats.checked);
        found.problems.push(what);
    }
    templates(store, damaged, &mut found)?;
    not_taken(store, damaged, &mut found)?;
    Ok(found)
}

fn templates(
    store: &ConceptClip,
    damaged: bool,
    found: &mut SourceFindings,
) -> Result<(), ConvertError> {
    let names = match store.template_names() {
        Err(error) if damaged => {
            found.problems.push(error.to_string());
            return Ok(());
        }
        other => other?,
    };
    for name in names {
        let template = match store.template(&name) {
            Err(error) if damaged => {
                found.problems.push(format!("template {name:?} was not taken: {error}"));
                continue;
            }
            other => other?,
        };
        match prompts::look(&template) {
            Ok(problems) => {
                found.problems.extend(problems);
                found.prompt_sets.push(name);
            }
            Err(why) => found.problems.push(why),
        }
    }
    Ok(())
}

/// Objects that the layout does not know, and those of it that are not read.
fn not_taken(
    store: &ConceptClip,
    damaged: bool,
    found: &mut SourceFindings,
) -> Result<(), ConvertError> {
    let tree = match store.file().tree() {
        Err(error) if damaged => {
            found.problems.push(error.to_string());
            return Ok(());
        }
        other => other?,
    };
    for node in &tree.nodes {
        let parts: Vec<&str> = node.path.split('/').skip(1).collect();
        let known = match (parts.as_slice(), &node.kind) {
            ([name], NodeKind::Group) => *name == "templates",
            ([name], _) => COLUMNS.contains(name),
            (["templates", _], NodeKind::Group) => true,
            (["templates", _, name], NodeKind::Dataset { .. }) => TEMPLATE.contains(name),
            _ => false,
        };
        if !known && found.not_taken.len() < LISTED {
            found.not_taken.push(node.path.clone());
        }
    }
    if tree.cut {
        found.problems.push("the file has more objects than were listed".to_owned());
    }
    Ok(())
}

/// What the container keeps of the store's own account of itself.
pub(super) fn about(
    store: &ConceptClip,
    fields: &[FieldPlan],
    keys_are_ids: bool,
) -> Map<String, Json> {
    let attributes = store.attributes();
    let text: usize = attributes.iter().filter_map(|a| a.text.as_ref()).map(String::len).sum();
    let mut about = Map::new();
    about.insert("layout".into(), json!(LAYOUT));
    for (what, field) in ["vector_field", "tokens_field"].into_iter().zip(fields) {
        about.insert(what.into(), json!(field.name));
    }
    about.insert("rows".into(), json!(store.rows()));
    about.insert("keys".into(), json!(if keys_are_ids { "ids" } else { "rows" }));
    about.insert("attributes".into(), encode(attributes, text <= PARSED_MAX));
    let groups = store.file().members("/").map(|(groups, _)| groups).unwrap_or_default();
    let templates = groups.iter().any(|group| group == "templates");
    about.insert("templates".into(), json!(templates));
    let mut datasets = Map::new();
    for column in store.columns() {
        let path = format!("/{}", column.name);
        let own = store.file().attributes(&path).unwrap_or_default();
        if !own.is_empty() {
            datasets.insert(column.name.into(), encode(&own, false));
        }
    }
    if !datasets.is_empty() {
        about.insert("dataset_attributes".into(), Json::Object(datasets));
    }
    about
}

/// The fingerprint of the file and of where its datasets go.
pub(crate) fn fingerprint(path: &Path, fields: &[FieldPlan]) -> Result<String, ConvertError> {
    let of_file = recognise::fingerprint(path);
    let of_file = of_file.map_err(|error| ConvertError::from(error).in_file(path))?;
    let names: Vec<String> =
        fields.iter().map(|field| format!("{:?}>{:?}", field.dataset, field.name)).collect();
    Ok(format!("{of_file}>{:08x}", crc32fast::hash(names.join(",").as_bytes())))
}

pub(crate) fn source_fields(fields: &[FieldPlan]) -> Vec<SourceField> {
    let field = |field: &FieldPlan| {
        let dim = u64::try_from(field.dim).unwrap_or(u64::MAX);
        let (kind, shape) = match field.kind {
            Kind::Vector => ("vector", vec![dim]),
            Kind::Tokens([0, 0, length]) => ("tokens", vec![u64::from(length), dim]),
            Kind::Tokens(grid) => {
                let sides = grid.into_iter().filter(|side| *side > 0).map(u64::from);
                ("tokens", sides.chain([dim]).collect())
            }
        };
        SourceField {
            name: field.name.clone(),
            dataset: field.dataset.clone(),
            kind: kind.to_owned(),
            shape,
            element: match field.element {
                ElementType::F16 => "f16".into(),
                ElementType::F32 => "f32".into(),
                ElementType::F64 => "f64".into(),
                other => other.name(),
            },
        }
    };
    fields.iter().map(field).collect()
}
