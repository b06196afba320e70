//! Hits, and what is behind each.

#![deny(clippy::arithmetic_side_effects)]

use super::super::exact::{Found, Part, Plan};
use super::super::series::{Series, to_kernel};
use super::super::sweep::mismatch;
use super::super::top_k::ScoredRow;
use crate::container::view::RegionsView;
use crate::error::{Error, Result};
use crate::format::{Damage, Rule};

/// Most scores of regions that an explanation of all hits may hold.
const EXPLAINED_MAX: u64 = 1 << 24;

/// An image that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Its row.
    pub row: u64,
    /// Its score.
    pub score: f32,
    /// How many regions it shares with the query, of those asked for.
    pub shared: u32,
    /// The score of each shared region, ascending by region; empty unless `explain` was asked for.
    pub regions: Vec<RegionScore>,
}

/// What one region contributes to a hit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegionScore {
    /// Index of the region.
    pub region: u16,
    /// The metric of its two features.
    pub score: f32,
    /// Its weight.
    pub weight: f64,
}

/// Adds to the rows found what their images share with the query. O(parts) a hit; with explanation the
/// features are read once more.
pub(super) fn describe(plan: &Plan<'_>, found: Found<ScoredRow>) -> Result<Found<Hit>> {
    let scores = (found.hits.len() as u64).saturating_mul(plan.parts.len() as u64);
    if plan.options.explain && scores > EXPLAINED_MAX {
        let (what, limit) = ("scores of regions in an explanation", EXPLAINED_MAX);
        return Err(Error::Limit { what, value: scores, limit });
    }
    let hits = found.hits.into_iter().map(|hit| describe_one(plan, hit));
    Ok(Found { hits: hits.collect::<Result<_>>()?, matched: found.matched })
}

fn describe_one(plan: &Plan<'_>, ScoredRow { score, row }: ScoredRow) -> Result<Hit> {
    let found = plan.column.map(|column| column.find(row)).transpose()?.flatten();
    let (group, position) = found.ok_or_else(|| {
        Damage::new(Rule::GroupRows, 0, format!("row {row} is listed but not found again"))
    })?;
    let view = RegionsView::new(group.group(), plan.field);
    let (regions, entries) = view.of_image(position)?;
    let mut hit = Hit { row, score, shared: 0, regions: Vec::new() };
    for part in &plan.parts {
        let Series::Region(region) = part.series else { continue };
        let place = regions.binary_search(&region).ok();
        let Some(&entry) = place.and_then(|place| entries.get(place)) else { continue };
        hit.shared = hit.shared.saturating_add(1);
        if plan.options.explain {
            hit.regions.push(explain(&view, part, region, entry)?);
        }
    }
    Ok(hit)
}

fn explain(
    view: &RegionsView<'_>,
    part: &Part<'_>,
    region: u16,
    entry: u32,
) -> Result<RegionScore> {
    let feature = view.feature(entry)?;
    let row = to_kernel(&feature).and_then(|matrix| matrix.row(0));
    let row = row.ok_or_else(|| Damage::new(Rule::RegionRows, 0, "a feature is missing"))?;
    let score = part.scorer.score(row).map_err(mismatch)?;
    Ok(RegionScore { region, score, weight: part.weight })
}
