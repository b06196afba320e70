//! What a run is predicted from, and how sure the prediction is.

use super::slice::Piece;

/// The runs around the one to code: the row above, the slice before, and there the rows above and below.
#[derive(Clone, Copy, Debug)]
pub(super) enum Around {
    /// Above and before; above before and below before where there are such.
    Both { north: Piece, west: Piece, above: Option<Piece>, below: Option<Piece> },
    /// Above only. `key`: the first slice of a slab, with no slice before.
    North { north: Piece, key: bool },
    /// Before only.
    West { west: Piece, above: Option<Piece>, below: Option<Piece> },
    /// Below before only: a slice that is wider than the one before begins inside of it.
    South { below: Piece },
}

/// A predicted end of a run and the number of its circumstances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Guess {
    pub(super) at: u32,
    pub(super) context: usize,
}

/// Circumstances of [`Around::Both`] with a run above before: three differences of 7, 8 and 7 values and the
/// residual above of 5.
const FULL: usize = 0;
/// Of [`Around::Both`] without it: 7, 8 and 5 values.
const PART: usize = FULL + 7 * 7 * 8 * 5;
/// Of [`Around::North`]: 2 and 5.
const NORTH: usize = PART + 7 * 8 * 5;
/// Of [`Around::West`]: 8 and 8.
const WEST: usize = NORTH + 2 * 5;
/// Of [`Around::South`]: 4.
const SOUTH: usize = WEST + 8 * 8;
/// Number of all.
pub(super) const CONTEXTS: usize = SOUTH + 4;

/// The starts of runs and, mirrored so that inward is ahead for both, their ends.
pub(super) const START: usize = 0;
/// See [`START`].
pub(super) const END: usize = 1;

#[inline]
fn end_of<const E: usize>(piece: &Piece) -> u32 {
    if E == START { piece.start } else { piece.end }
}

/// `to - from`, mirrored for ends.
#[inline]
pub(super) fn ahead<const E: usize>(from: u32, to: u32) -> i32 {
    if E == START { to.wrapping_sub(from) } else { from.wrapping_sub(to) }.cast_signed()
}

/// Three below and over zero, or farther.
#[inline]
fn seven(difference: i32) -> usize {
    difference.clamp(-3, 3).wrapping_add(3).cast_unsigned() as usize
}

/// The median of `n`, `w` and `n + w - a`: the predictor of LOCO-I (Weinberger, Seroussi, Sapiro, IEEE Trans.
/// Image Processing 9, 2000).
#[inline]
fn median(n: u32, w: u32, a: u32) -> u32 {
    let (low, high) = (n.min(w), n.max(w));
    // Without a branch: which case it is cannot be foreseen. All are under 2^32, and so is the result.
    let plane = i64::from(n).wrapping_add(i64::from(w)).wrapping_sub(i64::from(a));
    let [a, b, c, d, ..] = plane.clamp(i64::from(low), i64::from(high)).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The guess of [`Around::Both`] with a run above before.
#[expect(clippy::inline_always, reason = "nearly all runs come here; a third faster")]
#[inline(always)]
pub(super) fn full<const E: usize>(
    north: &Piece,
    west: &Piece,
    above: &Piece,
    below: Option<&Piece>,
) -> Guess {
    let (n, w, a) = (end_of::<E>(north), end_of::<E>(west), end_of::<E>(above));
    let (dn, dw) = (seven(ahead::<E>(a, n)), seven(ahead::<E>(a, w)));
    let after = below.map_or(7, |below| seven(ahead::<E>(w, end_of::<E>(below))));
    let context = (dw * 8 + after) * 35 + dn * 5 + residual_of::<E>(north);
    Guess { at: median(n, w, a), context: FULL + context }
}

/// The differences of [`full`], carried from row to row: each is computed once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides {
    /// From above before to above.
    north: usize,
    /// From above before to before.
    west: usize,
    /// From before to below before.
    after: usize,
}

impl Sides {
    pub(super) fn new<const E: usize>(north: &Piece, above: &Piece, west: &Piece) -> Self {
        let a = end_of::<E>(above);
        Self {
            north: seven(ahead::<E>(a, end_of::<E>(north))),
            west: seven(ahead::<E>(a, end_of::<E>(west))),
            after: 0,
        }
    }

    /// What [`full`] says.
    #[expect(clippy::inline_always, reason = "nearly all runs come here; a third faster")]
    #[inline(always)]
    pub(super) fn guess<const E: usize>(
        &mut self,
        north: &Piece,
        west: &Piece,
        above: &Piece,
        below: &Piece,
    ) -> Guess {
        let (n, w, a) = (end_of::<E>(north), end_of::<E>(west), end_of::<E>(above));
        self.after = seven(ahead::<E>(w, end_of::<E>(below)));
        let residual = residual_of::<E>(north);
        // The first part does not wait for the run above to be read.
        let context = (self.west * 8 + self.after) * 35 + self.north * 5 + residual;
        Guess { at: median(n, w, a), context: FULL + context }
    }

    /// To the next row, from the run that was found.
    #[expect(clippy::inline_always, reason = "nearly all runs come here; a third faster")]
    #[inline(always)]
    pub(super) fn next<const E: usize>(&mut self, found: &Piece, west: &Piece) {
        self.north = seven(ahead::<E>(end_of::<E>(west), end_of::<E>(found)));
        self.west = self.after;
    }
}

impl Around {
    /// The guess for a start or an end.
    #[expect(clippy::inline_always, reason = "what it is of is known where it is called")]
    #[inline(always)]
    pub(super) fn guess<const E: usize>(&self) -> Guess {
        let eight = |piece: Option<Piece>, w: u32| {
            piece.map_or(7, |piece| seven(ahead::<E>(w, end_of::<E>(&piece))))
        };
        match *self {
            Self::Both { north, west, above: Some(above), below } => {
                full::<E>(&north, &west, &above, below.as_ref())
            }
            Self::Both { north, west, above: None, below } => {
                let (n, w) = (end_of::<E>(&north), end_of::<E>(&west));
                let residual = residual_of::<E>(&north);
                let context = (seven(ahead::<E>(n, w)) * 8 + eight(below, w)) * 5 + residual;
                Guess { at: n, context: PART + context }
            }
            Self::North { north, key } => {
                let context = usize::from(key) * 5 + residual_of::<E>(&north);
                Guess { at: end_of::<E>(&north), context: NORTH + context }
            }
            Self::West { west, above, below } => {
                let w = end_of::<E>(&west);
                let context = eight(above, w) * 8 + eight(below, w);
                Guess { at: w, context: WEST + context }
            }
            Self::South { below } => {
                let len = below.end.wrapping_sub(below.start);
                let third = len / 3;
                let at = if E == START {
                    below.start.wrapping_add(third)
                } else {
                    below.end.wrapping_sub(third)
                };
                let context = usize::from(len > 2) + usize::from(len > 4) + usize::from(len > 8);
                Guess { at, context: SOUTH + context }
            }
        }
    }
}

#[inline]
fn residual_of<const E: usize>(piece: &Piece) -> usize {
    let [start, end] = piece.residuals;
    usize::from(if E == START { start } else { end })
}

/// What a circumstance is made of: its kind and up to four values around 0, with 9 for what is not there.
pub(super) fn parts(context: usize) -> (usize, [i8; 4]) {
    let digits = |mut rest: usize, bases: [usize; 4]| {
        let mut values = [0_i8; 4];
        for (value, base) in values.iter_mut().zip(bases).rev() {
            let digit = i8::try_from(rest % base).unwrap_or(0);
            rest /= base;
            *value = match base {
                8 if digit == 7 => 9,
                7 | 8 => digit.wrapping_sub(3),
                5 => digit.wrapping_sub(2),
                _ => 0,
            };
        }
        values
    };
    let ends = [PART, NORTH, WEST, SOUTH, CONTEXTS];
    let kind = ends.iter().position(|&end| context < end).unwrap_or(ends.len());
    match kind {
        0 => (0, digits(context, [7, 8, 7, 5])),
        1 => (1, digits(context.wrapping_sub(PART), [1, 7, 8, 5])),
        2 => {
            let rest = context.wrapping_sub(NORTH);
            (2 + rest / 5 * 10, digits(rest % 5, [1, 1, 1, 5]))
        }
        3 => (3, digits(context.wrapping_sub(WEST), [1, 1, 8, 8])),
        _ => (context, [0; 4]),
    }
}
