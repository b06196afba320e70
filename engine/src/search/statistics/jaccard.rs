//! Images whose sets of regions are alike.

#![deny(clippy::arithmetic_side_effects)]

use super::super::exact::{Found, rounded};
use super::super::options::SearchOptions;
use super::super::parallel;
use super::super::regions::{RegionsQuery, check_region};
use super::super::similarity::Best;
use super::super::sweep::Eligible;
use super::super::top_k::{ScoredRow, TopK};
use super::super::vectors::{check_kind, no_value};
use super::each_set;
use super::presence::{PIECE_POSITIONS, bytes_of};
use crate::container::state::State;
use crate::container::view::RegionsView;
use crate::error::Result;
use crate::format::schema::{FieldDef, FieldKind};

/// A set of regions, given or that of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionSetQuery {
    /// Ascending, each once.
    regions: Vec<u16>,
    exclude: Option<u64>,
}

impl RegionSetQuery {
    /// A given set, in any order; what is named twice counts once.
    pub fn new(field: &FieldDef, mut regions: Vec<u16>) -> Result<Self> {
        check_kind(field, FieldKind::Regions)?;
        regions.sort_unstable();
        regions.dedup();
        for &region in &regions {
            check_region(field, region)?;
        }
        Ok(Self { regions, exclude: None })
    }

    /// The set of a live image, which will not find itself; its equals it does find.
    pub fn of_row(state: &State, field: &FieldDef, row: u64) -> Result<Self> {
        check_kind(field, FieldKind::Regions)?;
        let column = state.column(field.column);
        let found = column.map(|column| column.find(row)).transpose()?.flatten();
        let (group, position) = found.ok_or_else(|| no_value(field, row))?;
        let (regions, _) = RegionsView::new(group.group(), field).of_image(position)?;
        Ok(Self { exclude: Some(row), ..Self::new(field, regions.to_vec())? })
    }

    /// The set of a query of features.
    pub fn of_query(query: &RegionsQuery) -> Self {
        let regions = query.features().iter().map(|(region, _)| *region).collect();
        Self { regions, exclude: query.exclude() }
    }

    /// The regions, ascending.
    pub fn regions(&self) -> &[u16] {
        &self.regions
    }
}

/// The images whose sets of regions are most like the query's, by the Jaccard index |A and B| / |A or B|
/// (Jaccard, "The distribution of the flora in the alpine zone", 1912); 1 for two empty sets. It is the
/// quotient of two counts in f64, rounded once to f32. Best first, of equal ones the smaller row first. Of
/// the options `k`, `threshold` (at least), `filter` and `threads` count. No feature is read.
pub fn jaccard(
    state: &State,
    field: &FieldDef,
    query: &RegionSetQuery,
    options: &SearchOptions<'_>,
) -> Result<Found<ScoredRow>> {
    check_kind(field, FieldKind::Regions)?;
    options.check()?;
    let column = state.column(field.column);
    let threads = parallel::threads(options.threads, bytes_of(column));
    let pieces = parallel::pieces(column, threads, 0, PIECE_POSITIONS)?;
    let mut wanted = vec![false; field.regions.len()];
    for &region in &query.regions {
        check_region(field, region)?;
        if let Some(slot) = wanted.get_mut(usize::from(region)) {
            *slot = true;
        }
    }
    let make = || Ok((TopK::of_hits(options.k, Best::Largest)?, 0_u64));
    let workers = parallel::run(threads, pieces.len(), make, |(top, matched), task| {
        let Some(piece) = pieces.get(task) else { return Ok(()) };
        let eligible = Eligible::new(piece.group, options.filter, query.exclude)?;
        each_set(piece, &eligible, |row, set| {
            let score = index(&wanted, query.regions.len(), set);
            if options.threshold.is_none_or(|limit| score >= limit) {
                *matched = matched.saturating_add(1);
                top.push(score, row);
            }
            Ok(())
        })
    })?;
    let (mut top, mut matched) = make()?;
    for (worker, count) in workers {
        top.merge(&worker);
        matched = matched.saturating_add(count);
    }
    Ok(Found { hits: top.into_sorted_vec(), matched })
}

fn index(wanted: &[bool], size: usize, set: &[u16]) -> f32 {
    let is_wanted = |region: &&u16| wanted.get(usize::from(**region)).is_some_and(|slot| *slot);
    let both = set.iter().filter(is_wanted).count();
    let either = size.saturating_add(set.len()).saturating_sub(both);
    if either == 0 { 1.0 } else { rounded(both as f64 / either as f64) }
}
