//! Keeps the number of row groups in memory logarithmic while small commits come in.

use std::sync::Arc;

use super::column::{Column, GroupRef};
use super::group::Group;
use super::merge::merge;
use crate::error::{Error, Result};
use crate::format::schema::Schema;

/// Row groups are merged when they are together this many times as large as the largest of them.
const RATIO: u64 = 4;

/// Merges the last row groups of a column that are in memory while they are large enough together. An entry
/// gets into a row group at least `RATIO` times as large as its own each time it is copied: O(log n) times in
/// all, whatever the sizes of the commits; and O(log n) row groups stay.
///
/// Row groups that do not merge, as only those of a hostile file do, stay as they are.
pub fn fold(column: &mut Column, schema: &Schema) -> Result<()> {
    while let Some(count) = foldable(column) {
        let groups = column.groups();
        let newest = groups.get(groups.len().saturating_sub(count)..).unwrap_or(&[]);
        let merged = match merge(newest, schema, &(0..u64::MAX), &Some) {
            Ok(merged) => merged,
            Err(Error::Corrupt(_)) => return Ok(()),
            Err(other) => return Err(other),
        };
        let Some(last) = newest.last().map(GroupRef::group) else { return Ok(()) };
        let (id, number, storage) =
            (last.desc().id, last.desc().column, Arc::clone(last.storage()));
        let merged = merged.map(|encoded| {
            let desc = encoded.describe(number, id);
            let group = Group::in_memory(desc, encoded.bytes.clone(), &storage);
            GroupRef::new(Arc::new(group), None)
        });
        column.replace_last(count, merged);
    }
    Ok(())
}

/// How many of the last row groups are to be merged: the fewest that are large enough together.
fn foldable(column: &Column) -> Option<usize> {
    let (mut total, mut largest) = (0_u64, 0_u64);
    let newest = column.groups().iter().rev().take_while(|g| g.group().is_in_memory());
    for (number, group) in newest.enumerate() {
        let bytes = group.group().len_bytes();
        total = total.saturating_add(bytes);
        largest = largest.max(bytes);
        if total >= largest.saturating_mul(RATIO) {
            return Some(number.saturating_add(1));
        }
    }
    None
}
