//! The whole of an index of lists against the rows that it is of.

use std::collections::HashSet;

use super::super::kernels::bits::ROWS;
use super::audit::Audit;
use super::{Counted, ListsView, RowSource, StoredLists, StoredRows};
use crate::container::column::Column;
use crate::container::index::Index;
use crate::error::Result;
use crate::format::Rule;
use crate::format::index::NO_REGION;
use crate::format::index::lists::{GROUPS, UNLISTED};
use crate::format::schema::{FieldDef, FieldKind};
use crate::search::series::Series;

/// Checks lists: that every live feature of their row groups is in one of them, or named as left out; and that
/// bits and facts are those of the features. One pass over the features, 4 bytes each.
pub fn check(index: &Index, column: Option<&Column>, field: &FieldDef) -> Result<()> {
    let stored = StoredLists::new(index);
    let view = stored.view()?;
    let header = index.header()?;
    let region = u16::try_from(header.region).ok();
    let fits = index.desc().group == 0
        && header.seed == 0
        && header.metric == view.metric().code()
        && header.count == u64::from(view.rows())
        && (header.region == NO_REGION) == (field.kind == FieldKind::Vector);
    if !fits {
        return Err(index.damage(Rule::IndexHeader, "the header is not that of its lists"));
    }
    let whole =
        index.raw(GROUPS)?.len().is_multiple_of(16) && index.raw(UNLISTED)?.len().is_multiple_of(4);
    let pairs = index.section::<u64>(GROUPS)?.as_chunks::<2>().0;
    let ids: HashSet<u64> = pairs.iter().map(|[id, _]| *id).collect();
    if !whole || ids.len() != pairs.len() {
        return Err(damage(index, "its row groups are cut short, or named twice"));
    }
    let counted = stored.groups(column)?;
    let series = region.map_or(Series::Vectors, Series::Region);
    let rows = StoredRows::new(&counted, field, series, None, None)?;
    if rows.count() != view.rows() {
        return Err(damage(index, "its row groups have another number of features"));
    }
    let placed = placed(&view, stored.unlisted()?);
    // Damage that was met says more than what is made of it.
    let outcome = placed.and_then(|placed| match missing(&counted, &rows, &placed) {
        Some(ordinal) => Err(format!("feature {ordinal} is in no list")),
        None => contents(&view, &rows),
    });
    drop(view);
    rows.done()?;
    stored.done()?;
    outcome.map_err(|text| damage(index, &text))
}

fn damage(index: &Index, text: &str) -> crate::error::Error {
    index.damage(Rule::IndexContent, text)
}

/// The ordinals that are in lists or beside them, in order, each once.
fn placed(view: &ListsView<'_>, unlisted: &[u32]) -> Result<Vec<u32>, String> {
    let mut placed = Vec::new();
    for list in view.lists() {
        let (listed, rest) = list.ordinals.split_at_checked(list.count).unwrap_or_default();
        placed.extend_from_slice(listed);
        if rest.iter().any(|ordinal| *ordinal != u32::MAX) {
            return Err("a list goes on behind its end".into());
        }
    }
    if !unlisted.is_sorted() {
        return Err("features that are in no list are not in order".into());
    }
    placed.extend_from_slice(unlisted);
    placed.sort_unstable();
    let twice = placed.windows(2).find(|pair| pair.first() == pair.last());
    if let Some(ordinal) = twice.and_then(|pair| pair.first()) {
        return Err(format!("feature {ordinal} is named twice"));
    }
    match placed.last() {
        Some(last) if *last >= view.rows() => Err(format!("there is no feature {last}")),
        _ => Ok(placed),
    }
}

/// A live feature that a search would not find.
fn missing(counted: &[Counted<'_>], rows: &StoredRows<'_>, placed: &[u32]) -> Option<u32> {
    let mut first = 0_u32;
    for (group, count) in counted {
        let end = first.saturating_add(*count);
        let mut here = first..end;
        let lost = |ordinal: &u32| {
            placed.binary_search(ordinal).is_err() && rows.live_row(*ordinal).is_some()
        };
        if group.is_some()
            && let Some(ordinal) = here.find(lost)
        {
            return Some(ordinal);
        }
        first = end;
    }
    None
}

/// Whether centroids, bits and facts are what they must be.
fn contents(view: &ListsView<'_>, rows: &StoredRows<'_>) -> Result<(), String> {
    let mut audit = Audit::new(view);
    if !audit.centroids() {
        return Err("a centroid is not what its facts say".into());
    }
    let groups = view.coarse.groups.max(1);
    for (number, list) in view.lists().enumerate() {
        audit.centroid(number);
        let blocks = list.codes.chunks(groups).zip(list.facts);
        for ((codes, facts), ordinals) in blocks.zip(list.ordinals.chunks(ROWS)) {
            for (place, ordinal) in ordinals.iter().enumerate() {
                let Some(row) = rows.row(*ordinal) else { continue };
                if !audit.row(row, codes, facts, place) {
                    return Err(format!("feature {ordinal} is not what its bits and facts say"));
                }
            }
        }
    }
    Ok(())
}
