//! Cosines of many queries with many rows: what [`Scorer`] gives for each pair, bit for bit.

use super::kernels::{Kernel, Matrix, QueryBlock, Row, Scratch, ShapeMismatch};
use super::similarity::{Metric, Scorer, cosine};
use super::sweep::mismatch;
use crate::error::Result;

/// Queries `[Q, D]` made ready. Takes about `4 * Q * D` bytes.
#[derive(Clone, Debug)]
pub struct Cosines {
    queries: QueryBlock,
    norms: Vec<f32>,
    zeros: Vec<f32>,
    /// The query, where it is the only one: a row is then not worth packing.
    only: Option<Vec<f32>>,
}

/// Memory that cosines need, kept from one call to the next: about 256 KiB, or six rows.
#[derive(Clone, Debug, Default)]
pub struct CosineScratch {
    products: Scratch,
    norms: Vec<f32>,
}

impl Cosines {
    /// Packs the queries and takes their norms. Two passes over them.
    ///
    /// Errors: [`crate::Error::OutOfMemory`].
    pub fn new(kernel: Kernel, queries: Matrix<'_>) -> Result<Self> {
        let only = match (queries.count(), queries.row(0)) {
            (1, Some(Row::F32(query))) => Some(query.to_vec()),
            (1, Some(Row::F16(query))) => Some(query.iter().map(|x| x.to_f32()).collect()),
            _ => None,
        };
        let zeros = vec![0.0; queries.dim()];
        let mut norms = vec![0.0; queries.count()];
        norms_of(kernel, &zeros, queries, &mut norms).map_err(mismatch)?;
        Ok(Self { queries: QueryBlock::new(kernel, queries)?, norms, zeros, only })
    }

    /// Number of queries, `Q`.
    pub fn count(&self) -> usize {
        self.queries.count()
    }

    /// Elements of a query, `D`.
    pub fn dim(&self) -> usize {
        self.queries.dim()
    }

    /// Rows that are worked on at once: work is best cut at multiples of it.
    pub fn rows_at_once(&self) -> usize {
        self.queries.rows_at_once()
    }

    /// Checks that rows `[N, D]` and `out_len` cosines fit.
    pub fn check(&self, rows: Matrix<'_>, out_len: usize) -> Result<(), ShapeMismatch> {
        self.queries.check(rows, out_len)
    }

    /// Cosines of all queries with the rows `[N, D]`, into `out` `[N, Q]`.
    ///
    /// Costs what [`QueryBlock::products`] does, and a division a pair. On an error nothing is
    /// written.
    pub fn rows(
        &self,
        rows: Matrix<'_>,
        scratch: &mut CosineScratch,
        out: &mut [f32],
    ) -> Result<(), ShapeMismatch> {
        if let Some(query) = &self.only {
            let scorer = Scorer::new(Metric::Cosine, self.queries.kernel(), query);
            return scorer.score_rows(rows, out);
        }
        self.queries.check(rows, out.len())?;
        let step = self.rows_at_once();
        let CosineScratch { products, norms } = scratch;
        let blocks = out.chunks_mut(step.saturating_mul(self.count()).max(1));
        for (first, out) in (0..rows.count()).step_by(step).zip(blocks) {
            let end = first.saturating_add(step).min(rows.count());
            let Some(rows) = rows.slice(first..end) else { break };
            norms.resize(rows.count(), 0.0);
            norms_of(self.queries.kernel(), &self.zeros, rows, norms)?;
            self.queries.products(rows, products, out)?;
            for (norm, out) in norms.iter().zip(out.chunks_mut(self.count().max(1))) {
                for (slot, query_norm) in out.iter_mut().zip(&self.norms) {
                    *slot = cosine(*slot, *query_norm, *norm);
                }
            }
        }
        Ok(())
    }
}

/// The norms of the rows. The squared distance to zero is the squared norm, bit for bit: the
/// difference is the element with its sign turned, which its square does not show.
fn norms_of(
    kernel: Kernel,
    zeros: &[f32],
    rows: Matrix<'_>,
    norms: &mut [f32],
) -> Result<(), ShapeMismatch> {
    kernel.squared_l2_rows(zeros, rows, norms)?;
    for norm in norms {
        *norm = norm.sqrt();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::kernels::{Rows, Tier};
    use crate::search::sample::Random;
    use half::f16;

    fn check(queries: Matrix<'_>, rows: Matrix<'_>) {
        let mut scratch = CosineScratch::default();
        for tier in Tier::available() {
            let kernel = Kernel::with_tier(tier).unwrap();
            let cosines = Cosines::new(kernel, queries).unwrap();
            let mut out = vec![7.0; rows.count() * queries.count()];
            cosines.rows(rows, &mut scratch, &mut out).unwrap();
            for (i, got) in out.iter().enumerate() {
                let (row, query) = (i / queries.count(), i % queries.count());
                let query = match queries.row(query).unwrap() {
                    Row::F32(query) => query.to_vec(),
                    Row::F16(query) => query.iter().map(|x| x.to_f32()).collect(),
                };
                let scorer = Scorer::new(Metric::Cosine, kernel, &query);
                let expected = scorer.score(rows.row(row).unwrap()).unwrap();
                assert_eq!(got.to_bits(), expected.to_bits(), "{tier} row {row}");
            }
        }
    }

    #[test]
    fn cosines_are_those_of_a_search_bit_for_bit() {
        let mut random = Random::from_env();
        for (q, n, dim) in [(1, 5, 7), (2, 1, 64), (5, 130, 1000), (13, 40, 65), (3, 2500, 8)] {
            let mut data = random.features(q + n, dim);
            // A zero vector among the queries, where there are several, and one among the rows.
            data[(q - 1) * dim..(q + 1) * dim].fill(0.0);
            let halves: Vec<f16> = data.iter().map(|x| f16::from_f32(*x)).collect();
            let (queries, rows) = data.split_at(q * dim);
            let (queries16, rows16) = halves.split_at(q * dim);
            let matrix = |rows, count| Matrix::new(rows, dim, dim, count).unwrap();
            check(matrix(Rows::F32(queries), q), matrix(Rows::F16(rows16), n));
            check(matrix(Rows::F16(queries16), q), matrix(Rows::F32(rows), n));
        }
    }

    #[test]
    fn wrong_shapes_are_errors() {
        let data = [1.0; 12];
        let matrix = |dim, count| Matrix::new(Rows::F32(&data), dim, dim, count).unwrap();
        let mut scratch = CosineScratch::default();
        for count in [1, 2] {
            let cosines = Cosines::new(Kernel::best(), matrix(3, count)).unwrap();
            let mut out = [0.0; 6];
            assert!(cosines.rows(matrix(4, 3), &mut scratch, &mut out).is_err());
            assert!(cosines.rows(matrix(3, 4), &mut scratch, &mut out).is_err());
            cosines.rows(matrix(3, 0), &mut scratch, &mut []).unwrap();
        }
        let none = Cosines::new(Kernel::best(), matrix(3, 0)).unwrap();
        none.rows(matrix(3, 4), &mut scratch, &mut []).unwrap();
    }
}
