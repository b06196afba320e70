//! A container.

use std::path::Path;

use vesalius::{AttributeType, Database, FieldDef, FieldKind, PromptSetRef, Snapshot, Value};

use super::PREVIEW;
use super::report::{DatasetSummary, TemplateSummary, Validation};
use crate::error::ConvertError;
use crate::import::h5::concept::{ID, LABEL, SPLIT};

pub(super) fn validate(path: &Path) -> Result<Validation, ConvertError> {
    let report = Database::verify_file(path, &mut |_, _| true)?;
    let mut found = Validation { kind: "vsl".to_owned(), ..Validation::default() };
    found.rows = report.images;
    found.notes.clone_from(&report.notes);
    for problem in &report.problems {
        found.problems.push(format!("{} at {}: {}", problem.rule, problem.offset, problem.message));
    }
    let looked = Database::open_read_only(path).and_then(|db| db.snapshot());
    let looked = looked.and_then(|snapshot| look(&snapshot, &mut found));
    if let Err(error) = looked {
        found.not_checked.push(format!("what the damage hides: {error}"));
    }
    Ok(found)
}

fn look(snapshot: &Snapshot, found: &mut Validation) -> vesalius::Result<()> {
    for field in &snapshot.schema().fields {
        let images = snapshot.rows_of_field(&field.name)?.count();
        found.datasets.push(summary(field, images));
        if images < snapshot.len() {
            let without = snapshot.len().saturating_sub(images);
            found.notes.push(format!("{without} images have no value in {:?}", field.name));
        }
    }
    let is = |name: &str, kind: AttributeType| {
        snapshot.schema().attribute(name).is_some_and(|def| def.kind == kind)
    };
    let has_split = is(SPLIT, AttributeType::Text);
    let (has_id, has_label) = (is(ID, AttributeType::I64), is(LABEL, AttributeType::I64));
    let mut seen = 0_usize;
    snapshot.for_each_key(|row, _| {
        let Some(image) = snapshot.image_at(row)? else { return Ok(true) };
        if seen < PREVIEW {
            for (has, name, list) in
                [(has_id, ID, &mut found.ids), (has_label, LABEL, &mut found.labels)]
            {
                if has && let Some(Value::I64(value)) = image.attribute(name)? {
                    list.push(value);
                }
            }
        }
        seen = seen.saturating_add(1);
        if has_split && let Some(Value::Text(split)) = image.attribute(SPLIT)? {
            match found.split_counts.iter_mut().find(|(known, _)| *known == split) {
                Some(count) => count.1 = count.1.saturating_add(1),
                None => found.split_counts.push((split, 1)),
            }
        }
        Ok(has_split || seen < PREVIEW)
    })?;
    for set in snapshot.prompt_sets() {
        found.templates.push(template(set)?);
        for (name, value) in [("logit_scale", set.logit_scale()), ("logit_bias", set.logit_bias())]
        {
            if let Some(value) = value {
                found.constants.push((format!("{}: {name}", set.name()), value));
            }
        }
    }
    Ok(())
}

fn summary(field: &FieldDef, images: u64) -> DatasetSummary {
    let dim = u64::from(field.dim);
    let sides = field.grid.into_iter().filter(|side| *side > 0).map(u64::from);
    let shape = match field.kind {
        FieldKind::Vector => vec![images, dim],
        FieldKind::Regions => {
            vec![images, u64::try_from(field.regions.len()).unwrap_or(u64::MAX), dim]
        }
        FieldKind::Tokens if field.grid == [0; 3] => vec![images, 0, dim],
        FieldKind::Tokens => std::iter::once(images).chain(sides).chain([dim]).collect(),
        FieldKind::Masks => vec![images],
    };
    let features = field.kind != FieldKind::Masks;
    let element = if features { field.dtype.as_str() } else { "masks" };
    DatasetSummary { name: field.name.clone(), shape, element: element.to_owned() }
}

fn template(set: PromptSetRef<'_>) -> vesalius::Result<TemplateSummary> {
    let (texts, tokens) = (set.texts()?, set.tokens_of_text());
    Ok(TemplateSummary {
        name: set.name().to_owned(),
        k: u64::try_from(set.len()).unwrap_or(u64::MAX),
        d: u64::try_from(set.dim()).unwrap_or(u64::MAX),
        t_txt: (tokens > 0).then(|| u64::try_from(tokens).unwrap_or(u64::MAX)),
        hash_ok: Some(set.has_texts(texts.iter().copied())),
        texts: texts.iter().take(3).map(|&text| text.to_owned()).collect(),
    })
}
