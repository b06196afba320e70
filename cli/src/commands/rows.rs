//! The images that a command is about, and their attributes.

use serde_json::{Map, Value as Json};
use vesalius::{AttributeType, Bitmap, Error, Image, Predicate, Snapshot, Value};

use crate::Result;
use crate::output::{Cell, decimal, score};

/// Rows of the images for which a predicate is true; without one, of all.
pub(super) fn selected(snapshot: &Snapshot, predicate: Option<&str>) -> Result<Bitmap> {
    match predicate {
        Some(source) => Ok(snapshot.select(&Predicate::parse(source)?)?),
        None => Ok(snapshot.rows()?),
    }
}

/// The image of a row that is known to be alive.
pub(super) fn image(snapshot: &Snapshot, row: u64) -> Result<Image<'_>> {
    let missing = || Error::NoSuchImage { key: format!("row {row}") };
    Ok(snapshot.image_at(row)?.ok_or_else(missing)?)
}

/// The attributes of an image as JSON; those without a value are left out.
pub(super) fn attributes(image: &Image<'_>) -> Result<Map<String, Json>> {
    let all = image.attributes()?;
    Ok(all.into_iter().map(|(name, value)| (name.to_owned(), value.to_json())).collect())
}

/// These attributes of an image as JSON, null where it has no value.
pub(super) fn shown(image: &Image<'_>, names: &[String]) -> Result<Json> {
    let mut shown = Map::new();
    for name in names {
        let value = image.attribute(name)?;
        shown.insert(name.clone(), value.map_or(Json::Null, |value| value.to_json()));
    }
    Ok(shown.into())
}

/// These attributes of an image as texts, empty where it has no value.
pub(super) fn texts(image: &Image<'_>, names: &[String]) -> Result<Vec<String>> {
    let texts = names
        .iter()
        .map(|name| Ok(image.attribute(name)?.map_or_else(String::new, |value| value.to_string())));
    texts.collect()
}

/// The heading of an attribute in a table, over its values.
pub(super) fn heading(snapshot: &Snapshot, name: &str) -> Cell {
    match snapshot.schema().attribute(name).map(|attribute| attribute.kind) {
        Some(AttributeType::I64 | AttributeType::F64) => Cell::number(name),
        _ => Cell::text(name),
    }
}

/// The value of an attribute for a table.
pub(super) fn cell(value: Option<Value>) -> Cell {
    match value {
        None => Cell::empty(),
        Some(Value::I64(value)) => Cell::number(value),
        Some(Value::F64(value)) => Cell::number(decimal(value)),
        Some(Value::Bool(value)) => Cell::text(value.to_string()),
        Some(Value::Text(text)) => Cell::text(text),
    }
}

/// An optional score for a table.
pub(super) fn score_cell(value: Option<f32>) -> Cell {
    value.map_or_else(Cell::empty, |value| Cell::number(score(value)))
}
