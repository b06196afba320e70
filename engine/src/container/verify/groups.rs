//! Row groups one by one: bytes, header, rows, deleted entries, content.

use std::collections::{BTreeMap, HashSet};

use super::check::Check;
use super::structure::Opened;
use super::{attributes, extents, features, keys, masks, metadata, regions, tokens};
use crate::container::column::GroupRef;
use crate::container::group::{Group, Rows};
use crate::container::relocate::tokens_field;
use crate::container::state::State;
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::Layout;
use crate::format::group::layout::section;
use crate::format::schema::FieldDef;

/// The row groups of a column whose rows and deleted entries can be trusted.
#[derive(Default)]
pub(super) struct Sound<'a> {
    pub(super) groups: Vec<&'a GroupRef>,
    /// Whether those are all row groups of the column.
    pub(super) complete: bool,
}

/// Checks every row group of a container; returns the sound ones of its state by column.
///
/// The state may hold row groups of the log merged, which would hide what is wrong with them. So those are checked
/// as they stand in the log, and what was made of them in memory is trusted when they are sound.
pub(super) fn check<'a>(
    check: &mut Check<'_>,
    opened: &'a Opened,
) -> Result<BTreeMap<u32, Sound<'a>>> {
    let state = &opened.state;
    let mut unsound = HashSet::new();
    for group in &opened.inline {
        check.report.groups = check.report.groups.saturating_add(1);
        if !one(check, state, group)? {
            unsound.insert(group.desc().column);
        }
    }
    let mut columns = BTreeMap::new();
    for (&number, column) in &state.columns {
        let mut sound = Sound { groups: Vec::new(), complete: true };
        for group in column.groups() {
            if stored(check, state, group, &unsound)? {
                if let Some(field) = tokens_field(&state.schema, number) {
                    tokens::tensors(check, group, field)?;
                }
                sound.groups.push(group);
            } else {
                sound.complete = false;
            }
        }
        columns.insert(number, sound);
    }
    check.report.images = state.images();
    Ok(columns)
}

/// Checks a row group of the state; true when its rows and deleted entries are sound.
fn stored(
    check: &mut Check<'_>,
    state: &State,
    group_ref: &GroupRef,
    unsound: &HashSet<u32>,
) -> Result<bool> {
    let group = group_ref.group();
    if group.is_in_memory() {
        return Ok(!unsound.contains(&group.desc().column));
    }
    check.report.groups = check.report.groups.saturating_add(1);
    if let Some(extent) = group.extent() {
        extents::blocks(check, extent)?;
    }
    let dead = check.outcome(group_ref.dead_bits())?;
    Ok(one(check, state, group)? && dead.is_some())
}

/// Checks one row group by itself; true when its rows are sound.
fn one(check: &mut Check<'_>, state: &State, group: &Group) -> Result<bool> {
    let desc = group.desc();
    if desc.last_image() >= state.next_row {
        let text = format!("row {} is not below {}", desc.last_row, state.next_row);
        check.group_problem(group, Rule::RowRange, &text);
    }
    if check.outcome(group.header())?.is_none() {
        return Ok(false);
    }
    if Layout::of_column(&state.schema, desc.column) != Some(desc.layout) {
        let text = "its column is not of its layout";
        check.group_problem(group, Rule::GroupDescriptor, text);
        return Ok(false);
    }
    let field = state.schema.fields.iter().find(|field| field.column == desc.column);
    if check.outcome(group.check_field(field))?.is_none() {
        return Ok(false);
    }
    let ascending = rows(check, group)?;
    content(check, state, group, field)?;
    Ok(ascending)
}

/// Rows ascend strictly from the first to the last row of the descriptor.
fn rows(check: &mut Check<'_>, group: &Group) -> Result<bool> {
    let desc = group.desc();
    let Some(rows) = check.outcome(group.rows())? else { return Ok(false) };
    let Rows::List(list) = rows else { return Ok(true) };
    let text = if !list.is_sorted_by(|a, b| a < b) {
        "its rows do not ascend"
    } else if list.first() != Some(&desc.first_row) || list.last() != Some(&desc.last_row) {
        "its rows do not start and end where its descriptor says"
    } else {
        return Ok(true);
    };
    check.group_problem(group, Rule::GroupRows, text);
    Ok(false)
}

fn content(
    check: &mut Check<'_>,
    state: &State,
    group: &Group,
    field: Option<&FieldDef>,
) -> Result<()> {
    match (group.desc().layout, field) {
        (Layout::Keys, _) => keys::check(check, group, state.spaces.len() as u64),
        (Layout::Bool, _) => attributes::booleans(check, group),
        (Layout::Text, _) => attributes::texts(check, group),
        (Layout::Metadata, _) => metadata::check(check, group),
        (Layout::Vector, Some(field)) => {
            features::check(check, group, field, section::VECTOR_MATRIX)
        }
        (Layout::Regions, Some(field)) => {
            regions::check(check, group, field)?;
            features::check(check, group, field, section::REGION_MATRIX)
        }
        (Layout::Tokens, Some(field)) => tokens::directory(check, group, field),
        (Layout::Masks, _) => masks::directory(check, group),
        // Any bit pattern is a number here.
        (Layout::I64 | Layout::F64, _) => Ok(()),
        (layout, _) => {
            check.note(format!("row groups of layout {layout:?} are not looked into"));
            Ok(())
        }
    }
}
