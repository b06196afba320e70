//! Checking a whole container.

use super::database::Database;
use crate::container::compact::Progress;
use crate::container::verify::{Report, verify};
use crate::error::Result;
use crate::storage::FileStorage;
use std::path::Path;
use std::sync::Arc;

impl Database {
    /// Checks every checksum and every structural rule of the container as it is on the medium. Damage is in
    /// the report; only what keeps the check from running is an error. Reads the whole file once.
    pub fn verify(&self, progress: Progress<'_>) -> Result<Report> {
        verify(&self.inner.storage, progress)
    }

    /// Checks a file, also one that does not open.
    pub fn verify_file(path: impl AsRef<Path>, progress: Progress<'_>) -> Result<Report> {
        let path = path.as_ref();
        let storage = FileStorage::open_read_only(path);
        let what = format!("opening {}", path.display());
        verify(&(Arc::new(storage.map_err(crate::Error::io(what))?) as _), progress)
    }
}
