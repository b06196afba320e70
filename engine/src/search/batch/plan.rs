//! The scan of a batch: row group by row group, block by block, all queries.

#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::super::codes::{CodeSource, CodesView};
use super::super::duplicates::append;
use super::super::exact::Found;
use super::super::kernels::Kernel;
use super::super::kernels::tiles::{CodeRows, Hit, PANEL, QueryBounds, RowBound, Sums};
use super::super::options::SearchOptions;
use super::super::parallel;
use super::super::series::{Series, Stretch};
use super::super::similarity::Metric;
use super::super::sweep::{Eligible, mismatch};
use super::super::top_k::{ScoredRow, TopK};
use super::chosen::{choose, keep};
use super::full::{Full, Room};
use super::limits::{Floors, Limit};
use super::packed;
use super::query::Coded;
use crate::container::column::{Column, GroupRef};
use crate::error::{Error, Result};
use crate::format::Rule;
use crate::format::schema::FieldDef;

/// Rows of a block without codes.
const BLOCK: usize = 192;
/// Rows that are asked for before they are scored.
const FETCHED: usize = 3;
/// Least blocks of a task.
const TASK_BLOCKS: usize = 8;
/// One in so many pairs of a block and a panel that must be scored makes it worth scoring all of
/// them.
const DENSE_FROM: usize = 16;
/// Where fewer than one in so many rows of a block count, these are scored without their codes.
const FEW: usize = 4;

/// A batch, checked and ready.
pub(super) struct Plan<'a, 'q> {
    column: Option<&'a Column>,
    field: &'a FieldDef,
    series: Series,
    queries: &'q [Vec<f32>],
    full: Full<'q>,
    options: SearchOptions<'q>,
    codes: Option<&'q dyn CodeSource>,
    metric: Metric,
    kernel: Kernel,
    threads: usize,
    floors: Floors,
}

/// What one thread has found, and its buffers.
struct Worker {
    answers: Vec<Answer>,
    bounds: Vec<QueryBounds>,
    /// What the bounds are set to.
    limits: Vec<Option<Limit>>,
    rows: Option<CodeRows>,
    numbers: Vec<RowBound>,
    sums: Vec<Sums>,
    hits: Vec<Hit>,
    chosen: Vec<Option<u64>>,
    few: Vec<f32>,
    scores: Vec<f32>,
    room: Room,
}

/// The answer to a query so far.
#[derive(Clone)]
struct Answer {
    top: TopK,
    matched: u64,
}

/// The features of a row group.
struct Part<'p> {
    stretch: Stretch<'p>,
    eligible: Eligible<'p>,
    codes: Option<(&'p dyn CodeSource, Coded)>,
    block: usize,
}

impl<'a, 'q> Plan<'a, 'q> {
    pub(super) fn new(
        column: Option<&'a Column>,
        field: &'a FieldDef,
        series: Series,
        queries: &'q [Vec<f32>],
        options: SearchOptions<'q>,
        codes: &'q dyn CodeSource,
    ) -> Result<Self> {
        let codes = options.codes.then_some(codes);
        let (metric, kernel) = (options.metric_for(field), options.kernel()?);
        let full = Full::new(metric, kernel, queries)?;
        let mut bytes = 0_u64;
        for group in column.map_or(&[][..], Column::groups) {
            let count = series.count(group.group(), field)?;
            bytes = bytes.saturating_add(count.saturating_mul(field.stride()));
        }
        // A row is worth more work the more queries it meets.
        let work = bytes.saturating_mul((queries.len() as u64).div_ceil(8));
        let threads = parallel::threads(options.threads, work);
        let floors = Floors::new(queries.len());
        Ok(Self {
            column,
            field,
            series,
            queries,
            full,
            options,
            codes,
            metric,
            kernel,
            threads,
            floors,
        })
    }

    /// The answers, one a query.
    pub(super) fn run(&self) -> Result<Vec<Found<ScoredRow>>> {
        let mut all = self.answers()?;
        for group in self.column.map_or(&[][..], Column::groups) {
            let Some(part) = self.part(group)? else { continue };
            let step = part.block.saturating_mul(TASK_BLOCKS);
            let tasks = part.stretch.len().div_ceil(step.max(1));
            let workers = parallel::run(
                self.threads,
                tasks,
                || self.worker(),
                |worker, task| {
                    let start = task.saturating_mul(step);
                    let end = start.saturating_add(step).min(part.stretch.len());
                    self.task(worker, &part, start..end)
                },
            )?;
            for worker in workers {
                for (all, found) in all.iter_mut().zip(&worker.answers) {
                    all.top.merge(&found.top);
                    all.matched = all.matched.saturating_add(found.matched);
                }
            }
            // The best of all threads together may be better than those of any.
            for (query, answer) in all.iter().enumerate() {
                Limit::of(&self.options, self.metric, &answer.top, &self.floors, query);
            }
        }
        let found =
            |answer: Answer| Found { hits: answer.top.into_sorted_vec(), matched: answer.matched };
        Ok(all.into_iter().map(found).collect())
    }

    fn answers(&self) -> Result<Vec<Answer>> {
        let limit = TopK::MAX_K as u64;
        let over =
            || Error::Limit { what: "hits of a search", value: self.options.k as u64, limit };
        let top = TopK::new(self.options.k, self.metric.best()).ok_or_else(over)?;
        Ok(vec![Answer { top, matched: 0 }; self.queries.len()])
    }

    fn worker(&self) -> Result<Worker> {
        Ok(Worker {
            answers: self.answers()?,
            bounds: vec![QueryBounds::default(); self.full.panels()],
            limits: vec![None; self.queries.len()],
            rows: None,
            numbers: Vec::new(),
            sums: Vec::new(),
            hits: Vec::new(),
            chosen: Vec::new(),
            few: Vec::new(),
            scores: Vec::new(),
            room: Room::default(),
        })
    }

    fn part<'p>(&'p self, group: &'a GroupRef) -> Result<Option<Part<'p>>> {
        let Some(stretch) = self.series.stretch(group.group(), self.field)? else {
            return Ok(None);
        };
        let eligible = Eligible::new(group, self.options.filter, None)?;
        let part = Part { stretch, eligible, codes: None, block: BLOCK };
        let Some(source) = self.codes else { return Ok(Some(part)) };
        // Codes are verified as they are asked for: one row tells the centre.
        let first = stretch.stored().start;
        let one = first..first.saturating_add(1).min(stretch.stored().end);
        let Some(view) = source.codes(group.group().desc().id, one)? else { return Ok(Some(part)) };
        if view.dim != self.field.dim as usize {
            return Err(group.group().damage(Rule::GroupSection, "codes of another dimension"));
        }
        let coded = Coded::new(self.metric, self.kernel, self.queries, view.centre, self.threads)?;
        let block = CodeRows::for_panels(&coded.panels).block().max(1);
        Ok(Some(Part { codes: Some((source, coded)), block, ..part }))
    }

    fn task(&self, worker: &mut Worker, part: &Part<'_>, range: Range<usize>) -> Result<()> {
        if let Some((_, coded)) = &part.codes {
            if worker.rows.is_none() {
                worker.rows = Some(CodeRows::for_panels(&coded.panels));
            }
            for panel in 0..self.full.panels() {
                self.bound(worker, coded, panel);
            }
        }
        let codes = match &part.codes {
            Some((source, coded)) => {
                let first = part.stretch.stored().start;
                let stored = first.saturating_add(range.start)..first.saturating_add(range.end);
                let view = source.codes(part.stretch.group().desc().id, stored)?;
                view.filter(|view| view.count == range.len()).map(|view| (view, coded))
            }
            None => None,
        };
        for start in range.clone().step_by(part.block) {
            let end = start.saturating_add(part.block).min(range.end);
            let within = start.saturating_sub(range.start)..end.saturating_sub(range.start);
            let view = codes.as_ref().and_then(|(view, coded)| Some((view.slice(within)?, *coded)));
            self.block(worker, part, view, start..end)?;
        }
        Ok(())
    }

    /// Sets the bounds of a panel to the limits as they are.
    fn bound(&self, worker: &mut Worker, coded: &Coded, panel: usize) {
        let Some(bounds) = worker.bounds.get_mut(panel) else { return };
        let first = panel.saturating_mul(PANEL);
        let answers = worker.answers.iter().zip(&mut worker.limits).enumerate();
        for (query, (answer, set)) in answers.skip(first).take(PANEL) {
            let limit = Limit::of(&self.options, self.metric, &answer.top, &self.floors, query);
            if *set != Some(limit) {
                coded.bound(query, limit, bounds);
                *set = Some(limit);
            }
        }
    }

    fn block(
        &self,
        worker: &mut Worker,
        part: &Part<'_>,
        codes: Option<(CodesView<'_>, &Coded)>,
        range: Range<usize>,
    ) -> Result<()> {
        let mut chosen = std::mem::take(&mut worker.chosen);
        let done = choose(&mut chosen, &part.stretch, &part.eligible, &range).and_then(|count| {
            if count == 0 {
                return Ok(());
            }
            if self.options.threshold.is_none() {
                for answer in &mut worker.answers {
                    answer.matched = answer.matched.saturating_add(count as u64);
                }
            }
            match codes {
                Some((view, coded)) if count.saturating_mul(FEW) >= range.len() => {
                    self.coded(worker, part, (&view, coded), &range, &chosen)
                }
                _ => (0..self.full.panels())
                    .try_for_each(|panel| self.dense(worker, part, &range, &chosen, panel)),
            }
        });
        worker.chosen = chosen;
        done
    }

    /// A block by its codes.
    fn coded(
        &self,
        worker: &mut Worker,
        part: &Part<'_>,
        (view, coded): (&CodesView<'_>, &Coded),
        range: &Range<usize>,
        chosen: &[Option<u64>],
    ) -> Result<()> {
        let mut rows = worker.rows.take().unwrap_or_else(|| CodeRows::for_panels(&coded.panels));
        let mut unpacked = false;
        coded.rows(view, &mut worker.numbers);
        worker.sums.resize(range.len(), [0; PANEL]);
        for panel in 0..self.full.panels() {
            let Some(bounds) = worker.bounds.get(panel) else { break };
            // As long as nothing is ruled out, products are not worth it.
            let lanes = self.queries.len().saturating_sub(panel.saturating_mul(PANEL)).min(PANEL);
            let open =
                bounds.rest.iter().take(lanes).filter(|rest| **rest == f32::INFINITY).count();
            let mut full = open.saturating_mul(DENSE_FROM) > lanes;
            if !full {
                unpacked = unpacked || rows.unpack(range.len(), view.planes());
                worker.hits.clear();
                full = !unpacked || !rows.products(&coded.panels, panel, &mut worker.sums);
                if !full {
                    rows.screen(bounds, &worker.numbers, &worker.sums, &mut worker.hits);
                    let mask = u64::MAX
                        .checked_shr(u32::try_from(PANEL.saturating_sub(lanes)).unwrap_or(0));
                    full = keep(&mut worker.hits, chosen, mask.unwrap_or(u64::MAX))
                        .saturating_mul(DENSE_FROM)
                        > range.len().saturating_mul(lanes);
                }
            }
            if full {
                self.dense(worker, part, range, chosen, panel)?;
            } else if worker.hits.is_empty() {
                continue;
            } else {
                self.sparse(worker, part, range, chosen, panel)?;
            }
            self.bound(worker, coded, panel);
        }
        worker.rows = Some(rows);
        Ok(())
    }

    /// Scores the pairs that stay one by one.
    fn sparse(
        &self,
        worker: &mut Worker,
        part: &Part<'_>,
        range: &Range<usize>,
        chosen: &[Option<u64>],
        panel: usize,
    ) -> Result<()> {
        let Worker { hits, answers, .. } = worker;
        let features = part.stretch.singles()?;
        for (place, hit) in hits.iter().enumerate() {
            // Damage is told when the row is scored.
            let later = hits.get(place.saturating_add(FETCHED));
            let later = later.map(|hit| features.row(range.start.saturating_add(hit.row)));
            if let Some(Ok(row)) = later {
                self.kernel.fetch(row);
            }
            let Some(number) = chosen.get(hit.row).copied().flatten() else { continue };
            let row = features.row(range.start.saturating_add(hit.row))?;
            let mut lanes = hit.lanes;
            while lanes != 0 {
                let lane = lanes.trailing_zeros() as usize;
                lanes &= lanes.saturating_sub(1);
                let query = panel.saturating_mul(PANEL).saturating_add(lane);
                if let (Some(scorer), Some(answer)) =
                    (self.full.scorer(query), answers.get_mut(query))
                {
                    self.judge(answer, scorer.score(row).map_err(mismatch)?, number);
                }
            }
        }
        Ok(())
    }

    /// Scores all rows that count and all queries of a panel.
    fn dense(
        &self,
        worker: &mut Worker,
        part: &Part<'_>,
        range: &Range<usize>,
        chosen: &[Option<u64>],
        panel: usize,
    ) -> Result<()> {
        let count = chosen.iter().flatten().count();
        let matrix = part.stretch.matrix(range)?;
        let Worker { few, scores, room, answers, .. } = worker;
        if count.saturating_mul(2) >= range.len() {
            self.full.scores(panel, matrix, room, scores)?;
            self.take(answers, panel, scores, chosen);
            return Ok(());
        }
        few.clear();
        let numbers: Vec<Option<u64>> = chosen.iter().flatten().map(|row| Some(*row)).collect();
        for (index, _) in chosen.iter().enumerate().filter(|(_, number)| number.is_some()) {
            if let Some(row) = matrix.row(index) {
                append(Some(row), matrix.dim(), few);
            }
        }
        self.full.scores(panel, packed(few, matrix.dim())?, room, scores)?;
        self.take(answers, panel, scores, &numbers);
        Ok(())
    }

    /// Takes the scores of the rows that count.
    fn take(&self, answers: &mut [Answer], panel: usize, scores: &[f32], chosen: &[Option<u64>]) {
        let answers = answers.chunks_mut(PANEL).nth(panel).unwrap_or_default();
        for (scores, number) in scores.chunks_exact(answers.len().max(1)).zip(chosen) {
            let Some(number) = *number else { continue };
            for (answer, score) in answers.iter_mut().zip(scores) {
                self.judge(answer, *score, number);
            }
        }
    }

    fn judge(&self, answer: &mut Answer, score: f32, row: u64) {
        match self.options.threshold {
            // Counted with its block.
            None if score.is_nan() => answer.matched = answer.matched.saturating_sub(1),
            None => answer.top.push(score, row),
            Some(_) if score.is_nan() => {}
            Some(limit) if self.metric.better(limit, score) => {}
            Some(_) => {
                answer.matched = answer.matched.saturating_add(1);
                answer.top.push(score, row);
            }
        }
    }
}
