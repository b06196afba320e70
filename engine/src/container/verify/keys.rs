//! Row groups of keys: texts, index, spaces.

use super::check::Check;
use super::ladder;
use crate::container::group::Group;
use crate::error::Result;
use crate::format::Rule;
use crate::format::bitmap::Bitmap;
use crate::format::group::layout::section;
use crate::format::hash::key_hash;
use crate::format::limits::KEY_BYTES_MAX;

/// Checks V018, V019 and V028; `spaces` is the length of the space table, space 0 included.
pub(super) fn check(check: &mut Check<'_>, group: &Group, spaces: u64) -> Result<()> {
    space_ids(check, group, spaces)?;
    let offsets = check.outcome(group.section::<u32>(section::KEY_OFFSETS))?;
    let bytes = check.outcome(group.section::<u8>(section::KEY_BYTES))?;
    let Some((offsets, bytes)) = offsets.zip(bytes) else { return Ok(()) };
    if let Err(text) = ladder::check(offsets, bytes.len() as u64) {
        check.group_problem(group, Rule::KeyText, &text);
        return Ok(());
    }
    for (place, key) in ladder::texts(offsets, bytes).enumerate() {
        let text = match std::str::from_utf8(key) {
            Ok(_) if (1..=KEY_BYTES_MAX).contains(&(key.len() as u64)) => continue,
            Ok(_) => format!("key {place} has {} bytes", key.len()),
            Err(_) => format!("key {place} is not UTF-8"),
        };
        check.group_problem(group, Rule::KeyText, &text);
    }
    index(check, group, offsets, bytes)
}

fn space_ids(check: &mut Check<'_>, group: &Group, spaces: u64) -> Result<()> {
    let ids = check.outcome(group.section::<u32>(section::KEY_SPACES))?.unwrap_or(&[]);
    for (place, &id) in ids.iter().enumerate() {
        if u64::from(id) >= spaces {
            let text = format!("the image at place {place} is in space {id} of {spaces}");
            check.group_problem(group, Rule::SpaceId, &text);
        }
    }
    Ok(())
}

fn index(check: &mut Check<'_>, group: &Group, offsets: &[u32], bytes: &[u8]) -> Result<()> {
    let hashes = check.outcome(group.section::<u64>(section::KEY_HASHES))?;
    let order = check.outcome(group.section::<u32>(section::KEY_ORDER))?;
    let Some((hashes, order)) = hashes.zip(order) else { return Ok(()) };
    let mut pairs = hashes.windows(2).zip(order.windows(2));
    let descends = |(hashes, order): (&[u64], &[u32])| match (hashes, order) {
        ([one, next], [place, behind]) => (one, place) > (next, behind),
        _ => false,
    };
    if let Some(place) = pairs.position(descends) {
        let text = format!("hash {place} does not come before the one behind it");
        check.group_problem(group, Rule::KeyIndex, &text);
    }
    let mut named = Bitmap::new(group.desc().count);
    for (place, (&hash, &entry)) in hashes.iter().zip(order).enumerate() {
        let text = if named.insert(u64::from(entry)) {
            let start = entry as usize;
            let pair = offsets.get(start..start.saturating_add(2)).unwrap_or(&[]);
            let key = ladder::texts(pair, bytes).next().unwrap_or(&[]);
            if key_hash(key) == hash {
                continue;
            }
            format!("hash {place} is not that of key {entry}")
        } else {
            format!("place {place} names key {entry}, which is named before or is none")
        };
        check.group_problem(group, Rule::KeyIndex, &text);
    }
    Ok(())
}
