//! The nearest neighbours of many features among those of a field.

use super::super::batch;
use super::super::duplicates::Features;
use super::super::duplicates::append;
use super::super::similarity::Metric;
use super::super::top_k::ScoredRow;
use super::Progress;
use super::options::AnalysisOptions;
use super::source::tell;
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::format::schema::FieldDef;

/// Most neighbours of a feature.
pub const NEIGHBOURS_MAX: usize = 10_000;
/// Queries of a batch.
const QUERIES: usize = 2048;
/// Hits that a batch may hold for each thread.
const HITS: usize = 1 << 21;

/// Where neighbours are looked for.
#[derive(Clone, Copy)]
pub struct Among<'a> {
    /// The state.
    pub state: &'a State,
    /// The field.
    pub field: &'a FieldDef,
}

impl Among<'_> {
    /// Finds the `k` nearest of each feature at a place among the rows let through, itself left out, and calls `each`
    /// with the place and what was found, nearest first.
    pub(super) fn each(
        &self,
        features: &Features<'_>,
        places: &[usize],
        k: usize,
        (options, filter): (&AnalysisOptions<'_>, Option<&Bitmap>),
        progress: Progress<'_>,
        mut each: impl FnMut(usize, &[ScoredRow]),
    ) -> Result<()> {
        check(k)?;
        let mut search = options.search(k.saturating_add(1));
        search.filter = filter;
        let step = (HITS / k.max(1)).clamp(16, QUERIES);
        let mut done = 0_usize;
        for places in places.chunks(step) {
            tell(progress, done, features.len())?;
            let query = |place: &usize| {
                let mut query = Vec::with_capacity(features.dim());
                append(features.row(*place), features.dim(), &mut query);
                query
            };
            let queries: Vec<Vec<f32>> = places.iter().map(query).collect();
            let (state, field) = (self.state, self.field);
            let (at, all) = (done as u64, features.len() as u64);
            let go_on: Progress<'_> = &mut |_, _| progress(at, all);
            let found = batch::search(state, field, options.region, &queries, &search, go_on)?;
            for (place, mut found) in places.iter().zip(found) {
                let own = features.number(*place);
                found.hits.retain(|hit| hit.row != own);
                found.hits.truncate(k);
                each(*place, &found.hits);
            }
            done = done.saturating_add(places.len());
        }
        tell(progress, features.len(), features.len())
    }
}

/// A score as a distance: smaller is nearer.
pub(super) fn distance(metric: Metric, score: f32) -> f64 {
    match metric {
        Metric::Cosine => 1.0 - f64::from(score),
        Metric::InnerProduct => -f64::from(score),
        Metric::L2 => f64::from(score),
    }
}

fn check(k: usize) -> Result<()> {
    if k == 0 {
        return Err(Error::Invalid("no neighbours were asked for; ask for at least 1".into()));
    }
    if k > NEIGHBOURS_MAX {
        let (value, limit) = (k as u64, NEIGHBOURS_MAX as u64);
        return Err(Error::Limit { what: "neighbours", value, limit });
    }
    Ok(())
}
