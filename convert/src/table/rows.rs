//! The rows of a table, some at a time.

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch};
use serde_json::{Map, Value as Json};

use super::cells::cell;
use super::file::Batches;
use super::plan::Table;
use crate::error::ConvertError;

/// What a row says of its image.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TableRow {
    /// By column; empty cells are left out.
    pub(crate) cells: Map<String, Json>,
    /// What is metadata whatever it looks like.
    pub(crate) metadata: Map<String, Json>,
}

/// A table that is read.
pub(crate) struct TableRows<'a> {
    table: &'a Table,
    batches: Batches,
    /// The columns that are read, as places in the schema.
    places: Vec<usize>,
    batch: Option<RecordBatch>,
    /// Rows of the batch that were taken, and of the table.
    taken: usize,
    row: u64,
}

impl<'a> TableRows<'a> {
    pub(super) fn open(table: &'a Table) -> Result<Self, ConvertError> {
        let mut places = table.cells.clone();
        places.push(table.vectors.place);
        places.extend(table.metadata);
        places.sort_unstable();
        let batches = table.file.batches(&places)?;
        Ok(Self { table, batches, places, batch: None, taken: 0, row: 0 })
    }

    /// Appends the vectors of the next `count` rows to `values`; what these rows say.
    pub(crate) fn read(
        &mut self,
        count: usize,
        values: &mut Vec<f32>,
    ) -> Result<Vec<TableRow>, ConvertError> {
        let mut rows = Vec::with_capacity(count);
        while rows.len() < count {
            let Some(batch) = self.batch.take() else {
                self.batch = self.batches.next()?;
                self.taken = 0;
                if self.batch.is_none() {
                    let what = format!("ends at row {} now: the file has changed", self.row);
                    return Err(ConvertError::layout(&self.table.file.path, what));
                }
                continue;
            };
            let end =
                batch.num_rows().min(self.taken.saturating_add(count.saturating_sub(rows.len())));
            for place in self.taken..end {
                rows.push(self.take(&batch, place, values)?);
                self.row = self.row.saturating_add(1);
            }
            self.taken = end;
            if end < batch.num_rows() {
                self.batch = Some(batch);
            }
        }
        Ok(rows)
    }

    fn take(
        &self,
        batch: &RecordBatch,
        place: usize,
        values: &mut Vec<f32>,
    ) -> Result<TableRow, ConvertError> {
        let table = self.table;
        let (mut dim, mut row) = (Some(table.dim), TableRow::default());
        for (column, array) in self.places.iter().zip(batch.columns()) {
            if *column == table.vectors.place {
                table.vectors.push(&table.file, (array, place, self.row), &mut dim, values)?;
            } else if Some(*column) == table.metadata {
                let short = array.as_string_opt::<i32>().map(|texts| texts.value(place));
                let long = || array.as_string_opt::<i64>().map(|texts| texts.value(place));
                if let Some(text) = short.or_else(long).filter(|_| array.is_valid(place)) {
                    Table::metadata_of(text, &mut row);
                }
            } else if let Some(field) = table.file.schema.fields().get(*column) {
                let value = cell(array, place);
                if !value.is_null() {
                    row.cells.insert(field.name().clone(), value);
                }
            }
        }
        Ok(row)
    }
}
