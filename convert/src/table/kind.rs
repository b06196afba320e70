//! What a file of vectors is, by its first bytes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::ConvertError;

/// A file that holds a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TableKind {
    /// Arrow IPC with a footer; Feather is the same.
    Arrow,
    /// Arrow IPC as a stream.
    Stream,
    /// Parquet.
    Parquet,
}

/// The kind of table that a file is; none for anything else.
pub(crate) fn kind_of(path: &Path) -> Result<Option<TableKind>, ConvertError> {
    let in_file = |error: std::io::Error| ConvertError::from(error).in_file(path);
    let mut start = Vec::new();
    File::open(path).map_err(in_file)?.take(6).read_to_end(&mut start).map_err(in_file)?;
    Ok(match start.as_slice() {
        b"ARROW1" => Some(TableKind::Arrow),
        [0xff, 0xff, 0xff, 0xff, ..] => Some(TableKind::Stream),
        [b'P', b'A', b'R', b'1', ..] => Some(TableKind::Parquet),
        _ => None,
    })
}
