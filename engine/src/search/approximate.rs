//! Approximate search of a series that has lists; what came after they were built is searched exactly.

use std::collections::HashSet;

use super::codes::stored::StateCodes;
use super::exact::{Found, Part, Plan};
use super::lists::{self, Advice, Effort, Options, StoredLists, StoredRows};
use super::options::SearchOptions;
use super::series::Series;
use super::similarity::{Metric, Scorer};
use super::top_k::{ScoredRow, TopK};
use crate::container::column::{Column, GroupRef};
use crate::container::index::Index;
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::index::NO_REGION;
use crate::format::schema::FieldDef;

/// A search of one series.
pub(super) struct Request<'a> {
    pub(super) state: &'a State,
    pub(super) field: &'a FieldDef,
    pub(super) series: Series,
    pub(super) query: &'a [f32],
    pub(super) metric: Metric,
    pub(super) exclude: Option<u64>,
    pub(super) options: SearchOptions<'a>,
}

impl Request<'_> {
    /// The best rows by lists; `None` where there are none for the series and the metric, or where they do not pay.
    pub(super) fn run(&self, effort: Effort) -> Result<Option<Found<ScoredRow>>> {
        let Some(index) = self.index()? else { return Ok(None) };
        let stored = StoredLists::new(index);
        let view = stored.view()?;
        let SearchOptions { k, threshold, filter, .. } = self.options;
        let allowed = filter.map(crate::format::bitmap::Bitmap::count);
        if let Some(allowed) = allowed
            && view.advise(k, allowed, effort) == Advice::Scan
        {
            return Ok(None);
        }
        let column = self.state.column(self.field.column);
        let groups = stored.groups(column)?;
        let rows = StoredRows::new(&groups, self.field, self.series, filter, self.exclude)?;
        let kernel = self.options.kernel()?;
        let options = Options { k, threshold, effort, allowed, kernel };
        let mut room = stored.room();
        let outcome = lists::search(&view, &rows, self.query, &options, &mut room);
        stored.keep(room);
        // Damage that was met says more than what a search makes of it.
        drop(view);
        rows.done()?;
        stored.done()?;
        let outcome = outcome?;
        if let Some(work) = self.options.work {
            let done = outcome.explain;
            work.add(done.lists, done.scanned, done.ruled_out, done.scored);
        }
        let listed: HashSet<u64> =
            groups.iter().filter_map(|(group, _)| group.map(|g| g.group().desc().id)).collect();
        self.with_newer(outcome.hits, &listed, column).map(Some)
    }

    /// The lists for this search.
    fn index(&self) -> Result<Option<&Index>> {
        let region = self.series.region().map_or(NO_REGION, u32::from);
        for index in self.state.lists(self.field.column) {
            let header = index.header()?;
            if header.region == region && header.metric == self.metric.code() {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Adds the best rows of row groups that are in no list.
    fn with_newer(
        &self,
        hits: Vec<ScoredRow>,
        listed: &HashSet<u64>,
        column: Option<&Column>,
    ) -> Result<Found<ScoredRow>> {
        let newer = column.map_or(&[][..], Column::groups).iter();
        let newer: Vec<GroupRef> =
            newer.filter(|group| !listed.contains(&group.group().desc().id)).cloned().collect();
        let mut matched = hits.len() as u64;
        if newer.is_empty() {
            return Ok(Found { hits, matched });
        }
        let rest = Column::new(newer);
        let scorer = Scorer::new(self.metric, self.options.kernel()?, self.query);
        let codes = StateCodes::new(self.state, self.field.column);
        let plan = Plan {
            column: Some(&rest),
            field: self.field,
            metric: self.metric,
            parts: vec![Part { series: self.series, scorer, weight: 1.0 }],
            exclude: self.exclude,
            options: self.options,
            codes: Some(&codes),
        };
        let found = plan.run()?;
        matched = matched.saturating_add(found.matched);
        let limit = TopK::MAX_K as u64;
        let over = || Error::Limit { what: "hits of a search", value: self.options.k as u64, limit };
        let mut top = TopK::new(self.options.k, self.metric.best()).ok_or_else(over)?;
        for hit in hits.iter().chain(&found.hits) {
            top.push(hit.score, hit.row);
        }
        Ok(Found { hits: top.into_sorted_vec(), matched })
    }
}
