//! What begins a group of rows of the fast profile: one byte that says which kind of group it is and how long.
#![deny(clippy::arithmetic_side_effects)]

/// Most rows of a group of rows near each other.
pub(super) const NEAR_MAX: u8 = 128;
/// Most rows of a group of equal rows: what a byte may become is bounded.
pub(super) const SAME_MAX: u8 = 64;
/// The head of rows that are written out, where their runs are more than a head can say.
const MORE: u8 = 63;
const NEAR: u8 = MORE + 1;
const SAME: u8 = NEAR + NEAR_MAX;

/// Runs of a row from which on their number stands behind the head.
pub(super) const MANY: u32 = MORE as u32 + 1;

/// Head of a slice without runs.
pub(super) const EMPTY: u32 = 0;
/// Head of a slice with the runs of the last one that had some.
pub(super) const REPEATED: u32 = 1;
/// What is added to the number of spans of rows in the head of other slices.
pub(super) const SPANS: u32 = 1;

/// A group of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// One row, written out, of so many runs.
    Whole(u8),
    /// One row, written out, of [`MANY`] runs or more; the number follows.
    Many,
    /// So many rows, each of as many runs as the row above, a byte a run.
    Near(u8),
    /// So many rows like the one above.
    Same(u8),
}

impl Group {
    #[inline]
    pub(super) fn new(head: u8) -> Self {
        match head {
            0..MORE => Self::Whole(head.wrapping_add(1)),
            MORE => Self::Many,
            NEAR..SAME => Self::Near(head.wrapping_sub(NEAR).wrapping_add(1)),
            SAME.. => Self::Same(head.wrapping_sub(SAME).wrapping_add(1)),
        }
    }

    /// How many rows.
    #[inline]
    pub(super) fn rows(self) -> u32 {
        match self {
            Self::Whole(_) | Self::Many => 1,
            Self::Near(rows) | Self::Same(rows) => u32::from(rows),
        }
    }

    pub(super) fn head(self) -> u8 {
        match self {
            Self::Whole(runs) => runs.wrapping_sub(1),
            Self::Many => MORE,
            Self::Near(rows) => rows.wrapping_sub(1).wrapping_add(NEAR),
            Self::Same(rows) => rows.wrapping_sub(1).wrapping_add(SAME),
        }
    }
}

/// How far an end of a run may be from that of the run above, as a byte has it for both.
#[inline]
pub(super) fn moves(byte: u8) -> [i32; 2] {
    let half = |nibble: u8| i32::from(nibble).wrapping_sub(8);
    [half(byte & 15), half(byte >> 4)]
}

/// The byte of two moves, if they are so short.
pub(super) fn byte_of(moves: [i64; 2]) -> Option<u8> {
    let half = |far: i64| u8::try_from(far.saturating_add(8)).ok().filter(|&half| half < 16);
    let [start, end] = moves.map(half);
    Some(start? | end? << 4)
}

#[cfg(test)]
mod tests {
    use super::Group::{Many, Near, Same, Whole};
    use super::{Group, byte_of, moves};

    #[test]
    fn heads_and_moves_are_what_they_were_made_of() {
        for byte in 0..=u8::MAX {
            assert_eq!(Group::new(byte).head(), byte);
            assert_eq!(byte_of(moves(byte).map(i64::from)), Some(byte));
        }
        let kinds = [0, 62, 63, 64, 191, 192, 255].map(Group::new);
        assert_eq!(kinds, [Whole(1), Whole(63), Many, Near(1), Near(128), Same(1), Same(64)]);
        for far in [[8, 0], [0, 8], [-9, 0], [0, -9], [i64::MAX, i64::MIN]] {
            assert_eq!(byte_of(far), None);
        }
    }
}
