//! Exact search in a regions field: by one region, by a set of them, or by all that are shared.
//!
//! An image shares with the query those regions that both have and that were asked for. Let `s_r` be the
//! metric of region `r`, in the [canonical arithmetic](super::kernels), and `w_r` its weight (1 unless
//! given). Over the shared regions the image's score begins as
//!
//! ```text
//! mean = (sum of w_r * s_r) / (sum of w_r)
//! ```
//!
//! and the query's other regions cost it, with `p` the `missing_penalty` in 0 to 1 and `m` the share of the
//! query's weight that the image lacks, among the regions asked for:
//!
//! ```text
//! m = 1 - (sum of w_r over the shared) / (sum of w_r over the query's)
//! score = mean - p * m * |mean|      cosine, inner product
//! score = mean + p * m * |mean|      l2
//! ```
//!
//! So lacking a region never makes a score better, an image that lacks none is left alone, and the penalty
//! is in proportion to the score: inner products and distances have a scale of their own, to which an
//! absolute penalty would have to be fitted. For a mean that is not negative, `p = 1` gives under cosine
//! and inner product the mean over all of the query's regions with 0 for the missing ones. A mean of 0 is
//! not worsened; where that matters, ask for `min_shared`. A penalised cosine may lie below -1.
//!
//! Sums are f64 in ascending order of the regions, and the score is rounded once, to f32: the same bits for
//! any number of threads, on any machine. Best first, of equal scores the smaller row first. The cosine with
//! a zero vector is 0. A score that is NaN, as infinite or huge values can make it, is never a hit. Of
//! regions that the query does not have nothing is found; that is no error. One pass over the features of
//! the regions asked for, and of no others.

mod hits;
mod query;
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "small numbers of a test")]
mod tests;

pub use hits::{Hit, RegionScore};
pub use query::RegionsQuery;

use super::approximate::Request;
use super::codes::CodeSource;
use super::codes::stored::StateCodes;
use super::exact::{Found, Part, Plan};
use super::kernels::Kernel;
use super::options::SearchOptions;
use super::series::Series;
use super::similarity::{Metric, Scorer};
use super::vectors::{check_feature, check_kind};
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::schema::{FieldDef, FieldKind};

/// Weights lie in this range, so that no sum of them overflows.
const WEIGHTS: std::ops::RangeInclusive<f64> = 1e-100..=1e100;

/// The best images by the regions that they share with the query; `regions` narrows it to those.
///
/// # Errors
///
/// [`Error::NoSuch`] for a region that the field does not have, [`Error::Invalid`] for a weight out of
/// range or given twice and for a penalty outside 0 to 1, [`Error::Limit`] for too large a k or too long
/// an explanation, [`Error::Corrupt`] for a damaged container.
pub fn search(
    state: &State,
    field: &FieldDef,
    query: &RegionsQuery,
    regions: Option<&[u16]>,
    options: &SearchOptions<'_>,
) -> Result<Found<Hit>> {
    let codes = StateCodes::new(state, field.column);
    search_by(state, field, query, regions, options, &codes)
}

/// [`search`] with codes of other origin.
pub(in super::super) fn search_by(
    state: &State,
    field: &FieldDef,
    query: &RegionsQuery,
    regions: Option<&[u16]>,
    options: &SearchOptions<'_>,
    codes: &dyn CodeSource,
) -> Result<Found<Hit>> {
    check_kind(field, FieldKind::Regions)?;
    options.check()?;
    for &region in regions.unwrap_or(&[]) {
        check_region(field, region)?;
    }
    for (region, feature) in query.features() {
        check_region(field, *region)?;
        check_feature(field, feature)?;
    }
    let weights = sorted_weights(field, options.weights.unwrap_or(&[]))?;
    let (metric, kernel) = (options.metric_for(field), options.kernel()?);
    let plan = Plan {
        column: state.column(field.column),
        field,
        metric,
        parts: parts(query, regions, &weights, metric, kernel),
        exclude: query.exclude(),
        options: *options,
        codes: Some(codes),
    };
    if plan.parts.is_empty() {
        return Ok(Found { hits: Vec::new(), matched: 0 });
    }
    if let ([part], Some(effort)) = (&plan.parts[..], options.effort)
        && options.min_shared <= 1
    {
        let (series, exclude, query) = (part.series, plan.exclude, part.scorer.query());
        let request = Request { state, field, series, metric, exclude, options: *options };
        if let Some(found) = request.run(query, effort)? {
            return hits::describe(&plan, found);
        }
    }
    let found = plan.run()?;
    hits::describe(&plan, found)
}

/// The features to search with: the query's, of the regions asked for, in ascending order.
fn parts<'q>(
    query: &'q RegionsQuery,
    regions: Option<&[u16]>,
    weights: &[(u16, f64)],
    metric: Metric,
    kernel: Kernel,
) -> Vec<Part<'q>> {
    let mut wanted: Option<Vec<u16>> = regions.map(<[u16]>::to_vec);
    if let Some(wanted) = &mut wanted {
        wanted.sort_unstable();
    }
    let is_wanted =
        |region: u16| wanted.as_ref().is_none_or(|set| set.binary_search(&region).is_ok());
    let chosen = query.features().iter().filter(|(region, _)| is_wanted(*region));
    chosen
        .map(|(region, feature)| {
            let place = weights.binary_search_by_key(region, |(region, _)| *region).ok();
            let weight = place.and_then(|place| weights.get(place)).map_or(1.0, |(_, w)| *w);
            let scorer = Scorer::new(metric, kernel, feature);
            Part { series: Series::Region(*region), scorer, weight }
        })
        .collect()
}

fn sorted_weights(field: &FieldDef, weights: &[(u16, f64)]) -> Result<Vec<(u16, f64)>> {
    let mut sorted = weights.to_vec();
    sorted.sort_unstable_by_key(|(region, _)| *region);
    let mut before = None;
    for &(region, weight) in &sorted {
        let name = check_region(field, region)?;
        if before == Some(region) {
            return Err(Error::Invalid(format!("region {name:?} has two weights")));
        }
        if !WEIGHTS.contains(&weight) {
            let text = format!(
                "the weight of region {name:?} is {weight}; it must be finite, above 0 and within 1e-100 to 1e100"
            );
            return Err(Error::Invalid(text));
        }
        before = Some(region);
    }
    Ok(sorted)
}

/// The name of a region that the field must have.
pub(in super::super) fn check_region(field: &FieldDef, region: u16) -> Result<&str> {
    let name = field.regions.get(usize::from(region)).map(String::as_str);
    name.ok_or_else(|| Error::NoSuch {
        what: "region",
        name: region.to_string(),
        known: field.regions.clone(),
    })
}
