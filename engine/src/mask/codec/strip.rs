//! Rows of one run under and behind rows of one run: most of most organs, and so a loop of their own.
#![deny(clippy::arithmetic_side_effects)]

use super::context::{END, Guess, START, Sides};
use super::error::Flaw;
use super::model::{ESCAPE, cut};
use super::slice::{Piece, Slice, Window};
use super::source::{Pair, Source};

/// What ended a strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The rows around are no longer all of one run, or the slice ended. The window is at the next row.
    Shape,
    /// The row that the window is at is not of one run, its escape was read.
    Escape,
}

/// Reads rows from `window.y` on while those around have one run each, at most to `last`.
pub(super) fn read_strip<S: Source>(
    source: &mut S,
    slice: &mut Slice,
    window: &mut Window<'_>,
    last: u32,
    columns: u32,
) -> Result<Stop, Flaw> {
    let (Some(&north), [above], [level]) = (slice.pieces.last(), window.above, window.level) else {
        return Ok(Stop::Shape);
    };
    let (mut north, mut west) = (north, *level);
    let mut starts = Sides::new::<START>(&north, above, level);
    let mut ends = Sides::new::<END>(&north, above, level);
    let mut over = *above;
    while let [below] = window.below
        && window.y < last
    {
        let start = starts.guess::<START>(&north, &west, &over, below);
        let end = ends.guess::<END>(&north, &west, &over, below);
        let piece = match source.pair([start.context, end.context], Some(ESCAPE)) {
            Pair::Residuals(ds, de) => moved(start, end, ds, de),
            Pair::Escape => return Ok(Stop::Escape),
            Pair::Broken => return Err(Flaw::Number),
        };
        if piece.end <= piece.start || piece.end > columns {
            return Err(Flaw::Run);
        }
        slice.push_row(window.y, piece);
        starts.next::<START>(&piece, &west);
        ends.next::<END>(&piece, &west);
        (north, over, west) = (piece, west, *below);
        window.step();
    }
    Ok(Stop::Shape)
}

#[inline]
fn moved(start: Guess, end: Guess, ds: i32, de: i32) -> Piece {
    Piece {
        start: start.at.wrapping_add_signed(ds),
        end: end.at.wrapping_add_signed(de.wrapping_neg()),
        residuals: [cut(ds), cut(de)],
    }
}
