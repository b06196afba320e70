//! An HDF5 file.

use std::path::Path;

use super::PREVIEW;
use super::report::{DatasetSummary, TemplateSummary, Validation};
use crate::error::ConvertError;
use crate::hdf5::conceptclip::ConceptClip;
use crate::hdf5::salvage::examine;
use crate::hdf5::{Attribute, H5File, NodeKind};
use crate::import::h5::concept::LAYOUT;
use crate::import::h5::keys;

/// Attributes that are constants of a model.
const CONSTANTS: [&str; 4] =
    ["logit_scale", "logit_bias", "concept_logit_scale", "concept_logit_bias"];

pub(super) fn validate(path: &Path) -> Result<Validation, ConvertError> {
    let file = H5File::open(path)?;
    let mut found = Validation { kind: "h5".to_owned(), ..Validation::default() };
    tree(&file, &mut found);
    if !ConceptClip::recognise(&file) {
        found.not_checked.push(
            "values: the file is no feature store that is known, only its tree was read".to_owned(),
        );
        return Ok(found);
    }
    LAYOUT.clone_into(&mut found.kind);
    chunks(&file, &mut found)?;
    let store = match ConceptClip::open(&file) {
        Ok(store) => store,
        Err(error) => {
            found.problems.push(error.to_string());
            match ConceptClip::open_damaged(&file, u64::MAX, &[]) {
                Ok(store) => store,
                Err(_) => return Ok(found),
            }
        }
    };
    found.rows = store.rows();
    let problems = store.problems().iter().filter(|p| !found.problems.contains(p)).cloned();
    let problems: Vec<String> = problems.collect();
    found.problems.extend(problems);
    columns(&file, &store, &mut found);
    templates(&store, &mut found);
    for attribute in store.attributes() {
        look(attribute, &mut found);
    }
    Ok(found)
}

fn tree(file: &H5File, found: &mut Validation) {
    let tree = match file.tree() {
        Ok(tree) => tree,
        Err(error) => return found.problems.push(error.to_string()),
    };
    for node in tree.nodes {
        match node.kind {
            NodeKind::Group => {}
            NodeKind::Dataset { shape, element, .. } => {
                found.datasets.push(DatasetSummary { name: node.path, shape, element });
            }
            NodeKind::Unreadable(why) => found.problems.push(format!("{}: {why}", node.path)),
        }
    }
    if tree.cut {
        found.not_checked.push("objects beyond those that are listed".to_owned());
    }
}

/// Decodes every chunk.
fn chunks(file: &H5File, found: &mut Validation) -> Result<(), ConvertError> {
    for column in examine(file)?.columns {
        let (name, good, declared) = (column.name, column.good, column.declared);
        let Some(why) = column.stopped else { continue };
        // Ids may be any numbers: what is not 0, 1, 2, ... is only noted.
        let other_ids = name == "ids"
            && why.contains(" holds ")
            && file
                .dataset("/ids")
                .is_ok_and(|ids| keys::repeated(&ids, declared).is_ok_and(|id| id.is_none()));
        let text = format!("{name} is good for {good} of {declared} rows: {why}");
        if other_ids {
            found.notes.push("ids are not 0, 1, 2, ...".to_owned());
        } else {
            found.problems.push(text);
        }
    }
    let datasets = ["image_features", "image_token_features", "ids", "labels", "split"];
    let sums = |name: &&str| {
        let dataset = file.dataset(&format!("/{name}"));
        dataset.is_ok_and(|d| !d.filter_names().iter().any(|filter| filter == "fletcher32"))
    };
    let without: Vec<&str> = datasets.into_iter().filter(sums).collect();
    if !without.is_empty() {
        found.not_checked.push(format!(
            "whether values changed by themselves: {} have no checksums",
            without.join(", ")
        ));
    }
    Ok(())
}

fn columns(file: &H5File, store: &ConceptClip, found: &mut Validation) {
    let preview = u64::try_from(PREVIEW).unwrap_or(0).min(store.rows());
    for (name, list) in [("ids", &mut found.ids), ("labels", &mut found.labels)] {
        let values = file.dataset(&format!("/{name}")).and_then(|d| d.integers(0..preview));
        *list = values.unwrap_or_default();
    }
    for name in store.absent() {
        found.notes.push(format!("there is no dataset {name}"));
    }
    match store.split_counts() {
        Ok(counts) => {
            if counts.disagree() {
                found.problems.push(format!(
                    "split_counts says {:?}, the rows say {:?}",
                    counts.declared.as_deref().unwrap_or_default(),
                    counts.actual
                ));
            }
            found.split_counts = counts.actual;
        }
        Err(error) => found.problems.push(error.to_string()),
    }
    match store.repeated_rows() {
        Ok(repeats) => {
            if let Some((again, first)) = repeats.pairs.first() {
                found.problems.push(format!(
                    "{} rows repeat the feature of an earlier one, the first is row {again} (like row {first})",
                    repeats.repeated
                ));
            }
            if repeats.checked < store.rows() {
                let rows = repeats.checked;
                found.not_checked.push(format!("repeated rows beyond the first {rows}"));
            }
        }
        Err(error) => found.problems.push(error.to_string()),
    }
}

fn templates(store: &ConceptClip, found: &mut Validation) {
    let names = match store.template_names() {
        Ok(names) => names,
        Err(error) => return found.problems.push(error.to_string()),
    };
    for name in names {
        let template = match store.template(&name) {
            Ok(template) => template,
            Err(error) => {
                found.problems.push(error.to_string());
                continue;
            }
        };
        if template.hash_differs() {
            found.problems.push(format!("template {name:?}: texts_hash is not that of its texts"));
        }
        let not_finite = template.features.iter().chain(template.tokens.iter().flatten());
        if not_finite.into_iter().any(|value| !value.is_finite()) {
            found.problems.push(format!("template {name:?}: a value is not finite"));
        }
        found.templates.push(TemplateSummary {
            name,
            k: template.shape.0,
            d: template.shape.1,
            t_txt: template.token_count,
            hash_ok: template.stored_hash.as_ref().map(|_| !template.hash_differs()),
            texts: template.texts.into_iter().take(3).collect(),
        });
    }
}

fn look(attribute: &Attribute, found: &mut Validation) {
    if let Some(problem) = &attribute.problem {
        found.not_checked.push(format!("attribute {:?}: {problem}", attribute.name));
    }
    if CONSTANTS.contains(&attribute.name.as_str())
        && let Some(value) = attribute.value.as_ref().and_then(serde_json::Value::as_f64)
    {
        found.constants.push((attribute.name.clone(), value));
    }
}
