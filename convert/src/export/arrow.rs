//! Arrow IPC: a file of record batches, with vectors as lists of fixed size.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::types::{Float16Type, Float32Type};
use arrow_array::{
    ArrayRef, BooleanArray, FixedSizeListArray, Float64Array, Int64Array, PrimitiveArray,
    RecordBatch, StringArray,
};
use arrow_buffer::NullBuffer;
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};
use half::f16;
use vesalius::{AttributeType, Dtype, FieldDef, FieldKind, Image, Snapshot, Value};

use super::output::Output;
use super::report::ExportReport;
use super::{ExportOptions, csv, for_each_row};
use crate::error::ConvertError;

/// Bytes and rows at which a batch is written.
const BATCH_BYTES: usize = 8 << 20;
const BATCH_ROWS: usize = 1 << 16;

/// Writes keys, attributes, metadata as JSON text, and the vector field that is named, or all of them.
pub(super) fn write(
    snapshot: &Snapshot,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, ConvertError> {
    let mut table = Table::new(snapshot, options)?;
    let mut report = ExportReport { field: table.fields(), ..ExportReport::default() };
    let mut output = Output::create(out)?;
    let mut writer = FileWriter::try_new(&mut output, &table.schema).map_err(refused)?;
    for_each_row(snapshot, options.rows.as_ref(), &mut |row, key| {
        let Some(image) = snapshot.image_at(row)? else { return Ok(()) };
        report.features = report.features.saturating_add(table.add(key, &image)?);
        report.images = report.images.saturating_add(1);
        if table.bytes >= BATCH_BYTES || table.rows >= BATCH_ROWS {
            writer.write(&table.batch()?).map_err(refused)?;
        }
        Ok(())
    })?;
    if table.rows > 0 {
        writer.write(&table.batch()?).map_err(refused)?;
    }
    writer.finish().map_err(refused)?;
    drop(writer);
    output.finish()?;
    Ok(report)
}

fn refused(error: ArrowError) -> ConvertError {
    match error {
        ArrowError::IoError(_, error) => error.into(),
        other => std::io::Error::other(other).into(),
    }
}

/// Where the values of a column come from.
enum Origin {
    Key,
    Metadata,
    Attribute(String),
    Vector(String),
}

/// The values of a column in this batch.
enum Cells {
    Text(Vec<Option<String>>),
    I64(Vec<Option<i64>>),
    F64(Vec<Option<f64>>),
    Bool(Vec<Option<bool>>),
    F16(Vec<f16>, Vec<bool>, usize),
    F32(Vec<f32>, Vec<bool>, usize),
}

/// A batch while it is filled.
struct Table {
    schema: Arc<Schema>,
    columns: Vec<(Origin, Cells)>,
    rows: usize,
    bytes: usize,
}

impl Table {
    fn new(snapshot: &Snapshot, options: &ExportOptions) -> Result<Self, ConvertError> {
        let schema = snapshot.schema();
        let fields: Vec<&FieldDef> = match &options.field {
            Some(name) => vec![vector(snapshot.field(name)?)?],
            None => schema.fields.iter().filter(|f| f.kind == FieldKind::Vector).collect(),
        };
        let attributes = schema.attributes.iter().map(|attribute| attribute.name.as_str());
        let names: Vec<&str> = attributes.chain(fields.iter().map(|f| f.name.as_str())).collect();
        let mut all = vec![(
            Field::new(csv::free("key", &names), DataType::Utf8, false),
            (Origin::Key, Cells::Text(Vec::new())),
        )];
        for attribute in &schema.attributes {
            let (kind, cells) = match attribute.kind {
                AttributeType::I64 => (DataType::Int64, Cells::I64(Vec::new())),
                AttributeType::F64 => (DataType::Float64, Cells::F64(Vec::new())),
                AttributeType::Bool => (DataType::Boolean, Cells::Bool(Vec::new())),
                AttributeType::Text => (DataType::Utf8, Cells::Text(Vec::new())),
            };
            let name = attribute.name.clone();
            all.push((Field::new(&name, kind, true), (Origin::Attribute(name), cells)));
        }
        let metadata = Field::new(csv::free("metadata", &names), DataType::Utf8, true);
        all.push((metadata, (Origin::Metadata, Cells::Text(Vec::new()))));
        for def in fields {
            all.push(column(def, schema.attribute(&def.name).is_some()));
        }
        let (fields, columns): (Vec<Field>, Vec<_>) = all.into_iter().unzip();
        Ok(Self { schema: Arc::new(Schema::new(fields)), columns, rows: 0, bytes: 0 })
    }

    /// Names of the fields that are written.
    fn fields(&self) -> String {
        let names = self.columns.iter().filter_map(|(origin, _)| match origin {
            Origin::Vector(name) => Some(name.as_str()),
            _ => None,
        });
        names.collect::<Vec<_>>().join(", ")
    }

    /// Adds a row; how many vectors it has.
    fn add(&mut self, key: &str, image: &Image<'_>) -> Result<u64, ConvertError> {
        let mut vectors = 0_u64;
        for (origin, cells) in &mut self.columns {
            let added = match origin {
                Origin::Key => cells.put(Some(Value::Text(key.to_owned()))),
                Origin::Metadata => {
                    cells.put(image.metadata()?.map(|text| Value::Text(text.to_owned())))
                }
                Origin::Attribute(name) => cells.put(image.attribute(name)?),
                Origin::Vector(name) => {
                    let found = image.vector(name)?;
                    vectors = vectors.saturating_add(u64::from(found.is_some()));
                    cells.put_vector(found.as_ref())
                }
            };
            self.bytes = self.bytes.saturating_add(added);
        }
        self.rows = self.rows.saturating_add(1);
        Ok(vectors)
    }

    /// The rows so far; the next ones begin a new batch.
    fn batch(&mut self) -> Result<RecordBatch, ConvertError> {
        let columns = self.columns.iter_mut().map(|(_, cells)| cells.take());
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(refused)?;
        (self.rows, self.bytes) = (0, 0);
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(refused)
    }
}

fn vector(def: &FieldDef) -> Result<&FieldDef, ConvertError> {
    if def.kind == FieldKind::Vector {
        return Ok(def);
    }
    let (name, kind) = (&def.name, def.kind);
    let what = format!("field {name:?} is of kind {kind}; vector fields are written as columns");
    Err(ConvertError::Refused(what))
}

/// The column of a vector field. A name that an attribute has gets a word more.
fn column(def: &FieldDef, taken: bool) -> (Field, (Origin, Cells)) {
    let dim = usize::try_from(def.dim).unwrap_or(0);
    let (item, cells) = match def.dtype {
        Dtype::F16 => (DataType::Float16, Cells::F16(Vec::new(), Vec::new(), dim)),
        Dtype::F32 => (DataType::Float32, Cells::F32(Vec::new(), Vec::new(), dim)),
    };
    let list = DataType::FixedSizeList(item_field(item), i32::try_from(dim).unwrap_or(0));
    let name = if taken { format!("{}_vector", def.name) } else { def.name.clone() };
    let notes = HashMap::from([
        ("metric".to_owned(), def.metric.to_string()),
        ("model".to_owned(), def.provenance.model.clone()),
    ]);
    (Field::new(name, list, true).with_metadata(notes), (Origin::Vector(def.name.clone()), cells))
}

/// The name that Arrow gives the items of lists.
fn item_field(item: DataType) -> Arc<Field> {
    Arc::new(Field::new("item", item, false))
}

impl Cells {
    /// Adds a value of the type of the column, or none; its bytes.
    fn put(&mut self, value: Option<Value>) -> usize {
        match (self, value) {
            (Self::Text(cells), Some(Value::Text(text))) => {
                let bytes = text.len();
                cells.push(Some(text));
                return bytes.saturating_add(4);
            }
            (Self::I64(cells), Some(Value::I64(value))) => cells.push(Some(value)),
            (Self::F64(cells), Some(Value::F64(value))) => cells.push(Some(value)),
            (Self::Bool(cells), Some(Value::Bool(value))) => cells.push(Some(value)),
            (Self::Text(cells), _) => cells.push(None),
            (Self::I64(cells), _) => cells.push(None),
            (Self::F64(cells), _) => cells.push(None),
            (Self::Bool(cells), _) => cells.push(None),
            (Self::F16(..) | Self::F32(..), _) => {}
        }
        8
    }

    fn put_vector(&mut self, found: Option<&vesalius::FeatureMatrix<'_>>) -> usize {
        match self {
            Self::F16(values, there, dim) => {
                let row = found.and_then(|found| found.row_f16(0));
                push(values, there, *dim, row)
            }
            Self::F32(values, there, dim) => {
                let row = found.and_then(|found| found.row_f32(0));
                push(values, there, *dim, row)
            }
            _ => 0,
        }
    }

    /// The array of this batch.
    fn take(&mut self) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Self::Text(cells) => Arc::new(StringArray::from(std::mem::take(cells))),
            Self::I64(cells) => Arc::new(Int64Array::from(std::mem::take(cells))),
            Self::F64(cells) => Arc::new(Float64Array::from(std::mem::take(cells))),
            Self::Bool(cells) => Arc::new(BooleanArray::from(std::mem::take(cells))),
            Self::F16(values, there, dim) => {
                let values = std::mem::take(values);
                let items: PrimitiveArray<Float16Type> = PrimitiveArray::new(values.into(), None);
                lists(DataType::Float16, *dim, Arc::new(items), std::mem::take(there))?
            }
            Self::F32(values, there, dim) => {
                let values = std::mem::take(values);
                let items: PrimitiveArray<Float32Type> = PrimitiveArray::new(values.into(), None);
                lists(DataType::Float32, *dim, Arc::new(items), std::mem::take(there))?
            }
        })
    }
}

/// Adds a vector, or zeros in its place.
fn push<T: Copy + Default>(
    values: &mut Vec<T>,
    there: &mut Vec<bool>,
    dim: usize,
    row: Option<&[T]>,
) -> usize {
    there.push(row.is_some());
    match row {
        Some(row) => values.extend_from_slice(row),
        None => values.resize(values.len().saturating_add(dim), T::default()),
    }
    dim.saturating_mul(size_of::<T>())
}

fn lists(
    item: DataType,
    dim: usize,
    items: ArrayRef,
    there: Vec<bool>,
) -> Result<ArrayRef, ArrowError> {
    let size = i32::try_from(dim).map_err(|_| ArrowError::ComputeError("dimension".to_owned()))?;
    let nulls = NullBuffer::from(there);
    Ok(Arc::new(FixedSizeListArray::try_new(item_field(item), size, items, Some(nulls))?))
}
