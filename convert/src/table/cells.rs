//! Single values of columns as JSON.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Date64Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, StructArray};
use arrow_schema::{DataType, TimeUnit};
use serde_json::{Map, Value as Json};

/// Deepest nesting of a column that is read.
const DEPTH_MAX: usize = 8;

/// Whether values of this type can be keys: texts and integers.
pub(super) fn is_key(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_key(values),
        other => other.is_integer(),
    }
}

/// Whether values of this type can be told as JSON.
pub(super) fn is_cell(kind: &DataType) -> bool {
    within(kind, 0)
}

fn within(kind: &DataType, depth: usize) -> bool {
    let deeper = |kind: &DataType| depth < DEPTH_MAX && within(kind, depth.saturating_add(1));
    match kind {
        DataType::Null
        | DataType::Boolean
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Date32
        | DataType::Date64
        | DataType::Timestamp(..)
        | DataType::Float16
        | DataType::Float32
        | DataType::Float64 => true,
        DataType::Dictionary(_, values) => deeper(values),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            deeper(item.data_type())
        }
        DataType::Struct(fields) => fields.iter().all(|field| deeper(field.data_type())),
        other => other.is_integer(),
    }
}

/// A value as JSON. Null, a number that is none, and what is of no type of [`is_cell`] are null; times are texts of
/// ISO 8601, infinities texts.
pub(super) fn cell(array: &dyn Array, place: usize) -> Json {
    if array.is_null(place) {
        return Json::Null;
    }
    match array.data_type() {
        DataType::Boolean => array.as_boolean_opt().map(|values| values.value(place)).into(),
        DataType::Utf8 => array.as_string_opt::<i32>().map(|values| values.value(place)).into(),
        DataType::LargeUtf8 => {
            array.as_string_opt::<i64>().map(|values| values.value(place)).into()
        }
        DataType::Utf8View => array.as_string_view_opt().map(|values| values.value(place)).into(),
        DataType::Dictionary(..) => {
            let Some(dictionary) = array.as_any_dictionary_opt() else { return Json::Null };
            let key = number(dictionary.keys(), place).as_u64();
            let (key, values) =
                (key.and_then(|key| usize::try_from(key).ok()), dictionary.values());
            key.filter(|key| *key < values.len()).map_or(Json::Null, |key| cell(values, key))
        }
        DataType::List(_) => list(array.as_list_opt::<i32>().map(|lists| lists.value(place))),
        DataType::LargeList(_) => list(array.as_list_opt::<i64>().map(|lists| lists.value(place))),
        DataType::FixedSizeList(..) => {
            list(array.as_fixed_size_list_opt().map(|lists| lists.value(place)))
        }
        DataType::Struct(fields) => {
            let Some(columns) = array.as_struct_opt().map(StructArray::columns) else {
                return Json::Null;
            };
            let entries = fields.iter().zip(columns);
            let entries =
                entries.map(|(field, column)| (field.name().clone(), cell(column, place)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => time(array, place),
        _ => number(array, place),
    }
}

fn list(values: Option<ArrayRef>) -> Json {
    let values = values.map(|values| (0..values.len()).map(|place| cell(&values, place)).collect());
    values.map_or(Json::Null, Json::Array)
}

fn number(array: &dyn Array, place: usize) -> Json {
    macro_rules! integer {
        ($($kind:ident)*) => {
            $(if let Some(values) = array.as_primitive_opt::<$kind>() {
                return values.value(place).into();
            })*
        };
    }
    integer!(Int64Type Int32Type Int16Type Int8Type UInt64Type UInt32Type UInt16Type UInt8Type);
    let double = array.as_primitive_opt::<Float64Type>().map(|values| values.value(place));
    let single =
        || array.as_primitive_opt::<Float32Type>().map(|values| f64::from(values.value(place)));
    let half = || array.as_primitive_opt::<Float16Type>().map(|v| v.value(place).to_f64());
    match double.or_else(single).or_else(half) {
        Some(value) if value.is_infinite() => value.to_string().into(),
        value => value.into(),
    }
}

fn time(array: &dyn Array, place: usize) -> Json {
    macro_rules! at {
        ($kind:ident) => {
            array.as_primitive_opt::<$kind>().and_then(|values| values.value_as_datetime(place))
        };
    }
    let days = || {
        let days = array.as_primitive_opt::<Date32Type>()?.value_as_date(place)?;
        Some(Json::from(days.to_string()))
    };
    let (time, zone) = match array.data_type() {
        DataType::Timestamp(TimeUnit::Second, zone) => (at!(TimestampSecondType), zone.is_some()),
        DataType::Timestamp(TimeUnit::Millisecond, zone) => {
            (at!(TimestampMillisecondType), zone.is_some())
        }
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            (at!(TimestampMicrosecondType), zone.is_some())
        }
        DataType::Timestamp(TimeUnit::Nanosecond, zone) => {
            (at!(TimestampNanosecondType), zone.is_some())
        }
        DataType::Date64 => (at!(Date64Type), false),
        _ => return days().unwrap_or_default(),
    };
    // Values with a zone are kept in UTC.
    let text = time.map(|time| {
        format!("{}{}", time.format("%Y-%m-%dT%H:%M:%S%.f"), if zone { "Z" } else { "" })
    });
    text.into()
}
