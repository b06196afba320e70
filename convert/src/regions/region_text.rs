//! `{"image_region_embeddings": {"<id>_SceneGraph_<1-based>": array}, "image_region_nlp_status": {same:
//! text}, "image_same_text_region_groups": {"<id>_SceneGraph": [[int]]}, "metadata": {...}}`.
//!
//! Keys and groups of these files count regions from 1; here they count from 0, like everything else.

use std::borrow::Cow;
use std::path::Path;

use super::Layout;
use super::attribute::Extras;
use super::grouped::{Format, Grouped, Piece};
use super::index::Index;
use super::json::{self, Budget};
use super::names::MAX_REGION;
use crate::error::ConvertError;
use crate::pickle::{Document, Id};

pub(super) const EMBEDDINGS: &str = "image_region_embeddings";
const STATUS: &str = "image_region_nlp_status";
const GROUPS: &str = "image_same_text_region_groups";
const METADATA: &str = "metadata";
const SUFFIX: &str = "_SceneGraph";

pub(super) static FORMAT: Format =
    Format { layout: Layout::RegionText, group, extras, image_extras };

/// Splits `<id>_SceneGraph_<1-based>` into id and index from 0.
fn split(key: &str) -> Option<(&str, u32)> {
    let (stem, number) = key.rsplit_once('_')?;
    let index = number.parse::<u32>().ok()?.checked_sub(1).filter(|i| *i <= MAX_REGION)?;
    Some((stem.strip_suffix(SUFFIX).unwrap_or(stem), index))
}

fn group<'d>(
    document: &'d Document<'d>,
    grouped: &mut Grouped<'d>,
    index: &mut Index,
    path: &Path,
) -> Result<(), ConvertError> {
    let root = document.root();
    let table =
        |name| document.get(root, name).and_then(|id| document.pairs(id)).into_iter().flatten();
    for (key, feature) in table(EMBEDDINGS) {
        let Some((image, region)) = document.text(key).and_then(split) else {
            let shown = document.text(key).unwrap_or("(no text)");
            let what = format!("key {shown:?} is not <id>_SceneGraph_<number from 1>; rename it");
            return Err(ConvertError::layout(path, what));
        };
        let number = grouped.image(Cow::Borrowed(image));
        let number = number.ok_or_else(|| ConvertError::layout(path, "more than 2^32 images"))?;
        grouped.pieces.push(Piece { image: number, region, feature, more: None });
    }
    grouped.sort(index);
    for (key, status) in table(STATUS) {
        let text = document.text(key).unwrap_or_default();
        let place = split(text).and_then(|(id, region)| Some((grouped.known_image(id)?, region)));
        match place.and_then(|(image, region)| grouped.piece_mut(image, region)) {
            Some(piece) => piece.more = Some(status),
            None => {
                index
                    .notes
                    .add("states of regions without a feature, not imported", || text.into());
            }
        }
    }
    for (key, groups) in table(GROUPS) {
        let text = document.text(key).unwrap_or_default();
        // An image may have groups and no feature.
        let image = grouped.image(Cow::Borrowed(text.strip_suffix(SUFFIX).unwrap_or(text)));
        if let Some(image) = image {
            grouped.image_more.insert(image, groups);
        }
    }
    keep_metadata(document, grouped, index);
    Ok(())
}

/// Keeps what the file says about itself, and compares its count.
fn keep_metadata(document: &Document<'_>, grouped: &Grouped<'_>, index: &mut Index) {
    let mut budget = Budget::default();
    for (key, value) in document.pairs(document.root()).into_iter().flatten() {
        match document.text(key) {
            Some(EMBEDDINGS | STATUS | GROUPS) | None => {}
            Some(key) => {
                index.metadata.insert(key.into(), json::value(document, value, &mut budget));
            }
        }
    }
    let declared = index.metadata.get(METADATA).and_then(|m| m.get("total_keys")?.as_u64());
    let found = grouped.pieces.len() as u64;
    if let Some(declared) = declared.filter(|declared| *declared != found) {
        let example = || format!("{declared} declared, {found} found");
        index.notes.add("total_keys is wrong", example);
    }
}

/// `metadata["nlp_status"]["<index>"]`.
fn extras(document: &Document<'_>, piece: &Piece, extras: &mut Extras) {
    if let Some(status) = piece.more {
        let status = json::value(document, status, &mut extras.budget);
        extras.region_json("nlp_status", piece.region, |slot| *slot = status);
    }
}

/// `metadata["same_text_region_groups"]`, counted from 0.
fn image_extras(document: &Document<'_>, groups: Id, extras: &mut Extras) {
    let mut groups = json::value(document, groups, &mut extras.budget);
    for group in groups.as_array_mut().into_iter().flatten() {
        for region in group.as_array_mut().into_iter().flatten() {
            if let Some(number) = region.as_u64().and_then(|n| n.checked_sub(1)) {
                *region = number.into();
            }
        }
    }
    extras.metadata.insert("same_text_region_groups".into(), groups);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_split_at_their_last_underscore() {
        assert_eq!(split("a_b_SceneGraph_29"), Some(("a_b", 28)));
        assert_eq!(split("a_1"), Some(("a", 0)));
        for wrong in ["a_SceneGraph_0", "a_SceneGraph_x", "a", "", "a_-1", "a_99999"] {
            assert_eq!(split(wrong), None, "{wrong}");
        }
    }
}
