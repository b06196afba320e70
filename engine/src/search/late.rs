//! Late interaction: how well the tokens of one thing are all found among the tokens of another.
//!
//! `MaxSim(a, b) = sum over tokens i of a of (max over tokens j of b of cosine(a[i], b[j]))`, of a
//! query `[A, D]` and a document `[B, D]` (`ColBERT`: Khattab and Zaharia, SIGIR 2020). Exact: no
//! pair is left out, and each cosine is what a search returns, bit for bit; that with a zero vector
//! is 0. The sum is in f64 in the order of the query's tokens, rounded once: the same on any
//! machine.
//!
//! A cosine that is NaN, as infinite or huge values can make it, is no match. A query token without
//! any match, as all are when the document has no tokens, adds 0; a query without tokens scores 0.
//!
//! The score grows with A and is not symmetric: for a mean over tokens divide by A, and for a
//! symmetric score take the mean of `MaxSim(a, b) / A` and `MaxSim(b, a) / B`.

mod images;

pub(crate) use images::rank;

use super::cosines::{CosineScratch, Cosines};
use super::exact::rounded;
use super::kernels::{Kernel, Matrix};
use super::parallel;
use super::sweep::mismatch;
use super::tokens::bytes_of;
use crate::error::Result;

/// Most cosines that are held at once; they stay in the second-level cache.
const COSINES_AT_ONCE: usize = 64 << 10;
/// Query tokens that cost as much time as it takes to read a document from memory, about.
const TOKENS_A_PASS: u64 = 10;
/// What no cosine is below.
const NONE: f32 = f32::NEG_INFINITY;

/// The query tokens `[A, D]` made ready.
#[derive(Clone, Debug)]
pub struct LateQuery {
    cosines: Cosines,
}

/// The document token that matches a query token best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Its index in the document, of equal ones the smallest; `None` where there is no match.
    pub token: Option<usize>,
    /// The cosine, 0 where there is no match.
    pub cosine: f32,
}

/// Memory that scores need, kept from one call to the next: about half a megabyte, and 8 bytes a
/// query token.
#[derive(Clone, Debug, Default)]
pub struct LateScratch {
    cosines: CosineScratch,
    block: Vec<f32>,
    best: Vec<f32>,
}

impl LateQuery {
    /// Packs the query. Takes about `4 * A * D` bytes.
    ///
    /// Errors: [`crate::Error::OutOfMemory`].
    pub fn new(kernel: Kernel, tokens: Matrix<'_>) -> Result<Self> {
        Ok(Self { cosines: Cosines::new(kernel, tokens)? })
    }

    /// Number of query tokens, `A`.
    pub fn count(&self) -> usize {
        self.cosines.count()
    }

    /// `MaxSim` with the document `[B, D]`. `2 * A * B * D` operations at the speed of arithmetic.
    ///
    /// Error: the dimension is not that of the query.
    pub fn max_sim(&self, document: Matrix<'_>, scratch: &mut LateScratch) -> Result<f32> {
        let LateScratch { cosines, block, best } = scratch;
        best.clear();
        best.resize(self.count(), NONE);
        self.blocks(document, cosines, block, |_, row| {
            for (best, cosine) in best.iter_mut().zip(row) {
                *best = if *cosine > *best { *cosine } else { *best };
            }
        })?;
        Ok(sum(best.iter().map(|best| cosine_of(*best))))
    }

    /// The best match of each query token, `[A]`; [`score_of`] makes the score of them.
    ///
    /// Costs little more than [`LateQuery::max_sim`]. Error: the dimension is not that of the
    /// query.
    pub fn matches(&self, document: Matrix<'_>, scratch: &mut LateScratch) -> Result<Vec<Match>> {
        let LateScratch { cosines, block, .. } = scratch;
        let mut best = vec![(NONE, 0_usize); self.count()];
        self.blocks(document, cosines, block, |token, row| {
            for (best, cosine) in best.iter_mut().zip(row) {
                if *cosine > best.0 {
                    *best = (*cosine, token);
                }
            }
        })?;
        let found = best.into_iter().map(|(best, token)| Match {
            token: (best > NONE).then_some(token),
            cosine: cosine_of(best),
        });
        Ok(found.collect())
    }

    /// `MaxSim` with each document `[B, D]`, in order, on up to `threads` threads; 0 leaves it to
    /// the engine. The outcome is the same for any number of threads.
    ///
    /// Error: a dimension is not that of the query.
    pub fn max_sim_all(&self, documents: &[Matrix<'_>], threads: usize) -> Result<Vec<f32>> {
        let bytes = documents.iter().map(|document| bytes_of(*document));
        let passes = (self.count() as u64 / TOKENS_A_PASS).saturating_add(1);
        let bytes = bytes.fold(0, u64::saturating_add).saturating_mul(passes);
        let threads = parallel::threads(threads, bytes);
        let make = || Ok((LateScratch::default(), Vec::new()));
        let work = |worker: &mut (LateScratch, Vec<(usize, f32)>), task: usize| {
            let (scratch, scores) = worker;
            if let Some(document) = documents.get(task) {
                scores.push((task, self.max_sim(*document, scratch)?));
            }
            Ok(())
        };
        let workers = parallel::run(threads, documents.len(), make, work)?;
        let mut scores: Vec<_> = workers.into_iter().flat_map(|(_, scores)| scores).collect();
        scores.sort_unstable_by_key(|(task, _)| *task);
        Ok(scores.into_iter().map(|(_, score)| score).collect())
    }

    /// Hands on each document token's index and its cosines with the query tokens `[A]`, in order.
    fn blocks(
        &self,
        document: Matrix<'_>,
        scratch: &mut CosineScratch,
        block: &mut Vec<f32>,
        mut each: impl FnMut(usize, &[f32]),
    ) -> Result<()> {
        let count = self.count();
        let fitting = COSINES_AT_ONCE.checked_div(count).unwrap_or(1).max(1);
        let step = self.cosines.rows_at_once().min(fitting);
        self.cosines.check(document, document.count().saturating_mul(count)).map_err(mismatch)?;
        for first in (0..document.count()).step_by(step) {
            let end = first.saturating_add(step).min(document.count());
            let Some(tokens) = document.slice(first..end) else { break };
            block.resize(tokens.count().saturating_mul(count), 0.0);
            self.cosines.rows(tokens, scratch, block).map_err(mismatch)?;
            for (token, row) in (first..end).zip(block.chunks(count.max(1))) {
                each(token, row);
            }
        }
        Ok(())
    }
}

/// The score of matches in the order of the query's tokens.
pub fn score_of(matches: &[Match]) -> f32 {
    sum(matches.iter().map(|found| found.cosine))
}

/// `MaxSim` of the query tokens `a` `[A, D]` with the document tokens `b` `[B, D]`, on the fastest
/// kernels. For many documents [`LateQuery`] packs the query once.
///
/// Errors: the dimensions differ; [`crate::Error::OutOfMemory`].
pub fn max_sim(a: Matrix<'_>, b: Matrix<'_>) -> Result<f32> {
    LateQuery::new(Kernel::best(), a)?.max_sim(b, &mut LateScratch::default())
}

fn cosine_of(best: f32) -> f32 {
    if best > NONE { best } else { 0.0 }
}

fn sum(cosines: impl Iterator<Item = f32>) -> f32 {
    rounded(cosines.fold(0.0, |sum, cosine| sum + f64::from(cosine)))
}

#[cfg(test)]
mod tests;
