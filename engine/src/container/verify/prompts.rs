//! Prompt sets: bytes, header, texts and their hash, features.

use super::check::Check;
use super::{extents, features, metadata};
use crate::container::prompt_set::PromptSet;
use crate::container::state::State;
use crate::error::Result;
use crate::format::group::layout::section;
use crate::format::hash::texts_sha256;
use crate::format::{Damage, Rule};

/// Checks all prompt sets of a state.
pub(super) fn check(check: &mut Check<'_>, state: &State) -> Result<()> {
    for set in state.prompt_sets.values() {
        one(check, set)?;
    }
    Ok(())
}

fn one(check: &mut Check<'_>, set: &PromptSet) -> Result<()> {
    let def = set.def();
    if let Err(error) = metadata::parse_or_empty(&def.attributes) {
        let text = format!("the attributes of prompt set {:?} are not JSON: {error}", def.name);
        check.problem(Damage::new(Rule::MetadataText, def.data.offset(), text));
    }
    if let Some(extent) = set.group().extent() {
        extents::blocks(check, extent)?;
    }
    if check.outcome(set.view())?.is_none() {
        return Ok(());
    }
    texts(check, set)?;
    features::padded(check, set.group(), section::PROMPT_MATRIX, def.dim)?;
    features::plain(check, set.group(), section::PROMPT_TOKENS)
}

fn texts(check: &mut Check<'_>, set: &PromptSet) -> Result<()> {
    let Some(view) = check.outcome(set.view())? else { return Ok(()) };
    let Some(offsets) = check.outcome(set.group().section::<u32>(section::PROMPT_OFFSETS))? else {
        return Ok(());
    };
    let bytes = set.group().header()?.sections.get(section::PROMPT_BYTES).map_or(0, |s| s.len);
    let ends = (offsets.first().copied(), offsets.last().copied().map(u64::from));
    if !offsets.is_sorted() || ends != (Some(0), Some(bytes)) {
        let text = "offsets of texts do not ascend from 0 to the end of the texts";
        check.group_problem(set.group(), Rule::PromptSet, text);
        return Ok(());
    }
    let texts: Result<Vec<&str>> = (0..set.def().count as usize).map(|n| view.text(n)).collect();
    let Some(texts) = check.outcome(texts)? else { return Ok(()) };
    if set.def().texts_sha256 != texts_sha256(texts) {
        check.group_problem(set.group(), Rule::PromptSet, "the SHA-256 of its texts is another");
    }
    Ok(())
}
