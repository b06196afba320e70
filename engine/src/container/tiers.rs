//! Keeps the number of row groups in memory logarithmic while small commits come in.

use std::sync::Arc;

use super::column::{Column, GroupRef};
use super::group::Group;
use super::merge::merge;
use crate::error::{Error, Result};
use crate::format::schema::Schema;

/// This many row groups of one tier make one of the next.
const FAN: usize = 8;

/// Merges the last row groups of a column while `FAN` of them or more are in memory and of no higher tier than
/// some tier. An entry is copied about once a tier: O(log n) times in all, whatever the sizes of the commits.
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
        let id = newest.last().map_or(0, |g| g.group().desc().id);
        let number = newest.last().map_or(0, |g| g.group().desc().column);
        let merged = merged.map(|encoded| {
            let group = Group::in_memory(encoded.describe(number, id), encoded.bytes.clone());
            GroupRef::new(Arc::new(group), None)
        });
        column.replace_last(count, merged);
    }
    Ok(())
}

/// How many of the last row groups are to be merged: for the lowest tier that has enough.
fn foldable(column: &Column) -> Option<usize> {
    let newest = || column.groups().iter().rev().take_while(|g| g.group().is_in_memory());
    let highest = newest().take(FAN).map(tier).max()?;
    (0..=highest).find_map(|limit| {
        let count = newest().take_while(|group| tier(group) <= limit).count();
        (count >= FAN).then_some(count)
    })
}

fn tier(group: &GroupRef) -> u32 {
    group.group().desc().count.max(1).ilog(FAN as u64)
}
