//! The runs of one slice, relative to the box, row by row.
#![deny(clippy::arithmetic_side_effects)]

use std::ops::Range;

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

/// Rows that follow one another and have equally many runs, as many of them as there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Band {
    /// First row.
    y: u32,
    rows: u32,
    /// Runs of a row, at least one.
    each: usize,
    /// Place of its first run.
    first: usize,
}

impl Band {
    /// Behind its last row.
    #[inline]
    fn end(&self) -> u32 {
        self.y.wrapping_add(self.rows)
    }

    /// Place of the first run of row `y`, which is one of its rows or the one behind.
    #[inline]
    fn place(&self, y: u32) -> usize {
        self.first.wrapping_add((y.wrapping_sub(self.y) as usize).wrapping_mul(self.each))
    }
}

/// Rows with runs, by ascending y. Memory goes with the runs, not with the height.
#[derive(Clone, Debug, Default)]
pub(super) struct Slice {
    bands: Vec<Band>,
    pub(super) pieces: Vec<Piece>,
}

impl Slice {
    pub(super) fn clear(&mut self) {
        self.bands.clear();
        self.pieces.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bands.is_empty()
    }

    /// The first row with runs and the one behind the last.
    pub(super) fn span(&self) -> (u32, u32) {
        let first = self.bands.first().map_or(0, |band| band.y);
        let last = self.bands.last().map_or(0, Band::end);
        (first, last)
    }

    /// The rows with runs: y and the runs.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, &[Piece])> {
        self.bands.iter().flat_map(|band| {
            let pieces = self.pieces.get(band.first..band.place(band.end())).unwrap_or(&[]);
            (band.y..).zip(pieces.chunks_exact(band.each.max(1)))
        })
    }

    /// The rows with runs: y and the places of the runs.
    pub(super) fn places(&self) -> std::vec::IntoIter<(u32, Range<usize>)> {
        let mut first = 0_usize;
        let place = |(y, row): (u32, &[Piece])| {
            let start = first;
            first = first.wrapping_add(row.len());
            (y, start..first)
        };
        self.rows().map(place).collect::<Vec<_>>().into_iter()
    }

    /// Calls `see` with y and run, in order.
    #[inline]
    pub(super) fn for_each(&self, mut see: impl FnMut(u32, &Piece)) {
        for band in &self.bands {
            let pieces = self.pieces.get(band.first..band.place(band.end())).unwrap_or(&[]);
            if band.each == 1 {
                (band.y..).zip(pieces).for_each(|(y, piece)| see(y, piece));
            } else {
                for (y, row) in (band.y..).zip(pieces.chunks_exact(band.each.max(1))) {
                    for piece in row {
                        see(y, piece);
                    }
                }
            }
        }
    }

    /// Whether both have the same runs.
    pub(super) fn same_runs(&self, other: &Self) -> bool {
        let ends = |piece: &Piece| (piece.start, piece.end);
        self.bands == other.bands && self.pieces.iter().map(ends).eq(other.pieces.iter().map(ends))
    }

    /// Ends a row whose runs from `first` on were added.
    #[inline]
    pub(super) fn close(&mut self, y: u32, first: usize) {
        let each = self.pieces.len().saturating_sub(first);
        if each > 0 {
            self.close_rows(y, 1, each);
        }
    }

    /// Ends `rows` rows of `each` runs, of which there is at least one.
    #[inline]
    pub(super) fn close_rows(&mut self, y: u32, rows: u32, each: usize) {
        if let Some(band) = self.bands.last_mut()
            && band.each == each
            && band.end() == y
        {
            band.rows = band.rows.wrapping_add(rows);
            return;
        }
        let count = each.wrapping_mul(rows as usize);
        let first = self.pieces.len().saturating_sub(count);
        self.bands.push(Band { y, rows, each, first });
    }
}

/// Rows y - 1, y and y + 1 of a slice, for ascending y.
#[derive(Debug)]
pub(super) struct Window<'a> {
    slice: &'a Slice,
    /// Place of the first band that ends behind `y + 1`.
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
        window.go(y);
        window
    }

    /// To row `y`, which is not before the one it is at.
    pub(super) fn jump(&mut self, y: u32) {
        // What was passed is looked at again: rows y - 1 to y + 1.
        let first = y.saturating_sub(1);
        self.next = self.slice.bands.partition_point(|band| band.end() <= first);
        self.go(y);
    }

    /// To the next row.
    #[inline]
    pub(super) fn step(&mut self) {
        self.y = self.y.wrapping_add(1);
        self.above = self.level;
        self.level = self.below;
        self.below = self.take(self.y.wrapping_add(1));
    }

    /// The rows from `y - 1` on to the last one with as many runs, when `y - 1`, `y` and `y + 1` have `each`.
    #[inline]
    pub(super) fn band(&self, each: usize) -> Option<&'a [Piece]> {
        let band = self.slice.bands.get(self.next)?;
        // It ends behind y + 1, so that all three rows are in it.
        let inside = band.each == each && band.y < self.y;
        let first = inside.then(|| band.place(self.y.wrapping_sub(1)))?;
        self.slice.pieces.get(first..band.place(band.end()))
    }

    /// Over so many rows, at least one and all but the last of what [`Window::band`] gave.
    pub(super) fn pass(&mut self, rows: u32) {
        self.go(self.y.wrapping_add(rows));
    }

    fn go(&mut self, y: u32) {
        self.y = y;
        self.above = y.checked_sub(1).map_or(&[], |above| self.take(above));
        self.level = self.take(y);
        self.below = y.checked_add(1).map_or(&[], |below| self.take(below));
    }

    #[inline]
    fn take(&mut self, y: u32) -> &'a [Piece] {
        while let Some(band) = self.slice.bands.get(self.next) {
            if y < band.end() {
                if y < band.y {
                    return &[];
                }
                let first = band.place(y);
                let row = first..first.wrapping_add(band.each);
                return self.slice.pieces.get(row).unwrap_or(&[]);
            }
            self.next = self.next.wrapping_add(1);
        }
        &[]
    }
}
