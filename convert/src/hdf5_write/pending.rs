//! A file that appears when it is complete.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

use super::error::Hdf5WriteError;

/// A name beside the final one. Dropped, the file is gone.
pub(super) struct Pending {
    path: PathBuf,
    temporary: TempPath,
}

impl Pending {
    pub(super) fn create(path: &Path) -> Result<Self, Hdf5WriteError> {
        let mut prefix = OsStr::new(".").to_owned();
        prefix.push(path.file_name().unwrap_or(OsStr::new("export")));
        let file = Builder::new()
            .prefix(&prefix)
            // Less what the user's mask takes away, as for any other file.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(folder(path))
            .map_err(Hdf5WriteError::io(path))?;
        Ok(Self { path: path.to_owned(), temporary: file.into_temp_path() })
    }

    pub(super) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Makes the file durable and gives it its name, in place of a file that had it.
    pub(super) fn finish(self) -> Result<(), Hdf5WriteError> {
        let Self { path, temporary } = self;
        let synced = File::open(&temporary).and_then(|file| file.sync_all());
        synced.map_err(Hdf5WriteError::io(&path))?;
        temporary.persist(&path).map_err(|error| Hdf5WriteError::io(&path)(error.error))?;
        let folder = File::open(folder(&path)).map_err(Hdf5WriteError::io(&path))?;
        // Some network file systems know no sync of a directory; the file itself is durable.
        let _synced = folder.sync_all();
        Ok(())
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
