//! From a bound predicate to the rows it keeps, a column at a time.
//!
//! Three values need no second bitmap: the rows where `a and b` is *false* are those where `a` is
//! false or `b` is, so each part is asked for the rows where it certainly has the wanted value,
//! and `not` only turns the wish around. A row with a null is in neither answer.

use super::ast::{At, CompareOp};
use super::bind::{BoolTest, Bound, Test, TextTest};
use super::columns::{Chunk, Columns, RowSet, StrDict, Values};
use super::error::PredicateError;
use super::function::Function;
use super::number::{Number, NumberTest, contains};
use crate::format::bitmap::Bitmap;

/// The rows of `columns` that exist and for which `bound` is true.
pub(super) fn evaluate<C: Columns + ?Sized>(
    bound: &Bound<'_>,
    source: &str,
    columns: &C,
) -> Result<Bitmap, C::Error> {
    let evaluator = Evaluator { source, columns, rows: columns.rows() };
    let mut kept = evaluator.certain(bound, true)?;
    kept.and(&columns.live()?);
    Ok(kept)
}

struct Evaluator<'e, C: ?Sized> {
    source: &'e str,
    columns: &'e C,
    rows: u64,
}

impl<C: Columns + ?Sized> Evaluator<'_, C> {
    /// The rows, existing or not, where `bound` has the value `wanted` and is not unknown.
    fn certain(&self, bound: &Bound<'_>, wanted: bool) -> Result<Bitmap, C::Error> {
        match bound {
            Bound::Not(inner) => self.certain(inner, !wanted),
            Bound::And(parts) if wanted => self.all(parts, wanted),
            Bound::Or(parts) if !wanted => self.all(parts, wanted),
            Bound::And(parts) | Bound::Or(parts) => self.any(parts, wanted),
            Bound::Constant(value) => Ok(self.constant(*value == wanted)),
            Bound::Present(name) => Ok(self.turned(self.present(name)?, wanted)),
            Bound::Attribute(name, test) => self.attribute(name, test, wanted),
            Bound::Key(test) => Ok(self.turned(self.keys(test)?, wanted)),
            Bound::Function(function, at) => {
                Ok(self.turned(self.function(*function, *at)?, wanted))
            }
            Bound::Number(function, at, test) => self.number(*function, *at, test, wanted),
        }
    }

    fn all(&self, parts: &[Bound<'_>], wanted: bool) -> Result<Bitmap, C::Error> {
        let mut rows = Bitmap::full(self.rows);
        for part in parts {
            rows.and(&self.certain(part, wanted)?);
        }
        Ok(rows)
    }

    fn any(&self, parts: &[Bound<'_>], wanted: bool) -> Result<Bitmap, C::Error> {
        let mut rows = Bitmap::new(self.rows);
        for part in parts {
            rows.or(&self.certain(part, wanted)?);
        }
        Ok(rows)
    }

    fn constant(&self, kept: bool) -> Bitmap {
        if kept { Bitmap::full(self.rows) } else { Bitmap::new(self.rows) }
    }

    /// For what is never unknown: the rows where it is true, or the others.
    fn turned(&self, mut rows: Bitmap, wanted: bool) -> Bitmap {
        rows.truncate(self.rows);
        rows.grow(self.rows);
        if !wanted {
            rows.not();
        }
        rows
    }

    fn present(&self, name: &str) -> Result<Bitmap, C::Error> {
        let mut rows = Bitmap::new(self.rows);
        self.columns.for_each_chunk(name, &mut |chunk| {
            match chunk.values {
                Values::I64(values) => mark(&mut rows, &chunk, values, |_| true),
                Values::F64(values) => mark(&mut rows, &chunk, values, |_| true),
                Values::Bool(values) => mark(&mut rows, &chunk, values, |_| true),
                Values::Str { dictionary, codes } => {
                    mark_texts(&mut rows, &chunk, dictionary, codes, |_| true);
                }
            }
            Ok(())
        })?;
        Ok(rows)
    }

    fn attribute(&self, name: &str, test: &Test<'_>, wanted: bool) -> Result<Bitmap, C::Error> {
        let mut rows = Bitmap::new(self.rows);
        self.columns.for_each_chunk(name, &mut |chunk| {
            match (test, chunk.values) {
                (Test::I64(test), Values::I64(values)) => {
                    mark_numbers(&mut rows, &chunk, values, test, wanted);
                }
                (Test::F64(test), Values::F64(values)) => {
                    mark_numbers(&mut rows, &chunk, values, test, wanted);
                }
                (Test::Bool(test), Values::Bool(values)) => {
                    let BoolTest { keeps_true, keeps_false } = *test;
                    let accepts = |value| if value == 0 { keeps_false } else { keeps_true };
                    mark(&mut rows, &chunk, values, |value| accepts(value) == wanted);
                }
                (Test::Str(test), Values::Str { dictionary, codes }) => {
                    let accepts = |text: &str| test.accepts(text) == wanted;
                    mark_texts(&mut rows, &chunk, dictionary, codes, accepts);
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(rows)
    }

    fn keys(&self, test: &TextTest<'_>) -> Result<Bitmap, C::Error> {
        let mut rows = Bitmap::new(self.rows);
        let mut look_up = |key: &str| -> Result<(), C::Error> {
            if let Some(row) = self.columns.row_of_key(key)? {
                rows.set(row);
            }
            Ok(())
        };
        match test {
            TextTest::Compare(CompareOp::Eq | CompareOp::Ne, key) => look_up(key)?,
            TextTest::OneOf(keys) => keys.iter().try_for_each(|key| look_up(key))?,
            _ => self.columns.for_each_key(&mut |row, key| {
                if test.accepts(key) {
                    rows.set(row);
                }
            })?,
        }
        Ok(rows)
    }

    fn number(
        &self,
        function: Function<'_>,
        at: At,
        test: &NumberTest<f64>,
        wanted: bool,
    ) -> Result<Bitmap, C::Error> {
        let found = function.numbers(self.columns)?;
        let (list, values) =
            found.map_err(|message| PredicateError::new(self.source, at.0, message))?;
        let mut rows = Bitmap::new(self.rows);
        let chunk = Chunk { rows: RowSet::List(&list), dead: None, values: Values::F64(&values) };
        mark_numbers(&mut rows, &chunk, &values, test, wanted);
        Ok(rows)
    }

    fn function(&self, function: Function<'_>, at: At) -> Result<Bitmap, C::Error> {
        let rows = function.rows(self.columns)?;
        rows.map_err(|message| PredicateError::new(self.source, at.0, message).into())
    }
}

fn mark_numbers<T: Number>(
    rows: &mut Bitmap,
    chunk: &Chunk<'_>,
    values: &[T],
    test: &NumberTest<T>,
    wanted: bool,
) {
    match test {
        NumberTest::Range(low, high) => {
            let (low, high) = (*low, *high);
            // No short cut: a branch would keep the loop from being vectorised.
            let within = |v| u8::from(low <= v) & u8::from(v <= high);
            mark(rows, chunk, values, |v| within(v) == u8::from(wanted));
        }
        NumberTest::OneOf(sorted) => mark(rows, chunk, values, |v| contains(sorted, v) == wanted),
    }
}

/// Decides each text once, unless the dictionary has more texts than the chunk has values.
fn mark_texts(
    rows: &mut Bitmap,
    chunk: &Chunk<'_>,
    dictionary: &dyn StrDict,
    codes: &[u32],
    accepts: impl Fn(&str) -> bool,
) {
    let decide = |code| dictionary.get(code).is_some_and(&accepts);
    if dictionary.entries() > codes.len() {
        return mark(rows, chunk, codes, decide);
    }
    let decided: Vec<bool> = (0..u32::MAX).take(dictionary.entries()).map(decide).collect();
    mark(rows, chunk, codes, |code| decided.get(code as usize).copied().unwrap_or(false));
}

/// Adds the rows of the living values that are accepted, 64 values at a time.
fn mark<T: Copy>(rows: &mut Bitmap, chunk: &Chunk<'_>, values: &[T], accepts: impl Fn(T) -> bool) {
    let count = match chunk.rows {
        RowSet::Dense { count, .. } => usize::try_from(count).unwrap_or(usize::MAX),
        RowSet::List(list) => list.len(),
    };
    let values = values.get(..count).unwrap_or(values);
    let dead = chunk.dead.map_or(&[][..], Bitmap::words).iter().copied();
    let blocks = values.chunks(64).zip(dead.chain(std::iter::repeat(0))).zip((0..).step_by(64));
    for ((block, dead), offset) in blocks {
        let mut flags = [0; 64];
        for (flag, &value) in flags.iter_mut().zip(block) {
            *flag = u8::from(accepts(value));
        }
        let bits = packed(&flags) & !dead;
        match chunk.rows {
            RowSet::Dense { first, .. } => rows.or_bits(first.saturating_add(offset as u64), bits),
            RowSet::List(list) => scatter(rows, list.get(offset..).unwrap_or_default(), bits),
        }
    }
}

/// Bit `k` for flag `k`, each 0 or 1. Two plain loops vectorise where one over bits does not.
fn packed(flags: &[u8; 64]) -> u64 {
    // Bit 56 - 7k of the factor lifts flag k, at bit 8k, to bit 56 + k; no two terms meet.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let (eights, _) = flags.as_chunks::<8>();
    let byte = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56;
    eights.iter().rev().fold(0, |bits, eight| bits << 8 | byte(eight))
}

/// Adds `list[k]` for every bit `k` of `bits`.
fn scatter(rows: &mut Bitmap, list: &[u64], bits: u64) {
    let mut rest = bits;
    while rest != 0 {
        if let Some(&row) = list.get(rest.trailing_zeros() as usize) {
            rows.set(row);
        }
        rest &= rest.wrapping_sub(1);
    }
}
