//! The runs that the next row is expected to have, when it is not simply that of the row above.

use super::context::Around;
use super::slice::Piece;

/// An expected run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) around: Around,
}

impl Candidate {
    /// Which of the four there are, and how long the run above or before is: 64 values.
    #[inline]
    pub(super) fn kind(&self) -> usize {
        let (four, piece) = match self.around {
            Around::Both { north, above, below, .. } => (12 + places(above, below), north),
            Around::North { north, key } => (8 + usize::from(key), north),
            Around::West { west, above, below } => (4 + places(above, below), west),
            Around::South { below } => (1, below),
        };
        let len = piece.end.wrapping_sub(piece.start);
        let long = usize::from(len > 1) + usize::from(len > 2) + usize::from(len > 4);
        four * 4 + long
    }

    /// The voxels that a run must meet to be the one expected.
    pub(super) fn span(&self) -> (u32, u32) {
        match self.around {
            Around::Both { north, west, .. } => {
                (north.start.min(west.start), north.end.max(west.end))
            }
            Around::North { north: one, .. }
            | Around::West { west: one, .. }
            | Around::South { below: one } => (one.start, one.end),
        }
    }
}

fn places(above: Option<Piece>, below: Option<Piece>) -> usize {
    usize::from(above.is_some()) * 2 + usize::from(below.is_some())
}

/// The first run of ascending ones that meets the next of ascending others.
pub(super) struct Meeting<'a> {
    pub(super) rest: &'a [Piece],
}

impl<'a> Meeting<'a> {
    #[inline]
    pub(super) fn with(&mut self, other: &Piece) -> Option<&'a Piece> {
        while let [first, rest @ ..] = self.rest {
            if first.end > other.start {
                return (first.start < other.end).then_some(first);
            }
            self.rest = rest;
        }
        None
    }
}

/// The candidates of a row, ascending: runs above joined with the first run before that they meet, and those
/// before that meet none; without either, the runs below before. Linear.
pub(super) fn candidates(
    out: &mut Vec<Candidate>,
    north: &[Piece],
    [above, level, below]: [&[Piece]; 3],
    key: bool,
) {
    out.clear();
    if north.is_empty() && level.is_empty() {
        out.extend(below.iter().map(|&below| Candidate { around: Around::South { below } }));
        return;
    }
    let mut above = Meeting { rest: above };
    let mut below = Meeting { rest: below };
    let mut before = |west: Piece| (above.with(&west).copied(), below.with(&west).copied());
    let mut rest = level;
    for &north in north {
        while let [west, tail @ ..] = rest
            && west.end <= north.start
        {
            let (above, below) = before(*west);
            out.push(Candidate { around: Around::West { west: *west, above, below } });
            rest = tail;
        }
        let around = match rest {
            [west, tail @ ..] if west.start < north.end => {
                rest = tail;
                let (above, below) = before(*west);
                Around::Both { north, west: *west, above, below }
            }
            _ => Around::North { north, key },
        };
        out.push(Candidate { around });
    }
    for &west in rest {
        let (above, below) = before(west);
        out.push(Candidate { around: Around::West { west, above, below } });
    }
}
