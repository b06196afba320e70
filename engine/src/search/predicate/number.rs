//! Comparing numbers of two types without loss.
//!
//! A comparison with a literal is turned, once, into a closed range of the column's own type.
//! `x >= 0.5` over integers is `x` in `1..=MAX`; `x > 2^53 + 1` over floats is `x` at or above the
//! next float. An empty range has its low end above its high end.

use std::cmp::Ordering;

use super::ast::{CompareOp, Value};

/// 2^63, the first float above every `i64`; its negative is the least `i64`.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// A type of numeric column.
pub(super) trait Number: Copy + PartialOrd {
    /// The values that `op value` keeps, both ends included; `None` where `value` is no number.
    /// `Ne` is not a range and answers as `Eq`.
    fn range(op: CompareOp, value: &Value) -> Option<(Self, Self)>;

    /// An order for sorting, the same as `<` wherever that says anything.
    fn order(&self, other: &Self) -> Ordering;
}

/// What is asked of a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum NumberTest<T> {
    /// In a range, both ends included.
    Range(T, T),
    /// One of these, ascending.
    OneOf(Vec<T>),
}

impl<T: Number> NumberTest<T> {
    /// What two ranges share; either may be empty.
    pub(super) fn both(a: (T, T), b: (T, T)) -> Self {
        let low = if a.0 < b.0 { b.0 } else { a.0 };
        let high = if a.1 < b.1 { a.1 } else { b.1 };
        Self::Range(low, high)
    }

    /// Sorts `values` for the search.
    pub(super) fn one_of(mut values: Vec<T>) -> Self {
        values.sort_by(T::order);
        Self::OneOf(values)
    }
}

/// Whether `value` is among `sorted`. NaN never is.
pub(super) fn contains<T: Number>(sorted: &[T], value: T) -> bool {
    let order = |probe: &T| probe.partial_cmp(&value).unwrap_or(Ordering::Less);
    sorted.binary_search_by(order).is_ok()
}

impl Number for i64 {
    fn range(op: CompareOp, value: &Value) -> Option<(Self, Self)> {
        // The integers at or below the literal and at or above it, where there are any.
        let (floor, ceil) = match *value {
            Value::I64(n) => (Some(n), Some(n)),
            Value::F64(x) => (floor_i64(x), ceil_i64(x)),
            Value::Bool(_) | Value::Str(_) => return None,
        };
        let (low, high) = match op {
            CompareOp::Eq | CompareOp::Ne => (ceil, floor),
            CompareOp::Ge => (ceil, Some(Self::MAX)),
            CompareOp::Le => (Some(Self::MIN), floor),
            CompareOp::Gt => (floor.map_or(Some(Self::MIN), |n| n.checked_add(1)), Some(Self::MAX)),
            CompareOp::Lt => (Some(Self::MIN), ceil.map_or(Some(Self::MAX), |n| n.checked_sub(1))),
        };
        Some(low.zip(high).unwrap_or((1, 0)))
    }

    fn order(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl Number for f64 {
    fn range(op: CompareOp, value: &Value) -> Option<(Self, Self)> {
        // The floats nearest to the literal at or below it and at or above it.
        let (floor, ceil) = match *value {
            Value::I64(n) => floats_around(n),
            Value::F64(x) => (x, x),
            Value::Bool(_) | Value::Str(_) => return None,
        };
        Some(match op {
            CompareOp::Eq | CompareOp::Ne => (ceil, floor),
            CompareOp::Ge => (ceil, Self::INFINITY),
            CompareOp::Le => (Self::NEG_INFINITY, floor),
            CompareOp::Gt => (floor.next_up(), Self::INFINITY),
            CompareOp::Lt => (Self::NEG_INFINITY, ceil.next_down()),
        })
    }

    fn order(&self, other: &Self) -> Ordering {
        self.total_cmp(other)
    }
}

/// The largest integer at or below a finite `x`; `None` where all are above.
fn floor_i64(x: f64) -> Option<i64> {
    (x >= -TWO_63).then(|| saturated(x.floor()))
}

/// The least integer at or above a finite `x`; `None` where all are below.
fn ceil_i64(x: f64) -> Option<i64> {
    (x.ceil() < TWO_63).then(|| saturated(x.ceil()))
}

/// The floats nearest to `n` at or below it and at or above it.
fn floats_around(n: i64) -> (f64, f64) {
    let near = n as f64;
    match wide(near).cmp(&i128::from(n)) {
        Ordering::Less => (near, near.next_up()),
        Ordering::Equal => (near, near),
        Ordering::Greater => (near.next_down(), near),
    }
}

/// A whole `x` as an integer, the nearest one where it is out of range.
#[expect(clippy::cast_possible_truncation, reason = "`as` saturates, which is what is wanted")]
fn saturated(x: f64) -> i64 {
    x as i64
}

/// A whole `x` of at most 2^63 in magnitude, exactly.
#[expect(clippy::cast_possible_truncation, reason = "every such number fits in 128 bits")]
fn wide(x: f64) -> i128 {
    x as i128
}

#[cfg(test)]
mod tests {
    use super::super::tests::naive::compare_exactly;
    use super::*;

    const OPS: [CompareOp; 5] =
        [CompareOp::Eq, CompareOp::Lt, CompareOp::Le, CompareOp::Gt, CompareOp::Ge];

    fn integers() -> Vec<i64> {
        let edges = [0, 1, 1 << 52, 1 << 53, (1 << 53) + 1, 1 << 62, i64::MAX, i64::MIN + 600];
        let around = |n: i64| (-2..=2).map(move |d| n.saturating_add(d));
        edges.into_iter().flat_map(around).flat_map(|n| [n, n.saturating_neg(), !n]).collect()
    }

    fn floats() -> Vec<f64> {
        let mut all: Vec<f64> = integers().into_iter().map(|n| n as f64).collect();
        all.extend([0.5, 1.5, 1e-300, 5e-324, f64::MAX, TWO_63, TWO_63 * 2.0, 1e300]);
        all.extend(all.clone().iter().flat_map(|x| [-x, x.next_up(), x.next_down()]));
        all.retain(|x| x.is_finite());
        all
    }

    fn holds(op: CompareOp, order: Option<Ordering>) -> bool {
        order.is_some_and(|order| match op {
            CompareOp::Eq => order.is_eq(),
            CompareOp::Ne => order.is_ne(),
            CompareOp::Lt => order.is_lt(),
            CompareOp::Le => order.is_le(),
            CompareOp::Gt => order.is_gt(),
            CompareOp::Ge => order.is_ge(),
        })
    }

    fn check<T: Number + std::fmt::Debug>(columns: &[T], value: fn(T) -> Value) {
        let literals = integers().into_iter().map(Value::I64);
        for literal in literals.chain(floats().into_iter().map(Value::F64)) {
            for op in OPS {
                let (low, high) = T::range(op, &literal).unwrap();
                for &v in columns {
                    let expected = holds(op, compare_exactly(&value(v), &literal));
                    assert_eq!(low <= v && v <= high, expected, "{v:?} {op} {literal:?}");
                }
            }
        }
    }

    #[test]
    fn ranges_agree_with_exact_comparison() {
        check(&integers(), Value::I64);
        let mut columns = floats();
        columns.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
        check(&columns, Value::F64);
    }

    #[test]
    fn membership_finds_zeros_and_not_nan() {
        let NumberTest::OneOf(sorted) = NumberTest::one_of(vec![2.0, 0.0, -0.0, -3.5]) else {
            unreachable!()
        };
        for (value, expected) in [(0.0, true), (-0.0, true), (-3.5, true), (1.0, false)] {
            assert_eq!(contains(&sorted, value), expected, "{value}");
        }
        assert!(!contains(&sorted, f64::NAN));
    }
}
