//! Concept scores of the images of a vector field.
//!
//! Deleted and superseded vectors are not read where a block has no others. The column is cut into
//! pieces that one thread works on each, so the outcome is the same for any number of threads.

#![deny(clippy::arithmetic_side_effects)]

use super::{ConceptScratch, Concepts, PROMPTS_A_PASS, argmax, softmax};
use crate::container::column::Column;
use crate::container::state::State;
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::format::schema::FieldDef;
use crate::search::Found;
use crate::search::parallel::{self, Piece};
use crate::search::series::Series;
use crate::search::similarity::Best;
use crate::search::sweep::{Chosen, Eligible, Sweep};
use crate::search::top_k::{ScoredRow, TopK};

/// Most scores that are made at once; they stay in the second-level cache.
const SCORES_AT_ONCE: usize = 64 << 10;
/// Most scores of a block that is handed out, unless one image has more.
const SCORES_A_BLOCK: usize = 1 << 20;
/// Blocks a thread that are made before they are handed out.
const BLOCKS_AHEAD: usize = 2;
/// Most positions of a piece.
pub(super) const PIECE_POSITIONS: usize = 16_384;
/// Images this close are scored together, with those between them that do not count.
const GAP_MOST: usize = 4;
/// Most hits of all concepts together, about 1 GiB a thread.
const HITS_MAX: u64 = 1 << 26;

/// The best concept of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Label {
    /// The row of the image.
    pub row: u64,
    /// The place of the concept, of equal scores the first; `None` where no score is a number.
    pub concept: Option<usize>,
    /// Its score; NaN without a concept.
    pub score: f32,
    /// Its softmax over all concepts of the question; NaN without a concept.
    pub probability: f32,
}

/// A question to the images of a vector field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OfImages<'a> {
    pub(crate) state: &'a State,
    pub(crate) field: &'a FieldDef,
    pub(crate) concepts: &'a Concepts,
    /// Rows that are asked about; without, all.
    pub(crate) filter: Option<&'a Bitmap>,
    /// 0 leaves it to the engine.
    pub(crate) threads: usize,
}

#[derive(Default)]
pub(super) struct Worker {
    sweep: Sweep,
    scratch: ConceptScratch,
    scores: Vec<f32>,
}

/// Rows and their scores `[N, K]`.
type Block = (Vec<u64>, Vec<f32>);

impl<'a> OfImages<'a> {
    /// Hands out rows and scores block by block, in the order of storage, until told to stop.
    pub(crate) fn blocks(
        &self,
        mut each: impl FnMut(&[u64], &[f32]) -> Result<bool>,
    ) -> Result<()> {
        let threads = self.threads();
        let most = SCORES_A_BLOCK.checked_div(self.concepts.count()).unwrap_or(1);
        let pieces = self.cut(most.clamp(1, PIECE_POSITIONS))?;
        let at_once = if threads > 1 { threads.saturating_mul(BLOCKS_AHEAD) } else { 1 };
        for batch in pieces.chunks(at_once) {
            for (rows, scores) in self.batch(batch, threads)? {
                if !rows.is_empty() && !each(&rows, &scores)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn batch(&self, pieces: &[Piece<'a>], threads: usize) -> Result<Vec<Block>> {
        let make = || Ok((Worker::default(), Vec::new()));
        let work = |(worker, done): &mut (Worker, Vec<(usize, Block)>), task: usize| {
            let Some(piece) = pieces.get(task) else { return Ok(()) };
            let (mut rows, mut all) = (Vec::new(), Vec::new());
            self.piece(worker, piece, |row, scores| {
                rows.push(row);
                all.extend_from_slice(scores);
            })?;
            done.push((task, (rows, all)));
            Ok(())
        };
        let workers = parallel::run(threads, pieces.len(), make, work)?;
        let mut done: Vec<_> = workers.into_iter().flat_map(|(_, done)| done).collect();
        done.sort_unstable_by_key(|(task, _)| *task);
        Ok(done.into_iter().map(|(_, block)| block).collect())
    }

    /// The best concept of each image, by row. Memory O(images).
    pub(crate) fn labels(&self) -> Result<Vec<Label>> {
        let make = || Ok((Worker::default(), Vec::new(), Vec::new()));
        let workers = self.run(make, |(worker, labels, shares), piece| {
            self.piece(worker, piece, |row, scores| labels.push(label(row, scores, shares)))
        })?;
        let mut labels: Vec<Label> =
            workers.into_iter().flat_map(|(_, labels, _)| labels).collect();
        labels.sort_unstable_by_key(|label| label.row);
        Ok(labels)
    }

    /// For each concept the `k` images of the highest score, and how many score at least
    /// `threshold`. Memory O(threads * K * k).
    pub(crate) fn top(&self, k: usize, threshold: Option<f32>) -> Result<Vec<Found<ScoredRow>>> {
        let images = self.state.column(self.field.column).map_or(0, Column::live);
        let hits = (k as u64).min(images).saturating_mul(self.concepts.count() as u64);
        if hits > HITS_MAX {
            let what = "hits of all concepts";
            return Err(Error::Limit { what, value: hits, limit: HITS_MAX });
        }
        let top = || TopK::of_hits(k, Best::Largest);
        let make = || {
            let tops = (0..self.concepts.count()).map(|_| Ok((top()?, 0_u64)));
            Ok((Worker::default(), tops.collect::<Result<Vec<_>>>()?))
        };
        let workers = self.run(make, |(worker, tops), piece| {
            self.piece(worker, piece, |row, scores| {
                for ((top, matched), score) in tops.iter_mut().zip(scores) {
                    if !score.is_nan() && threshold.is_none_or(|least| *score >= least) {
                        *matched = matched.saturating_add(1);
                        top.push(*score, row);
                    }
                }
            })
        })?;
        let (_, mut all) = make()?;
        for (_, tops) in &workers {
            for ((all, sum), (top, matched)) in all.iter_mut().zip(tops) {
                all.merge(top);
                *sum = sum.saturating_add(*matched);
            }
        }
        let found = |(top, matched): (TopK, u64)| Found { hits: top.into_sorted_vec(), matched };
        Ok(all.into_iter().map(found).collect())
    }

    fn run<W: Send>(
        &self,
        make: impl Fn() -> Result<W> + Sync,
        work: impl Fn(&mut W, &Piece<'a>) -> Result<()> + Sync,
    ) -> Result<Vec<W>> {
        let threads = self.threads();
        let column = self.state.column(self.field.column);
        let each = self.field.stride().saturating_mul(self.passes());
        let pieces = parallel::pieces(column, threads, each, PIECE_POSITIONS)?;
        parallel::run(threads, pieces.len(), make, |worker, task| match pieces.get(task) {
            Some(piece) => work(worker, piece),
            None => Ok(()),
        })
    }

    /// Pieces of at most `step` positions.
    pub(super) fn cut(&self, step: usize) -> Result<Vec<Piece<'a>>> {
        let column = self.state.column(self.field.column);
        let mut pieces = Vec::new();
        for group in column.map_or(&[][..], Column::groups) {
            let count = usize::try_from(group.group().header()?.count).unwrap_or(usize::MAX);
            for start in (0..count).step_by(step) {
                let positions = start..start.saturating_add(step).min(count);
                pieces.push(Piece { group, positions });
            }
        }
        Ok(pieces)
    }

    pub(super) fn threads(&self) -> usize {
        let live = self.state.column(self.field.column).map_or(0, Column::live);
        let asked = self.filter.map_or(live, |filter| filter.count().min(live));
        let bytes = asked.saturating_mul(self.field.stride()).saturating_mul(self.passes());
        parallel::threads(self.threads, bytes)
    }

    /// The work of a vector over that of reading it, about.
    fn passes(&self) -> u64 {
        let passes = (self.concepts.count as u64 / PROMPTS_A_PASS).saturating_add(1);
        passes.saturating_mul(self.concepts.sets.len() as u64)
    }

    /// Hands out the scores `[K]` of each image of a piece that counts, in order.
    pub(super) fn piece(
        &self,
        worker: &mut Worker,
        piece: &Piece<'a>,
        mut each: impl FnMut(u64, &[f32]),
    ) -> Result<()> {
        let stretch = Series::Vectors.stretch(piece.group.group(), self.field)?;
        let Some(stretch) = stretch else { return Ok(()) };
        let stretch = stretch.within(&piece.positions);
        let eligible = Eligible::new(piece.group, self.filter, None)?;
        let Worker { sweep, scratch, scores } = worker;
        let count = self.concepts.count();
        let step = SCORES_AT_ONCE.checked_div(count).unwrap_or(1).max(1);
        sweep.blocks(&stretch, &eligible, |matrix, chosen| {
            let mut rest = chosen;
            while let Some(first) = rest.first().map(|first| first.index) {
                let (run, behind) = rest.split_at(run_of(rest, step));
                let end = run.last().map_or(first, |last| last.index).saturating_add(1);
                let Some(rows) = matrix.slice(first..end) else { break };
                scores.resize(rows.count().saturating_mul(count), 0.0);
                self.concepts.score_rows(rows, scratch, scores)?;
                for one in run {
                    let start = one.index.saturating_sub(first).saturating_mul(count);
                    each(one.row, scores.get(start..start.saturating_add(count)).unwrap_or(&[]));
                }
                rest = behind;
            }
            Ok(())
        })
    }
}

/// How many of the first features are scored together: close to each other, within `step`.
fn run_of(chosen: &[Chosen], step: usize) -> usize {
    let first = chosen.first().map_or(0, |first| first.index);
    let near = |pair: &[Chosen]| match pair {
        [a, b] => {
            b.index.saturating_sub(a.index) <= GAP_MOST && b.index.saturating_sub(first) < step
        }
        _ => false,
    };
    chosen.windows(2).take_while(|pair| near(pair)).count().saturating_add(1).min(chosen.len())
}

fn label(row: u64, scores: &[f32], shares: &mut Vec<f32>) -> Label {
    let concept = argmax(scores);
    shares.clear();
    shares.extend_from_slice(scores);
    softmax(shares);
    let of = |values: &[f32]| concept.and_then(|place| values.get(place)).copied();
    let (score, probability) = (of(scores).unwrap_or(f32::NAN), of(shares).unwrap_or(f32::NAN));
    Label { row, concept, score, probability }
}
