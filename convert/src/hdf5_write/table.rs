//! Several columns that grow in step.

use std::path::Path;

use super::error::Hdf5WriteError;
use super::spec::ColumnSpec;
use super::values::Values;
use super::writer::{Column, Writer};

/// A file whose columns have the same number of rows, such as a matrix `[N, D]` with ids and labels
/// beside it. Attributes, groups and small datasets go through [`Table::writer`].
pub struct Table {
    writer: Writer,
    columns: Vec<Column>,
    rows: u64,
}

impl Table {
    /// Starts a file with these columns beside `path`, which is replaced at the end.
    pub fn create(path: &Path, columns: &[ColumnSpec]) -> Result<Self, Hdf5WriteError> {
        Self::with(Writer::create(path)?, columns)
    }

    /// Adds the columns to a file that may have groups already.
    pub fn with(mut writer: Writer, columns: &[ColumnSpec]) -> Result<Self, Hdf5WriteError> {
        let columns = columns.iter().map(|spec| writer.column(spec)).collect::<Result<_, _>>()?;
        Ok(Self { writer, columns, rows: 0 })
    }

    /// Appends the same rows to every column, in their order. Nothing is appended if any is
    /// refused.
    pub fn append(&mut self, batch: &[Values<'_>]) -> Result<(), Hdf5WriteError> {
        if batch.len() != self.columns.len() {
            let what = format!("{} columns, values for {}", self.columns.len(), batch.len());
            return Err(Hdf5WriteError::refused("/", what + "; pass values for every column"));
        }
        let mut rows = None;
        for (column, values) in self.columns.iter().zip(batch) {
            let these = self.writer.rows_in(*column, *values)?;
            let first = *rows.get_or_insert(these);
            if these != first {
                let what = format!("{first} rows for the first column, {these} for another");
                return Err(Hdf5WriteError::refused("/", what + "; pass the same rows to all"));
            }
        }
        for (column, values) in self.columns.iter().zip(batch) {
            self.writer.append(*column, *values)?;
        }
        self.rows = self.rows.saturating_add(rows.unwrap_or(0));
        Ok(())
    }

    /// Rows appended so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The file, for whatever is not a column of the table.
    pub fn writer(&mut self) -> &mut Writer {
        &mut self.writer
    }

    /// Completes the file; see [`Writer::finish`].
    pub fn finish(self) -> Result<(), Hdf5WriteError> {
        self.writer.finish()
    }
}
