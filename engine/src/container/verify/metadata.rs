//! JSON metadata.

use super::check::Check;
use super::ladder;
use crate::container::group::Group;
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;
use crate::format::limits::JSON_BYTES_MAX;

/// Checks rule V022.
pub(super) fn check(check: &mut Check<'_>, group: &Group) -> Result<()> {
    let offsets = check.outcome(group.section::<u64>(section::JSON_OFFSETS))?;
    let bytes = check.outcome(group.section::<u8>(section::JSON_BYTES))?;
    let Some((offsets, bytes)) = offsets.zip(bytes) else { return Ok(()) };
    if let Err(text) = ladder::check(offsets, bytes.len() as u64) {
        check.group_problem(group, Rule::MetadataText, &text);
        return Ok(());
    }
    for (place, text) in ladder::texts(offsets, bytes).enumerate() {
        let parsed = std::str::from_utf8(text).map_err(|_| "not UTF-8".to_owned()).and_then(parse);
        if let Err(error) = parsed {
            let text = format!("the metadata at place {place} is not JSON: {error}");
            check.group_problem(group, Rule::MetadataText, &text);
        }
    }
    Ok(())
}

/// Whether a text is JSON. The parser keeps to [`crate::format::limits::JSON_DEPTH_MAX`]; the length is
/// limited here, since a value takes many times the memory of its text.
fn parse(text: &str) -> std::result::Result<(), String> {
    if text.len() as u64 > JSON_BYTES_MAX {
        return Err(format!("{} bytes", text.len()));
    }
    serde_json::from_str::<serde_json::Value>(text).map(drop).map_err(|error| error.to_string())
}

/// The same for texts that may be empty: those of the container and of fields.
pub(super) fn parse_or_empty(text: &str) -> std::result::Result<(), String> {
    if text.is_empty() { Ok(()) } else { parse(text) }
}
