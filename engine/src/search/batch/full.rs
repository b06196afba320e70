//! Scores in full: of single pairs, and of all queries of a panel.

use super::super::cosines::{CosineScratch, Cosines};
use super::super::kernels::tiles::PANEL;
use super::super::kernels::{Kernel, Matrix, QueryBlock, Scratch};
use super::super::similarity::{Metric, Scorer};
use super::super::sweep::mismatch;
use super::packed;
use crate::error::Result;

/// The queries as stored.
pub(super) struct Full<'q> {
    scorers: Vec<Scorer<'q>>,
    tiles: Vec<Tile>,
}

/// The queries of a panel.
enum Tile {
    Cosine(Cosines),
    Product(QueryBlock),
    /// One by one.
    Distance,
}

/// Memory that is kept from one call to the next.
#[derive(Debug, Default)]
pub(super) struct Room {
    cosines: CosineScratch,
    products: Scratch,
    column: Vec<f32>,
}

impl<'q> Full<'q> {
    /// Packs the queries `[Q, D]`.
    pub(super) fn new(metric: Metric, kernel: Kernel, queries: &'q [Vec<f32>]) -> Result<Self> {
        let scorers = queries.iter().map(|query| Scorer::new(metric, kernel, query)).collect();
        let mut tiles = Vec::new();
        for panel in queries.chunks(PANEL) {
            let values = panel.concat();
            let matrix = packed(&values, panel.first().map_or(0, Vec::len))?;
            tiles.push(match metric {
                Metric::Cosine => Tile::Cosine(Cosines::new(kernel, matrix)?),
                Metric::InnerProduct => Tile::Product(QueryBlock::new(kernel, matrix)?),
                Metric::L2 => Tile::Distance,
            });
        }
        Ok(Self { scorers, tiles })
    }

    /// Number of panels.
    pub(super) fn panels(&self) -> usize {
        self.tiles.len()
    }

    /// The scorer of one query.
    pub(super) fn scorer(&self, query: usize) -> Option<&Scorer<'q>> {
        self.scorers.get(query)
    }

    /// The scores `[rows, queries]` of a panel, each that of [`Scorer`].
    pub(super) fn scores(
        &self,
        panel: usize,
        rows: Matrix<'_>,
        room: &mut Room,
        scores: &mut Vec<f32>,
    ) -> Result<()> {
        let scorers = self.scorers.chunks(PANEL).nth(panel).unwrap_or_default();
        scores.resize(rows.count().saturating_mul(scorers.len()), 0.0);
        let Room { cosines, products, column } = room;
        match self.tiles.get(panel) {
            Some(Tile::Cosine(queries)) => queries.rows(rows, cosines, scores).map_err(mismatch),
            Some(Tile::Product(queries)) => {
                queries.products(rows, products, scores).map_err(mismatch)
            }
            _ => {
                column.resize(rows.count(), 0.0);
                for (lane, scorer) in scorers.iter().enumerate() {
                    scorer.score_rows(rows, column).map_err(mismatch)?;
                    let slots = scores.iter_mut().skip(lane).step_by(scorers.len());
                    slots.zip(&*column).for_each(|(slot, score)| *slot = *score);
                }
                Ok(())
            }
        }
    }
}
