//! All scores at once: written where they stay, by all threads.

use parking_lot::Mutex;

use super::images::{OfImages, PIECE_POSITIONS, Worker};
use crate::error::Result;
use crate::search::parallel;

/// The scores of a piece as they will stay, and the rows that were found so far.
type Slot<'m> = Mutex<(&'m mut [f32], Vec<u64>)>;

impl OfImages<'_> {
    /// Rows and their scores `[N, K]` in the order of storage. Each thread writes its pieces where they belong;
    /// one thread that copies them there would have as much to do as two that compute them.
    pub(crate) fn collect(&self) -> Result<(Vec<u64>, Vec<f32>)> {
        let count = self.concepts.count();
        let pieces = self.cut(PIECE_POSITIONS)?;
        let room = |piece: &parallel::Piece<'_>| piece.positions.len().saturating_mul(count);
        let total = pieces.iter().map(room).fold(0, usize::saturating_add);
        // Zeros of the system, which are given out as they are touched: by the threads that write.
        let mut scores = vec![0.0_f32; total];
        let mut slots: Vec<Slot<'_>> = Vec::with_capacity(pieces.len());
        let mut rest = scores.as_mut_slice();
        for piece in &pieces {
            let (own, behind) = rest.split_at_mut(room(piece).min(rest.len()));
            slots.push(Mutex::new((own, Vec::new())));
            rest = behind;
        }
        let make = || Ok(Worker::default());
        parallel::run(self.threads(), pieces.len(), make, |worker, task| {
            let (Some(piece), Some(slot)) = (pieces.get(task), slots.get(task)) else {
                return Ok(());
            };
            let (own, rows) = &mut *slot.lock();
            let mut places = own.chunks_exact_mut(count.max(1));
            self.piece(worker, piece, |row, found| {
                if let Some(place) = places.next() {
                    place.copy_from_slice(found);
                    rows.push(row);
                }
            })
        })?;
        let found: Vec<Vec<u64>> = slots.into_iter().map(|slot| slot.into_inner().1).collect();
        // Where images were deleted, pieces are not full.
        let (mut start, mut end) = (0_usize, 0_usize);
        for (piece, rows) in pieces.iter().zip(&found) {
            let len = rows.len().saturating_mul(count);
            if start != end {
                scores.copy_within(start..start.saturating_add(len), end);
            }
            start = start.saturating_add(room(piece));
            end = end.saturating_add(len);
        }
        scores.truncate(end);
        Ok((found.concat(), scores))
    }
}
