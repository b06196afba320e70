//! Keeps the number of row groups in memory logarithmic while small commits come in.

use std::sync::Arc;

use super::column::{Column, GroupRef};
use super::group::Group;
use super::merge::merge;
use crate::error::{Error, Result};
use crate::format::schema::Schema;

/// This many row groups of one tier make one of the next.
const FAN: usize = 8;

/// Merges the last row groups of a column while `FAN` of them are in memory and of one tier. An entry is
/// copied once a tier: O(log n) times in all. Damaged row groups stay as they are.
pub fn fold(column: &mut Column, schema: &Schema) -> Result<()> {
    loop {
        let groups = column.groups();
        let last = groups.len().saturating_sub(FAN);
        let newest = groups.get(last..).unwrap_or(&[]);
        let wanted = newest.last().map(tier);
        let same = newest.len() == FAN
            && newest.iter().all(|g| g.group().is_in_memory() && Some(tier(g)) == wanted);
        if !same {
            return Ok(());
        }
        let merged = match merge(newest, schema, &(0..u64::MAX), &Some) {
            Ok(merged) => merged,
            // What is wrong with a row group is said by whoever uses it.
            Err(Error::Corrupt(_)) => return Ok(()),
            Err(other) => return Err(other),
        };
        let id = newest.last().map_or(0, |g| g.group().desc().id);
        let number = newest.last().map_or(0, |g| g.group().desc().column);
        let merged = merged.map(|encoded| {
            let group = Group::in_memory(encoded.describe(number, id), encoded.bytes.clone());
            GroupRef::new(Arc::new(group), None)
        });
        column.replace_last(FAN, merged);
    }
}

fn tier(group: &GroupRef) -> u32 {
    group.group().desc().count.max(1).ilog(FAN as u64)
}
