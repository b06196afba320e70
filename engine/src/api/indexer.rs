//! What makes the indexes that the container keeps.

use std::cell::RefCell;

use crate::container::column::Column;
use crate::container::group::Group;
use crate::container::index::{Derive, Index, Renumbered};
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::Rule;
use crate::format::bitmap::Bitmap;
use crate::format::index::lists::GROUPS;
use crate::format::index::{INDEX_CODES, INDEX_LISTS, IndexHeader, NO_REGION};
use crate::format::schema::FieldDef;
use crate::search::Series;
use crate::search::codes::stored as codes;
use crate::search::lists::{self, Counted, StoredLists, StoredRows};
use crate::search::rotation::PADDING;

/// Lists with more features beside them than this, and than a quarter of what they hold, are no help.
const UNLISTED_MOST: u64 = 20_000;

/// Makes codes and lists out of row groups.
#[derive(Debug)]
pub(super) struct Indexer;

impl Derive for Indexer {
    fn codes(&self, group: &Group, field: &FieldDef) -> Result<Option<Vec<u8>>> {
        codes::index_bytes(group, field, 0)
    }

    fn carry(&self, index: &Index, rows: &Renumbered<'_>) -> Result<Option<Vec<u8>>> {
        if index.desc().kind != INDEX_LISTS {
            return Ok(None);
        }
        let header = index.header()?.clone();
        let field = rows.new.schema.fields.iter().find(|field| field.column == header.column);
        let Some(field) = field else { return Ok(None) };
        let series = series_of(header.region);
        let stored = StoredLists::new(index);
        let view = stored.view()?;
        let old = stored.groups(rows.old.column(header.column))?;
        let old = StoredRows::new(&old, field, series, None, None)?;
        let groups = counted(rows.new, field, series)?;
        let new = StoredRows::new(&groups, field, series, None, None)?;
        let count = lists::RowSource::count(&new);
        if old.is_gone() {
            return Ok(None);
        }
        let listed = RefCell::new(Bitmap::new(u64::from(count)));
        let mark = |ordinal: u32| {
            listed.borrow_mut().set(u64::from(ordinal));
            ordinal
        };
        let moved = lists::remap(&view, count, |ordinal| {
            let row = old.live_row(ordinal).and_then(rows.row)?;
            new.ordinal_of(row).map(mark)
        });
        let listed = listed.into_inner();
        // Rows that came after the lists were built may lie in the same row groups now.
        let unlisted = (0..count).filter(|ordinal| !listed.get(u64::from(*ordinal)));
        let unlisted: Vec<u32> = unlisted.filter(|o| new.live_row(*o).is_some()).collect();
        if unlisted.len() as u64 > UNLISTED_MOST.max(listed.count() / 4) {
            return Ok(None);
        }
        drop(view);
        old.done()?;
        new.done()?;
        stored.done()?;
        index_bytes(&header, &moved, &groups, &unlisted).map(Some)
    }
}

/// The series of a region's number in an index.
pub(super) fn series_of(region: u32) -> Series {
    match u16::try_from(region) {
        Ok(region) => Series::Region(region),
        Err(_) => Series::Vectors,
    }
}

/// The row groups of a field and how many features of a series each has.
pub(super) fn counted<'a>(
    state: &'a State,
    field: &FieldDef,
    series: Series,
) -> Result<Vec<Counted<'a>>> {
    let groups = state.column(field.column).map_or(&[][..], Column::groups);
    let counted = groups.iter().map(|group| {
        let value = series.count(group.group(), field)?;
        let limit = u64::from(u32::MAX);
        let over = |_| Error::Limit { what: "features of a row group", value, limit };
        Ok((Some(group), u32::try_from(value).map_err(over)?))
    });
    counted.collect()
}

/// The bytes of lists over row groups.
pub(super) fn index_bytes(
    header: &IndexHeader,
    sections: &[Vec<u8>],
    groups: &[Counted<'_>],
    unlisted: &[u32],
) -> Result<Vec<u8>> {
    let mut pairs = Vec::with_capacity(groups.len().saturating_mul(2));
    let mut count = 0_u64;
    for (group, features) in groups {
        pairs.push(group.map_or(0, |group| group.group().desc().id));
        pairs.push(u64::from(*features));
        count = count.saturating_add(u64::from(*features));
    }
    let mut parts: Vec<&[u8]> = sections.iter().map(Vec::as_slice).collect();
    parts.resize(GROUPS, &[]);
    parts.push(bytemuck::cast_slice(&pairs));
    parts.push(bytemuck::cast_slice(unlisted));
    let mut header = IndexHeader { count, ..header.clone() };
    header.assemble(&parts).map_err(|bytes| Error::OutOfMemory { bytes })
}

/// Checks what an index says of the rows that it was made of.
pub(super) fn check_index(state: &State, index: &Index) -> Result<()> {
    let header = index.header()?;
    if header.padded as usize != (header.dim as usize).next_multiple_of(PADDING) {
        return Err(index.damage(Rule::IndexHeader, "its rotation has another dimension"));
    }
    if header.kind == INDEX_CODES {
        let groups = state.column(header.column).map_or(&[][..], Column::groups);
        let group = groups.iter().find(|group| group.group().desc().id == index.desc().group);
        let Some(group) = group else { return Ok(()) };
        let field = state.schema.fields.iter().find(|field| field.column == header.column);
        let Some(field) = field.filter(|_| header.region == NO_REGION) else {
            return Err(index.damage(Rule::IndexHeader, "codes are of whole row groups"));
        };
        return codes::check(index, group.group(), field);
    }
    let field = state.schema.fields.iter().find(|field| field.column == header.column);
    let Some(field) = field else {
        return Err(index.damage(Rule::IndexHeader, "it is of another field"));
    };
    lists::check(index, state.column(header.column), field)
}
