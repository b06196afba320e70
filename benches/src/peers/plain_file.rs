//! Appending bytes to a file and syncing it: what the medium gives.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::Result;

/// A growing file.
#[derive(Debug)]
pub(crate) struct PlainFile(File);

impl PlainFile {
    /// A new one.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        Ok(Self(File::create_new(path)?))
    }

    /// Appends and syncs.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.0.write_all(bytes)?;
        self.0.sync_data()?;
        Ok(())
    }
}
