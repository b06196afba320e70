//! Similarity: what makes one row a better answer than another.

use super::kernels::{Kernel, Matrix, Row, ShapeMismatch};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Which end of the scores is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Best {
    /// Similarities: larger is better.
    Largest,
    /// Distances: smaller is better.
    Smallest,
}

impl Best {
    /// Whether score `a` is strictly better than `b`. A NaN is never better and never beaten.
    #[inline]
    pub fn better(self, a: f32, b: f32) -> bool {
        match self {
            Self::Largest => a > b,
            Self::Smallest => a < b,
        }
    }

    /// The order that puts the better score first; `None` if either is NaN.
    #[inline]
    pub fn compare(self, a: f32, b: f32) -> Option<Ordering> {
        match self {
            Self::Largest => b.partial_cmp(&a),
            Self::Smallest => a.partial_cmp(&b),
        }
    }
}

/// How two vectors are compared.
///
/// The sums come from the [canonical arithmetic](super::kernels), what is done to them here is
/// single IEEE operations in f32: a score is the same bits on every machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// `dot / (|q| * |x|)`, within `[-1, 1]`; 0 if either vector is zero. Larger is better.
    Cosine,
    /// `dot`. Larger is better.
    InnerProduct,
    /// The distance `|q - x|`, in the unit of the elements. Smaller is better.
    L2,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 3] = [Self::Cosine, Self::InnerProduct, Self::L2];

    /// Which end of its scores is the better one.
    pub const fn best(self) -> Best {
        match self {
            Self::Cosine | Self::InnerProduct => Best::Largest,
            Self::L2 => Best::Smallest,
        }
    }

    /// The code in the file.
    pub(crate) const fn code(self) -> u32 {
        match self {
            Self::Cosine => 1,
            Self::InnerProduct => 2,
            Self::L2 => 3,
        }
    }

    /// Whether score `a` is strictly better than `b`; see [`Best::better`].
    #[inline]
    pub fn better(self, a: f32, b: f32) -> bool {
        self.best().better(a, b)
    }

    /// The name, as [`FromStr`] reads it: `cosine`, `ip` or `l2`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::InnerProduct => "ip",
            Self::L2 => "l2",
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that names no [`Metric`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMetric(String);

impl fmt::Display for UnknownMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no metric {:?}; the metrics are cosine, ip and l2", self.0)
    }
}

impl std::error::Error for UnknownMetric {}

impl FromStr for Metric {
    type Err = UnknownMetric;

    fn from_str(text: &str) -> Result<Self, UnknownMetric> {
        let found = Self::ALL.into_iter().find(|metric| metric.as_str() == text);
        found.ok_or_else(|| UnknownMetric(text.to_owned()))
    }
}

/// The cosine of two vectors from their dot product and norms.
///
/// A product of norms that is 0 gives 0: that of a zero vector, and that of vectors so short
/// that f32 cannot tell (norms below about 1e-22). An elongated one, beyond 1e19, overflows to
/// an infinite norm and a cosine of 0 or NaN.
#[inline]
pub fn cosine(dot: f32, query_norm: f32, row_norm: f32) -> f32 {
    let norms = query_norm * row_norm;
    if norms == 0.0 { 0.0 } else { (dot / norms).clamp(-1.0, 1.0) }
}

/// Whether all values are finite. Looks at all of them, many at once, as nearly always they are.
pub(crate) fn all_finite(values: &[f32]) -> bool {
    values.iter().fold(true, |all, value| all & value.is_finite())
}

/// A query made ready: scores rows under one metric.
#[derive(Clone, Copy, Debug)]
pub struct Scorer<'q> {
    metric: Metric,
    kernel: Kernel,
    query: &'q [f32],
    norm: f32,
}

/// Rows that [`Scorer::score_rows`] hands to the kernel at once, their norms on the stack.
const ROWS_AT_ONCE: usize = 1024;

impl<'q> Scorer<'q> {
    /// A scorer of `query` `[D]`.
    pub fn new(metric: Metric, kernel: Kernel, query: &'q [f32]) -> Self {
        let norm_sq = kernel.dot(query, Row::F32(query)).unwrap_or_default();
        Self { metric, kernel, query, norm: norm_sq.sqrt() }
    }

    /// The metric of the scores.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The kernels in use.
    pub(crate) fn kernel(&self) -> Kernel {
        self.kernel
    }

    /// The query `[D]`.
    pub(crate) fn query(&self) -> &'q [f32] {
        self.query
    }

    /// Its canonical length.
    pub(crate) fn norm(&self) -> f32 {
        self.norm
    }

    /// Scores each row of `[N, D]` into `scores` `[N]`, in one pass over the rows.
    pub fn score_rows(&self, matrix: Matrix<'_>, scores: &mut [f32]) -> Result<(), ShapeMismatch> {
        match self.metric {
            Metric::Cosine => self.cosine_rows(matrix, scores),
            Metric::InnerProduct => self.kernel.dot_rows(self.query, matrix, scores),
            Metric::L2 => {
                self.kernel.squared_l2_rows(self.query, matrix, scores)?;
                for score in scores {
                    *score = score.sqrt();
                }
                Ok(())
            }
        }
    }

    /// The score of one row `[D]`.
    pub fn score(&self, row: Row<'_>) -> Result<f32, ShapeMismatch> {
        match self.metric {
            Metric::Cosine => {
                let (dot, norm_sq) = self.kernel.dot_norm(self.query, row)?;
                Ok(cosine(dot, self.norm, norm_sq.sqrt()))
            }
            Metric::InnerProduct => self.kernel.dot(self.query, row),
            Metric::L2 => Ok(self.kernel.squared_l2(self.query, row)?.sqrt()),
        }
    }

    fn cosine_rows(&self, matrix: Matrix<'_>, scores: &mut [f32]) -> Result<(), ShapeMismatch> {
        matrix.check(self.query.len(), scores.len())?;
        let mut norms_sq = [0.0f32; ROWS_AT_ONCE];
        for (number, scores) in scores.chunks_mut(ROWS_AT_ONCE).enumerate() {
            let first = number * ROWS_AT_ONCE;
            let (Some(block), Some(norms_sq)) =
                (matrix.slice(first..first + scores.len()), norms_sq.get_mut(..scores.len()))
            else {
                break;
            };
            self.kernel.dot_norm_rows(self.query, block, scores, norms_sq)?;
            for (score, norm_sq) in scores.iter_mut().zip(norms_sq) {
                *score = cosine(*score, self.norm, norm_sq.sqrt());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "the results are exact by definition")]

    use super::*;
    use crate::search::kernels::{Rows, Tier};

    fn score(metric: Metric, q: &[f32], x: &[f32]) -> f32 {
        Scorer::new(metric, Kernel::best(), q).score(Row::F32(x)).unwrap()
    }

    #[test]
    fn scores_are_the_formulas() {
        let (q, x) = ([3.0, 4.0], [4.0, 3.0]);
        assert_eq!(score(Metric::Cosine, &q, &x), 24.0 / 25.0);
        assert_eq!(score(Metric::InnerProduct, &q, &x), 24.0);
        assert_eq!(score(Metric::L2, &q, &[0.0, 0.0]), 5.0);
    }

    #[test]
    fn cosine_of_a_zero_vector_is_zero() {
        for (q, x) in [([0.0, 0.0], [1.0, 2.0]), ([1.0, 2.0], [-0.0, 0.0]), ([0.0; 2], [0.0; 2])] {
            assert_eq!(score(Metric::Cosine, &q, &x).to_bits(), 0);
        }
        assert_eq!(score(Metric::Cosine, &[1e-30], &[1e-30]).to_bits(), 0);
    }

    #[test]
    fn cosine_stays_within_one() {
        for i in 1..2000u16 {
            let x = [1.0 / f32::from(i), 0.3, f32::from(i) * 0.01];
            let minus = x.map(|x| -x);
            let (same, opposed) =
                (score(Metric::Cosine, &x, &x), score(Metric::Cosine, &x, &minus));
            assert!((1.0 - 1e-6..=1.0).contains(&same), "{same}");
            assert_eq!(opposed, -same);
        }
        assert!(cosine(f32::NAN, 1.0, 1.0).is_nan());
    }

    #[test]
    fn rows_are_scored_as_single_rows_are() {
        let dim = 5;
        let count = 2 * ROWS_AT_ONCE + 3;
        let data: Vec<f32> =
            (0..dim * count).map(|i| ((i * 37 % 101) as f32 - 50.0) * 0.1).collect();
        let matrix = Matrix::new(Rows::F32(&data), dim, dim, count).unwrap();
        let q = [0.1, -2.0, 3.0, 0.7, 1.5];
        for metric in Metric::ALL {
            let mut by_tier = Vec::new();
            for tier in Tier::available() {
                let scorer = Scorer::new(metric, Kernel::with_tier(tier).unwrap(), &q);
                let mut scores = vec![0.0; count];
                scorer.score_rows(matrix, &mut scores).unwrap();
                for (i, score) in scores.iter().enumerate() {
                    let single = scorer.score(matrix.row(i).unwrap()).unwrap();
                    assert_eq!(single.to_bits(), score.to_bits());
                }
                assert!(scorer.score_rows(matrix, &mut scores[1..]).is_err());
                assert_eq!(scorer.metric(), metric);
                by_tier.push(scores);
            }
            assert!(by_tier.windows(2).all(|pair| pair[0] == pair[1]));
        }
    }

    #[test]
    fn metrics_have_names_and_a_direction() {
        for metric in Metric::ALL {
            assert_eq!(metric.to_string().parse(), Ok(metric));
        }
        assert!("hamming".parse::<Metric>().is_err());
        assert!(Metric::Cosine.better(0.9, 0.1) && Metric::L2.better(0.1, 0.9));
        assert!(!Metric::L2.better(f32::NAN, 1.0) && !Metric::L2.better(0.5, 0.5));
        assert_eq!(Best::Largest.compare(2.0, 1.0), Some(Ordering::Less));
        assert_eq!(Best::Smallest.compare(2.0, 1.0), Some(Ordering::Greater));
    }
}
