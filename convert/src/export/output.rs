//! Files that appear when they are complete.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::error::ConvertError;

const BUFFER_BYTES: usize = 1 << 20;

/// A file under construction, in the folder of its final name. Dropped, it is gone.
pub(super) struct Output {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Output {
    pub(super) fn create(path: &Path) -> Result<Self, ConvertError> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let name = path.file_name().unwrap_or(OsStr::new("export"));
        let mut prefix = OsStr::new(".").to_owned();
        prefix.push(name);
        let made = Builder::new()
            .prefix(&prefix)
            // Less what the user's mask takes away, as for any other file.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(parent.unwrap_or(Path::new(".")));
        let file = made.map_err(|error| ConvertError::from(error).in_file(path))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(BUFFER_BYTES, file) })
    }

    /// Makes the file durable and gives it its name.
    pub(super) fn finish(self) -> Result<(), ConvertError> {
        let in_file = |error: std::io::Error| ConvertError::from(error).in_file(&self.path);
        let file = self.file.into_inner().map_err(|error| in_file(error.into_error()))?;
        file.as_file().sync_all().map_err(in_file)?;
        file.persist(&self.path).map_err(|error| in_file(error.error))?;
        let parent = self.path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = File::open(parent.unwrap_or(Path::new("."))).map_err(in_file)?;
        // Some network file systems know no sync of a directory; the file itself is durable.
        let _synced = folder.sync_all();
        Ok(())
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
