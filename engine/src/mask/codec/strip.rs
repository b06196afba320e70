//! Rows of one run under and behind rows of one run: most of most organs, and so a loop of their own.
#![deny(clippy::arithmetic_side_effects)]

use super::context::{END, Guess, START, Sides};
use super::error::Flaw;
use super::model::ESCAPE;
use super::slice::{Piece, Slice, Window};
use super::source::{Coded, Pair};

/// What ended a strip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The rows around are no longer all of one run, the slice ended, or the strip is as long as one can be. The window
    /// is at the next row.
    Shape,
    /// The row that the window is at is not of one run, its escape was read.
    Escape,
}

/// Most rows of a strip, for which places are made before they are read: what an escape at once wastes.
const ROWS_MAX: usize = 256;

/// Reads rows from `window.y` on while those around have one run each, at most to `last`. The row above must have
/// one run.
pub(super) fn read_strip(
    source: &mut Coded<'_>,
    slice: &mut Slice,
    window: &mut Window<'_>,
    last: u32,
    columns: u32,
) -> Result<Stop, Flaw> {
    let Some([above, level, later @ ..]) = window.band(1) else { return Ok(Stop::Shape) };
    let Some(&north) = slice.pieces.last() else { return Ok(Stop::Shape) };
    let first = slice.pieces.len();
    let most = later.len().min(last.saturating_sub(window.y) as usize).min(ROWS_MAX);
    slice.pieces.extend(std::iter::repeat_n(Piece::default(), most));
    let places = slice.pieces.get_mut(first..).unwrap_or(&mut []);
    let (done, stop) = fill(source, places, north, [above, level], later, columns)?;
    slice.pieces.truncate(first.saturating_add(done));
    if let Ok(rows @ 1..) = u32::try_from(done) {
        slice.close_rows(window.y, rows, 1);
        window.pass(rows);
    }
    Ok(stop)
}

/// Reads runs to places in turn; how many.
#[inline]
fn fill(
    source: &mut Coded<'_>,
    places: &mut [Piece],
    mut north: Piece,
    [above, level]: [&Piece; 2],
    later: &[Piece],
    columns: u32,
) -> Result<(usize, Stop), Flaw> {
    let mut starts = Sides::new::<START>(&north, above, level);
    let mut ends = Sides::new::<END>(&north, above, level);
    let (mut over, mut west) = (*above, *level);
    for (done, (place, below)) in places.iter_mut().zip(later).enumerate() {
        let start = starts.guess::<START>(&north, &west, &over, below);
        let end = ends.guess::<END>(&north, &west, &over, below);
        let piece = match source.pair([start.context, end.context], Some(ESCAPE)) {
            Pair::Residuals(ds, de, kept) => moved(start, end, [ds, de], kept),
            Pair::Escape => return Ok((done, Stop::Escape)),
            Pair::Broken => return Err(Flaw::Number),
        };
        if piece.end <= piece.start || piece.end > columns {
            return Err(Flaw::Run);
        }
        *place = piece;
        starts.next::<START>(&piece, &west);
        ends.next::<END>(&piece, &west);
        (north, over, west) = (piece, west, *below);
    }
    Ok((later.len().min(places.len()), Stop::Shape))
}

/// The run that is so far from its prediction.
#[expect(clippy::inline_always, reason = "nearly all runs come here; a third faster")]
#[inline(always)]
pub(super) fn moved(start: Guess, end: Guess, [ds, de]: [i32; 2], residuals: [u8; 2]) -> Piece {
    Piece {
        start: start.at.wrapping_add_signed(ds),
        end: end.at.wrapping_add_signed(de.wrapping_neg()),
        residuals,
    }
}
