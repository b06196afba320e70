//! All images beyond a threshold, handed out as they are found: memory does not grow with their number.

#![deny(clippy::arithmetic_side_effects)]

use super::codes::cascade::Floor;
use super::exact::{PIECE_POSITIONS, Plan};
use super::options::SearchOptions;
use super::parallel;
use super::top_k::ScoredRow;
use crate::error::Result;

/// Pieces that a thread works on before their hits are handed out.
const PIECES_EACH: usize = 4;

impl Plan<'_> {
    /// Hands out each hit, by row group and within it by row; returns how many there were. Its `k`
    /// has no say.
    pub(super) fn each(&self, mut each: impl FnMut(ScoredRow) -> Result<()>) -> Result<u64> {
        let (pieces, threads) = self.pieces()?;
        // No piece has more positions, so nothing is left out.
        let options = SearchOptions { k: PIECE_POSITIONS, ..self.options };
        let plan = Plan { options, parts: self.parts.clone(), ..*self };
        let mut count = 0_u64;
        for batch in pieces.chunks(threads.saturating_mul(PIECES_EACH).max(1)) {
            let found = parallel::map(threads, batch.len(), |number| {
                let mut worker = plan.worker()?;
                if let Some(piece) = batch.get(number) {
                    plan.search_piece(&mut worker, piece, &Floor::new())?;
                }
                let mut rows = worker.top.into_sorted_vec();
                rows.sort_unstable_by_key(|hit| hit.row);
                Ok(rows)
            })?;
            for hit in found.into_iter().flatten() {
                count = count.saturating_add(1);
                each(hit)?;
            }
        }
        Ok(count)
    }
}
