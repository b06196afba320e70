//! Files that appear when they are complete.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::{Builder, NamedTempFile, TempPath};

/// A file of another name beside `path`. Dropped, it is gone.
pub(crate) fn create(path: &Path) -> io::Result<NamedTempFile> {
    let mut prefix = OsStr::new(".").to_owned();
    prefix.push(path.file_name().unwrap_or(OsStr::new("export")));
    Builder::new()
        .prefix(&prefix)
        // Less what the user's mask takes away, as for any other file.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder(path))
}

/// Makes the file durable and gives it the name `path`, in place of a file that had it.
pub(crate) fn finish(part: TempPath, path: &Path) -> io::Result<()> {
    File::open(&part)?.sync_all()?;
    part.persist(path).map_err(|error| error.error)?;
    let folder = File::open(folder(path))?;
    // Some network file systems know no sync of a directory; the file itself is durable.
    let _synced = folder.sync_all();
    Ok(())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
