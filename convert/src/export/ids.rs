//! The integer that an image is called by in programs that know no keys.

use std::collections::HashSet;

use vesalius::{Bitmap, Snapshot, Value};

use super::for_each_row;
use crate::error::ConvertError;
use crate::import::IMAGE_ID;

/// Attributes with ids, the first one that an image has.
const SOURCES: [&str; 2] = [IMAGE_ID, "faiss_id"];

/// Ids of the images that are written, in their order.
#[derive(Debug, Default)]
pub(super) struct Ids {
    pub(super) numbers: Vec<i64>,
    /// Whether every key is the id as a text.
    pub(super) are_keys: bool,
    pub(super) warnings: Vec<String>,
}

impl Ids {
    /// One more than the highest, for programs that count on from there.
    pub(super) fn next(&self) -> i64 {
        self.numbers.iter().max().map_or(0, |id| id.saturating_add(1)).max(0)
    }
}

/// Gives every image an id: what it was called by before it was imported, or its key where that is an integer;
/// to others the numbers behind the highest. Where ids would occur twice all are numbered anew.
pub(super) fn choose(
    snapshot: &Snapshot,
    rows: Option<&Bitmap>,
    takes: &dyn Fn(u64) -> Result<bool, ConvertError>,
) -> Result<Ids, ConvertError> {
    let schema = snapshot.schema();
    let sources: Vec<&str> =
        SOURCES.into_iter().filter(|name| schema.attribute(name).is_some()).collect();
    let (mut found, mut seen, mut are_keys) = (Vec::new(), HashSet::new(), true);
    let mut twice = false;
    for_each_row(snapshot, rows, &mut |row, key| {
        if !takes(row)? {
            return Ok(());
        }
        let id = match own(snapshot, row, &sources)? {
            Some(id) => Some(id),
            None => key.parse().ok(),
        };
        are_keys &= id.is_some_and(|id| id.to_string() == key);
        twice |= id.is_some_and(|id| !seen.insert(id));
        found.push(id);
        Ok(())
    })?;
    let mut ids = Ids { are_keys, ..Ids::default() };
    if twice {
        ids.are_keys = false;
        ids.numbers = (0..).take(found.len()).collect();
        ids.warnings
            .push("two images have the same id: images are numbered anew from 0".to_owned());
        return Ok(ids);
    }
    let missing = found.iter().filter(|id| id.is_none()).count();
    let mut next = found.iter().flatten().max().map_or(0, |id| id.saturating_add(1)).max(0);
    if missing > 0 && missing < found.len() {
        ids.warnings.push(format!("{missing} images have no id; they are numbered from {next} on"));
    }
    for id in found {
        ids.numbers.push(id.unwrap_or(next));
        next = next.saturating_add(i64::from(id.is_none()));
    }
    Ok(ids)
}

fn own(snapshot: &Snapshot, row: u64, sources: &[&str]) -> Result<Option<i64>, ConvertError> {
    let Some(image) = snapshot.image_at(row)? else { return Ok(None) };
    for name in sources {
        if let Some(Value::I64(id)) = image.attribute(name)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
