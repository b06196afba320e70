//! A buffer as a medium.

use std::io;
use std::mem;
use std::sync::Arc;

use parking_lot::RwLock;

use super::local::LocalLocks;
use super::span::{end_of, read_within, span_within, write_within};
use super::{AlignedBuf, Bytes, EpochLock, Storage};

/// A medium in memory: for containers that need no file, and for files of unknown origin, whose
/// bytes no other process can change or take away once they are here.
///
/// A clone is another handle of the same medium: it sees the same bytes and competes for the same
/// locks. Nothing outlives the last handle; `sync` does nothing.
#[derive(Clone, Debug)]
pub struct MemoryStorage {
    content: Arc<RwLock<Content>>,
    locks: LocalLocks,
}

#[derive(Debug)]
enum Content {
    /// Not written yet: views share the buffer.
    Frozen(Arc<AlignedBuf>),
    /// Written to: views copy.
    Live(AlignedBuf),
}

impl MemoryStorage {
    /// An empty medium.
    pub fn new() -> Self {
        Self::from_bytes(Vec::new())
    }

    /// A medium that holds `data`, copied once to be 64-byte aligned. Until the first write,
    /// [`Storage::bytes`] copies nothing.
    #[expect(clippy::needless_pass_by_value, reason = "a caller has no use for a second copy")]
    pub fn from_bytes(data: Vec<u8>) -> Self {
        let content = Content::Frozen(Arc::new(AlignedBuf::from(&data[..])));
        Self { content: Arc::new(RwLock::new(content)), locks: LocalLocks::new() }
    }

    /// A copy of the present content; O(length).
    pub fn snapshot_bytes(&self) -> Vec<u8> {
        self.content.read().as_slice().to_vec()
    }
}

impl Default for MemoryStorage {
    fn default() -> Self {
        Self::new()
    }
}

impl Content {
    fn as_slice(&self) -> &[u8] {
        match self {
            Self::Frozen(buf) => buf.as_slice(),
            Self::Live(buf) => buf.as_slice(),
        }
    }

    /// The buffer to write to; parts with the views of a frozen one at the cost of a copy.
    fn thaw(&mut self) -> io::Result<&mut AlignedBuf> {
        if let Self::Frozen(frozen) = self {
            let live = match Arc::try_unwrap(mem::take(frozen)) {
                Ok(unshared) => unshared,
                Err(shared) => {
                    *frozen = Arc::clone(&shared);
                    copy(shared.as_slice())?
                }
            };
            *self = Self::Live(live);
        }
        match self {
            Self::Live(buf) => Ok(buf),
            Self::Frozen(_) => Err(io::Error::other("a thawed buffer is still frozen")),
        }
    }
}

fn copy(data: &[u8]) -> io::Result<AlignedBuf> {
    let mut buf = AlignedBuf::with_capacity(data.len())?;
    buf.extend_from_slice(data)?;
    Ok(buf)
}

impl Storage for MemoryStorage {
    fn len(&self) -> io::Result<u64> {
        u64::try_from(self.content.read().as_slice().len()).map_err(io::Error::other)
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        let content = self.content.read();
        read_within(content.as_slice(), offset, buf)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let end = usize::try_from(end_of(offset, data.len())?).map_err(io::Error::other)?;
        if data.is_empty() {
            return Ok(());
        }
        let mut content = self.content.write();
        let buf = content.thaw()?;
        if end > buf.len() {
            buf.resize(end)?;
        }
        write_within(buf.as_mut_slice(), offset, data)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).map_err(io::Error::other)?;
        self.content.write().thaw()?.resize(len)?;
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        let content = self.content.read();
        let medium_len = u64::try_from(content.as_slice().len()).map_err(io::Error::other)?;
        let span = span_within(offset, len, medium_len)?;
        let bytes = match &*content {
            Content::Frozen(buf) => Bytes::from_buffer(Arc::clone(buf)).slice(span),
            Content::Live(buf) => {
                Some(copy(buf.as_slice().get(span).unwrap_or_default())?.into_bytes())
            }
        };
        bytes.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn try_lock_writer(&self) -> io::Result<bool> {
        Ok(self.locks.try_lock_writer())
    }

    fn unlock_writer(&self) {
        self.locks.unlock_writer();
    }

    fn lock_epoch(&self, epoch: u64) -> io::Result<EpochLock> {
        Ok(self.locks.lock_epoch(epoch))
    }

    fn has_reader_up_to(&self, epoch: u64) -> io::Result<bool> {
        Ok(self.locks.has_reader_up_to(epoch))
    }

    /// A forked child has a medium of its own, so no fork matters.
    fn forked(&self) -> bool {
        false
    }

    fn writable(&self) -> bool {
        true
    }
}
