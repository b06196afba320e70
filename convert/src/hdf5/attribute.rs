//! Attributes of groups and datasets as JSON values, with their texts as they stand.

use hdf5_reader::messages::dataspace::DataspaceType;
use hdf5_reader::{Hdf5File, RawAttribute};
use serde_json::{Number, Value};

use super::element::{ElementType, Stored, describe, float, integer, swap, trim};
use super::heap::Heap;
use super::limits;

/// One attribute.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its shape; empty for a single value.
    pub shape: Vec<u64>,
    /// Its type, as [`ElementType::name`] or in words.
    pub type_name: String,
    /// The value: a scalar, a flat array, or null for an empty attribute. None where it is not
    /// read. Floats that JSON cannot say (NaN, infinities) are strings.
    pub value: Option<Value>,
    /// A single text, exactly as stored.
    pub text: Option<String>,
    /// Why there is no value.
    pub problem: Option<String>,
}

impl Attribute {
    /// The text parsed as JSON: some programs keep lists and objects as JSON in a text. None where
    /// the attribute is not one text, is not JSON, or is longer than `limits::MAX_JSON_TEXT`.
    pub fn parsed(&self) -> Option<Value> {
        let text = self.text.as_ref().filter(|t| t.len() <= limits::MAX_JSON_TEXT)?;
        serde_json::from_str(text).ok()
    }

    /// The value, or what its text says if that is JSON.
    pub fn best(&self) -> Option<Value> {
        self.parsed().or_else(|| self.value.clone())
    }

    /// The value as an integer.
    pub fn integer(&self) -> Option<i64> {
        self.value.as_ref()?.as_i64()
    }
}

/// Finds an attribute by name.
pub fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a Attribute> {
    attributes.iter().find(|a| a.name == name)
}

/// Decodes attributes; one that cannot be decoded says so and does not hinder the others.
pub(super) fn decode_all(file: &Hdf5File, raw: &[RawAttribute]) -> Vec<Attribute> {
    let mut decoder =
        Decoder { file, heap: Heap::default(), text_left: limits::MAX_ATTRIBUTE_TEXT };
    raw.iter().map(|a| decoder.attribute(a)).collect()
}

struct Decoder<'a> {
    file: &'a Hdf5File,
    heap: Heap,
    text_left: usize,
}

impl Decoder<'_> {
    fn attribute(&mut self, raw: &RawAttribute) -> Attribute {
        let message = raw.message();
        let shape = message.dataspace.dims.clone();
        let null = message.dataspace.dataspace_type == DataspaceType::Null;
        let reference = 8 + usize::from(self.file.superblock().offset_size);
        let stored = Stored::of(&message.datatype, raw.raw_datatype(), reference);
        let textual = stored
            .as_ref()
            .is_ok_and(|s| matches!(s.element, ElementType::Text | ElementType::FixedText { .. }));
        let mut made = Attribute {
            name: message.name.clone(),
            shape,
            type_name: stored
                .as_ref()
                .map_or_else(|_| describe(&message.datatype), |s| s.element.name()),
            value: None,
            text: None,
            problem: None,
        };
        if null {
            made.value = Some(Value::Null);
            return made;
        }
        match stored.and_then(|s| self.values(&made.shape, s, &message.raw_data)) {
            Ok(mut values) if made.shape.is_empty() => {
                made.value = values.pop();
                // A float that is not a number is a string too, but no text.
                let text = made.value.as_ref().and_then(Value::as_str).filter(|_| textual);
                made.text = text.map(str::to_owned);
            }
            Ok(values) => made.value = Some(Value::Array(values)),
            Err(problem) => made.problem = Some(problem),
        }
        made
    }

    fn values(&mut self, shape: &[u64], stored: Stored, raw: &[u8]) -> Result<Vec<Value>, String> {
        let count = shape.iter().try_fold(1_u64, |n, d| n.checked_mul(*d));
        let count = count.and_then(|n| usize::try_from(n).ok());
        let count = count.filter(|n| *n <= limits::MAX_ATTRIBUTE_ELEMENTS);
        let count = count.ok_or("more elements than an attribute may have")?;
        let length = count.checked_mul(stored.size).filter(|_| stored.size > 0);
        let bytes = length.and_then(|n| raw.get(..n)).ok_or("its data end too early")?;
        bytes.chunks_exact(stored.size).map(|b| self.value(stored, b)).collect()
    }

    fn value(&mut self, stored: Stored, bytes: &[u8]) -> Result<Value, String> {
        let mut bytes = bytes.to_vec();
        if stored.swapped {
            swap(&mut bytes, stored.size);
        }
        Ok(match stored.element {
            ElementType::Bool => Value::Bool(bytes != [0]),
            ElementType::Int { signed, .. } => Value::Number(whole(integer(&bytes, signed))),
            ElementType::F16 | ElementType::F32 | ElementType::F64 => {
                let float = float(&bytes).ok_or("a float of an odd size")?;
                Number::from_f64(float)
                    .map_or_else(|| Value::String(float.to_string()), Value::Number)
            }
            ElementType::FixedText { .. } => self.text(&bytes, stored)?,
            ElementType::Text => {
                let found = self.heap.bytes(self.file, &bytes).map_err(|e| e.to_string())?;
                self.text(&found, stored)?
            }
        })
    }

    fn text(&mut self, bytes: &[u8], stored: Stored) -> Result<Value, String> {
        let left = self.text_left.checked_sub(bytes.len());
        self.text_left = left.ok_or("more text than the attributes of an object may have")?;
        let text = std::str::from_utf8(trim(bytes, stored.padding));
        text.map(Value::from).map_err(|_| "its text is not UTF-8".into())
    }
}

/// An integer of up to eight bytes as a JSON number; the 128-bit value always fits one of the two.
fn whole(value: i128) -> Number {
    i64::try_from(value)
        .map(Number::from)
        .or_else(|_| u64::try_from(value).map(Number::from))
        .unwrap_or_else(|_| Number::from(0))
}
