//! The runs of one slice, relative to the box, row by row.
#![deny(clippy::arithmetic_side_effects)]

/// A run with how far its ends were from their prediction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) start: u32,
    pub(super) end: u32,
    /// Residuals of start and end, cut to -2..=2, plus two.
    pub(super) residuals: [u8; 2],
}

/// [`Piece::residuals`] of what was not predicted.
pub(super) const NO_RESIDUALS: [u8; 2] = [2, 2];

/// A row with runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) y: u32,
    /// Place of its first run.
    pub(super) first: usize,
    /// Place behind its last run.
    pub(super) end: usize,
}

/// Rows with runs, by ascending y. Memory goes with the runs, not with the height.
#[derive(Clone, Debug, Default)]
pub(super) struct Slice {
    pub(super) rows: Vec<Row>,
    pub(super) pieces: Vec<Piece>,
}

impl Slice {
    pub(super) fn clear(&mut self) {
        self.rows.clear();
        self.pieces.clear();
    }

    /// The first row with runs and the one behind the last.
    pub(super) fn span(&self) -> (u32, u32) {
        let first = self.rows.first().map_or(0, |row| row.y);
        let last = self.rows.last().map_or(0, |row| row.y.wrapping_add(1));
        (first, last)
    }

    #[inline]
    pub(super) fn of(&self, row: &Row) -> &[Piece] {
        self.pieces.get(row.first..row.end).unwrap_or(&[])
    }

    /// Whether both have the same runs.
    pub(super) fn same_runs(&self, other: &Self) -> bool {
        let ends = |piece: &Piece| (piece.start, piece.end);
        self.rows == other.rows && self.pieces.iter().map(ends).eq(other.pieces.iter().map(ends))
    }

    /// Adds a row of one run.
    #[inline]
    pub(super) fn push_row(&mut self, y: u32, piece: Piece) {
        let first = self.pieces.len();
        self.pieces.push(piece);
        self.rows.push(Row { y, first, end: first.wrapping_add(1) });
    }

    /// Ends a row whose runs from `first` on were added.
    #[inline]
    pub(super) fn close(&mut self, y: u32, first: usize) {
        let end = self.pieces.len();
        if end > first {
            self.rows.push(Row { y, first, end });
        }
    }
}

/// Rows y - 1, y and y + 1 of a slice, for ascending y.
#[derive(Debug)]
pub(super) struct Window<'a> {
    slice: &'a Slice,
    /// Place of the first row with a y over `y + 1`.
    next: usize,
    pub(super) y: u32,
    pub(super) above: &'a [Piece],
    pub(super) level: &'a [Piece],
    pub(super) below: &'a [Piece],
}

impl<'a> Window<'a> {
    /// At row `y`.
    pub(super) fn new(slice: &'a Slice, y: u32) -> Self {
        let mut window = Self { slice, next: 0, y: 0, above: &[], level: &[], below: &[] };
        window.jump(y);
        window
    }

    /// To row `y`, which is not before the one it is at.
    pub(super) fn jump(&mut self, y: u32) {
        self.y = y;
        let first = y.saturating_sub(1);
        // What was passed is looked at again: rows y - 1 to y + 1.
        self.next = self.slice.rows.partition_point(|row| row.y < first);
        self.above = if y == 0 { &[] } else { self.take(first) };
        self.level = self.take(y);
        self.below = y.checked_add(1).map_or(&[], |below| self.take(below));
    }

    /// To the next row.
    #[inline]
    pub(super) fn step(&mut self) {
        self.y = self.y.wrapping_add(1);
        self.above = self.level;
        self.level = self.below;
        self.below = self.take(self.y.wrapping_add(1));
    }

    #[inline]
    fn take(&mut self, y: u32) -> &'a [Piece] {
        match self.slice.rows.get(self.next) {
            Some(row) if row.y == y => {
                self.next = self.next.wrapping_add(1);
                self.slice.of(row)
            }
            _ => &[],
        }
    }
}
