use serde_json::{Map, Value};

use super::json::{self, Budget};
use crate::pickle::{self, Document, Id, Kind};

/// A value of an image that is no feature.
#[derive(Clone, Debug, PartialEq)]
pub enum Attribute {
    /// An integer.
    I64(i64),
    /// A float.
    F64(f64),
    /// A truth value.
    Bool(bool),
    /// Text.
    Str(String),
}

impl Attribute {
    /// A scalar of Python or NumPy; `None` for everything else.
    pub(super) fn read(document: &Document<'_>, id: Id) -> Option<Self> {
        match document.value(id) {
            pickle::Value::Bool(value) => Some(Self::Bool(value)),
            pickle::Value::Int(value) => Some(Self::I64(value)),
            pickle::Value::Float(value) => Some(Self::F64(value)),
            pickle::Value::Str(text) => Some(Self::Str(text.into_owned())),
            pickle::Value::Bytes(_) => document.text(id).map(|t| Self::Str(t.to_owned())),
            pickle::Value::Scalar(scalar) => match scalar.dtype().kind {
                Kind::Bool => scalar.int_at(0).map(|v| Self::Bool(v != 0)),
                Kind::Int | Kind::UInt => scalar.int_at(0).map(Self::I64),
                Kind::Float => scalar.float_at(0).map(Self::F64),
                Kind::Text | Kind::Bytes => scalar.text_at(0).map(Self::Str),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Attributes and metadata of an image while they are read.
#[derive(Default)]
pub(crate) struct Extras {
    pub(crate) attributes: Vec<(String, Attribute)>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) budget: Budget,
}

impl Extras {
    /// Keeps a value: as an attribute if it is a scalar, else as JSON. A later one replaces an earlier.
    pub(crate) fn keep(&mut self, document: &Document<'_>, key: &str, value: Id) {
        /// Far more than any program keeps; each costs a search among the others.
        const FIELDS: usize = 1024;
        if self.attributes.len().saturating_add(self.metadata.len()) >= FIELDS {
            self.budget.leave_out(format!("field {key:?}, beyond {FIELDS} fields"));
            return;
        }
        self.attributes.retain(|(name, _)| name != key);
        self.metadata.shift_remove(key);
        if let Some(attribute) = Attribute::read(document, value) {
            self.attributes.push((key.to_owned(), attribute));
        } else {
            let value = json::value(document, value, &mut self.budget);
            self.metadata.insert(key.to_owned(), value);
        }
    }

    /// Keeps a value of one region: `metadata["regions"]["<index>"][key]`.
    pub(super) fn keep_for_region(
        &mut self,
        document: &Document<'_>,
        region: u32,
        key: &str,
        value: Id,
    ) {
        let value = json::value(document, value, &mut self.budget);
        self.region_json("regions", region, |slot| {
            if let Value::Object(map) = slot {
                map.insert(key.to_owned(), value);
            }
        });
    }

    /// Changes `metadata[table]["<index>"]`, an object at first.
    pub(super) fn region_json(
        &mut self,
        table: &str,
        region: u32,
        change: impl FnOnce(&mut Value),
    ) {
        let empty = || Value::Object(Map::new());
        let regions = self.metadata.entry(table).or_insert_with(empty);
        if let Value::Object(regions) = regions {
            change(regions.entry(region.to_string()).or_insert_with(empty));
        }
    }
}
