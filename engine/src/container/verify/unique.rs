//! No two live images have the same key.

use std::collections::BTreeMap;

use super::check::Check;
use super::groups::Sound;
use crate::container::column::GroupRef;
use crate::container::view::KeysView;
use crate::error::{Error, Result};
use crate::format::hash::key_hash;
use crate::format::schema::COLUMN_KEYS;
use crate::format::{Damage, Rule};

/// Hash of a key, number of its row group, its place there: 16 bytes.
type Place = (u64, u32, u32);

/// Checks rule V020: sorts the hashes, and compares texts where hashes are equal. Texts with one hash are
/// sorted as well, so that keys made to collide cost no more than others.
pub(super) fn check(check: &mut Check<'_>, columns: &BTreeMap<u32, Sound<'_>>) -> Result<()> {
    let Some(keys) = columns.get(&COLUMN_KEYS) else { return Ok(()) };
    let mut places = collect(&keys.groups)?;
    places.sort_unstable();
    for run in places.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1) {
        let text = |&(_, group, position): &Place| {
            let group = keys.groups.get(group as usize)?;
            Some((KeysView::new(group.group()).key(position as usize).ok()?, group, position))
        };
        let mut texts: Vec<(&str, &GroupRef, u32)> =
            run.iter().filter_map(text).map(|(key, group, at)| (key, *group, at)).collect();
        texts.sort_unstable_by_key(|&(key, ..)| key);
        for pair in texts.windows(2) {
            if let [(key, first, one), (same, second, other)] = pair
                && key == same
            {
                let row = |group: &GroupRef, at: u32| {
                    group.group().rows().ok().and_then(|rows| rows.get(at as usize)).unwrap_or(0)
                };
                let (one, other) = (row(first, *one), row(second, *other));
                let text = format!("key {key:?} is that of rows {one} and {other}");
                check.problem(Damage::new(Rule::KeyUnique, 0, text));
            }
        }
    }
    Ok(())
}

fn collect(groups: &[&GroupRef]) -> Result<Vec<Place>> {
    let mut places: Vec<Place> = Vec::new();
    let live = groups.iter().fold(0_u64, |sum, group| sum.saturating_add(group.live()));
    let bytes = live.saturating_mul(size_of::<Place>() as u64);
    let room = places.try_reserve_exact(usize::try_from(live).unwrap_or(usize::MAX));
    room.map_err(|_| Error::OutOfMemory { bytes })?;
    for (number, group) in (0_u32..).zip(groups) {
        let view = KeysView::new(group.group());
        let dead = group.dead_bits()?;
        let count = u32::try_from(group.group().desc().count).unwrap_or(u32::MAX);
        for position in (0..count).filter(|&p| !dead.is_some_and(|dead| dead.get(u64::from(p)))) {
            match view.key(position as usize) {
                Ok(key) => places.push((key_hash(key.as_bytes()), number, position)),
                // A key that is no text was reported when its row group was looked at.
                Err(Error::Corrupt(_)) => {}
                Err(other) => return Err(other),
            }
        }
    }
    Ok(places)
}
