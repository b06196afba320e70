//! Files of record batches.

use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_schema::{ArrowError, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use super::{BATCH_ROWS, TableKind, sizes};
use crate::error::ConvertError;

/// A file whose schema was read.
#[derive(Clone, Debug)]
pub(super) struct TableFile {
    pub(super) path: PathBuf,
    kind: TableKind,
    pub(super) schema: SchemaRef,
}

type Reader = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

/// The batches of a file, one after another.
pub(super) struct Batches {
    path: PathBuf,
    reader: Reader,
}

impl TableFile {
    /// Reads the schema.
    pub(super) fn open(path: &Path, kind: TableKind) -> Result<Self, ConvertError> {
        let schema = guarded(path, || {
            let file = File::open(path)?;
            Ok(match kind {
                TableKind::Arrow | TableKind::Stream => stream(file, kind, None)?.schema(),
                TableKind::Parquet => {
                    let builder = ParquetRecordBatchReaderBuilder::try_new(file);
                    SchemaRef::clone(builder.map_err(of_parquet)?.schema())
                }
            })
        })?;
        Ok(Self { path: path.to_owned(), kind, schema })
    }

    /// Reads these columns, which ascend; a batch has them in that order.
    pub(super) fn batches(&self, columns: &[usize]) -> Result<Batches, ConvertError> {
        let reader = guarded(&self.path, || {
            let file = File::open(&self.path)?;
            Ok(match self.kind {
                TableKind::Arrow | TableKind::Stream => {
                    Box::new(stream(file, self.kind, Some(columns.to_vec()))?) as Reader
                }
                TableKind::Parquet => {
                    let builder = ParquetRecordBatchReaderBuilder::try_new(file);
                    let builder = builder.map_err(of_parquet)?.with_batch_size(BATCH_ROWS);
                    let columns = columns.iter().copied();
                    let mask = ProjectionMask::roots(builder.parquet_schema(), columns);
                    Box::new(builder.with_projection(mask).build().map_err(of_parquet)?)
                }
            })
        })?;
        Ok(Batches { path: self.path.clone(), reader })
    }
}

impl Batches {
    /// The next batch that has rows.
    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>, ConvertError> {
        loop {
            let batch = guarded(&self.path, || self.reader.next().transpose())?;
            if batch.as_ref().is_none_or(|batch| batch.num_rows() > 0) {
                return Ok(batch);
            }
        }
    }
}

/// The messages of an Arrow file, whose sizes were looked at.
fn stream(
    mut file: File,
    kind: TableKind,
    columns: Option<Vec<usize>>,
) -> Result<StreamReader<BufReader<File>>, ArrowError> {
    let start = sizes::check(&mut file, kind)?;
    file.seek(SeekFrom::Start(start))?;
    StreamReader::try_new(BufReader::new(file), columns)
}

fn of_parquet(error: ParquetError) -> ArrowError {
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(error) => (*error).into(),
            Err(other) => ArrowError::ParquetError(other.to_string()),
        },
        other => ArrowError::ParquetError(other.to_string()),
    }
}

/// What a crate of the formats answers. They are not free of panics where a file is damaged, so these are errors too.
fn guarded<T>(
    path: &Path,
    call: impl FnOnce() -> Result<T, ArrowError>,
) -> Result<T, ConvertError> {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(ArrowError::IoError(_, error))) => Err(ConvertError::from(error).in_file(path)),
        Ok(Err(error)) => Err(ConvertError::layout(path, error.to_string())),
        Err(_) => Err(ConvertError::layout(path, "the file is damaged; write it again")),
    }
}
