//! Approximate search of a series that has lists; what came after they were built is searched exactly.

use super::batch;
use super::codes::stored::StateCodes;
use super::exact::{Found, Part, Plan};
use super::lists::{
    self, Advice, Effort, ListsView, Membership, Room, RowSource, StoredLists, StoredRows,
};
use super::options::SearchOptions;
use super::parallel;
use super::series::Series;
use super::similarity::{Metric, Scorer};
use super::sweep::mismatch;
use super::top_k::{ScoredRow, TopK};
use crate::container::column::{Column, GroupRef};
use crate::container::compact::Progress;
use crate::container::index::Index;
use crate::container::state::State;
use crate::error::Result;
use crate::format::bitmap::Bitmap;
use crate::format::index::NO_REGION;
use crate::format::schema::FieldDef;

/// Most queries of a task of a batch.
const QUERIES: usize = 16;
/// What a query reads of lists and rows, in bytes, so that a few of them are worth a thread.
const QUERY_BYTES: u64 = 256 << 10;

/// Searches of one series.
pub(super) struct Request<'a> {
    pub(super) state: &'a State,
    pub(super) field: &'a FieldDef,
    pub(super) series: Series,
    pub(super) metric: Metric,
    pub(super) exclude: Option<u64>,
    pub(super) options: SearchOptions<'a>,
}

/// Lists that are ready, and the rows that belong to them.
struct Opened<'l> {
    stored: &'l StoredLists<'l>,
    view: &'l ListsView<'l>,
    rows: &'l StoredRows<'l>,
    unlisted: &'l [u32],
    /// Where few rows may be found: these, and the list of each.
    few: Option<(&'l Membership, Vec<u32>)>,
    options: lists::Options,
}

impl Request<'_> {
    /// The best rows by lists; `None` where there are none for the series and the metric, or where they do not pay.
    pub(super) fn run(&self, query: &[f32], effort: Effort) -> Result<Option<Found<ScoredRow>>> {
        let asked = self.ask(effort, |opened| {
            let mut room = opened.stored.room();
            let hits = self.hits(opened, query, &mut room);
            opened.stored.keep(room);
            hits
        })?;
        let Some((hits, newer)) = asked else { return Ok(None) };
        let newer = newer.map(|column| self.scan(&column, query)).transpose()?;
        self.joined(hits, newer).map(Some)
    }

    /// [`Request::run`] for each of the queries. `progress` is told queries.
    pub(super) fn batch(
        &self,
        queries: &[Vec<f32>],
        effort: Effort,
        progress: Progress<'_>,
    ) -> Result<Option<Vec<Found<ScoredRow>>>> {
        let total = queries.len() as u64;
        let threads = parallel::threads(self.options.threads, total.saturating_mul(QUERY_BYTES));
        let step = queries.len().div_ceil(threads.saturating_mul(4).max(1)).clamp(1, QUERIES);
        let asked = self.ask(effort, |opened| {
            let workers = parallel::run_telling(
                threads,
                queries.len().div_ceil(step),
                || Ok((opened.stored.room(), Vec::new())),
                |(room, answers), task| {
                    let first = task.saturating_mul(step);
                    for (number, query) in queries.iter().enumerate().skip(first).take(step) {
                        answers.push((number, self.hits(opened, query, room)?));
                    }
                    Ok(())
                },
                &mut |done| progress((done.saturating_mul(step) as u64).min(total), total),
            )?;
            let mut hits = vec![Vec::new(); queries.len()];
            for (room, answers) in workers {
                opened.stored.keep(room);
                for (number, found) in answers {
                    if let Some(slot) = hits.get_mut(number) {
                        *slot = found;
                    }
                }
            }
            Ok(hits)
        })?;
        let Some((hits, newer)) = asked else { return Ok(None) };
        let Some(column) = newer else {
            let all = hits.into_iter().map(|hits| self.joined(hits, None));
            return all.collect::<Result<_>>().map(Some);
        };
        let codes = StateCodes::new(self.state, self.field.column);
        let (field, series, options) = (self.field, self.series, self.options);
        let plan = batch::Plan::new(Some(&column), field, series, queries, options, &codes)?;
        let newer = plan.run(&mut |_, _| progress(total, total))?.into_iter();
        let all = hits.into_iter().zip(newer).map(|(hits, newer)| self.joined(hits, Some(newer)));
        all.collect::<Result<_>>().map(Some)
    }

    /// Opens the lists for `work`; what it makes of them, and the row groups that are in no list. `None` where lists
    /// are of no use.
    fn ask<T>(
        &self,
        effort: Effort,
        work: impl FnOnce(&Opened<'_>) -> Result<T>,
    ) -> Result<Option<(T, Option<Column>)>> {
        if effort.is_exact() {
            return Ok(None);
        }
        let Some(index) = self.index()? else { return Ok(None) };
        let stored = StoredLists::new(index);
        let view = stored.view()?;
        let SearchOptions { k, threshold, filter, .. } = self.options;
        let allowed = filter.map(Bitmap::count);
        let advice = allowed.map(|allowed| view.advise(k, allowed, effort));
        if advice == Some(Advice::Scan) {
            return Ok(None);
        }
        let column = self.state.column(self.field.column);
        let groups = stored.groups(column)?;
        let rows = StoredRows::new(&groups, self.field, self.series, filter, self.exclude)?;
        let kernel = self.options.kernel()?;
        let options = lists::Options { k, threshold, effort, allowed, kernel };
        let unlisted = stored.unlisted()?;
        let membership = match advice {
            Some(Advice::Members) => stored.membership(&view)?,
            _ => None,
        };
        let few = match membership {
            Some(of) => Some((of, rows.eligible_ordinals()?)),
            None => None,
        };
        let outcome =
            work(&Opened { stored: &stored, view: &view, rows: &rows, unlisted, few, options });
        // Damage that was met says more than what a search makes of it.
        drop(view);
        rows.done()?;
        stored.done()?;
        let outcome = outcome?;
        let mut listed: Vec<u64> =
            groups.iter().filter_map(|(group, _)| group.map(|g| g.group().desc().id)).collect();
        listed.sort_unstable();
        let new = |group: &&GroupRef| listed.binary_search(&group.group().desc().id).is_err();
        let newer = column.map_or(&[][..], Column::groups).iter();
        let newer: Vec<GroupRef> = newer.filter(new).cloned().collect();
        Ok(Some((outcome, (!newer.is_empty()).then(|| Column::new(newer)))))
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

    /// The best rows in lists and beside them, best first.
    fn hits(&self, opened: &Opened<'_>, query: &[f32], room: &mut Room) -> Result<Vec<ScoredRow>> {
        let Opened { view, rows, options, .. } = *opened;
        let outcome = match &opened.few {
            Some((of, few)) => lists::search_members(view, rows, of, few, query, &options, room)?,
            None => lists::search(view, rows, query, &options, room)?,
        };
        let (mut hits, mut scored) = (outcome.hits, outcome.explain.scored);
        let scorer = Scorer::new(self.metric, options.kernel, query);
        for &ordinal in opened.unlisted {
            let Some(row) = rows.row(ordinal).filter(|_| rows.eligible(ordinal)) else { continue };
            let score = scorer.score(row).map_err(mismatch)?;
            scored = scored.saturating_add(1);
            let below = |limit| self.metric.better(limit, score);
            if !score.is_nan() && !options.threshold.is_some_and(below) {
                hits.push(ScoredRow { score, row: rows.number(ordinal) });
            }
        }
        if let Some(work) = self.options.work {
            let done = outcome.explain;
            work.add(done.lists, done.scanned, done.ruled_out, scored);
        }
        if opened.unlisted.is_empty() { Ok(hits) } else { self.best(&hits) }
    }

    /// The best of some rows, best first.
    fn best<'h>(&self, hits: impl IntoIterator<Item = &'h ScoredRow>) -> Result<Vec<ScoredRow>> {
        let mut top = TopK::of_hits(self.options.k, self.metric.best())?;
        for hit in hits {
            top.push(hit.score, hit.row);
        }
        Ok(top.into_sorted_vec())
    }

    /// The best of row groups that are in no list.
    fn scan(&self, column: &Column, query: &[f32]) -> Result<Found<ScoredRow>> {
        let scorer = Scorer::new(self.metric, self.options.kernel()?, query);
        let codes = StateCodes::new(self.state, self.field.column);
        let plan = Plan {
            column: Some(column),
            field: self.field,
            metric: self.metric,
            parts: vec![Part { series: self.series, scorer, weight: 1.0 }],
            exclude: self.exclude,
            options: self.options,
            codes: Some(&codes),
        };
        plan.run()
    }

    /// The best of both.
    fn joined(
        &self,
        hits: Vec<ScoredRow>,
        newer: Option<Found<ScoredRow>>,
    ) -> Result<Found<ScoredRow>> {
        let matched = hits.len() as u64;
        let Some(newer) = newer else { return Ok(Found { hits, matched }) };
        let matched = matched.saturating_add(newer.matched);
        Ok(Found { hits: self.best(hits.iter().chain(&newer.hits))?, matched })
    }
}
