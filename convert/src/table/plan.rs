//! What of a table goes where.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use arrow_schema::DataType;

use super::cells::{is_cell, is_key};
use super::file::TableFile;
use super::rows::{TableRow, TableRows};
use super::vectors::{VectorColumn, element};
use super::{TableKind, cells};
use crate::error::ConvertError;
use crate::import::ids;

/// Columns that hold keys where nobody names one.
const KEYS: [&str; 2] = ["key", "id"];
/// The column of the Arrow export with metadata as JSON text.
const METADATA: &str = "metadata";

/// The columns that a user names.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Columns<'a> {
    /// The vectors. Default: the only column that holds some.
    pub(crate) vectors: Option<&'a str>,
    /// The keys. Default: `key` or `id`, if there is one.
    pub(crate) keys: Option<&'a str>,
}

/// A table that was read once: every row has a vector and, if any has one, a key of its own.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(super) file: TableFile,
    pub(super) vectors: VectorColumn,
    pub(super) metadata: Option<usize>,
    /// Columns that become attributes or metadata under their names.
    pub(super) cells: Vec<usize>,
    /// The keys of the rows, where there is a column for them.
    pub(crate) keys: Option<Vec<String>>,
    /// Number of rows.
    pub(crate) rows: u64,
    /// Values of a vector.
    pub(crate) dim: usize,
    /// What a person should know.
    pub(crate) warnings: Vec<String>,
}

impl Table {
    /// Reads vectors and keys once. One pass over these columns; memory: a batch, and the keys.
    pub(crate) fn survey(
        path: &Path,
        kind: TableKind,
        columns: Columns<'_>,
    ) -> Result<Self, ConvertError> {
        let file = TableFile::open(path, kind)?;
        let vectors = VectorColumn::find(&file, columns.vectors)?;
        let keys = key_column(&file, columns.keys)?;
        let mut table = Self {
            file,
            vectors,
            metadata: None,
            cells: Vec::new(),
            keys: None,
            rows: 0,
            dim: 0,
            warnings: Vec::new(),
        };
        table.sort_columns(keys);
        table.read_once(keys)?;
        Ok(table)
    }

    /// Whether the vectors are f16.
    pub(crate) fn is_half(&self) -> bool {
        self.vectors.half
    }

    /// Reads the table again, from the first row.
    pub(crate) fn read(&self) -> Result<TableRows<'_>, ConvertError> {
        TableRows::open(self)
    }

    /// Decides which of the other columns are told, and which are left out.
    fn sort_columns(&mut self, keys: Option<usize>) {
        let mut left_out = Vec::new();
        for (place, field) in self.file.schema.fields().iter().enumerate() {
            let kind = field.data_type();
            if place == self.vectors.place || Some(place) == keys {
                continue;
            }
            if field.name() == METADATA && matches!(kind, DataType::Utf8 | DataType::LargeUtf8) {
                self.metadata = Some(place);
            } else if element(kind).is_none() && is_cell(kind) && !field.name().is_empty() {
                self.cells.push(place);
            } else {
                left_out.push(format!("{:?} ({})", field.name(), brief(kind)));
            }
        }
        if !left_out.is_empty() {
            let what = "columns that are neither texts, numbers nor truth values are left out";
            self.warnings.push(format!("{what}: {}", left_out.join(", ")));
        }
    }

    fn read_once(&mut self, keys: Option<usize>) -> Result<(), ConvertError> {
        let mut wanted: Vec<usize> =
            [Some(self.vectors.place), keys].into_iter().flatten().collect();
        wanted.sort_unstable();
        let column = |place| wanted.iter().position(|at| *at == place).unwrap_or(usize::MAX);
        let (vectors, keys) = (column(self.vectors.place), keys.map(|at| (at, column(at))));
        let mut batches = self.file.batches(&wanted)?;
        let (mut dim, mut values, mut known) = (None, Vec::new(), Seen::default());
        while let Some(batch) = batches.next()? {
            for place in 0..batch.num_rows() {
                let row = self.rows;
                values.clear();
                if let Some(array) = batch.columns().get(vectors) {
                    self.vectors.push(&self.file, (array, place, row), &mut dim, &mut values)?;
                }
                if let Some((of, at)) = keys
                    && let Some(array) = batch.columns().get(at)
                {
                    let key = key(&cells::cell(array, place));
                    known.add(key, row).map_err(|what| self.told(of, row, &what))?;
                }
                self.rows = row.saturating_add(1);
            }
        }
        if self.rows == 0 {
            return Err(ConvertError::layout(&self.file.path, "there are no rows"));
        }
        self.dim = dim.unwrap_or(0);
        self.keys = keys.map(|_| known.keys);
        Ok(())
    }

    fn told(&self, column: usize, row: u64, what: &str) -> ConvertError {
        let field = self.file.schema.fields().get(column);
        let name = field.map_or("", |field| field.name().as_str());
        ConvertError::layout(&self.file.path, format!("row {row}, column {name:?}: {what}"))
    }

    /// The metadata that a text stands for: an object, or else the text under the name of its column.
    pub(super) fn metadata_of(text: &str, row: &mut TableRow) {
        match serde_json::from_str(text) {
            Ok(serde_json::Value::Object(entries)) => row.metadata.extend(entries),
            _ => {
                row.cells.insert(METADATA.to_owned(), text.into());
            }
        }
    }
}

/// The place of the column with the keys.
fn key_column(file: &TableFile, named: Option<&str>) -> Result<Option<usize>, ConvertError> {
    let fields = file.schema.fields();
    let find = |name: &str| fields.iter().position(|field| field.name() == name);
    let Some(name) = named else {
        let found = KEYS.iter().filter_map(|name| find(name));
        let fits = |at: &usize| fields.get(*at).is_some_and(|field| is_key(field.data_type()));
        return Ok(found.into_iter().find(fits));
    };
    let told = |what: String| ConvertError::layout(&file.path, what);
    let place = find(name).ok_or_else(|| told(format!("there is no column {name:?}")))?;
    match fields.get(place).map(|field| field.data_type()).filter(|kind| !is_key(kind)) {
        Some(kind) => Err(told(format!("column {name:?} is {kind}; keys are texts or integers"))),
        None => Ok(Some(place)),
    }
}

/// A key of a cell: a text, or an integer as one.
fn key(cell: &serde_json::Value) -> Option<String> {
    match cell {
        serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A type in few words.
fn brief(kind: &DataType) -> String {
    match element(kind) {
        Some(_) => "vectors".to_owned(),
        None => kind.to_string().chars().take(40).collect(),
    }
}

/// Keys, and where each was met first.
#[derive(Default)]
struct Seen {
    keys: Vec<String>,
    rows: HashMap<(u64, u64), u64>,
}

impl Seen {
    fn add(&mut self, key: Option<String>, row: u64) -> Result<(), String> {
        let Some(key) = key else { return Err("is no key: empty, or null".to_owned()) };
        match self.rows.entry(ids::hash(&key)) {
            Entry::Occupied(first) => {
                Err(format!("key {key:?} stands in row {} already", first.get()))
            }
            Entry::Vacant(slot) => {
                slot.insert(row);
                self.keys.push(key);
                Ok(())
            }
        }
    }
}
