//! Checkpoint, compaction, verification, backup.

use std::path::Path;
use std::sync::Arc;

use super::database::Database;
use super::indexer::Indexer;
use super::snapshot::Snapshot;
use crate::container::compact::Progress;
use crate::container::writer::Writer;
use crate::error::{Error, Result};
use crate::storage::{FileStorage, Storage};

/// How to compact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CompactOptions {
    secure: bool,
}

impl CompactOptions {
    /// Drops what is dead and gives the space back.
    pub fn new() -> Self {
        Self::default()
    }

    /// Also overwrites every byte that is not part of the new state, the log and freed extents included, so
    /// that deleted images are gone from the file. Needs all older snapshots to be closed.
    #[must_use]
    pub fn secure(mut self) -> Self {
        self.secure = true;
        self
    }
}

impl Database {
    /// Turns the log into row groups. Runs by itself when the log is long; cost: the logged rows.
    pub fn checkpoint(&self) -> Result<()> {
        self.with_writer(Writer::checkpoint)
    }

    /// Makes deferred commits durable.
    pub fn sync(&self) -> Result<()> {
        self.with_writer(Writer::sync)
    }

    /// Sets after how many bytes of log a commit runs a checkpoint (16 MiB unless set).
    pub fn set_checkpoint_bytes(&self, bytes: u64) -> Result<()> {
        self.with_writer(|writer| {
            writer.set_checkpoint_bytes(bytes);
            Ok(())
        })
    }

    /// Rewrites the container without deleted rows, with its row groups merged, and gives space back to the
    /// file system. Renumbers rows; their order stays. Readers go on; space that older snapshots hold comes
    /// back with the next compaction or close. Needs room for a second copy meanwhile.
    pub fn compact(&self, options: CompactOptions, progress: Progress<'_>) -> Result<()> {
        self.with_writer(|writer| writer.compact(progress))?;
        // Each publication releases the state before it, whose pages are free then unless somebody reads it.
        while self.with_writer(Writer::shrink_step)? {}
        self.with_writer(|writer| writer.finish_shrink(options.secure))
    }

    /// Writes a consistent, compacted copy of the current state to a new file, while readers and the writer
    /// go on.
    pub fn backup(&self, path: impl AsRef<Path>, progress: Progress<'_>) -> Result<()> {
        self.snapshot()?.backup(path, progress)
    }
}

impl Snapshot {
    /// Writes a compacted copy of this state to a new file.
    pub fn backup(&self, path: impl AsRef<Path>, progress: Progress<'_>) -> Result<()> {
        let path = path.as_ref();
        let storage = FileStorage::create(path);
        let storage = storage.map_err(Error::io(format!("creating {}", path.display())))?;
        let copied = self.backup_on(storage, progress);
        if copied.is_err() {
            // Half a copy helps nobody; the error is what counts.
            drop(std::fs::remove_file(path));
        }
        copied
    }

    /// Writes a compacted copy of this state to a new medium, which must be empty.
    pub fn backup_on(&self, storage: impl Storage + 'static, progress: Progress<'_>) -> Result<()> {
        let storage: Arc<dyn Storage> = Arc::new(storage);
        Writer::copy_of(self.state(), &storage, Arc::new(Indexer), progress)
    }
}
