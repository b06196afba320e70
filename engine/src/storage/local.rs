//! Locks of a medium that lives in one process.

use std::sync::Arc;

use parking_lot::Mutex;

use super::EpochLock;
use super::epoch::ReaderCounts;

/// One handle's view of the locks of a medium. A clone is another handle: it competes for the
/// writer lock.
#[derive(Debug)]
pub(crate) struct LocalLocks {
    table: Arc<Mutex<Table>>,
    handle: u64,
}

#[derive(Debug, Default)]
struct Table {
    writer: Option<u64>,
    readers: ReaderCounts,
    handles: u64,
}

impl LocalLocks {
    pub(crate) fn new() -> Self {
        Self { table: Arc::default(), handle: 0 }
    }

    pub(crate) fn try_lock_writer(&self) -> bool {
        let mut table = self.table.lock();
        let free = table.writer.is_none();
        if free {
            table.writer = Some(self.handle);
        }
        free
    }

    pub(crate) fn unlock_writer(&self) {
        let mut table = self.table.lock();
        if table.writer == Some(self.handle) {
            table.writer = None;
        }
    }

    pub(crate) fn lock_epoch(&self, epoch: u64) -> EpochLock {
        self.table.lock().readers.add(epoch);
        let table = Arc::clone(&self.table);
        EpochLock::new(epoch, move || {
            table.lock().readers.remove(epoch);
        })
    }

    pub(crate) fn has_reader_up_to(&self, epoch: u64) -> bool {
        self.table.lock().readers.any_up_to(epoch)
    }
}

impl Clone for LocalLocks {
    fn clone(&self) -> Self {
        let mut table = self.table.lock();
        table.handles = table.handles.saturating_add(1);
        Self { table: Arc::clone(&self.table), handle: table.handles }
    }
}

impl Drop for LocalLocks {
    fn drop(&mut self) {
        self.unlock_writer();
    }
}
