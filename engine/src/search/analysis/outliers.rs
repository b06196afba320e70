//! How far each feature is from its neighbours.

use super::super::exact::rounded;
use super::super::similarity::Best;
use super::super::top_k::{ScoredRow, TopK};
use super::Progress;
use super::neighbours::{Among, distance};
use super::options::AnalysisOptions;
use crate::error::Result;

/// The outlier scores of all features: the mean distance from the `k` nearest others.
///
/// The distance is `1 - cosine`, the l2 distance, or the inner product with its sign turned. The score is that of
/// Angiulli and Pizzuti, "Fast outlier detection in high dimensional spaces", PKDD 2002, divided by `k`.
#[derive(Clone, Debug, PartialEq)]
pub struct Outliers {
    /// The rows.
    pub rows: Vec<u64>,
    /// The score of each; infinite where there is no other to compare with.
    pub scores: Vec<f32>,
}

impl Outliers {
    /// The rows of the highest scores, those first; ties by row.
    pub fn top(&self, count: usize) -> Vec<ScoredRow> {
        let Some(mut top) = TopK::new(count.min(TopK::MAX_K), Best::Largest) else {
            return Vec::new();
        };
        self.rows.iter().zip(&self.scores).for_each(|(row, score)| top.push(*score, *row));
        top.into_sorted_vec()
    }
}

/// Scores all features. Exact; the cost of a search for each of them: `2 N^2 D` operations, of 8-bit integers where
/// there are codes. Where fewer than `k` others are, the mean is over these.
///
/// Errors: [`crate::Error::Invalid`] for a `k` of 0, [`crate::Error::Limit`], [`crate::Error::WrongKind`],
/// [`crate::Error::Cancelled`], [`crate::Error::Corrupt`].
pub fn outliers(
    among: Among<'_>,
    k: usize,
    options: &AnalysisOptions<'_>,
    progress: Progress<'_>,
) -> Result<Outliers> {
    let features = options.features(among.state, among.field)?;
    let metric = options.metric_for(among.field);
    let places: Vec<usize> = (0..features.len()).collect();
    let (mut rows, mut scores) = (Vec::new(), Vec::new());
    among.each(&features, &places, k, (options, options.filter), progress, |place, hits| {
        let sum: f64 = hits.iter().map(|hit| distance(metric, hit.score)).sum();
        rows.push(features.number(place));
        let mean = || rounded(sum / hits.len() as f64);
        scores.push(if hits.is_empty() { f32::INFINITY } else { mean() });
    })?;
    Ok(Outliers { rows, scores })
}
