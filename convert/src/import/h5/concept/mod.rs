//! The ConceptCLIP feature store as a source of rows.

mod look;
mod strict;

pub(super) use look::{fingerprint, source_fields};

use std::path::Path;

use vesalius::{AttributeType, Value};

use super::keys;
use super::prompts::{self, Context};
use super::rows::{FieldPlan, Kind, Plan, Row, RowBatch, RowSource, Visit, VisitPrompts};
use super::salvage::{self, Sides};
use crate::error::ConvertError;
use crate::hdf5::conceptclip::{Batch, ConceptClip};
use crate::hdf5::{ElementType, H5File};
use crate::import::options::ImportOptions;

/// The layout's name in reports and in the metadata of a container.
pub(crate) const LAYOUT: &str = "conceptclip-h5";

/// Names of the attributes of an image.
pub(crate) const ID: &str = "id";
pub(crate) const LABEL: &str = "label";
pub(crate) const SPLIT: &str = "split";

/// Longest name of a split in bytes: the limit of a cursor.
const SPLIT_MAX: usize = 255;

pub(super) struct Concept {
    store: ConceptClip,
    plan: Plan,
    keys_are_ids: bool,
    templates: Vec<String>,
    /// In a salvage: side columns that end before the features do.
    sides: Sides,
}

/// Opens a store: whole, or what is good of it.
pub(super) fn open(
    path: &Path,
    file: &H5File,
    options: &ImportOptions,
) -> Result<Concept, ConvertError> {
    let (store, sides, declared, problems) = if options.salvage {
        let found = salvage::open(path, file)?;
        (found.store, found.sides, Some(found.declared), found.problems)
    } else {
        let store = ConceptClip::open(file)?;
        strict::check(path, &store)?;
        let problems = store.problems().to_vec();
        (store, Sides::default(), None, problems)
    };
    let mut findings = look::findings(&store, &sides, options.salvage, problems)?;
    findings.declared_rows = declared;
    let (templates, fields) = (std::mem::take(&mut findings.prompt_sets), fields(&store, options)?);
    findings.prompt_sets.clone_from(&templates);
    findings.fields = source_fields(&fields);
    let mut warnings = Vec::new();
    let (keys_are_ids, note) = can_be_keys(file, &store)?;
    warnings.extend(note);
    let has = |name: &str| !store.absent().contains(&name);
    let mut attributes = Vec::new();
    for (name, kind, there) in [
        (ID, AttributeType::I64, has("ids") || sides.ids.is_some()),
        (LABEL, AttributeType::I64, has("labels") || sides.labels.is_some()),
        (SPLIT, AttributeType::Text, has("split") || sides.splits.is_some()),
    ] {
        if there {
            attributes.push((name.to_owned(), kind));
        }
    }
    let plan = Plan {
        layout: LAYOUT.to_owned(),
        attributes,
        rows: store.rows(),
        fingerprint: fingerprint(path, &fields)?,
        about: look::about(&store, &fields, keys_are_ids),
        fields,
        warnings,
        findings,
    };
    Ok(Concept { store, plan, keys_are_ids, templates, sides })
}

/// Whether the ids are keys, and what to say if not.
fn can_be_keys(file: &H5File, store: &ConceptClip) -> Result<(bool, Option<String>), ConvertError> {
    if store.absent().contains(&"ids") {
        let note = "there are no ids to be read: images are called by their row";
        return Ok((false, Some(note.to_owned())));
    }
    Ok(match keys::repeated(&file.dataset("/ids")?, store.rows())? {
        None => (true, None),
        Some(id) => {
            let note = format!("id {id} occurs more than once: images are called by their row");
            (false, Some(note))
        }
    })
}

fn fields(store: &ConceptClip, options: &ImportOptions) -> Result<Vec<FieldPlan>, ConvertError> {
    let name =
        |given: &Option<String>, dataset: &str| given.clone().unwrap_or_else(|| dataset.to_owned());
    let size = |value: u64| {
        u32::try_from(value).map_err(|_| ConvertError::Refused(format!("{value} is too large")))
    };
    let dim = usize::try_from(store.dim()).unwrap_or(usize::MAX);
    let mut fields = vec![FieldPlan {
        name: name(&options.field, "image_features"),
        dataset: "/image_features".to_owned(),
        kind: Kind::Vector,
        dim,
        element: store.feature_type(),
    }];
    if let (Some(tokens), Some(element)) = (store.tokens(), store.token_type()) {
        let grid = match store.grid_side() {
            Some(side) => [0, size(side)?, size(side)?],
            None => [0, 0, size(tokens)?],
        };
        fields.push(FieldPlan {
            name: name(&options.token_field, "image_token_features"),
            dataset: "/image_token_features".to_owned(),
            kind: Kind::Tokens(grid),
            dim,
            element,
        });
    }
    Ok(fields)
}

impl RowSource for Concept {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn for_each(&self, from: u64, most: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError> {
        self.store.for_each_batch(from, most, |batch: &Batch<'_>| {
            let mut rows = self.rows(batch)?;
            self.sides.fill(batch.first, &mut rows)?;
            let mut values = vec![Some(batch.features)];
            values.extend(batch.tokens.map(Some));
            visit(RowBatch { rows, values })
        })?;
        Ok(())
    }

    fn prompt_sets(&self, visit: &mut VisitPrompts<'_>) -> Result<(), ConvertError> {
        let field = self.plan.fields.first().map_or("", |field| field.name.as_str());
        let context = Context { store: &self.store, field, dim: self.store.dim() };
        for name in &self.templates {
            let (set, check) = prompts::set(&context, self.store.template(name)?);
            visit(name, set, check)?;
        }
        Ok(())
    }
}

impl Concept {
    fn rows(&self, batch: &Batch<'_>) -> Result<Vec<Row>, ConvertError> {
        let has = |name: &str| !self.store.absent().contains(&name);
        let (ids, labels, splits) = (has("ids"), has("labels"), has("split"));
        let mut rows = Vec::with_capacity(batch.len());
        let sides = batch.ids.iter().zip(&batch.labels).zip(&batch.splits);
        for (number, ((id, label), split)) in (batch.first..).zip(sides) {
            let key = if self.keys_are_ids { id.to_string() } else { number.to_string() };
            let mut row = Row { key, ..Row::default() };
            if ids {
                row.attributes.push((ID, Value::I64(*id)));
            }
            if labels {
                row.attributes.push((LABEL, Value::I64(*label)));
            }
            if splits {
                row.set_split(split, number)?;
            }
            rows.push(row);
        }
        Ok(rows)
    }
}

impl Row {
    /// Sets the split, which counts the row in its cursor too.
    pub(super) fn set_split(&mut self, split: &str, number: u64) -> Result<(), ConvertError> {
        if split.is_empty() || split.len() > SPLIT_MAX {
            let what = if split.is_empty() { "an empty split" } else { "a split of a long name" };
            let what = format!(
                "row {number} has {what}; a file that was not closed properly has such, \
                 use --salvage to take what is good"
            );
            return Err(ConvertError::image(&self.key, None, what));
        }
        self.attributes.push((SPLIT, Value::Text(split.to_owned())));
        split.clone_into(&mut self.split);
        Ok(())
    }
}

/// Whether the element type is one of texts.
pub(super) fn is_text(element: ElementType) -> bool {
    matches!(element, ElementType::Text | ElementType::FixedText { .. })
}

/// Whether the element type is one of integers.
pub(super) fn is_integer(element: ElementType) -> bool {
    matches!(element, ElementType::Int { .. } | ElementType::Bool)
}
