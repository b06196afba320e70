//! Searching through lists.

use super::super::kernels::Kernel;
use super::super::kernels::bits::{Bounds, Probe, ROWS};
use super::super::parallel;
use super::super::similarity::{Metric, Scorer};
use super::super::top_k::{ScoredRow, TopK};
use super::RowSource;
use super::coarse::{Ranked, Want};
use super::efforts::{Effort, Efforts};
use super::ready::Ready;
use super::sections::damage;
use super::view::ListsView;
use crate::error::{Error, Result};

/// Rows that are asked for before they are scored.
const AHEAD: usize = 4;
/// Rows that wait to be scored before the bound is made tighter.
const WAITING: usize = 24;
/// Queries of a task of a batch.
const QUERIES: usize = 16;

/// What a search may be told.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Most hits, at most [`TopK::MAX_K`].
    pub k: usize,
    /// A hit scores at least this much (cosine, inner product), or is at most this far (l2).
    pub threshold: Option<f32>,
    /// How far to go.
    pub effort: Effort,
    /// Rows that are eligible, where not nearly all are: the fewer, the farther a search goes for a recall.
    pub allowed: Option<u64>,
    /// The kernels. The outcome is the same.
    pub kernel: Kernel,
}

impl Default for Options {
    /// The ten best, at a recall of 0.99.
    fn default() -> Self {
        let kernel = Kernel::best();
        Self { k: 10, threshold: None, effort: Effort::default(), allowed: None, kernel }
    }
}

/// What a search did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explain {
    /// Lists that were looked through.
    pub lists: u64,
    /// Rows whose bits were scanned.
    pub scanned: u64,
    /// Of these, rows that their bound ruled out.
    pub ruled_out: u64,
    /// Rows that were not eligible, of those that their bound did not rule out at once.
    pub ineligible: u64,
    /// Rows that were scored as they are stored.
    pub scored: u64,
}

/// The hits of a query, best first, and what was done for them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The hits.
    pub hits: Vec<ScoredRow>,
    /// What was done.
    pub explain: Explain,
}

/// Memory of a search, kept from one query to the next.
#[derive(Debug, Default)]
pub struct Room {
    ready: Ready,
    blocks: Vec<Bounds>,
    ranked: Vec<Ranked>,
    waiting: Vec<Waiting>,
    bounds: Bounds,
}

/// A row that may be a hit.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    low: f32,
    estimate: f32,
    ordinal: u32,
}

/// One query on its way.
struct Run<'a, 'v, S: ?Sized> {
    view: &'a ListsView<'v>,
    source: &'a S,
    scorer: Scorer<'a>,
    options: &'a Options,
    deviations: f32,
    /// For the inner product, that with the centre.
    constant: f32,
    top: TopK<(u64, u32)>,
    limit: f32,
    explain: Explain,
}

impl Room {
    /// The lists of the last query.
    pub(super) fn ranked(&self) -> &[Ranked] {
        &self.ranked
    }

    /// What reaches are measured in.
    pub(super) fn unit(&self, metric: Metric) -> f32 {
        if metric == Metric::InnerProduct { self.ready.squared.sqrt().max(f32::MIN_POSITIVE) } else { 1.0 }
    }
}

/// The best rows of a query `[D]`.
///
/// Errors: [`Error::Invalid`] for a query of another dimension or with values that are not finite, [`Error::Limit`] for
/// too large a `k`, [`Error::Corrupt`] where the lists name a row that the source has not.
pub fn search<S: RowSource + ?Sized>(
    view: &ListsView<'_>,
    source: &S,
    query: &[f32],
    options: &Options,
    room: &mut Room,
) -> Result<Outcome> {
    ready(view, source, query, options, room)?;
    let (want, deviations) = match options.effort {
        Effort::Recall(recall) => {
            let neighbours = view.neighbours(options.k, options.allowed);
            let reach = view.efforts.reach(recall, neighbours);
            (Want::Within(reach.within * room.unit(view.metric())), reach.deviations)
        }
        Effort::Lists(lists) => (Want::Count(lists.max(1)), Efforts::counted_deviations()),
        Effort::All => (Want::Count(usize::MAX), f32::INFINITY),
    };
    let (top, explain) = go(view, source, query, options, want, deviations, room)?;
    let hits = top.into_sorted_vec().into_iter();
    let hits = hits.map(|hit| ScoredRow { score: hit.score, row: hit.row.0 }).collect();
    Ok(Outcome { hits, explain })
}

/// The best rows of many queries `[Q, D]`, on several threads; 0 leaves their number to the engine.
pub fn search_batch<S: RowSource + ?Sized>(
    view: &ListsView<'_>,
    source: &S,
    queries: &[f32],
    options: &Options,
    threads: usize,
) -> Result<Vec<Outcome>> {
    let step = QUERIES.saturating_mul(view.dim());
    let threads = parallel::threads(threads, queries.len() as u64 * 64);
    let parts = parallel::map(threads, queries.len().div_ceil(step), |task| {
        let start = task.saturating_mul(step);
        let end = start.saturating_add(step).min(queries.len());
        let mut room = Room::default();
        let queries = queries.get(start..end).unwrap_or_default();
        let each = queries.chunks(view.dim());
        each.map(|query| search(view, source, query, options, &mut room)).collect::<Result<Vec<_>>>()
    })?;
    Ok(parts.into_iter().flatten().collect())
}

/// The ordinals of the best rows, all lists looked through.
pub(super) fn search_lists<S: RowSource + ?Sized>(
    view: &ListsView<'_>,
    source: &S,
    query: &[f32],
    options: &Options,
    deviations: f32,
    room: &mut Room,
) -> Result<Vec<u32>> {
    ready(view, source, query, options, room)?;
    let want = Want::Count(usize::MAX);
    let (top, _) = go(view, source, query, options, want, deviations, room)?;
    Ok(top.into_sorted_vec().into_iter().map(|hit| hit.row.1).collect())
}

fn ready<S: RowSource + ?Sized>(
    view: &ListsView<'_>,
    source: &S,
    query: &[f32],
    options: &Options,
    room: &mut Room,
) -> Result<()> {
    if query.len() != view.dim() || source.dim() != view.dim() {
        let text = format!("the lists have dimension {}, the query {}", view.dim(), query.len());
        return Err(Error::Invalid(text));
    }
    if query.iter().any(|value| !value.is_finite()) {
        return Err(Error::Invalid("a query must be finite".into()));
    }
    room.ready.query(options.kernel, &view.rotation, view.metric(), view.centre, query);
    Ok(())
}

fn go<S: RowSource + ?Sized>(
    view: &ListsView<'_>,
    source: &S,
    query: &[f32],
    options: &Options,
    want: Want,
    deviations: f32,
    room: &mut Room,
) -> Result<(TopK<(u64, u32)>, Explain)> {
    let metric = view.metric();
    let inner = metric == Metric::InnerProduct;
    let (k, limit) = (options.k, TopK::MAX_K as u64);
    let over = || Error::Limit { what: "hits of a search", value: k as u64, limit };
    let mut run = Run {
        view,
        source,
        scorer: Scorer::new(metric, options.kernel, query),
        options,
        deviations,
        constant: room.ready.constant,
        top: TopK::new(k, metric.best()).ok_or_else(over)?,
        limit: f32::INFINITY,
        explain: Explain::default(),
    };
    let Room { ready, blocks, ranked, waiting, bounds } = room;
    view.coarse.rank(options.kernel, ready, inner, want, blocks, ranked);
    waiting.clear();
    run.tighten();
    let mut first = true;
    for (number, list) in ranked.iter().enumerate() {
        let next = ranked.get(number + 1);
        run.scan(ready, list, next, bounds, waiting)?;
        if first && waiting.len() >= k {
            first = false;
            run.begin(waiting)?;
        } else if !first && waiting.len() >= WAITING {
            run.score(waiting)?;
        }
    }
    run.score(waiting)?;
    run.explain.lists = ranked.len() as u64;
    run.explain.ruled_out = run.explain.scanned - run.explain.scored - run.explain.ineligible;
    Ok((run.top, run.explain))
}

impl<S: RowSource + ?Sized> Run<'_, '_, S> {
    /// Looks through a list: what is not ruled out and eligible waits.
    fn scan(
        &mut self,
        ready: &Ready,
        ranked: &Ranked,
        next: Option<&Ranked>,
        bounds: &mut Bounds,
        waiting: &mut Vec<Waiting>,
    ) -> Result<()> {
        let Some(list) = self.view.list(ranked.list as usize) else { return Ok(()) };
        let probe = self.probe(ready, ranked);
        let next = next.and_then(|next| self.view.list(next.list as usize));
        let next = next.map_or(&[][..], |next| next.codes);
        let groups = self.view.head.groups();
        self.explain.scanned += list.count as u64;
        let blocks = list.codes.chunks(groups).zip(list.facts).zip(list.ordinals.chunks(ROWS));
        for (number, ((codes, facts), ordinals)) in blocks.enumerate() {
            let tables = &ready.tables;
            let ahead = list.codes.get((number + 1) * groups..).filter(|ahead| !ahead.is_empty());
            let ahead = ahead.unwrap_or(next);
            let kernel = self.options.kernel;
            let mut mask = kernel.bound_block(tables, codes, facts, &probe, ahead, bounds);
            let left = list.count.saturating_sub(number * ROWS);
            if left < ROWS {
                mask &= (1 << left) - 1;
            }
            while mask != 0 {
                let place = mask.trailing_zeros() as usize;
                mask &= mask - 1;
                let (Some(ordinal), Some(low), Some(estimate)) =
                    (ordinals.get(place), bounds.low.get(place), bounds.estimate.get(place))
                else {
                    break;
                };
                if *ordinal >= self.view.head.rows {
                    let what = format!("the lists name row {ordinal} of {}", self.view.head.rows);
                    return Err(damage(what).into());
                }
                if self.source.eligible(*ordinal) {
                    waiting.push(Waiting { low: *low, estimate: *estimate, ordinal: *ordinal });
                } else {
                    self.explain.ineligible += 1;
                }
            }
        }
        Ok(())
    }

    /// From the sums of a list to estimates.
    fn probe(&self, ready: &Ready, ranked: &Ranked) -> Probe {
        let tables = &ready.tables;
        let (share, from_centroid) = if self.view.metric() == Metric::InnerProduct {
            // The share of the centroid that leaves least of the query.
            let square = self.view.coarse.square(ranked.list);
            let share = if square > 0.0 { ranked.dot / square } else { 0.0 };
            (share, ready.squared - share * ranked.dot)
        } else {
            (1.0, ranked.merit)
        };
        Probe {
            step: tables.step(),
            offset: tables.offset(),
            base: ranked.merit,
            share,
            spread: self.deviations * from_centroid.max(0.0).sqrt(),
            blur: self.deviations * tables.blur(),
            limit: self.limit,
        }
    }

    /// Scores the rows that seem the best, so that there is a bound.
    fn begin(&mut self, waiting: &mut Vec<Waiting>) -> Result<()> {
        let count = self.options.k.saturating_add(2);
        if count < waiting.len() {
            let by_estimate = |a: &Waiting, b: &Waiting| a.estimate.total_cmp(&b.estimate);
            waiting.select_nth_unstable_by(count, by_estimate);
            let rest = waiting.split_off(count);
            self.score(waiting)?;
            let limit = self.limit;
            waiting.extend(rest.into_iter().filter(|row| !(row.low > limit)));
            return Ok(());
        }
        self.score(waiting)
    }

    /// Scores what waits and is still not ruled out, the most promising first.
    fn score(&mut self, waiting: &mut Vec<Waiting>) -> Result<()> {
        waiting.sort_unstable_by(|a, b| a.low.total_cmp(&b.low));
        let ask = |row: &Waiting| {
            if let Some(row) = self.source.row(row.ordinal) {
                self.options.kernel.prefetch_row(row);
            }
        };
        waiting.iter().take(AHEAD).for_each(ask);
        for (place, row) in waiting.iter().enumerate() {
            if row.low > self.limit {
                break;
            }
            if let Some(later) = waiting.get(place + AHEAD).filter(|later| !(later.low > self.limit)) {
                if let Some(row) = self.source.row(later.ordinal) {
                    self.options.kernel.prefetch_row(row);
                }
            }
            let Some(stored) = self.source.row(row.ordinal) else { continue };
            let shape = |why| Error::Invalid(format!("a row of another dimension: {why}"));
            let score = self.scorer.score(stored).map_err(shape)?;
            self.explain.scored += 1;
            if self.passes(score) {
                self.top.push(score, (self.source.number(row.ordinal), row.ordinal));
                self.tighten();
            }
        }
        waiting.clear();
        Ok(())
    }

    fn passes(&self, score: f32) -> bool {
        let better = |limit| !self.view.metric().better(limit, score);
        !score.is_nan() && self.options.threshold.is_none_or(better)
    }

    /// The merit that a row must not exceed to be a hit.
    fn tighten(&mut self) {
        let worst = self.top.threshold().into_iter().chain(self.options.threshold);
        for score in worst {
            let merit = match self.view.metric() {
                Metric::L2 => score * score,
                Metric::Cosine => 2.0 - 2.0 * score,
                Metric::InnerProduct => -2.0 * (score - self.constant),
            };
            // NaN bounds nothing.
            self.limit = self.limit.min(merit);
        }
    }
}
