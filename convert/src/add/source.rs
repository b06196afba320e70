//! Where vectors come from, and what is said of their images.

use std::path::Path;

use serde_json::{Map, Value as Json};
use vesalius::Dtype;

use super::AddOptions;
use super::lines::{Lines, Reader, take_key};
use crate::error::ConvertError;
use crate::npy::{self, NpyFile, Scalar};
#[cfg(feature = "arrow")]
use crate::table::{Columns, Table, TableRows};
use crate::table::{TableKind, kind_of};

/// A file of vectors.
pub(super) enum Source {
    /// An array, and objects beside it.
    Array { array: NpyFile, lines: Option<Lines> },
    /// A table that says all.
    #[cfg(feature = "arrow")]
    Table(Box<Table>),
}

/// A source that is read from its first row on.
pub(super) enum Rows<'a> {
    Array {
        array: &'a NpyFile,
        lines: Option<Reader>,
        row: u64,
    },
    #[cfg(feature = "arrow")]
    Table(TableRows<'a>),
}

/// What is said of an image.
#[derive(Default)]
pub(super) struct Told {
    /// Attributes, or metadata where a value is none.
    pub(super) entries: Map<String, Json>,
    /// Metadata whatever it looks like.
    pub(super) metadata: Map<String, Json>,
}

impl Source {
    /// Opens the file and reads what must be known before anything is written.
    pub(super) fn open(options: &AddOptions) -> Result<Self, ConvertError> {
        if let Some(kind) = kind_of(&options.vectors)? {
            return Self::table(kind, options);
        }
        if options.column.is_some() || options.id_column.is_some() {
            let what = "columns are those of Arrow and Parquet files; this is neither";
            return Err(ConvertError::layout(&options.vectors, what));
        }
        let array = open(&options.vectors)?;
        let lines = options.metadata.as_deref().map(|path| Lines::survey(path, array.rows()));
        Ok(Self::Array { array, lines: lines.transpose()? })
    }

    #[cfg(feature = "arrow")]
    fn table(kind: TableKind, options: &AddOptions) -> Result<Self, ConvertError> {
        if options.metadata.is_some() {
            let what =
                "the columns of a table say what objects would; leave the file of objects out";
            return Err(ConvertError::Refused(what.to_owned()));
        }
        let (vectors, keys) = (options.column.as_deref(), options.id_column.as_deref());
        let table = Table::survey(&options.vectors, kind, Columns { vectors, keys })?;
        Ok(Self::Table(Box::new(table)))
    }

    #[cfg(not(feature = "arrow"))]
    fn table(kind: TableKind, options: &AddOptions) -> Result<Self, ConvertError> {
        let name = if kind == TableKind::Parquet { "Parquet" } else { "Arrow" };
        let what = format!(
            "this is {name}, and the program was built without it; build it with `--features arrow`"
        );
        Err(ConvertError::layout(&options.vectors, what))
    }

    /// Number of vectors.
    pub(super) fn rows(&self) -> u64 {
        match self {
            Self::Array { array, .. } => array.rows(),
            #[cfg(feature = "arrow")]
            Self::Table(table) => table.rows,
        }
    }

    /// Values of a vector.
    pub(super) fn dim(&self) -> usize {
        match self {
            Self::Array { array, .. } => array.row_len(),
            #[cfg(feature = "arrow")]
            Self::Table(table) => table.dim,
        }
    }

    /// How a field for these values stores them.
    pub(super) fn dtype(&self) -> Dtype {
        let half = match self {
            Self::Array { array, .. } => {
                matches!(array.dtype(), npy::Dtype::Number(Scalar::F16, _))
            }
            #[cfg(feature = "arrow")]
            Self::Table(table) => table.is_half(),
        };
        if half { Dtype::F16 } else { Dtype::F32 }
    }

    /// Takes the keys that the source says.
    pub(super) fn take_keys(&mut self) -> Option<Vec<String>> {
        match self {
            Self::Array { lines, .. } => lines.as_mut().and_then(|lines| lines.keys.take()),
            #[cfg(feature = "arrow")]
            Self::Table(table) => table.keys.take(),
        }
    }

    /// Takes what a person should know.
    pub(super) fn take_warnings(&mut self) -> Vec<String> {
        match self {
            Self::Array { .. } => Vec::new(),
            #[cfg(feature = "arrow")]
            Self::Table(table) => std::mem::take(&mut table.warnings),
        }
    }

    /// Reads the source again.
    pub(super) fn read(&self) -> Result<Rows<'_>, ConvertError> {
        Ok(match self {
            Self::Array { array, lines } => {
                let lines = lines.as_ref().map(Lines::read).transpose()?;
                Rows::Array { array, lines, row: 0 }
            }
            #[cfg(feature = "arrow")]
            Self::Table(table) => Rows::Table(table.read()?),
        })
    }
}

impl Rows<'_> {
    /// Appends the next vectors, one for each of the `keys`, to `values`; what is said of their images, if anything.
    pub(super) fn read(
        &mut self,
        keys: &[String],
        values: &mut Vec<f32>,
    ) -> Result<Vec<Told>, ConvertError> {
        match self {
            Self::Array { array, lines, row } => {
                array.read_rows_f32(*row, keys.len(), values)?;
                *row = row.saturating_add(keys.len() as u64);
                lines.as_mut().map_or(Ok(Vec::new()), |lines| objects(lines, keys))
            }
            #[cfg(feature = "arrow")]
            Self::Table(rows) => {
                let rows = rows.read(keys.len(), values)?.into_iter();
                Ok(rows.map(|row| Told { entries: row.cells, metadata: row.metadata }).collect())
            }
        }
    }
}

/// An array of vectors.
fn open(path: &Path) -> Result<NpyFile, ConvertError> {
    let mut array = NpyFile::open(path)?;
    if array.shape().len() == 1 {
        array = array.as_single_row()?;
    }
    let numbers = matches!(array.dtype(), npy::Dtype::Number(..));
    if numbers && array.shape().len() == 2 && array.rows() > 0 && array.row_len() > 0 {
        return Ok(array);
    }
    let (shape, dtype) = (array.shape(), array.dtype());
    Err(ConvertError::layout(
        path,
        format!("an array {shape:?} of {dtype}; numbers [N, D] are needed"),
    ))
}

/// The objects of a batch; a key that they say must be the one that the image has.
fn objects(reader: &mut Reader, keys: &[String]) -> Result<Vec<Told>, ConvertError> {
    let mut all = Vec::with_capacity(keys.len());
    for key in keys {
        let changed =
            || ConvertError::image(key, None, "has no object any more: the file has changed");
        let mut entries = reader.next().ok_or_else(changed)??;
        if let Some(says) = take_key(&mut entries).filter(|says| says != key) {
            let what =
                format!("its object says the key {says:?}; leave that out, or the file of keys");
            return Err(ConvertError::image(key, None, what));
        }
        all.push(Told { entries, metadata: Map::new() });
    }
    Ok(all)
}
