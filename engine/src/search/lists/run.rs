//! One query on its way through the lists.

use super::super::kernels::Kernel;
use super::super::kernels::bits::{Bounds, Probe, over};
use super::super::similarity::{Metric, Scorer};
use super::super::top_k::TopK;
use super::RowSource;
use super::coarse::{Ranked, Want};
use super::ready::Ready;
use super::search::{Explain, Options, Room};
use super::sections::damage;
use super::view::ListsView;
use crate::error::{Error, Result};

/// Rows that are asked for before they are scored.
const AHEAD: usize = 4;
/// Blocks that are asked for before they are scanned.
const BLOCKS_AHEAD: usize = 1;
/// Rows that wait to be scored before the bound is made tighter.
const WAITING: usize = 24;
/// A row that may be a hit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    low: f32,
    estimate: f32,
    ordinal: u32,
}

/// A block on the way of a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    block: usize,
    /// Rows of the block.
    rows: u32,
    /// The list, where the block is its first one.
    enter: Option<Ranked>,
    /// Whether it is the last one of its list.
    leave: bool,
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

/// Goes through the lists that are wanted. The query is ready in `room`.
pub(super) fn go<S: RowSource + ?Sized>(
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
    let k = options.k;
    let mut run = Run {
        view,
        source,
        scorer: Scorer::new(metric, options.kernel, query),
        options,
        deviations,
        constant: room.ready.constant,
        top: TopK::of_hits(k, metric.best())?,
        limit: f32::INFINITY,
        explain: Explain::default(),
    };
    let Room { ready, rank, waiting, bounds, stops, .. } = room;
    view.coarse.rank(options.kernel, ready, inner, want, rank);
    waiting.clear();
    run.tighten();
    run.plan(&rank.ranked, stops);
    let mut probe = Probe::default();
    let mut first = true;
    for (number, stop) in stops.iter().enumerate() {
        if let Some(ranked) = stop.enter {
            probe = run.probe(ready, &ranked);
        }
        let ahead = stops.get(number + BLOCKS_AHEAD);
        run.scan(ready, stop, ahead, &mut probe, bounds, waiting)?;
        if !stop.leave {
            continue;
        }
        if first && waiting.len() >= k {
            first = false;
            run.begin(waiting)?;
        } else if !first && waiting.len() >= WAITING {
            run.score(waiting, true)?;
        }
    }
    run.score(waiting, !first)?;
    run.explain.lists = rank.ranked.len() as u64;
    run.explain.ruled_out = run.explain.scanned - run.explain.scored - run.explain.ineligible;
    Ok((run.top, run.explain))
}

impl<S: RowSource + ?Sized> Run<'_, '_, S> {
    /// The blocks of the lists, in the order in which they are scanned.
    fn plan(&self, ranked: &[Ranked], stops: &mut Vec<Stop>) {
        stops.clear();
        for ranked in ranked {
            let list = ranked.list as usize;
            let starts = self.view.starts;
            let range = starts.get(list).copied().zip(starts.get(list + 1).copied());
            let Some(((start, end), count)) = range.zip(self.view.counts.get(list)) else {
                continue;
            };
            // The source of the lists tells what is wrong with one that is passed over.
            if !self.view.is_sound(list) {
                continue;
            }
            for block in start..end {
                let rows = count.saturating_sub(64 * (block - start)).min(64);
                let enter = (block == start).then_some(*ranked);
                stops.push(Stop { block: block as usize, rows, enter, leave: block + 1 == end });
            }
        }
    }

    /// Looks through a block: what is not ruled out and eligible waits.
    fn scan(
        &mut self,
        ready: &Ready,
        stop: &Stop,
        ahead: Option<&Stop>,
        probe: &mut Probe,
        bounds: &mut Bounds,
        waiting: &mut Vec<Waiting>,
    ) -> Result<()> {
        let Some((codes, facts, ordinals)) = self.view.block(stop.block) else { return Ok(()) };
        let ahead = match ahead.and_then(|ahead| self.view.block(ahead.block)) {
            Some((codes, facts, _)) => {
                Kernel::prefetch(facts.as_flattened());
                codes
            }
            None => &[],
        };
        probe.limit = self.limit;
        self.explain.scanned += u64::from(stop.rows);
        let kernel = self.options.kernel;
        let mut mask = kernel.bound_block(&ready.tables, codes, facts, probe, ahead, bounds);
        if stop.rows < 64 {
            mask &= (1 << stop.rows) - 1;
        }
        if mask != 0 {
            Kernel::prefetch(ordinals);
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
            if !self.source.eligible(*ordinal) {
                self.explain.ineligible += 1;
                continue;
            }
            waiting.push(Waiting { low: *low, estimate: *estimate, ordinal: *ordinal });
            // Where there is a bound already, nearly all that wait are scored.
            if self.limit < f32::INFINITY {
                self.ask(*ordinal);
            }
        }
        Ok(())
    }

    /// Asks for a row that will be scored soon.
    fn ask(&self, ordinal: u32) {
        if let Some(row) = self.source.row(ordinal) {
            Kernel::prefetch_row(row);
        }
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
            self.score(waiting, false)?;
            let limit = self.limit;
            waiting.extend(rest.into_iter().filter(|row| !over(row.low, limit)));
            return Ok(());
        }
        self.score(waiting, false)
    }

    /// Scores what waits and is still not ruled out, the most promising first; `asked` is whether
    /// the rows are on their way.
    fn score(&mut self, waiting: &mut Vec<Waiting>, asked: bool) -> Result<()> {
        waiting.sort_unstable_by(|a, b| a.low.total_cmp(&b.low));
        if !asked {
            waiting.iter().take(AHEAD).for_each(|row| self.ask(row.ordinal));
        }
        for (place, row) in waiting.iter().enumerate() {
            if row.low > self.limit {
                break;
            }
            if !asked
                && let Some(later) = waiting.get(place + AHEAD)
                && !over(later.low, self.limit)
            {
                self.ask(later.ordinal);
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
