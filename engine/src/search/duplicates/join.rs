//! The join of two slabs: products of codes rule out nearly all pairs, the rest are scored in full.

#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::super::kernels::tiles::{CodeRows, Hit, PANEL, Sums};
use super::super::kernels::{Kernel, Matrix, Row, Rows};
use super::super::similarity::{Metric, Scorer};
use super::super::sweep::mismatch;
use super::coder::widen;
use super::dense::Dense;
use super::drive::{Emit, drive};
use super::features::Features;
use super::slab::Slab;
use crate::error::Result;

/// Pairs that are handed on at once.
const PAIRS_AT_ONCE: usize = 4096;
/// One in so many pairs of a block and a panel that must be scored makes it worth scoring all of
/// them.
const DENSE_FROM: usize = 16;

/// Two features by their places, similar enough.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    pub(super) query: usize,
    pub(super) row: usize,
    pub(super) score: f32,
}

/// What is done with pairs. Called from several threads.
pub(super) trait Sink: Sync {
    /// Whether it matters if the features at these places are similar.
    fn wanted(&self, query: usize, row: usize) -> bool;

    /// They are. True hands the pair on.
    fn found(&self, near: &Near) -> bool;
}

/// What all joins of a search have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    pub(super) metric: Metric,
    pub(super) kernel: Kernel,
    pub(super) threshold: f32,
    /// Whether labels must differ.
    pub(super) across: bool,
    pub(super) threads: usize,
}

/// Pairs of a query of one slab and a row of another, or of the same: then the query lies before
/// the row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Join<'a> {
    pub(super) rules: Rules,
    /// Where the queries and where the rows are stored.
    pub(super) features: [&'a Features<'a>; 2],
    pub(super) queries: &'a Slab,
    pub(super) rows: &'a Slab,
    pub(super) same: bool,
}

/// What a task has done: pairs to hand on, and pairs that are settled.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) found: Vec<Near>,
    pub(super) settled: u64,
}

/// The buffers of a thread.
struct Worker {
    rows: CodeRows,
    sums: Vec<Sums>,
    hits: Vec<Hit>,
    row: Vec<f32>,
    dense: Dense,
    found: Vec<Near>,
}

impl Rules {
    /// Whether a score is at or beyond the threshold.
    pub(super) fn passes(&self, score: f32) -> bool {
        match self.metric {
            Metric::L2 => score <= self.threshold,
            _ => score >= self.threshold,
        }
    }
}

impl Join<'_> {
    /// Joins some rows with some panels of queries, numbered within their slabs.
    pub(super) fn run(
        &self,
        rows: &Range<usize>,
        panels: &Range<usize>,
        sink: &impl Sink,
        each: impl FnMut(Step) -> Result<()>,
    ) -> Result<()> {
        let block = CodeRows::for_panels(&self.rows.panels).block().max(1);
        let tasks = rows.len().div_ceil(block);
        let make = || Worker {
            rows: CodeRows::for_panels(&self.queries.panels),
            sums: Vec::new(),
            hits: Vec::new(),
            row: vec![0.0; self.features[1].dim()],
            dense: Dense::default(),
            found: Vec::new(),
        };
        let work = |worker: &mut Worker, task: usize, emit: Emit<'_, Step>| {
            // Later rows of a slab have more before them: they come first, and no thread waits long
            // for the last.
            let number = tasks.saturating_sub(1).saturating_sub(task);
            let start = rows.start.saturating_add(number.saturating_mul(block));
            let end = start.saturating_add(block).min(rows.end);
            self.block(worker, start..end, panels, sink, emit)
        };
        drive(self.rules.threads, tasks, make, work, each)
    }

    fn block(
        &self,
        worker: &mut Worker,
        rows: Range<usize>,
        panels: &Range<usize>,
        sink: &impl Sink,
        emit: Emit<'_, Step>,
    ) -> Result<()> {
        let (Some(bounds), true) = (
            self.rows.rows.get(rows.clone()),
            worker.rows.take(&self.rows.panels, rows.start, rows.len()),
        ) else {
            return Ok(());
        };
        worker.sums.resize(rows.len(), [0; PANEL]);
        let labels = self.labels_of(&rows);
        let last = if self.same { rows.end.div_ceil(PANEL).min(panels.end) } else { panels.end };
        for panel in panels.start..last {
            let Some(queries) = self.queries.queries.get(panel) else { break };
            if self.rules.across
                && self.queries.labels.get(panel) == Some(&labels)
                && labels.0 == labels.1
            {
                continue;
            }
            if !worker.rows.products(&self.queries.panels, panel, &mut worker.sums) {
                break;
            }
            worker.hits.clear();
            worker.rows.screen(queries, bounds, &worker.sums, &mut worker.hits);
            let mut left = 0_usize;
            let mut hits = std::mem::take(&mut worker.hits);
            hits.retain_mut(|hit| {
                hit.lanes = self.lanes(panel, rows.start.saturating_add(hit.row), hit.lanes, sink);
                left = left.saturating_add(hit.lanes.count_ones() as usize);
                hit.lanes != 0
            });
            if left.saturating_mul(DENSE_FROM) > rows.len().saturating_mul(PANEL) {
                self.dense(worker, panel, rows.start, &hits, sink)?;
            } else {
                for hit in &hits {
                    self.sparse(worker, panel, rows.start, *hit, sink)?;
                }
            }
            worker.hits = hits;
            if worker.found.len() >= PAIRS_AT_ONCE {
                let found = std::mem::take(&mut worker.found);
                if !emit(Step { found, settled: 0 }) {
                    return Ok(());
                }
            }
        }
        let found = std::mem::take(&mut worker.found);
        emit(Step { found, settled: self.settled(&rows, panels) });
        Ok(())
    }

    /// Pairs of some rows and the queries of some panels.
    fn settled(&self, rows: &Range<usize>, panels: &Range<usize>) -> u64 {
        let first = panels.start.saturating_mul(PANEL);
        let end = panels.end.saturating_mul(PANEL).min(self.queries.len());
        if !self.same {
            return (rows.len() as u64).saturating_mul(end.saturating_sub(first) as u64);
        }
        rows.clone().map(|row| row.min(end).saturating_sub(first) as u64).sum()
    }

    fn labels_of(&self, rows: &Range<usize>) -> (u32, u32) {
        let label = |row: usize| self.features[1].label(self.rows.first.saturating_add(row));
        let labels = rows.clone().map(label);
        labels.fold((u32::MAX, 0), |(low, high), label| (low.min(label), high.max(label)))
    }

    /// The places of a query and a row.
    fn places(&self, panel: usize, lane: usize, row: usize) -> (usize, usize) {
        let query = panel.saturating_mul(PANEL).saturating_add(lane);
        (self.queries.first.saturating_add(query), self.rows.first.saturating_add(row))
    }

    /// Of some lanes those that have a query which matters.
    fn lanes(&self, panel: usize, row: usize, lanes: u64, sink: &impl Sink) -> u64 {
        let first = panel.saturating_mul(PANEL);
        let before = if self.same { row } else { self.queries.len() };
        let count = before.min(self.queries.len()).saturating_sub(first).min(PANEL);
        let mask = match count {
            PANEL => u64::MAX,
            count => (1_u64 << count).wrapping_sub(1),
        };
        let mut kept = 0;
        for lane in set_bits(lanes & mask) {
            let (query, row) = self.places(panel, lane, row);
            let other =
                !self.rules.across || self.features[0].label(query) != self.features[1].label(row);
            if other && sink.wanted(query, row) {
                kept |= 1_u64 << lane;
            }
        }
        kept
    }

    /// Scores the pairs of one row one by one.
    fn sparse(
        &self,
        worker: &mut Worker,
        panel: usize,
        first: usize,
        hit: Hit,
        sink: &impl Sink,
    ) -> Result<()> {
        let row = first.saturating_add(hit.row);
        let (_, place) = self.places(panel, 0, row);
        let stored = self.features[1].row(place);
        let Some(()) = stored.and_then(|stored| widen(stored, &mut worker.row)) else {
            return Ok(());
        };
        let scorer = Scorer::new(self.rules.metric, self.rules.kernel, &worker.row);
        for lane in set_bits(hit.lanes) {
            let (query, row) = self.places(panel, lane, row);
            let Some(stored) = self.features[0].row(query).filter(|_| sink.wanted(query, row))
            else {
                continue;
            };
            let score = scorer.score(stored).map_err(mismatch)?;
            self.judge(Near { query, row, score }, sink, &mut worker.found);
        }
        Ok(())
    }

    /// Scores all rows with hits and all queries of a panel.
    fn dense(
        &self,
        worker: &mut Worker,
        panel: usize,
        first: usize,
        hits: &[Hit],
        sink: &impl Sink,
    ) -> Result<()> {
        let (start, _) = self.places(panel, 0, 0);
        let end =
            start.saturating_add(PANEL).min(self.queries.first.saturating_add(self.queries.len()));
        let rows = hits.iter().map(|hit| self.places(panel, 0, first.saturating_add(hit.row)).1);
        let Worker { dense, found, .. } = worker;
        let scores = dense.scores(&self.rules, self.features, start..end, rows)?;
        let width = end.saturating_sub(start).max(1);
        for (hit, scores) in hits.iter().zip(scores.chunks_exact(width)) {
            for lane in set_bits(hit.lanes) {
                let (query, row) = self.places(panel, lane, first.saturating_add(hit.row));
                if let Some(&score) = scores.get(lane) {
                    self.judge(Near { query, row, score }, sink, found);
                }
            }
        }
        Ok(())
    }

    fn judge(&self, near: Near, sink: &impl Sink, found: &mut Vec<Near>) {
        if self.rules.passes(near.score) && sink.found(&near) {
            found.push(near);
        }
    }
}

/// The places of the bits that are set.
fn set_bits(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let place = bits.trailing_zeros() as usize;
        bits &= bits.checked_sub(1)?;
        Some(place)
    })
}

/// A matrix of f32 rows one after another.
pub(super) fn packed(values: &[f32], dim: usize) -> Option<Matrix<'_>> {
    Matrix::new(Rows::F32(values), dim, dim, values.len().checked_div(dim)?)
}

/// Appends a feature as f32.
pub(in super::super) fn append(row: Option<Row<'_>>, dim: usize, to: &mut Vec<f32>) {
    let start = to.len();
    to.resize(start.saturating_add(dim), f32::NAN);
    if let (Some(row), Some(to)) = (row, to.get_mut(start..)) {
        widen(row, to).unwrap_or_default();
    }
}
