//! The images whose tokens match those of a query best.

#![deny(clippy::arithmetic_side_effects)]

use super::{LateQuery, LateScratch, TOKENS_A_PASS};
use crate::container::state::State;
use crate::error::Result;
use crate::format::schema::FieldDef;
use crate::search::Found;
use crate::search::options::SearchOptions;
use crate::search::similarity::Best;
use crate::search::tokens::of_images;
use crate::search::top_k::{ScoredRow, TopK};

/// The images with the highest `MaxSim` with the query, all scored but `exclude`. `k`, `threshold`,
/// `filter` and `threads` as the options say.
pub(crate) fn rank(
    state: &State,
    field: &FieldDef,
    query: &LateQuery,
    exclude: Option<u64>,
    options: &SearchOptions<'_>,
) -> Result<Found<ScoredRow>> {
    options.check()?;
    let make = || {
        let top = TopK::of_hits(options.k, Best::Largest)?;
        Ok((LateScratch::default(), top, 0_u64))
    };
    let passes = (query.count() as u64 / TOKENS_A_PASS).saturating_add(1);
    let workers = of_images(state, field, options, passes, make, |worker, row, tokens| {
        if exclude == Some(row) {
            return Ok(());
        }
        let (scratch, top, matched) = worker;
        let score = query.max_sim(tokens, scratch)?;
        if !score.is_nan() && options.threshold.is_none_or(|least| score >= least) {
            *matched = matched.saturating_add(1);
            top.push(score, row);
        }
        Ok(())
    })?;
    let (_, mut all, mut sum) = make()?;
    for (_, top, matched) in &workers {
        all.merge(top);
        sum = sum.saturating_add(*matched);
    }
    Ok(Found { hits: all.into_sorted_vec(), matched: sum })
}
