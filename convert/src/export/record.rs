//! What the vector database of other programs says of an image:
//! `{"image_path", "metadata": {...}, "added_at"}`.

use std::io::Write;

use serde_json::{Map, Value as Json};
use vesalius::{Image, Value};

use crate::error::ConvertError;
use crate::import::{RESERVED, REST};
use crate::pickle_write::{PickleWriteError, PickleWriter};

/// The place that an index gave an image; it stands in the index again.
const FAISS_ID: &str = "faiss_id";

/// A record.
#[derive(Debug)]
pub(super) struct Record {
    path: String,
    added: Option<String>,
    own: Vec<(String, Entry)>,
    rest: Map<String, Json>,
}

/// An entry of what the user said of an image.
#[derive(Debug)]
enum Entry {
    Value(Value),
    Json(Json),
}

impl Record {
    /// The record of an image: its attributes, then what its metadata has besides.
    pub(super) fn of(image: &Image<'_>) -> Result<Self, ConvertError> {
        let mut record =
            Self { path: image.key()?.to_owned(), added: None, own: Vec::new(), rest: Map::new() };
        let [id, path, added] = RESERVED;
        for (name, value) in image.attributes()? {
            match value {
                Value::Text(text) if name == path => record.path = text,
                Value::Text(text) if name == added => record.added = Some(text),
                _ if name == id || name == FAISS_ID => {}
                value => record.own.push((name.to_owned(), Entry::Value(value))),
            }
        }
        let metadata = image.metadata()?.map(serde_json::from_str);
        match metadata.transpose().unwrap_or_default() {
            Some(Json::Object(mut metadata)) => {
                if let Some(Json::Object(rest)) = metadata.shift_remove(REST) {
                    record.rest = rest;
                }
                record
                    .own
                    .extend(metadata.into_iter().map(|(name, json)| (name, Entry::Json(json))));
            }
            Some(other) => record.own.push(("metadata".to_owned(), Entry::Json(other))),
            None => {}
        }
        Ok(record)
    }

    pub(super) fn to_json(&self) -> Json {
        let mut own = Map::new();
        for (name, entry) in &self.own {
            let json = match entry {
                Entry::Value(value) => value.to_json(),
                Entry::Json(json) => json.clone(),
            };
            own.entry(name.clone()).or_insert(json);
        }
        let [_, path, added] = RESERVED;
        let mut record = Map::new();
        record.insert(path.to_owned(), self.path.clone().into());
        record.insert("metadata".to_owned(), own.into());
        record.insert(added.to_owned(), self.added.clone().into());
        record.extend(self.rest.clone());
        record.into()
    }

    pub(super) fn pickle<W: Write>(
        &self,
        out: &mut PickleWriter<W>,
    ) -> Result<(), PickleWriteError> {
        let [_, path, added] = RESERVED;
        out.begin_dict()?;
        out.name(path)?;
        out.str(&self.path)?;
        if !self.rest.contains_key("metadata") {
            out.name("metadata")?;
            out.begin_dict()?;
            for (place, (name, entry)) in self.own.iter().enumerate() {
                let before = self.own.get(..place).unwrap_or_default();
                if before.iter().any(|(known, _)| known == name) {
                    continue;
                }
                out.name(name)?;
                match entry {
                    Entry::Value(value) => pickle_value(out, value)?,
                    Entry::Json(json) => pickle_json(out, json)?,
                }
            }
            out.end()?;
        }
        if !self.rest.contains_key(added) {
            out.name(added)?;
            self.added.as_ref().map_or_else(|| Ok(()), |added| out.name(added))?;
            if self.added.is_none() {
                out.none()?;
            }
        }
        for (name, json) in &self.rest {
            out.name(name)?;
            pickle_json(out, json)?;
        }
        out.end()
    }
}

fn pickle_value<W: Write>(
    out: &mut PickleWriter<W>,
    value: &Value,
) -> Result<(), PickleWriteError> {
    match value {
        Value::I64(value) => out.int(*value),
        Value::F64(value) => out.float(*value),
        Value::Bool(value) => out.bool(*value),
        Value::Text(value) => out.name(value),
    }
}

/// Writes JSON as Python has it. Recursion is bounded by the reader of JSON, at 128.
pub(super) fn pickle_json<W: Write>(
    out: &mut PickleWriter<W>,
    json: &Json,
) -> Result<(), PickleWriteError> {
    match json {
        Json::Null => out.none(),
        Json::Bool(value) => out.bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => out.int(value),
            None => out.float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => out.name(text),
        Json::Array(items) => {
            out.begin_list()?;
            items.iter().try_for_each(|item| pickle_json(out, item))?;
            out.end()
        }
        Json::Object(entries) => {
            out.begin_dict()?;
            for (name, entry) in entries {
                out.name(name)?;
                pickle_json(out, entry)?;
            }
            out.end()
        }
    }
}
