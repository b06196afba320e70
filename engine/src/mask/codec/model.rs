//! The syntax that both profiles share: which symbols there are, and from which table each comes.

use crate::mask::rans::Table;

use super::context::CONTEXTS;
use super::tables::{CLASSES_OF, FREQUENCIES};

/// Classes of circumstances.
pub(super) const CLASSES: usize = 16;

/// The number of the `number`th table of a kind.
#[inline]
pub(super) const fn nth(first: usize, number: usize) -> usize {
    first.wrapping_add(number)
}

// Numbers of the first table of each kind.

/// Pairs of residuals, for each class of the start and of the end.
pub(super) const PAIR: usize = 0;
/// A residual of two or more, for each class.
pub(super) const FAR: usize = PAIR + CLASSES * CLASSES;
/// What a large residual has over 15.
pub(super) const FAR_MORE: usize = FAR + CLASSES;
/// Whether a candidate is there, for each kind, and for each kind when it is the last.
pub(super) const FLAG: usize = FAR_MORE + 1;
/// Whether the row ends, by runs above and before and whether there was a new one.
pub(super) const ROW_END: usize = FLAG + 2 * LAST;
/// Kinds of candidates: the tables of last ones are so many farther.
pub(super) const LAST: usize = 64;
/// Whether a row is not what it was taken for, for one run and more.
pub(super) const ESCAPE: usize = ROW_END + 18;
/// What a slice is, for the first of a slab and others.
pub(super) const SLICE: usize = ESCAPE + 2;
/// First row and rows behind the last, of the first slice.
pub(super) const ROWS: usize = SLICE + 2;
/// Steps of the first row and of the end of rows.
pub(super) const STEP: usize = ROWS + 2;
/// What a large step has over 15.
pub(super) const STEP_MORE: usize = STEP + 2;
/// Empty rows that follow one.
pub(super) const GAP: usize = STEP_MORE + 1;
/// Voxels before a new run: with and without a slice before, first of its row and not.
pub(super) const NEW_GAP: usize = GAP + 1;
/// Its length less one, likewise.
pub(super) const NEW_LEN: usize = NEW_GAP + 4;
/// Number of tables.
pub(super) const TABLES: usize = NEW_LEN + 4;

/// Symbols of [`SLICE`].
pub(super) const CODED: u8 = 0;
/// The slice is the one before.
pub(super) const SAME: u8 = 1;
/// The slice has no run.
pub(super) const EMPTY: u8 = 2;

/// Symbols of [`FLAG`].
pub(super) const PRESENT: u8 = 0;
/// The candidate is not there.
pub(super) const ABSENT: u8 = 1;
/// A new run comes before the candidate.
pub(super) const NEW: u8 = 2;
/// Added to [`PRESENT`] and [`ABSENT`] of the last candidate when a new run comes after it.
pub(super) const MORE: u8 = 3;

/// Symbol of [`PAIR`] for two far residuals, and in the first pair of a row for an escape.
pub(super) const FAR_BOTH: u8 = 15;

/// The tables of the default profile and the classes of circumstances.
#[derive(Clone, Debug)]
pub(super) struct Model {
    /// For each circumstance its class in the low seven bits; the top bit says that residuals are negated.
    pub(super) classes: [u8; CONTEXTS],
    pub(super) tables: [Table; TABLES],
}

/// The model that is built in.
pub(super) static MODEL: Model = Model::new(CLASSES_OF, &FREQUENCIES);

impl Model {
    /// Letters to classes and frequencies to tables; what is missing or no table is alike for all, which a test
    /// sees to that nothing is.
    #[expect(clippy::large_stack_arrays, reason = "it runs while compiling")]
    const fn new(letters: &str, frequencies: &[[u16; 16]; TABLES]) -> Self {
        const UNIFORM: Table = Table::uniform();
        let mut model = Self { classes: [0; CONTEXTS], tables: [UNIFORM; TABLES] };
        let mut classes: &mut [u8] = &mut model.classes;
        let mut letters = letters.as_bytes();
        while let ([class, more @ ..], [letter, rest @ ..]) = (classes, letters) {
            let negated = if letter.is_ascii_uppercase() { 128 } else { 0 };
            *class = negated | letter.to_ascii_lowercase().wrapping_sub(b'a');
            classes = more;
            letters = rest;
        }
        let mut tables: &mut [Table] = &mut model.tables;
        let mut given: &[[u16; 16]] = frequencies;
        while let ([table, more @ ..], [frequencies, rest @ ..]) = (tables, given) {
            if let Some(made) = Table::new(*frequencies) {
                *table = made;
            }
            tables = more;
            given = rest;
        }
        model
    }

    /// The class of a circumstance and whether its residuals are negated.
    #[inline]
    pub(super) fn class(&self, context: usize) -> (usize, bool) {
        let class = self.classes.get(context).copied().unwrap_or(0);
        (usize::from(class & 127), class > 127)
    }
}

/// A residual as 0, 1, 2 (for -1) or 3 for what is farther.
#[inline]
pub(super) fn near(residual: i32) -> u8 {
    match residual {
        0 => 0,
        1 => 1,
        -1 => 2,
        _ => 3,
    }
}

/// A far residual as a number: 2, -2, 3, -3 ... as 0, 1, 2, 3 ...
pub(super) fn far(residual: i32) -> u32 {
    let over = residual.unsigned_abs().wrapping_sub(2);
    over.wrapping_mul(2).wrapping_add(u32::from(residual < 0))
}

/// Undoes [`far`].
#[inline]
pub(super) fn from_far(number: u32) -> i32 {
    let size = (number >> 1).wrapping_add(2).cast_signed();
    if number & 1 == 1 { size.wrapping_neg() } else { size }
}

/// 0, -1, 1, -2 ... as 0, 1, 2, 3 ...
pub(super) fn zigzag(number: i32) -> u32 {
    ((number << 1) ^ (number >> 31)).cast_unsigned()
}

/// Undoes [`zigzag`].
pub(super) fn from_zigzag(number: u32) -> i32 {
    (number >> 1).cast_signed() ^ (number & 1).cast_signed().wrapping_neg()
}

/// A residual as the next row sees it: cut to -2..=2, plus two.
#[inline]
pub(super) fn cut(residual: i32) -> u8 {
    let [cut, ..] = residual.clamp(-2, 2).wrapping_add(2).to_le_bytes();
    cut
}
