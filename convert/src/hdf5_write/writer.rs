//! The file: groups, attributes, columns and small datasets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rust_hdf5::dataset::DatasetBuilder;
use rust_hdf5::{H5File, H5FileOptions, H5Group, LibverBound};
use tempfile::TempPath;

use super::attribute::Attribute;
use super::error::Hdf5WriteError;
use super::names::{check_text, split};
use super::numbers::Numbers;
use super::spec::{ColumnSpec, Measures};
use super::texts::Texts;
use super::values::{ElementType, Values};
use super::whole;
use crate::part;

/// A column of a [`Writer`]; of no use to any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column(usize);

/// An HDF5 file under construction. It has its name only after [`Writer::finish`]; dropped before,
/// nothing is left. After an error of the library or the disk it cannot be finished.
pub struct Writer {
    groups: BTreeMap<String, H5Group>,
    names: BTreeSet<String>,
    columns: Vec<State>,
    file: H5File,
    /// Goes after the file that is open in it.
    part: TempPath,
    path: PathBuf,
    broken: bool,
}

struct State {
    path: String,
    element: ElementType,
    row_elements: usize,
    rows: u64,
    data: Data,
}

enum Data {
    Numbers(Numbers),
    Texts(Texts),
}

impl Writer {
    /// Starts a file beside `path`, which is replaced at the end.
    pub fn create(path: &Path) -> Result<Self, Hdf5WriteError> {
        let part = part::create(path).map_err(Hdf5WriteError::io(path))?.into_temp_path();
        // Nobody else knows the name of the file yet, and some network file systems know no locks.
        let options = H5FileOptions::new().libver(LibverBound::Earliest).no_locking();
        let file = options.create(&*part).map_err(Hdf5WriteError::library("/"))?;
        let groups = BTreeMap::from([(String::new(), file.root_group())]);
        let (names, columns) = (BTreeSet::new(), Vec::new());
        Ok(Self { groups, names, columns, file, part, path: path.to_owned(), broken: false })
    }

    /// Makes a group, such as `a` or `a/b`; `a` must exist for the second.
    pub fn group(&mut self, path: &str) -> Result<(), Hdf5WriteError> {
        let name = split(path)?.1;
        let made = self.place(path)?.create_group(name);
        let group = self.note(made.map_err(Hdf5WriteError::library(path)))?;
        self.names.insert(path.to_owned());
        self.groups.insert(path.to_owned(), group);
        Ok(())
    }

    /// Sets an attribute of a group; the empty path is the root.
    pub fn attribute(
        &mut self,
        group: &str,
        name: &str,
        value: Attribute<'_>,
    ) -> Result<(), Hdf5WriteError> {
        let found = self.groups.get(group).ok_or_else(|| missing(name, group))?;
        let written = value.write(found, name);
        self.note(written)
    }

    /// Makes a dataset that grows by [`Writer::append`], with maxshape `(None, tail...)`.
    pub fn column(&mut self, spec: &ColumnSpec) -> Result<Column, Hdf5WriteError> {
        let measures = spec.measure()?;
        let group = self.place(&spec.path)?;
        let made = match spec.element {
            ElementType::Text => Texts::create(group, spec).map(Data::Texts),
            _ => Numbers::create(group, spec, None).map(Data::Numbers),
        };
        let data = self.note(made)?;
        self.names.insert(spec.path.clone());
        let (path, element, row_elements) =
            (spec.path.clone(), spec.element, measures.row_elements);
        self.columns.push(State { path, element, row_elements, rows: 0, data });
        Ok(Column(self.columns.len() - 1))
    }

    /// The rows that the values are for that column, or why they are none.
    pub fn rows_in(&self, column: Column, values: Values<'_>) -> Result<u64, Hdf5WriteError> {
        let state = self.columns.get(column.0).ok_or_else(foreign)?;
        if let Values::Texts(texts) = values {
            texts.iter().try_for_each(|text| check_text(&state.path, text))?;
        }
        values
            .elements(state.element)
            .filter(|elements| elements.is_multiple_of(state.row_elements))
            .map(|elements| (elements / state.row_elements) as u64)
            .ok_or_else(|| {
                let what = "values of another type, or a row is cut; pass whole rows of its type";
                Hdf5WriteError::refused(&state.path, what)
            })
    }

    /// Appends whole rows. Nothing is appended if they are refused.
    pub fn append(&mut self, column: Column, values: Values<'_>) -> Result<(), Hdf5WriteError> {
        let rows = self.rows_in(column, values)?;
        let state = self.columns.get_mut(column.0).ok_or_else(foreign)?;
        let appended = match (&mut state.data, values) {
            (Data::Texts(column), Values::Texts(texts)) => column.append(&self.file, texts),
            (Data::Texts(_), _) => Ok(()),
            (Data::Numbers(column), values) => column.append(values),
        };
        state.rows = state.rows.saturating_add(rows);
        let appended = appended.map_err(Hdf5WriteError::library(&state.path));
        self.note(appended)
    }

    /// Rows appended to a column so far.
    pub fn rows(&self, column: Column) -> u64 {
        self.columns.get(column.0).map_or(0, |state| state.rows)
    }

    /// Writes a dataset of fixed shape in one go. Without compression, without rows, and for texts
    /// it is contiguous, without chunks.
    pub fn whole(&mut self, spec: &ColumnSpec, values: Values<'_>) -> Result<(), Hdf5WriteError> {
        let written = whole::write(self.place(&spec.path)?, spec, values);
        self.note(written)?;
        self.names.insert(spec.path.clone());
        Ok(())
    }

    /// Writes what is still in memory, makes the file durable and gives it its name.
    pub fn finish(mut self) -> Result<(), Hdf5WriteError> {
        if self.broken {
            let what = "a write failed before, so the file is not complete; start again";
            return Err(Hdf5WriteError::refused("/", what));
        }
        for State { path, rows, data, .. } in std::mem::take(&mut self.columns) {
            let finished = match data {
                Data::Numbers(column) => match usize::try_from(rows) {
                    Ok(rows) => column.finish(rows),
                    Err(_) => return Err(Hdf5WriteError::refused(&path, "too many rows")),
                },
                Data::Texts(mut column) => column.flush(&self.file),
            };
            finished.map_err(Hdf5WriteError::library(&path))?;
        }
        let Self { groups, file, part, path, .. } = self;
        drop(groups);
        file.close_no_sync().map_err(Hdf5WriteError::library("/"))?;
        part::finish(part, &path).map_err(Hdf5WriteError::io(&path))
    }

    /// The group for a new object, if its name is free.
    fn place(&self, path: &str) -> Result<&H5Group, Hdf5WriteError> {
        let (parent, _) = split(path)?;
        if self.names.contains(path) {
            let what = "the name is taken; choose another one";
            return Err(Hdf5WriteError::refused(path, what));
        }
        self.groups.get(parent).ok_or_else(|| missing(path, parent))
    }

    /// Remembers that the library failed: what it has written by then, nobody knows.
    fn note<T>(&mut self, result: Result<T, Hdf5WriteError>) -> Result<T, Hdf5WriteError> {
        self.broken |= matches!(result, Err(Hdf5WriteError::Library { .. }));
        result
    }
}

fn missing(object: &str, group: &str) -> Hdf5WriteError {
    let what = format!("the group {group:?} does not exist; make it first");
    Hdf5WriteError::refused(object, what)
}

fn foreign() -> Hdf5WriteError {
    Hdf5WriteError::refused("", "a column of another file; use the one that made it")
}

/// A chunked dataset that grows, or one with exactly `rows`.
pub(super) fn chunked(
    group: &H5Group,
    spec: &ColumnSpec,
    measures: &Measures,
    rows: Option<usize>,
) -> DatasetBuilder<u8> {
    let mut builder = group
        .new_dataset::<u8>()
        .datatype(spec.element.datatype())
        .shape(measures.shape(rows.unwrap_or(0)))
        .chunk(&measures.shape(measures.chunk_rows));
    if rows.is_none() {
        let tail = measures.tail.iter().map(|dim| Some(*dim));
        builder = builder.max_shape(&std::iter::once(None).chain(tail).collect::<Vec<_>>());
    }
    match spec.compression.pipeline(measures.chunk_bytes) {
        Some(pipeline) => builder.filter_pipeline(pipeline),
        None => builder,
    }
}
