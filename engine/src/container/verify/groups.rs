//! Row groups one by one: bytes, header, rows, deleted entries, content.

use std::collections::{BTreeMap, HashSet};

use super::check::Check;
use super::{attributes, extents, features, keys, metadata, regions};
use crate::container::column::GroupRef;
use crate::container::group::{Group, Rows};
use crate::container::state::State;
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;
use crate::format::group::{BlobHeader, Layout};
use crate::format::schema::FieldDef;

/// The row groups of a column whose rows and deleted entries can be trusted.
#[derive(Default)]
pub(super) struct Sound<'a> {
    pub(super) groups: Vec<&'a GroupRef>,
    /// Whether those are all row groups of the column.
    pub(super) complete: bool,
}

/// Checks every row group of a state; returns the sound ones by column.
pub(super) fn check<'a>(
    check: &mut Check<'_>,
    state: &'a State,
) -> Result<BTreeMap<u32, Sound<'a>>> {
    let mut ids = HashSet::new();
    let mut columns = BTreeMap::new();
    for (&number, column) in &state.columns {
        let mut sound = Sound { groups: Vec::new(), complete: true };
        for group in column.groups() {
            if !ids.insert(group.group().desc().id) {
                check.group_problem(group.group(), Rule::GroupDescriptor, "its number is taken");
            }
            check.report.groups = check.report.groups.saturating_add(1);
            if one(check, state, group)? {
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

/// Checks one row group; true when its rows and deleted entries are sound.
fn one(check: &mut Check<'_>, state: &State, group_ref: &GroupRef) -> Result<bool> {
    let group = group_ref.group();
    let desc = group.desc();
    if let Some(extent) = group.extent() {
        extents::blocks(check, extent)?;
    }
    if desc.last_row >= state.next_row {
        let text = format!("row {} is not below {}", desc.last_row, state.next_row);
        check.group_problem(group, Rule::RowRange, &text);
    }
    let dead = check.outcome(group_ref.dead_bits())?;
    let Some(header) = check.outcome(group.header())? else { return Ok(false) };
    if Layout::of_column(&state.schema, desc.column) != Some(desc.layout) {
        let text = "its column is not of its layout";
        check.group_problem(group, Rule::GroupDescriptor, text);
        return Ok(false);
    }
    let field = state.schema.fields.iter().find(|field| field.column == desc.column);
    if let Some(text) = misshapen(header, field) {
        check.group_problem(group, Rule::GroupHeader, &text);
        return Ok(false);
    }
    let ascending = rows(check, group)?;
    content(check, state, group, field)?;
    Ok(ascending && dead.is_some())
}

/// How a header disagrees with the schema.
fn misshapen(header: &BlobHeader, field: Option<&FieldDef>) -> Option<String> {
    let field = field.filter(|_| matches!(header.layout, Layout::Vector | Layout::Regions));
    let (dim, dtype, stride) =
        field.map_or((0, 0, 0), |f| (f.dim, u32::from(f.dtype.code()), f.stride()));
    if (header.dim, header.dtype, u64::from(header.stride)) != (dim, dtype, stride) {
        return Some("dimension, type or stride are not those of its column".into());
    }
    if header.layout != Layout::Regions && header.total != header.count {
        return Some(format!("{} entries for {} images", header.total, header.count));
    }
    None
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
        // Any bit pattern is a number here.
        (Layout::I64 | Layout::F64, _) => Ok(()),
        (layout, _) => {
            check.note(format!("row groups of layout {layout:?} are not looked into"));
            Ok(())
        }
    }
}
