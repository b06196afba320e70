//! Blocks against their checksums, and that no two extents share a page.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use super::check::Check;
use super::structure::Opened;
use crate::container::checked::CheckedExtent;
use crate::container::column::GroupRef;
use crate::container::relocate::tokens_field;
use crate::container::state::State;
use crate::container::view::TokensView;
use crate::error::Result;
use crate::format::extent::Extent;
use crate::format::limits::{BLOCK_BYTES, PAGE_BYTES};
use crate::format::{Damage, Rule};

/// Who uses a run of pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owner {
    Manifest,
    Log,
    Group(u64),
    Tensor(u64),
    Prompts(u32),
    Dead(u64),
    Index(u32),
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str("the manifest"),
            Self::Log => f.write_str("the log"),
            Self::Group(id) => write!(f, "row group {id}"),
            Self::Tensor(id) => write!(f, "a tensor of row group {id}"),
            Self::Prompts(number) => write!(f, "prompt set number {number}"),
            Self::Dead(id) => write!(f, "the deleted entries of row group {id}"),
            Self::Index(column) => write!(f, "an index of column {column}"),
        }
    }
}

/// Verifies every block of an extent; false when one is damaged.
pub(super) fn blocks(check: &mut Check<'_>, extent: &CheckedExtent) -> Result<bool> {
    let len = extent.extent().len;
    check.report.extents = check.report.extents.saturating_add(1);
    // An empty range opens the extent, which verifies its table.
    if check.outcome(extent.get(0..0))?.is_none() {
        check.advance(len)?;
        return Ok(false);
    }
    check.advance(extent.extent().table_len())?;
    if !check.afford(len)? {
        return Ok(false);
    }
    let mut sound = true;
    for block in 0..extent.extent().blocks() {
        let start = block.saturating_mul(BLOCK_BYTES);
        let end = start.saturating_add(BLOCK_BYTES).min(len);
        let range = usize::try_from(start).unwrap_or(usize::MAX)
            ..usize::try_from(end).unwrap_or(usize::MAX);
        sound &= check.outcome(extent.get(range))?.is_some();
        check.advance(end.saturating_sub(start))?;
    }
    Ok(sound)
}

/// Checks overlaps, and the blocks of everything but row groups, which are looked at one by one later.
pub(super) fn check(check: &mut Check<'_>, opened: &Opened) -> Result<()> {
    let owned = owned(opened)?;
    let bytes = owned.iter().map(|(extent, _)| extent.len.saturating_add(extent.table_len()));
    check.expect_bytes(bytes.fold(check.report.bytes_checked, u64::saturating_add));
    overlaps(check, opened, &owned);
    for (extent, owner) in owned {
        if matches!(owner, Owner::Dead(_) | Owner::Index(_)) {
            let checked = CheckedExtent::new(extent, Arc::clone(check.storage));
            blocks(check, &checked)?;
        }
    }
    Ok(())
}

/// All extents of the manifest, and those that the log adds. The log supersedes bitmaps of deleted
/// entries in memory only: those of the manifest are still in use.
fn owned(opened: &Opened) -> Result<Vec<(Extent, Owner)>> {
    let mut owned = Vec::new();
    let mut seen = HashSet::new();
    for state in [&opened.base, &opened.state] {
        for group in groups_of(state) {
            if !seen.insert(Arc::as_ptr(group.shared())) {
                continue;
            }
            let desc = group.group().desc();
            let tensors = tensors(state, group)?.into_iter();
            owned.extend(tensors.map(|tensor| (tensor, Owner::Tensor(desc.id))));
            if group.group().is_in_memory() {
                continue;
            }
            owned.push((desc.data, Owner::Group(desc.id)));
            let dead = group.dead().and_then(|dead| dead.extent());
            owned.push((dead.unwrap_or_default(), Owner::Dead(desc.id)));
        }
    }
    let sets = [&opened.base, &opened.state].into_iter().flat_map(|s| s.prompt_sets.values());
    let mut seen = HashSet::new();
    let sets = sets.filter(|&set| seen.insert(Arc::as_ptr(set)));
    owned.extend((0..).zip(sets).map(|(number, set)| (set.def().data, Owner::Prompts(number))));
    let indexes = opened.base.indexes.iter();
    owned.extend(indexes.map(|index| (index.desc().data, Owner::Index(index.desc().column))));
    owned.retain(|(extent, _)| !extent.is_none());
    Ok(owned)
}

/// The tensors of the live images of a row group; none when it cannot be read, which is noted with it.
fn tensors(state: &State, group: &GroupRef) -> Result<Vec<Extent>> {
    let field = tokens_field(&state.schema, group.group().desc().column);
    let Some(field) = field else { return Ok(Vec::new()) };
    let all = Check::noted(TokensView::new(group.group(), field).extents())?;
    let dead = Check::noted(group.dead_bits())?.flatten();
    let live = |at: usize| !dead.is_some_and(|dead| dead.get(at as u64));
    let all = all.into_iter().flatten().enumerate();
    Ok(all.filter_map(|(at, extent)| extent.ok().filter(|_| live(at))).collect())
}

fn groups_of(state: &State) -> impl Iterator<Item = &GroupRef> {
    state.columns.values().flat_map(|column| column.groups())
}

fn overlaps(check: &mut Check<'_>, opened: &Opened, owned: &[(Extent, Owner)]) {
    let manifest = opened.base.manifest;
    let mut runs = vec![(manifest.page, manifest.end_page(), Owner::Manifest)];
    runs.extend(opened.tail.segments.iter().map(|run| (run.page, run.end(), Owner::Log)));
    runs.extend(owned.iter().map(|&(extent, owner)| (extent.page, extent.end_page(), owner)));
    runs.sort_unstable();
    let mut reach: Option<(u64, Owner)> = None;
    for (page, end, owner) in runs {
        if let Some((taken, before)) = reach
            && page < taken
        {
            let text = format!("{before} and {owner} share page {page}");
            check.problem(Damage::new(Rule::ExtentOverlap, page.saturating_mul(PAGE_BYTES), text));
        }
        if reach.is_none_or(|(taken, _)| end > taken) {
            reach = Some((end, owner));
        }
    }
}
