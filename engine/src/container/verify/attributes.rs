//! Row groups of attributes.

use super::check::Check;
use super::ladder;
use crate::container::group::Group;
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;
use crate::format::limits::TEXT_BYTES_MAX;

/// Booleans are 0 or 1.
pub(super) fn booleans(check: &mut Check<'_>, group: &Group) -> Result<()> {
    let values = check.outcome(group.section::<u8>(section::VALUES))?.unwrap_or(&[]);
    if let Some(place) = values.iter().position(|&value| value > 1) {
        let text = format!("the boolean at place {place} is neither 0 nor 1");
        check.group_problem(group, Rule::AttributeValues, &text);
    }
    Ok(())
}

/// Dictionary and codes of texts.
pub(super) fn texts(check: &mut Check<'_>, group: &Group) -> Result<()> {
    let codes = check.outcome(group.section::<u32>(section::VALUES))?;
    let offsets = check.outcome(group.section::<u32>(section::DICT_OFFSETS))?;
    if let Some((codes, offsets)) = codes.zip(offsets) {
        let entries = offsets.len().saturating_sub(1);
        if let Some(place) = codes.iter().position(|&code| code as usize >= entries) {
            let text = format!("the code at place {place} is not in the dictionary of {entries}");
            check.group_problem(group, Rule::AttributeValues, &text);
        }
    }
    let bytes = check.outcome(group.section::<u8>(section::DICT_BYTES))?;
    let Some((offsets, bytes)) = offsets.zip(bytes) else { return Ok(()) };
    if let Err(text) = ladder::check(offsets, bytes.len() as u64) {
        check.group_problem(group, Rule::AttributeValues, &text);
        return Ok(());
    }
    for (entry, text) in ladder::texts(offsets, bytes).enumerate() {
        let text = match std::str::from_utf8(text) {
            Ok(_) if text.len() as u64 <= TEXT_BYTES_MAX => continue,
            Ok(_) => format!("entry {entry} of the dictionary has {} bytes", text.len()),
            Err(_) => format!("entry {entry} of the dictionary is not UTF-8"),
        };
        check.group_problem(group, Rule::AttributeValues, &text);
    }
    Ok(())
}
