//! The bytes of a file under a budget, so that no structure in it can ask for more than a limit.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hdf5_reader::error::{Error, Result};
use hdf5_reader::storage::{BytesStorage, DynStorage, FileStorage, Storage, StorageBuffer};
use hdf5_reader::{Hdf5File, OpenOptions};

use super::limits;

/// A file or bytes in memory.
#[derive(Clone)]
pub(super) struct Source {
    bytes: DynStorage,
    /// Whether structures that reach beyond the end read as zeros there.
    padded: bool,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let bytes = Arc::new(FileStorage::from_file(File::open(path)?)?);
        Ok(Self { bytes, padded: false })
    }

    pub(super) fn memory(bytes: Vec<u8>) -> Self {
        Self { bytes: Arc::new(BytesStorage::new(bytes)), padded: false }
    }

    /// The same bytes, with zeros behind their end for structures. A file that was cut often lacks
    /// only the last piece of the root's attributes, and zeros there are empty messages.
    pub(super) fn padded(&self) -> Self {
        Self { bytes: self.bytes.clone(), padded: true }
    }

    /// A view for structures: in all at most `limits::MAX_META_BYTES` are read through it. The
    /// parsing crate keeps what it parsed for as long as the view lives, so each question gets its
    /// own.
    pub(super) fn meta(&self) -> Result<Hdf5File> {
        self.view(limits::MAX_HEAP_BYTES, limits::MAX_META_BYTES, self.padded)
    }

    /// A view for data, without a budget, but with a limit on a single read.
    pub(super) fn data(&self) -> Result<Hdf5File> {
        self.view(limits::MAX_CHUNK_BYTES + limits::MAX_CHUNK_BYTES / 4 + 4096, u64::MAX, false)
    }

    fn view(&self, max_range: usize, budget: u64, padded: bool) -> Result<Hdf5File> {
        let left = AtomicU64::new(budget);
        let metered = Metered { inner: self.bytes.clone(), max_range, left, padded };
        let options = OpenOptions::default()
            .with_chunk_cache_bytes(0)
            .with_chunk_cache_slots(1)
            .with_max_chunk_bytes(limits::MAX_CHUNK_BYTES)
            .with_max_read_bytes(limits::MAX_CHUNK_BYTES)
            .with_max_object_header_bytes(limits::MAX_HEADER_BYTES);
        Hdf5File::from_storage_with_options(Arc::new(metered), options)
    }
}

/// Storage that refuses a read that is too large, or one too many.
struct Metered {
    inner: DynStorage,
    max_range: usize,
    left: AtomicU64,
    padded: bool,
}

impl Storage for Metered {
    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn read_range(&self, offset: u64, len: usize) -> Result<StorageBuffer> {
        if len > self.max_range {
            return Err(Error::ResourceLimit(format!(
                "a structure of {len} bytes is larger than the limit of {} bytes",
                self.max_range
            )));
        }
        // A read of nothing still costs a step, or a loop of them would be free.
        let cost = u64::try_from(len).unwrap_or(u64::MAX).max(16);
        let spend = |left: u64| if left == u64::MAX { Some(left) } else { left.checked_sub(cost) };
        self.left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend)
            .map_err(|_| Error::ResourceLimit("the structures to read are too large".into()))?;
        let there = self.inner.len().saturating_sub(offset);
        let there = usize::try_from(there).unwrap_or(usize::MAX);
        if !self.padded || there >= len {
            return self.inner.read_range(offset, len);
        }
        let mut bytes = self.inner.read_range(offset.min(self.inner.len()), there)?.to_vec();
        bytes.resize(len, 0);
        Ok(StorageBuffer::from_vec(bytes))
    }
}
