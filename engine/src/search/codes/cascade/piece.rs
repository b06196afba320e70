//! A piece, and its rows that are not decided yet.

use super::super::CodesView;
use super::super::bound::{Bound, Interval};
use super::Entries;
use super::floor::{Aim, Fate, Limits};
use super::scan::Cascade;
use crate::error::Result;
use crate::search::top_k::TopK;

/// Rows that are asked for before they are scored.
const FETCHED: usize = 3;

/// A row whose fate is open.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) interval: Interval,
    pub(super) index: u32,
    /// Its sum of products with the bits that it was bounded by.
    pub(super) product: i32,
}

/// What is searched, and where hits go.
pub(crate) struct Piece<'a, R> {
    pub(crate) cascade: &'a Cascade,
    pub(crate) codes: CodesView<'a>,
    pub(crate) rows: R,
    pub(crate) aim: Aim<'a>,
    pub(crate) top: &'a mut TopK,
    pub(crate) matched: &'a mut u64,
}

impl<R: Entries> Piece<'_, R> {
    pub(super) fn limits(&self) -> Limits {
        self.aim.limits(self.top)
    }

    pub(super) fn interval(&self, bound: &Bound, index: u32, product: i32) -> Interval {
        let all = Interval { least: f32::NEG_INFINITY, most: f32::INFINITY };
        bound.interval(&self.codes, index as usize, product).unwrap_or(all)
    }

    /// Whether a row stays open; one that is surely beyond the threshold is counted.
    pub(super) fn stays(&mut self, limits: Limits, interval: Interval) -> bool {
        match limits.fate(interval) {
            Fate::Out => false,
            Fate::Counted => {
                *self.matched += u64::from(self.aim.threshold.is_some());
                false
            }
            Fate::Open => true,
        }
    }

    /// Scores rows in full, those of the highest merits first.
    pub(super) fn finish(&mut self, candidates: &mut [Candidate]) -> Result<usize> {
        let mut scored = 0;
        candidates.sort_unstable_by(|a, b| b.interval.most.total_cmp(&a.interval.most));
        for candidate in candidates.iter().take(FETCHED) {
            self.rows.fetch(candidate.index as usize);
        }
        for (number, candidate) in candidates.iter().enumerate() {
            if let Some(next) = candidates.get(number + FETCHED) {
                self.rows.fetch(next.index as usize);
            }
            if !self.stays(self.limits(), candidate.interval) {
                continue;
            }
            let index = candidate.index as usize;
            let Some(row) = self.rows.row(index) else { continue };
            let score = self.rows.score(index)?;
            scored += 1;
            if self.aim.passes(score) {
                *self.matched += u64::from(self.aim.threshold.is_some());
                self.top.push(score, row);
            } else if self.aim.threshold.is_none() {
                // It was counted beforehand, and is not a number.
                *self.matched = self.matched.saturating_sub(1);
            }
        }
        self.aim.share(self.top);
        Ok(scored)
    }
}
