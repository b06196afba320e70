//! The index of an archive.

use serde_json::Value;

use super::assemble::{self, Mapping};
use super::error::{MedMaskError, MedMaskErrorKind};
use super::header::Part;

/// An entry: an array, its name, and the names of its labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) name: String,
    /// The group of its segments: the name, unless a key says otherwise.
    pub(super) group: String,
    pub(super) part: Part,
    pub(super) mapping: Mapping,
}

/// The entries of an index, which is filled up with NUL.
///
/// # Errors
/// [`MedMaskErrorKind::Overflowed`] for what is no whole JSON; entries that lack something.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Entry>, MedMaskError> {
    let filled = text.iter().rev().take_while(|byte| **byte == 0).count();
    let text = text.get(..text.len().saturating_sub(filled)).unwrap_or_default();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let value: Value = serde_json::from_slice(text)
        .map_err(|error| MedMaskErrorKind::Overflowed(error.to_string()).at(0))?;
    let bad = |why: &str| MedMaskErrorKind::Json("the index", why.into()).at(0);
    let list = value.as_array().ok_or_else(|| bad("it is no list"))?;
    list.iter().map(|item| entry(item).ok_or_else(|| bad("an entry lacks something"))?).collect()
}

/// None if something is missing.
fn entry(value: &Value) -> Option<Result<Entry, MedMaskError>> {
    let name = value.get("name")?.as_str()?.to_owned();
    let group = value.get("group").and_then(Value::as_str).unwrap_or(&name).to_owned();
    let offset = value.get("offset")?.as_u64()?;
    let length = value.get("length")?.as_u64()?;
    let part = Part { offset, length };
    let mapping = match assemble::mapping(value.get("mapping")?) {
        Ok(mapping) => mapping,
        Err(kind) => return Some(Err(kind.at(0).of(&name))),
    };
    Some(Ok(Entry { name, group, part, mapping }))
}
