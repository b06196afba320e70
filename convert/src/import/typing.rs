//! Attributes of foreign origin in typed columns.

use serde_json::Value as Json;
use vesalius::{AttributeType, Value};

use crate::regions::Attribute;

/// Longest text of a column in bytes: the limit of the engine.
const TEXT_MAX: usize = 1 << 20;
/// Longest name of a column in bytes: the limit of the engine.
const NAME_MAX: usize = 255;
/// Integers up to this are doubles exactly.
const EXACT_MAX: u64 = 1 << f64::MANTISSA_DIGITS;

/// Where a value goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// The column of its name.
    Column(Value),
    /// The metadata of the image, under its name: it does not fit the column.
    Metadata(Json),
}

/// The type of column that a value asks for.
pub(crate) fn kind_of(value: &Attribute) -> AttributeType {
    match value {
        Attribute::I64(_) => AttributeType::I64,
        Attribute::F64(_) => AttributeType::F64,
        Attribute::Bool(_) => AttributeType::Bool,
        Attribute::Str(_) => AttributeType::Text,
    }
}

/// The type that holds values of both, or the first where none does.
pub(crate) fn widen(first: AttributeType, second: AttributeType) -> AttributeType {
    match (first, second) {
        (AttributeType::I64, AttributeType::F64) => AttributeType::F64,
        _ => first,
    }
}

/// Whether a column may have this name.
pub(crate) fn is_column_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_MAX
}

/// Where a value goes, given the type of its column, if there is one.
pub(crate) fn place(column: Option<AttributeType>, value: &Attribute) -> Place {
    let fitting = match (column, value) {
        (Some(AttributeType::I64), Attribute::I64(v)) => Some(Value::I64(*v)),
        (Some(AttributeType::F64), Attribute::F64(v)) => Some(Value::F64(*v)),
        (Some(AttributeType::F64), Attribute::I64(v)) if v.unsigned_abs() <= EXACT_MAX => {
            Some(Value::F64(*v as f64))
        }
        (Some(AttributeType::Bool), Attribute::Bool(v)) => Some(Value::Bool(*v)),
        (Some(AttributeType::Text), Attribute::Str(v)) if v.len() <= TEXT_MAX => {
            Some(Value::Text(v.clone()))
        }
        _ => None,
    };
    fitting.map_or_else(|| Place::Metadata(json_of(value)), Place::Column)
}

fn json_of(value: &Attribute) -> Json {
    match value {
        Attribute::I64(v) => (*v).into(),
        Attribute::Bool(v) => (*v).into(),
        Attribute::Str(v) => v.clone().into(),
        Attribute::F64(v) => serde_json::Number::from_f64(*v)
            .map_or_else(|| Json::String(v.to_string()), Json::Number),
    }
}

/// Whether a stored value is the one that was given; NaN equals NaN.
pub(super) fn same(stored: &Value, given: &Value) -> bool {
    match (stored, given) {
        (Value::F64(a), Value::F64(b)) => a.to_bits() == b.to_bits(),
        _ => stored == given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_go_to_their_column_or_to_the_metadata() {
        let text = |text: &str| Attribute::Str(text.to_owned());
        let cases = [
            (Some(AttributeType::I64), Attribute::I64(-3), Some(Value::I64(-3))),
            (Some(AttributeType::F64), Attribute::I64(4), Some(Value::F64(4.0))),
            (Some(AttributeType::F64), Attribute::I64(i64::MAX), None),
            (Some(AttributeType::I64), Attribute::F64(4.0), None),
            (Some(AttributeType::I64), Attribute::Bool(true), None),
            (Some(AttributeType::Text), text("x"), Some(Value::Text("x".into()))),
            (Some(AttributeType::Text), text(&"x".repeat(TEXT_MAX + 1)), None),
            (None, Attribute::I64(1), None),
        ];
        for (column, value, expected) in cases {
            match (place(column, &value), expected) {
                (Place::Column(found), Some(expected)) => assert_eq!(found, expected),
                (Place::Metadata(json), None) => assert_eq!(json, json_of(&value)),
                other => panic!("{column:?} {value:?}: {other:?}"),
            }
        }
        assert_eq!(json_of(&Attribute::F64(f64::NAN)), Json::String("NaN".into()));
    }
}
