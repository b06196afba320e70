//! Images that are in the container already.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use vesalius::{Snapshot, Value};

use super::target::Target;
use super::typing;
use crate::error::ConvertError;

/// Findings that may occur a million times: counted, the first one told.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notes {
    found: BTreeMap<String, (u64, String)>,
}

impl Notes {
    pub(crate) fn add(&mut self, kind: &str, example: &str) {
        if let Some(note) = self.found.get_mut(kind) {
            note.0 = note.0.saturating_add(1);
        } else {
            self.found.insert(kind.to_owned(), (1, example.to_owned()));
        }
    }

    pub(crate) fn into_warnings(self) -> impl Iterator<Item = String> {
        self.found
            .into_iter()
            .map(|(kind, (count, first))| format!("{kind}: {count}, first image {first:?}"))
    }
}

/// Refuses an image that must not be changed; otherwise adds to `metadata` what it has already.
pub(super) fn reconcile(
    snapshot: &Snapshot,
    key: &str,
    target: &Target,
    replace: bool,
    columns: &[(&str, Value)],
    metadata: &mut Map<String, Json>,
    notes: &mut Notes,
) -> Result<(), ConvertError> {
    let Some(image) = snapshot.find(key)? else {
        let what = "occurs twice in the source; give every image a key of its own";
        return Err(ConvertError::image(key, None, what));
    };
    let field = &target.field;
    if snapshot.schema().field(field).is_some() && image.has_field(field)? {
        if !replace {
            let what = format!(
                "is in the container with a value in field {field:?}; \
                 name another field, or ask to replace"
            );
            return Err(ConvertError::image(key, None, what));
        }
        notes.add("images whose value was replaced", key);
    } else {
        notes.add("images that were there and got the field", key);
    }
    for (name, value) in columns {
        let known = snapshot.schema().attribute(name).is_some();
        let old = if known { image.attribute(name)? } else { None };
        if old.is_some_and(|old| !typing::same(&old, value)) {
            notes.add(&format!("values of attribute {name:?} that were replaced"), key);
        }
    }
    if !metadata.is_empty()
        && let Some(text) = image.metadata()?
    {
        merge(text, key, metadata, notes);
    }
    Ok(())
}

/// What the image had stays, unless the source says something else under the same name.
pub(crate) fn merge(text: &str, key: &str, metadata: &mut Map<String, Json>, notes: &mut Notes) {
    let mut merged = match serde_json::from_str(text) {
        Ok(Json::Object(old)) => old,
        Ok(old) => Map::from_iter([("metadata".to_owned(), old)]),
        Err(_) => Map::new(),
    };
    for (name, value) in std::mem::take(metadata) {
        let old = merged.insert(name, value.clone());
        if old.is_some_and(|old| old != value) {
            notes.add("entries of metadata that were replaced", key);
        }
    }
    *metadata = merged;
}
