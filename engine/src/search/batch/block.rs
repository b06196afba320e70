//! Blocks of a batch: all queries, by codes or in full.

#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

use super::super::codes::CodesView;
use super::super::duplicates::append;
use super::super::kernels::tiles::{CodeRows, PANEL};
use super::super::sweep::mismatch;
use super::chosen::{choose, keep};
use super::limits::Limit;
use super::packed;
use super::plan::{Answer, Part, Plan, Worker};
use super::query::Coded;
use crate::error::Result;

/// Rows that are asked for before they are scored.
const FETCHED: usize = 3;
/// One in so many pairs of a block and a panel that must be scored makes it worth scoring all of
/// them.
const DENSE_FROM: usize = 16;
/// Where fewer than one in so many rows of a block count, these are scored without their codes.
const FEW: usize = 4;

impl Plan<'_, '_> {
    /// Goes through some features of a row group.
    pub(super) fn task(
        &self,
        worker: &mut Worker,
        part: &Part<'_>,
        range: Range<usize>,
    ) -> Result<()> {
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
            let lanes = self.lanes(panel);
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
                    let left = keep(&mut worker.hits, chosen, mask.unwrap_or(u64::MAX));
                    full = left.saturating_mul(DENSE_FROM) > range.len().saturating_mul(lanes);
                    self.count_screened(chosen, lanes, (!full).then_some(left));
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

    /// Queries of a panel.
    fn lanes(&self, panel: usize) -> usize {
        self.queries.len().saturating_sub(panel.saturating_mul(PANEL)).min(PANEL)
    }

    /// Counts pairs that were screened; `left` are those that are scored one by one, if they are.
    fn count_screened(&self, chosen: &[Option<u64>], lanes: usize, left: Option<usize>) {
        let Some(work) = self.options.work else { return };
        let scanned = pairs(chosen.iter().flatten().count(), lanes);
        let scored = left.map(|left| left as u64);
        work.add(0, scanned, scored.map_or(0, |s| scanned.saturating_sub(s)), scored.unwrap_or(0));
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
        let singles = part.stretch.singles()?;
        for (place, hit) in hits.iter().enumerate() {
            // Damage is told when the row is scored.
            let later = hits.get(place.saturating_add(FETCHED));
            let later = later.map(|hit| singles.row(range.start.saturating_add(hit.row)));
            if let Some(Ok(row)) = later {
                self.kernel.fetch(row);
            }
            let Some(number) = chosen.get(hit.row).copied().flatten() else { continue };
            let row = singles.row(range.start.saturating_add(hit.row))?;
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
        if let Some(work) = self.options.work {
            work.add(0, 0, 0, pairs(count, self.lanes(panel)));
        }
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

fn pairs(rows: usize, lanes: usize) -> u64 {
    (rows as u64).saturating_mul(lanes as u64)
}
