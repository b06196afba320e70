//! Exchanging x and y of a slice.
#![deny(clippy::arithmetic_side_effects)]

use super::slice::{NO_RESIDUALS, Piece, Slice};

/// Longest axis of boxes whose axes are exchanged: memory of the exchange goes with it.
pub(super) const EXCHANGE_AXIS_MAX: u32 = 65_536;

/// Number of runs along y: voxels that have none above them. O(runs).
pub(super) fn runs_along_y(slice: &Slice) -> u64 {
    let mut above: (u32, &[Piece]) = (u32::MAX, &[]);
    let mut count = 0_u64;
    for (y, pieces) in slice.rows() {
        let len: u64 = pieces.iter().map(|p| u64::from(p.end.saturating_sub(p.start))).sum();
        let adjacent = above.0.wrapping_add(1) == y;
        let covered = if adjacent { shared(above.1, pieces) } else { 0 };
        count = count.saturating_add(len.saturating_sub(covered));
        above = (y, pieces);
    }
    count
}

/// Voxels in both of two rows.
fn shared(mut a: &[Piece], mut b: &[Piece]) -> u64 {
    let mut count = 0_u64;
    while let ([x, a_rest @ ..], [y, b_rest @ ..]) = (a, b) {
        let both = x.end.min(y.end).saturating_sub(x.start.max(y.start));
        count = count.saturating_add(u64::from(both));
        if x.end < y.end {
            a = a_rest;
        } else {
            b = b_rest;
        }
    }
    count
}

/// Exchanges the axes of slices; its memory is used again.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    /// For each x the row from which on it is in a run; `u32::MAX` for not.
    open: Vec<u32>,
    /// Starts and ends of two rows.
    edges: Vec<u32>,
    /// Runs along y as x, start, end.
    found: Vec<(u32, u32, u32)>,
}

impl Exchange {
    /// Writes the exchange of `slice`, whose runs end at `columns` or before, to `out`. None when it has more
    /// than `most` runs. Time and memory go with the runs of both.
    pub(super) fn exchange(
        &mut self,
        slice: &Slice,
        columns: u32,
        most: usize,
        out: &mut Slice,
    ) -> Option<()> {
        self.open.clear();
        self.open.resize(columns as usize, u32::MAX);
        self.found.clear();
        let mut above: &[Piece] = &[];
        let mut next = 0;
        for (y, pieces) in slice.rows() {
            if y != next {
                self.turn(above, &[], next);
                above = &[];
            }
            self.turn(above, pieces, y);
            above = pieces;
            next = y.wrapping_add(1);
            if self.found.len() > most {
                return None;
            }
        }
        self.turn(above, &[], next);
        if self.found.len() > most {
            return None;
        }
        self.found.sort_unstable();
        out.clear();
        for column in self.found.chunk_by(|a, b| a.0 == b.0) {
            let first = out.pieces.len();
            let piece = |&(_, start, end)| Piece { start, end, residuals: NO_RESIDUALS };
            out.pieces.extend(column.iter().map(piece));
            out.close(column.first().map_or(0, |run| run.0), first);
        }
        Some(())
    }

    /// Goes from one row to the next: opens and closes where just one of them has voxels.
    fn turn(&mut self, above: &[Piece], row: &[Piece], y: u32) {
        self.edges.clear();
        let pieces = above.iter().chain(row);
        self.edges.extend(pieces.flat_map(|piece| [piece.start, piece.end]));
        self.edges.sort_unstable();
        // Between odd and even edges of both together lie the voxels of one of them alone.
        for pair in self.edges.chunks_exact(2) {
            let [from, to] = pair else { continue };
            let part = self.open.get_mut(*from as usize..*to as usize).unwrap_or(&mut []);
            for (x, open) in (*from..*to).zip(part) {
                if *open == u32::MAX {
                    *open = y;
                } else {
                    self.found.push((x, *open, y));
                    *open = u32::MAX;
                }
            }
        }
    }
}
