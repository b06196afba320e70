//! Files that appear when they are complete.

use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::error::ConvertError;
use crate::part;

const BUFFER_BYTES: usize = 1 << 20;

/// A file under construction, in the folder of its final name. Dropped, it is gone.
pub(super) struct Output {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Output {
    pub(super) fn create(path: &Path) -> Result<Self, ConvertError> {
        let file = part::create(path).map_err(|error| ConvertError::from(error).in_file(path))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(BUFFER_BYTES, file) })
    }

    /// Makes the file durable and gives it its name.
    pub(super) fn finish(self) -> Result<(), ConvertError> {
        let in_file = |error: std::io::Error| ConvertError::from(error).in_file(&self.path);
        let file = self.file.into_inner().map_err(|error| in_file(error.into_error()))?;
        part::finish(file.into_temp_path(), &self.path).map_err(in_file)
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

impl Seek for Output {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}
