//! The scan of a batch: row group by row group, on several threads.

#![deny(clippy::arithmetic_side_effects)]

use super::super::codes::CodeSource;
use super::super::exact::Found;
use super::super::kernels::Kernel;
use super::super::kernels::tiles::{CodeRows, Hit, QueryBounds, RowBound, Sums};
use super::super::options::SearchOptions;
use super::super::parallel;
use super::super::series::{Series, Stretch};
use super::super::similarity::Metric;
use super::super::sweep::Eligible;
use super::super::top_k::{ScoredRow, TopK};
use super::full::{Full, Room};
use super::limits::{Floors, Limit};
use super::query::Coded;
use crate::container::column::{Column, GroupRef};
use crate::container::compact::Progress;
use crate::error::Result;
use crate::format::Rule;
use crate::format::schema::FieldDef;

/// Rows of a block without codes.
const BLOCK: usize = 192;
/// Least blocks of a task.
const TASK_BLOCKS: usize = 8;

/// A batch, checked and ready.
pub(in super::super) struct Plan<'a, 'q> {
    pub(super) column: Option<&'a Column>,
    pub(super) field: &'a FieldDef,
    pub(super) series: Series,
    pub(super) queries: &'q [Vec<f32>],
    pub(super) full: Full<'q>,
    pub(super) options: SearchOptions<'q>,
    pub(super) codes: Option<&'q dyn CodeSource>,
    pub(super) metric: Metric,
    pub(super) kernel: Kernel,
    pub(super) threads: usize,
    pub(super) floors: Floors,
    pub(super) features: u64,
}

/// What one thread has found, and its buffers.
pub(super) struct Worker {
    pub(super) answers: Vec<Answer>,
    pub(super) bounds: Vec<QueryBounds>,
    /// What the bounds are set to.
    pub(super) limits: Vec<Option<Limit>>,
    pub(super) rows: Option<CodeRows>,
    pub(super) numbers: Vec<RowBound>,
    pub(super) sums: Vec<Sums>,
    pub(super) hits: Vec<Hit>,
    pub(super) chosen: Vec<Option<u64>>,
    pub(super) few: Vec<f32>,
    pub(super) scores: Vec<f32>,
    pub(super) room: Room,
}

/// The answer to a query so far.
#[derive(Clone)]
pub(super) struct Answer {
    pub(super) top: TopK,
    pub(super) matched: u64,
}

/// The features of a row group.
pub(super) struct Part<'p> {
    pub(super) stretch: Stretch<'p>,
    pub(super) eligible: Eligible<'p>,
    pub(super) codes: Option<(&'p dyn CodeSource, Coded)>,
    pub(super) block: usize,
}

impl<'a, 'q> Plan<'a, 'q> {
    pub(in super::super) fn new(
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
        let mut features = 0_u64;
        for group in column.map_or(&[][..], Column::groups) {
            let count = series.count(group.group(), field)?;
            features = features.saturating_add(count);
        }
        let bytes = features.saturating_mul(field.stride());
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
            features,
        })
    }

    /// The answers, one a query. `progress` is told features that all queries have met.
    pub(in super::super) fn run(&self, progress: Progress<'_>) -> Result<Vec<Found<ScoredRow>>> {
        let mut all = self.answers()?;
        let mut before = 0_u64;
        for group in self.column.map_or(&[][..], Column::groups) {
            let Some(part) = self.part(group)? else { continue };
            let step = part.block.saturating_mul(TASK_BLOCKS);
            let len = part.stretch.len();
            let workers = parallel::run_telling(
                self.threads,
                len.div_ceil(step.max(1)),
                || self.worker(),
                |worker, task| {
                    let start = task.saturating_mul(step);
                    let end = start.saturating_add(step).min(len);
                    self.task(worker, &part, start..end)
                },
                &mut |done| {
                    let done = done.saturating_mul(step).min(len) as u64;
                    progress(before.saturating_add(done), self.features)
                },
            )?;
            before = before.saturating_add(len as u64);
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
        let top = TopK::of_hits(self.options.k, self.metric.best())?;
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
}
