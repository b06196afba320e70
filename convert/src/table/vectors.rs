//! A column of vectors.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float16Type, Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, Schema};

use super::file::TableFile;
use crate::error::ConvertError;

/// Where the vectors are.
#[derive(Clone, Debug)]
pub(super) struct VectorColumn {
    /// Place in the schema.
    pub(super) place: usize,
    pub(super) name: String,
    /// Whether its values are f16.
    pub(super) half: bool,
}

/// The type of the values of a list of numbers; nothing else holds vectors.
pub(super) fn element(kind: &DataType) -> Option<&DataType> {
    let (DataType::FixedSizeList(item, _) | DataType::List(item) | DataType::LargeList(item)) =
        kind
    else {
        return None;
    };
    let item = item.data_type();
    matches!(item, DataType::Float16 | DataType::Float32 | DataType::Float64).then_some(item)
}

impl VectorColumn {
    /// The column of this name, or the only one that there is.
    pub(super) fn find(file: &TableFile, named: Option<&str>) -> Result<Self, ConvertError> {
        let told = |what: String| ConvertError::layout(&file.path, what);
        let schema: &Schema = &file.schema;
        let fields = || schema.fields().iter().enumerate();
        if let Some(name) = named {
            let known = || {
                let names: Vec<&str> = fields().map(|(_, field)| field.name().as_str()).collect();
                told(format!("there is no column {name:?}; the columns are {}", names.join(", ")))
            };
            let (place, field) =
                fields().find(|(_, field)| field.name() == name).ok_or_else(known)?;
            let element = element(field.data_type()).ok_or_else(|| {
                let kind = field.data_type();
                told(format!("column {name:?} is {kind}; lists of f16, f32 or f64 are needed"))
            })?;
            let half = *element == DataType::Float16;
            return Ok(Self { place, name: name.to_owned(), half });
        }
        let mut found = fields().filter_map(|(place, field)| {
            let half = *element(field.data_type())? == DataType::Float16;
            Some(Self { place, name: field.name().clone(), half })
        });
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(told("no column holds lists of f16, f32 or f64".to_owned())),
            (Some(a), Some(b)) => {
                let (a, b) = (&a.name, &b.name);
                let what = "several columns hold vectors";
                Err(told(format!("{what}, {a:?} and {b:?} among them; name one with --column")))
            }
        }
    }

    /// Appends the vector at a place of a batch, whose row in the file is `row`. All have one length, which the first
    /// one decides.
    pub(super) fn push(
        &self,
        file: &TableFile,
        (array, place, row): (&ArrayRef, usize, u64),
        dim: &mut Option<usize>,
        out: &mut Vec<f32>,
    ) -> Result<(), ConvertError> {
        let told = |what: &str| {
            let name = &self.name;
            ConvertError::layout(&file.path, format!("row {row}, column {name:?}: {what}"))
        };
        let Some(vector) = at(array, place) else {
            return Err(told("has no vector; leave out the rows that have none"));
        };
        let wanted = *dim.get_or_insert(vector.len());
        if vector.len() != wanted {
            let what = format!("has {} values, the first row has {wanted}", vector.len());
            return Err(told(&what));
        }
        if vector.is_empty() {
            return Err(told("is an empty list"));
        }
        if vector.null_count() > 0 {
            return Err(told("has a value that is null"));
        }
        let start = out.len();
        narrow(&vector, out);
        let bad = out.iter().skip(start).position(|value| !value.is_finite());
        bad.map_or(Ok(()), |place| Err(told(&format!("value {place} is not finite as f32"))))
    }
}

/// The list at a place, if there is one.
fn at(array: &ArrayRef, place: usize) -> Option<ArrayRef> {
    if array.is_null(place) {
        return None;
    }
    let fixed = array.as_fixed_size_list_opt().map(|lists| lists.value(place));
    let short = || array.as_list_opt::<i32>().map(|lists| lists.value(place));
    let long = || array.as_list_opt::<i64>().map(|lists| lists.value(place));
    fixed.or_else(short).or_else(long)
}

/// Appends numbers as f32, doubles to the nearest.
fn narrow(values: &ArrayRef, out: &mut Vec<f32>) {
    if let Some(values) = values.as_primitive_opt::<Float32Type>() {
        out.extend_from_slice(values.values());
    } else if let Some(values) = values.as_primitive_opt::<Float16Type>() {
        out.extend(values.values().iter().map(|value| value.to_f32()));
    } else if let Some(values) = values.as_primitive_opt::<Float64Type>() {
        #[expect(clippy::cast_possible_truncation, reason = "to the nearest")]
        out.extend(values.values().iter().map(|value| *value as f32));
    }
}
