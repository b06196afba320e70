//! Attributes of an HDF5 object as JSON, and back: what an export needs to write them as they were.
//!
//! Each is `{"name", "type", "shape", "raw", "value"?, "parsed"?, "problem"?}`. `raw` is the text of a text,
//! and of a number its shortest decimal text, so that no reader of JSON can round it; a list of such for an
//! array. `parsed` is what a text says that is JSON itself.

use serde_json::{Map, Value as Json, json};

use crate::hdf5::Attribute;

/// The attributes as a JSON list. `parsed` may be left out where it would be too much.
pub(crate) fn encode(attributes: &[Attribute], with_parsed: bool) -> Json {
    attributes.iter().map(|attribute| one(attribute, with_parsed)).collect()
}

fn one(attribute: &Attribute, with_parsed: bool) -> Json {
    let mut entry = Map::new();
    entry.insert("name".into(), json!(attribute.name));
    entry.insert("type".into(), json!(attribute.type_name));
    entry.insert("shape".into(), json!(attribute.shape));
    entry.insert("raw".into(), attribute.value.as_ref().map_or(Json::Null, raw));
    if let Some(value) = attribute.value.as_ref().filter(|_| attribute.text.is_none()) {
        entry.insert("value".into(), value.clone());
    }
    // A text that happens to be a number says nothing more as one.
    let parsed = attribute.parsed().filter(|parsed| with_parsed && !parsed.is_number());
    if let Some(parsed) = parsed {
        entry.insert("parsed".into(), parsed);
    }
    if let Some(problem) = &attribute.problem {
        entry.insert("problem".into(), json!(problem));
    }
    Json::Object(entry)
}

fn raw(value: &Json) -> Json {
    match value {
        Json::Array(values) => values.iter().map(raw).collect(),
        Json::Number(number) => json!(number.to_string()),
        Json::Bool(value) => json!(u8::from(*value).to_string()),
        other => other.clone(),
    }
}

/// An attribute to be written again.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Restored {
    I64(i64),
    F64(f64),
    Text(String),
    I64s(Vec<i64>),
    F64s(Vec<f64>),
    Texts(Vec<String>),
}

/// The attribute of a list made by [`encode`], and what changes by writing it with the types there are.
pub(crate) fn restore(entry: &Json) -> Result<(String, Restored, Option<String>), String> {
    let name = entry.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
    let kind = entry.get("type").and_then(Json::as_str).unwrap_or_default();
    let raw = entry.get("raw").unwrap_or(&Json::Null);
    let list = raw.as_array();
    let texts = |values: &[Json]| -> Option<Vec<String>> {
        values.iter().map(|value| value.as_str().map(str::to_owned)).collect()
    };
    let all = match list {
        Some(values) => texts(values),
        None => raw.as_str().map(|text| vec![text.to_owned()]),
    };
    let refused = |why: &str| format!("attribute {name:?} ({kind}) was not written: {why}");
    let all = all.ok_or_else(|| refused("it has no value that can be written"))?;
    let single = list.is_none();
    let is_integer = matches!(kind.as_bytes().first(), Some(b'i' | b'u' | b'b'));
    let (restored, written) = if kind == "text" || kind.starts_with('S') {
        (if single { Restored::Text(all.concat()) } else { Restored::Texts(all) }, "text")
    } else if is_integer {
        let values: Result<Vec<i64>, _> = all.iter().map(|text| text.parse()).collect();
        let values = values.map_err(|_| refused("an integer is beyond 64 bits"))?;
        (integers(values, single), "i8")
    } else {
        let values: Result<Vec<f64>, _> = all.iter().map(|text| text.parse()).collect();
        let values = values.map_err(|_| refused("it is no number"))?;
        (floats(values, single), "f8")
    };
    let flat = entry.get("shape").and_then(Json::as_array).is_none_or(|shape| shape.len() <= 1);
    let note = (kind != written || !flat)
        .then(|| format!("attribute {name:?} was {kind}, it is written as {written}"));
    Ok((name, restored, note))
}

fn integers(values: Vec<i64>, single: bool) -> Restored {
    match values.as_slice() {
        [one] if single => Restored::I64(*one),
        _ => Restored::I64s(values),
    }
}

fn floats(values: Vec<f64>, single: bool) -> Restored {
    match values.as_slice() {
        [one] if single => Restored::F64(*one),
        _ => Restored::F64s(values),
    }
}
