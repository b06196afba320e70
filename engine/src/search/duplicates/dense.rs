//! Scores where nearly every pair counts: exact products in tiles.

use std::ops::Range;

use super::super::cosines::{CosineScratch, Cosines};
use super::super::kernels::{QueryBlock, Scratch};
use super::super::similarity::{Metric, Scorer};
use super::super::sweep::mismatch;
use super::features::Features;
use super::join::{Rules, append, packed};
use crate::error::Result;

/// Memory that is kept from one call to the next.
#[derive(Debug, Default)]
pub(super) struct Dense {
    queries: Vec<f32>,
    rows: Vec<f32>,
    scores: Vec<f32>,
    cosines: CosineScratch,
    products: Scratch,
}

impl Dense {
    /// The scores `[rows, queries]`, each that of [`Scorer`], which is the same whichever of the
    /// two is the query.
    pub(super) fn scores(
        &mut self,
        rules: &Rules,
        features: [&Features<'_>; 2],
        queries: Range<usize>,
        rows: impl Iterator<Item = usize>,
    ) -> Result<&[f32]> {
        let [left, right] = features;
        let (dim, width) = (left.dim(), queries.len());
        let Self { queries: packed_queries, rows: packed_rows, scores, cosines, products } = self;
        packed_queries.clear();
        packed_rows.clear();
        queries.for_each(|place| append(left.row(place), dim, packed_queries));
        rows.for_each(|place| append(right.row(place), dim, packed_rows));
        let (Some(queries), Some(rows)) = (packed(packed_queries, dim), packed(packed_rows, dim))
        else {
            return Ok(&[]);
        };
        scores.clear();
        scores.resize(rows.count().saturating_mul(width), 0.0);
        match rules.metric {
            Metric::Cosine => {
                let made = Cosines::new(rules.kernel, queries)?;
                made.rows(rows, cosines, scores).map_err(mismatch)?;
            }
            Metric::InnerProduct => {
                let made = QueryBlock::new(rules.kernel, queries)?;
                made.products(rows, products, scores).map_err(mismatch)?;
            }
            Metric::L2 => {
                let each = packed_rows.chunks_exact(dim).zip(scores.chunks_exact_mut(width.max(1)));
                for (row, scores) in each {
                    let scorer = Scorer::new(Metric::L2, rules.kernel, row);
                    scorer.score_rows(queries, scores).map_err(mismatch)?;
                }
            }
        }
        Ok(scores)
    }
}
