//! The exact search behind [`super::vectors`] and [`super::regions`]: each image is scored, the best stay.
//!
//! The columns are cut into pieces of positions, a piece is worked on by one thread, and all features of
//! an image lie in one row group: so a score is summed in one place in one order, and the outcome is the
//! same for any number of threads. One pass over the features, memory O(threads * (k + piece)).

#![deny(clippy::arithmetic_side_effects)]

use super::by_codes::{BYTES_LEAST, ByCodes, Search};
use super::codes::CodeSource;
use super::codes::cascade::{Aim, Floor};
use super::options::SearchOptions;
use super::parallel::{self, Piece};
use super::series::Series;
use super::similarity::{Metric, Scorer};
use super::sweep::{Eligible, Sweep};
use super::top_k::{ScoredRow, TopK};
use crate::container::column::Column;
use crate::error::Result;
use crate::format::schema::FieldDef;

/// Most positions of a piece; its sums stay in the second-level cache.
pub(super) const PIECE_POSITIONS: usize = 16_384;

/// What a search has found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<H> {
    /// The hits, best first, of equal scores the smaller row first.
    pub hits: Vec<H>,
    /// Images that would be hits if k were no limit.
    pub matched: u64,
}

/// One feature of the query and what it is compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'q> {
    pub(super) series: Series,
    pub(super) scorer: Scorer<'q>,
    pub(super) weight: f64,
}

/// A search, checked and ready. At least one part; regions ascend.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) column: Option<&'a Column>,
    pub(super) field: &'a FieldDef,
    pub(super) metric: Metric,
    pub(super) parts: Vec<Part<'a>>,
    pub(super) exclude: Option<u64>,
    pub(super) options: SearchOptions<'a>,
    /// Codes of row groups.
    pub(super) codes: Option<&'a dyn CodeSource>,
}

/// What one thread has found so far.
#[derive(Debug)]
pub(super) struct Worker {
    sweep: Sweep,
    pub(super) top: TopK,
    matched: u64,
    sums: Vec<Sum>,
    by_codes: ByCodes,
}

/// The sums of one image.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    scores: f64,
    weights: f64,
    shared: u32,
}

impl Plan<'_> {
    /// The best rows.
    pub(super) fn run(&self) -> Result<Found<ScoredRow>> {
        let (pieces, threads) = self.pieces()?;
        let floor = Floor::new();
        let workers = parallel::run(
            threads,
            pieces.len(),
            || self.worker(),
            |worker, task| match pieces.get(task) {
                Some(piece) => self.search_piece(worker, piece, &floor),
                None => Ok(()),
            },
        )?;
        let mut all = self.worker()?;
        for worker in workers {
            all.matched = all.matched.saturating_add(worker.matched);
            if all.top.is_empty() {
                all.top = worker.top;
            } else {
                all.top.merge(&worker.top);
            }
        }
        Ok(Found { hits: all.top.into_sorted_vec(), matched: all.matched })
    }

    /// The pieces, and the threads for them.
    pub(super) fn pieces(&self) -> Result<(Vec<Piece<'_>>, usize)> {
        let (mut features, mut positions) = (0_u64, 0_u64);
        for group in self.column.map_or(&[][..], Column::groups) {
            positions = positions.saturating_add(group.group().desc().count);
            for part in &self.parts {
                let count = part.series.count(group.group(), self.field)?;
                features = features.saturating_add(count);
            }
        }
        let bytes = features.saturating_mul(self.field.stride());
        let each = bytes.checked_div(positions).unwrap_or(0);
        let threads = parallel::threads(self.options.threads, bytes);
        Ok((parallel::pieces(self.column, threads, each, PIECE_POSITIONS)?, threads))
    }

    pub(super) fn worker(&self) -> Result<Worker> {
        let top = TopK::of_hits(self.options.k, self.metric.best())?;
        Ok(Worker {
            sweep: Sweep::default(),
            top,
            matched: 0,
            sums: Vec::new(),
            by_codes: ByCodes::default(),
        })
    }

    pub(super) fn search_piece(
        &self,
        worker: &mut Worker,
        piece: &Piece<'_>,
        floor: &Floor,
    ) -> Result<()> {
        let eligible = Eligible::new(piece.group, self.options.filter, self.exclude)?;
        match &self.parts[..] {
            [part] => self.one(worker, piece, &eligible, (part, floor)),
            parts => self.many(worker, piece, &eligible, parts),
        }
    }

    /// With one part the score of an image is that of its feature: no sums are needed.
    fn one(
        &self,
        worker: &mut Worker,
        piece: &Piece<'_>,
        eligible: &Eligible<'_>,
        (part, floor): (&Part<'_>, &Floor),
    ) -> Result<()> {
        let Some(stretch) = part.series.stretch(piece.group.group(), self.field)? else {
            return Ok(());
        };
        let stretch = stretch.within(&piece.positions);
        if self.options.min_shared > 1 {
            return Ok(());
        }
        let Worker { sweep, top, matched, by_codes, .. } = worker;
        let group = piece.group.group().desc().id;
        let source = self.codes.filter(|_| self.options.codes);
        let codes = source.map(|source| source.codes(group, stretch.stored()));
        if let Some(codes) = codes.transpose()?.flatten() {
            let SearchOptions { k, threshold, work, codes_least, .. } = self.options;
            let least = codes_least.unwrap_or(BYTES_LEAST);
            let aim = Aim { metric: self.metric, k, threshold, floor };
            let (stretch, scorer) = (&stretch, &part.scorer);
            let search = Search { stretch, eligible, scorer, aim, top, matched, work, least };
            if by_codes.search(codes, search)? {
                return Ok(());
            }
        }
        let mut scored = 0_u64;
        let swept = sweep.scores(&stretch, eligible, &part.scorer, |chosen, score| {
            scored = scored.saturating_add(1);
            if self.passes(score) {
                *matched = matched.saturating_add(1);
                top.push(score, chosen.row);
            }
        });
        self.count(scored);
        swept
    }

    fn many(
        &self,
        worker: &mut Worker,
        piece: &Piece<'_>,
        eligible: &Eligible<'_>,
        parts: &[Part<'_>],
    ) -> Result<()> {
        let Worker { sweep, top, matched, sums, .. } = worker;
        sums.clear();
        sums.resize(piece.positions.len(), Sum::default());
        let mut scored = 0_u64;
        for part in parts {
            let Some(stretch) = part.series.stretch(piece.group.group(), self.field)? else {
                continue;
            };
            let stretch = stretch.within(&piece.positions);
            sweep.scores(&stretch, eligible, &part.scorer, |chosen, score| {
                scored = scored.saturating_add(1);
                let place = chosen.position.wrapping_sub(piece.positions.start);
                if let Some(sum) = sums.get_mut(place) {
                    sum.scores += part.weight * f64::from(score);
                    sum.weights += part.weight;
                    sum.shared = sum.shared.saturating_add(1);
                }
            })?;
        }
        self.count(scored);
        let all: f64 = parts.iter().map(|part| part.weight).sum();
        for (position, sum) in piece.positions.clone().zip(&*sums) {
            if sum.shared < self.options.min_shared.max(1) {
                continue;
            }
            let score = self.combine(sum, all);
            if self.passes(score)
                && let Some(row) = eligible.row(position)
            {
                *matched = matched.saturating_add(1);
                top.push(score, row);
            }
        }
        Ok(())
    }

    /// Counts features that were scored without an index.
    fn count(&self, scored: u64) {
        if let Some(work) = self.options.work {
            work.add(0, 0, 0, scored);
        }
    }

    /// The score of an image; the formula is at the head of [`super::regions`].
    fn combine(&self, sum: &Sum, all: f64) -> f32 {
        let mean = sum.scores / sum.weights;
        let lacking = (all - sum.weights) / all;
        let worse = self.options.missing_penalty * lacking * mean.abs();
        rounded(match self.metric {
            Metric::Cosine | Metric::InnerProduct => mean - worse,
            Metric::L2 => mean + worse,
        })
    }

    #[inline]
    fn passes(&self, score: f32) -> bool {
        let threshold = self.options.threshold;
        !score.is_nan() && threshold.is_none_or(|limit| !self.metric.better(limit, score))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the one rounding of a score, to nearest even")]
pub(super) fn rounded(value: f64) -> f32 {
    value as f32
}
