//! Approximate search of a series that has lists; what came after they were built is searched exactly.

use super::codes::stored::StateCodes;
use super::exact::{Found, Part, Plan};
use super::lists::{self, Advice, Effort, Options, RowSource, StoredLists, StoredRows};
use super::options::SearchOptions;
use super::series::Series;
use super::similarity::{Metric, Scorer};
use super::sweep::mismatch;
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
    /// The best rows by lists; `None` where there are none for the series and the metric, where they do not pay, or
    /// where all that is wanted is exact.
    pub(super) fn run(&self, effort: Effort) -> Result<Option<Found<ScoredRow>>> {
        if effort.is_exact() {
            return Ok(None);
        }
        let Some(index) = self.index()? else { return Ok(None) };
        let stored = StoredLists::new(index);
        let view = stored.view()?;
        let SearchOptions { k, threshold, filter, .. } = self.options;
        let allowed = filter.map(crate::format::bitmap::Bitmap::count);
        let advice = allowed.map(|allowed| view.advise(k, allowed, effort));
        if advice == Some(Advice::Scan) {
            return Ok(None);
        }
        let column = self.state.column(self.field.column);
        let groups = stored.groups(column)?;
        let rows = StoredRows::new(&groups, self.field, self.series, filter, self.exclude)?;
        let kernel = self.options.kernel()?;
        let options = Options { k, threshold, effort, allowed, kernel };
        let mut room = stored.room();
        let membership = match advice {
            Some(Advice::Members) => stored.membership(&view)?,
            _ => None,
        };
        let outcome = match membership {
            Some(of) => {
                let few = rows.eligible_ordinals()?;
                lists::search_members(&view, &rows, of, &few, self.query, &options, &mut room)
            }
            None => lists::search(&view, &rows, self.query, &options, &mut room),
        };
        stored.keep(room);
        let mut beside = Vec::new();
        let scorer = Scorer::new(self.metric, kernel, self.query);
        for &ordinal in stored.unlisted()? {
            if let Some(row) = rows.row(ordinal).filter(|_| rows.eligible(ordinal)) {
                let score = scorer.score(row).map_err(mismatch)?;
                beside.push(ScoredRow { score, row: rows.number(ordinal) });
            }
        }
        // Damage that was met says more than what a search makes of it.
        drop(view);
        rows.done()?;
        stored.done()?;
        let mut outcome = outcome?;
        outcome.explain.scored = outcome.explain.scored.saturating_add(beside.len() as u64);
        if let Some(work) = self.options.work {
            let done = outcome.explain;
            work.add(done.lists, done.scanned, done.ruled_out, done.scored);
        }
        let mut listed: Vec<u64> =
            groups.iter().filter_map(|(group, _)| group.map(|g| g.group().desc().id)).collect();
        listed.sort_unstable();
        let within = |hit: &ScoredRow| {
            let metric = self.metric;
            threshold.is_none_or(|limit| !metric.better(limit, hit.score)) && !hit.score.is_nan()
        };
        let unsorted = !beside.is_empty();
        outcome.hits.extend(beside.into_iter().filter(within));
        self.with_newer(outcome.hits, unsorted, &listed, column).map(Some)
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
        unsorted: bool,
        listed: &[u64],
        column: Option<&Column>,
    ) -> Result<Found<ScoredRow>> {
        let new = |group: &&GroupRef| listed.binary_search(&group.group().desc().id).is_err();
        let newer = column.map_or(&[][..], Column::groups).iter();
        let newer: Vec<GroupRef> = newer.filter(new).cloned().collect();
        if newer.is_empty() && !unsorted {
            return Ok(Found { matched: hits.len() as u64, hits });
        }
        let mut matched = hits.len() as u64;
        let limit = TopK::MAX_K as u64;
        let over =
            || Error::Limit { what: "hits of a search", value: self.options.k as u64, limit };
        let mut top = TopK::new(self.options.k, self.metric.best()).ok_or_else(over)?;
        for hit in &hits {
            top.push(hit.score, hit.row);
        }
        if newer.is_empty() {
            return Ok(Found { hits: top.into_sorted_vec(), matched });
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
        for hit in &found.hits {
            top.push(hit.score, hit.row);
        }
        Ok(Found { hits: top.into_sorted_vec(), matched })
    }
}
