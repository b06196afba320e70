//! Tokens and one query: where in an image, and where in many images, something is.
//!
//! An image is a grid of T tokens `[T, D]`. The score of a token is its cosine with the query,
//! through the scale and bias of the model ([`Affine`]). A cosine is what a search returns, bit for
//! bit; that with a zero vector is 0.

mod images;

pub(crate) use images::{best_tokens, of_images};

use super::affine::Affine;
use super::kernels::{Kernel, Matrix, ShapeMismatch};
use super::parallel;
use super::similarity::{Best, Metric, Scorer};
use super::sweep::mismatch;
use super::top_k::TopK;
use crate::error::{Error, Result};

/// A query `[D]` made ready to score tokens.
#[derive(Clone, Copy, Debug)]
pub struct TokenQuery<'q> {
    scorer: Scorer<'q>,
    affine: Affine,
}

impl<'q> TokenQuery<'q> {
    /// Scores by the cosine with `query` and `affine`.
    pub fn new(kernel: Kernel, query: &'q [f32], affine: Affine) -> Self {
        Self { scorer: Scorer::new(Metric::Cosine, kernel, query), affine }
    }

    /// The score of each token of one image `[T, D]`, into `out` `[T]`: the heat map of the query,
    /// in the order of the tokens.
    ///
    /// One pass over the tokens at the speed of memory, nothing allocated. On an error nothing is
    /// written.
    pub fn heat_map(&self, tokens: Matrix<'_>, out: &mut [f32]) -> Result<(), ShapeMismatch> {
        self.scorer.score_rows(tokens, out)?;
        for score in out {
            *score = self.affine.apply(*score);
        }
        Ok(())
    }
}

/// A token, and how it scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoredToken {
    /// The score. A zero is always `+0.0`.
    pub score: f32,
    /// The row of the image.
    pub row: u64,
    /// The token's index in the image.
    pub token: usize,
}

/// Collects the k best tokens of any number of images: better score first, of equal scores that of
/// the smaller row, then the smaller index. The outcome does not depend on the order of the images.
/// A score that is NaN never enters.
#[derive(Clone, Debug)]
pub struct TopTokens {
    top: TopK<(u64, usize)>,
    scores: Vec<f32>,
}

impl TopTokens {
    /// A collector of the `k` best; 0 keeps nothing. Error: `k` is over [`TopK::MAX_K`].
    pub fn new(k: usize) -> Result<Self> {
        let (value, limit) = (k as u64, TopK::MAX_K as u64);
        let over = || Error::Limit { what: "tokens of a search", value, limit };
        Ok(Self { top: TopK::new(k, Best::Largest).ok_or_else(over)?, scores: Vec::new() })
    }

    /// Offers the tokens `[T, D]` of an image. Each image should be offered once. Costs a heat map
    /// and a comparison a token; keeps memory for the scores of the largest image.
    ///
    /// Error: the dimension is not that of the query; nothing is offered then.
    pub fn offer(&mut self, query: &TokenQuery<'_>, row: u64, tokens: Matrix<'_>) -> Result<()> {
        self.scores.resize(tokens.count(), 0.0);
        query.heat_map(tokens, &mut self.scores).map_err(mismatch)?;
        for (token, score) in self.scores.iter().enumerate() {
            self.top.push(*score, (row, token));
        }
        Ok(())
    }

    /// Offers all that another collector of the same `k` has kept.
    pub fn merge(&mut self, other: &Self) {
        self.top.merge(&other.top);
    }

    /// The tokens kept, best first.
    pub fn into_sorted_vec(self) -> Vec<ScoredToken> {
        let sorted = self.top.into_sorted_vec().into_iter();
        let token = |(score, (row, token))| ScoredToken { score, row, token };
        sorted.map(|scored| token((scored.score, scored.row))).collect()
    }
}

/// The `k` best tokens of the images, each a row and its tokens `[T, D]`, on up to `threads`
/// threads; 0 leaves it to the engine. The outcome is the same for any number of threads.
///
/// One pass over the tokens. Memory O(images + threads * (k + T)).
///
/// Errors: `k` is over [`TopK::MAX_K`], or a dimension is not that of the query.
pub fn top_tokens<'a>(
    query: &TokenQuery<'_>,
    images: impl IntoIterator<Item = (u64, Matrix<'a>)>,
    k: usize,
    threads: usize,
) -> Result<Vec<ScoredToken>> {
    let images: Vec<(u64, Matrix<'a>)> = images.into_iter().collect();
    let bytes = images.iter().map(|(_, tokens)| bytes_of(*tokens));
    let threads = parallel::threads(threads, bytes.fold(0, u64::saturating_add));
    let make = || TopTokens::new(k);
    let workers =
        parallel::run(threads, images.len(), make, |best, task| match images.get(task) {
            Some((row, tokens)) => best.offer(query, *row, *tokens),
            None => Ok(()),
        })?;
    let mut all = TopTokens::new(k)?;
    for worker in &workers {
        all.merge(worker);
    }
    Ok(all.into_sorted_vec())
}

/// Bytes of tokens, taken as f16.
pub(super) fn bytes_of(tokens: Matrix<'_>) -> u64 {
    let values = (tokens.count() as u64).saturating_mul(tokens.dim() as u64);
    values.saturating_mul(2)
}

#[cfg(test)]
mod tests;
