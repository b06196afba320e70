//! Checking a whole container.

use super::database::Database;
use super::indexer::check_index;
use crate::container::compact::Progress;
use crate::container::verify::{Report, verify};
use crate::error::Result;
use crate::mask::stored::check_block;
use crate::storage::{FileStorage, Storage};
use std::path::Path;
use std::sync::Arc;

impl Database {
    /// Checks every checksum and every structural rule of the container as it is on the medium. Damage is in
    /// the report; only what keeps the check from running is an error. Reads the whole file once.
    pub fn verify(&self, progress: Progress<'_>) -> Result<Report> {
        verify_storage(&self.inner.storage, progress)
    }

    /// Checks a file, also one that does not open.
    pub fn verify_file(path: impl AsRef<Path>, progress: Progress<'_>) -> Result<Report> {
        let path = path.as_ref();
        let storage = FileStorage::open_read_only(path);
        let what = format!("opening {}", path.display());
        verify_storage(&(Arc::new(storage.map_err(crate::Error::io(what))?) as _), progress)
    }
}

/// Checks a container on any medium, as [`Database::verify`] does.
pub fn verify_storage(storage: &Arc<dyn Storage>, progress: Progress<'_>) -> Result<Report> {
    verify(storage, &check_block, &check_index, progress)
}
