//! The slow and obvious twin: one row at a time, `None` for unknown.

use std::cmp::Ordering;

use super::super::ast::{Argument, Call, CompareOp, Condition, Expr, Literal, Term, Value};
use super::table::Row;

pub(in super::super) fn like(pattern: &str, text: &str) -> bool {
    fn matches(pattern: &[char], text: &[char]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ['%', rest @ ..] => (0..=text.len()).any(|skip| matches(rest, &text[skip..])),
            ['_', rest @ ..] => !text.is_empty() && matches(rest, &text[1..]),
            ['\\', c, rest @ ..] | [c, rest @ ..] => {
                text.first() == Some(c) && matches(rest, &text[1..])
            }
        }
    }
    matches(&pattern.chars().collect::<Vec<_>>(), &text.chars().collect::<Vec<_>>())
}

/// The order of two values of one kind, numbers by their mathematical value; `None` for NaN.
pub(in super::super) fn compare_exactly(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::I64(a), Value::I64(b)) => Some(a.cmp(b)),
        (Value::F64(a), Value::F64(b)) => a.partial_cmp(b),
        (Value::I64(a), Value::F64(b)) => int_with_float(*a, *b),
        (Value::F64(a), Value::I64(b)) => int_with_float(*b, *a).map(Ordering::reverse),
        (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
        (Value::Str(a), Value::Str(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        _ => panic!("{a:?} and {b:?} do not compare"),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the magnitude is checked before")]
fn int_with_float(n: i64, x: f64) -> Option<Ordering> {
    if x.is_nan() {
        return None;
    }
    if x.abs() > 1e19 {
        return Some(if x > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = i128::from(n).cmp(&(x.trunc() as i128));
    Some(whole.then_with(|| 0.0_f64.partial_cmp(&x.fract()).unwrap()))
}

pub(super) fn evaluate(expr: &Expr, row: &Row) -> Option<bool> {
    match expr {
        Expr::And(parts) => conjunction(parts.iter().map(|part| evaluate(part, row))),
        Expr::Or(parts) => {
            conjunction(parts.iter().map(|part| evaluate(part, row).map(|v| !v))).map(|v| !v)
        }
        Expr::Not(inner) => evaluate(inner, row).map(|value| !value),
        Expr::Constant(value) => Some(*value),
        Expr::Bare(term) => match term_value(term, row)? {
            Value::Bool(value) => Some(value),
            other => panic!("{other:?} stands alone"),
        },
        Expr::Check { left, negated, condition } => {
            let value = term_value(left, row);
            if *condition == Condition::Null {
                return Some(value.is_none() != *negated);
            }
            Some(holds(&value?, condition) != *negated)
        }
    }
}

fn conjunction(parts: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let parts: Vec<_> = parts.collect();
    if parts.contains(&Some(false)) {
        return Some(false);
    }
    if parts.contains(&None) { None } else { Some(true) }
}

fn holds(value: &Value, condition: &Condition) -> bool {
    let is = |op, literal: &Literal| {
        let order = compare_exactly(value, &literal.value);
        match op {
            CompareOp::Eq => order == Some(Ordering::Equal),
            CompareOp::Ne => order != Some(Ordering::Equal),
            CompareOp::Lt => order == Some(Ordering::Less),
            CompareOp::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            CompareOp::Gt => order == Some(Ordering::Greater),
            CompareOp::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    };
    match condition {
        Condition::Compare(op, right) => is(*op, right),
        Condition::Between(low, high) => is(CompareOp::Ge, low) && is(CompareOp::Le, high),
        Condition::In(list) => list.iter().any(|item| is(CompareOp::Eq, item)),
        Condition::Like(pattern) => match value {
            Value::Str(text) => like(pattern.source(), text),
            other => panic!("{other:?} like ..."),
        },
        Condition::Null => unreachable!(),
    }
}

fn term_value(term: &Term, row: &Row) -> Option<Value> {
    match term {
        Term::Id(_) => Some(Value::Str(row.key.clone())),
        Term::Attribute { name, .. } => row.attributes.get(name).cloned(),
        Term::Call(call) => Some(Value::Bool(call_value(call, row))),
    }
}

fn call_value(call: &Call, row: &Row) -> bool {
    let texts: Vec<_> = call
        .args
        .iter()
        .map(|argument| match argument {
            Argument::Literal(Literal { value: Value::Str(text), .. }) => text.as_str(),
            other => panic!("{other}"),
        })
        .collect();
    match (call.name.as_str(), texts.as_slice()) {
        ("has_field", _) => row.has_field,
        ("has_region", &[.., region]) => row.regions.contains(region),
        other => panic!("{other:?}"),
    }
}
