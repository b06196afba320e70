//! `{"knowledge_base": [{"image_id", "region_name", "visual_feature", "text_string"}, ...],
//! "feature_to_info_map", "statistics"}`. Regions have names only: they are numbered by
//! [`CHEST_REGIONS`] if all stand there, else as they come.

use std::collections::HashMap;
use std::path::Path;

use super::Layout;
use super::attribute::Extras;
use super::grouped::{Format, Grouped, Piece};
use super::index::Index;
use super::json::{self, Budget};
use super::names::{CHEST_REGIONS, MAX_REGION};
use super::record;
use crate::error::ConvertError;
use crate::pickle::{Document, Id};

pub(super) const ENTRIES: &str = "knowledge_base";
/// Rows back to entries: repeats what the entries say.
const BACK_MAP: &str = "feature_to_info_map";

pub(super) static FORMAT: Format =
    Format { layout: Layout::KnowledgeBase, group, extras, image_extras };

fn group<'d>(
    document: &'d Document<'d>,
    grouped: &mut Grouped<'d>,
    index: &mut Index,
    path: &Path,
) -> Result<(), ConvertError> {
    let fail = |what: String| ConvertError::layout(path, what);
    let Some(entries) = document.get(document.root(), ENTRIES).and_then(|id| document.items(id))
    else {
        return Err(fail("`knowledge_base` is no list".into()));
    };
    let numbers = number_regions(document, entries.clone());
    for (at, entry) in entries.enumerate() {
        let get = |key| document.get(entry, key);
        let lacks = |key| fail(format!("entry {at} of `knowledge_base` has no `{key}`; remove it"));
        let key = get("image_id").and_then(|id| record::key(document, id));
        let (key, integer) = key.ok_or_else(|| lacks("image_id"))?;
        if integer {
            let example = || format!("{key:?}");
            index.notes.add("image ids that are integers, written in decimal", example);
        }
        let name = get("region_name").and_then(|id| document.text(id));
        let name = name.ok_or_else(|| lacks("region_name"))?;
        let feature = get("visual_feature").ok_or_else(|| lacks("visual_feature"))?;
        let region = numbers.get(name).copied().filter(|n| *n <= MAX_REGION);
        let region = region.ok_or_else(|| fail(format!("more than {MAX_REGION} region names")))?;
        let image = grouped.image(key).ok_or_else(|| fail("more than 2^32 images".into()))?;
        index.names.note(region, Some(name));
        grouped.pieces.push(Piece { image, region, feature, more: Some(entry) });
    }
    grouped.sort(index);
    let mut budget = Budget::default();
    for (key, value) in document.pairs(document.root()).into_iter().flatten() {
        match document.text(key) {
            Some(ENTRIES | BACK_MAP) | None => {}
            Some(key) => {
                index.metadata.insert(key.into(), json::value(document, value, &mut budget));
            }
        }
    }
    Ok(())
}

fn number_regions<'d>(
    document: &'d Document<'_>,
    entries: impl Iterator<Item = Id>,
) -> HashMap<&'d str, u32> {
    let mut numbers = HashMap::new();
    let mut next = 0_u32;
    for entry in entries {
        if let Some(name) = document.get(entry, "region_name").and_then(|id| document.text(id)) {
            numbers.entry(name).or_insert_with(|| {
                let number = next;
                next = next.saturating_add(1);
                number
            });
        }
    }
    let known: HashMap<&str, u32> = CHEST_REGIONS.into_iter().zip(0_u32..).collect();
    if numbers.keys().all(|name| known.contains_key(name)) {
        for (name, number) in &mut numbers {
            *number = known.get(name).copied().unwrap_or(*number);
        }
    }
    numbers
}

/// `metadata["texts"]["<index>"]`; other fields as those of a region.
fn extras(document: &Document<'_>, piece: &Piece, extras: &mut Extras) {
    let fields = piece.more.and_then(|entry| document.pairs(entry)).into_iter().flatten();
    for (name, value) in fields {
        match document.text(name) {
            Some("image_id" | "region_name" | "visual_feature") | None => {}
            Some("text_string") => {
                let text = json::value(document, value, &mut extras.budget);
                extras.region_json("texts", piece.region, |slot| *slot = text);
            }
            Some(name) => extras.keep_for_region(document, piece.region, name, value),
        }
    }
}

fn image_extras(_: &Document<'_>, _: Id, _: &mut Extras) {}
