//! The file as a medium.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use super::locks::FileLocks;
use super::map::MapCache;
use super::span::{end_of, span_within};
use super::writeback;
use super::{Bytes, EpochLock, Storage};

/// A file: written with `pwrite`, synced with `fdatasync`, read with `pread` and through a
/// read-only map of the whole of it.
///
/// Two handles of one file, in one process or in two, compete for the locks; the file system must
/// support locks of the open file description, as the local ones of Linux and macOS do.
///
/// A forked child may go on reading. It must not rely on an [`EpochLock`] that its parent took: it
/// takes its own. A writer's lock stays held while a forked child of a writer that was killed lives.
#[derive(Debug)]
pub struct FileStorage {
    file: Arc<File>,
    map: MapCache,
    locks: FileLocks,
    writable: bool,
}

impl FileStorage {
    /// Makes an empty file and makes its name durable: file and directory are synced.
    ///
    /// Fails when anything of that name exists, a dangling link included.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let storage = Self::new(path, OpenOptions::new().read(true).write(true).create_new(true))?;
        storage.file.sync_all()?;
        sync_parent(path)?;
        Ok(storage)
    }

    /// Opens a file for reading and writing.
    ///
    /// The bytes are reached through a map. A program that does not take part in the locks of this
    /// crate and cuts the file while it is open makes the access to the lost bytes raise `SIGBUS`,
    /// which ends the process; one that overwrites it changes bytes that were checked. For a file
    /// of unknown origin or in a folder that others write, read it into
    /// [`MemoryStorage::from_bytes`](super::MemoryStorage::from_bytes).
    ///
    /// Fails when it is not a regular file.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        Self::new(path.as_ref(), OpenOptions::new().read(true).write(true))
    }

    /// Opens a file for reading; writes fail. As [`FileStorage::open`] otherwise.
    pub fn open_read_only(path: impl AsRef<Path>) -> io::Result<Self> {
        let mut storage = Self::new(path.as_ref(), OpenOptions::new().read(true))?;
        storage.writable = false;
        Ok(storage)
    }

    fn new(path: &Path, options: &mut OpenOptions) -> io::Result<Self> {
        // Without O_NONBLOCK the open of a named pipe would wait for its other end.
        let file = Arc::new(options.custom_flags(libc::O_NONBLOCK).open(path)?);
        if !file.metadata()?.is_file() {
            let text = format!("{} is not a regular file", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let locks = FileLocks::new(Arc::clone(&file), std::path::absolute(path)?);
        Ok(Self { file, map: MapCache::default(), locks, writable: true })
    }

    fn check_writable(&self) -> io::Result<()> {
        if self.writable {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file was opened read-only"))
    }
}

impl Storage for FileStorage {
    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        if end_of(offset, buf.len()).is_err() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.read_exact_at(buf, offset)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check_writable()?;
        end_of(offset, data.len())?;
        self.file.write_all_at(data, offset)
    }

    fn start_writing(&self, offset: u64, len: usize) {
        writeback::start(&self.file, offset, len);
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check_writable()?;
        self.file.set_len(len)
    }

    /// `fdatasync`, which flushes a changed length too; `F_FULLFSYNC` on macOS.
    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Bytes> {
        let file_len = self.len()?;
        let span = span_within(offset, len, file_len)?;
        let file_len = usize::try_from(file_len).map_err(io::Error::other)?;
        self.map.bytes(&self.file, file_len, span)
    }

    fn try_lock_writer(&self) -> io::Result<bool> {
        self.check_writable()?;
        self.locks.try_lock_writer()
    }

    fn unlock_writer(&self) {
        self.locks.unlock_writer();
    }

    fn lock_epoch(&self, epoch: u64) -> io::Result<EpochLock> {
        self.locks.lock_epoch(epoch)
    }

    fn has_reader_up_to(&self, epoch: u64) -> io::Result<bool> {
        self.locks.has_reader_up_to(epoch)
    }

    fn forked(&self) -> bool {
        self.locks.forked()
    }

    fn writable(&self) -> bool {
        self.writable
    }
}

fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    match File::open(parent.unwrap_or(Path::new(".")))?.sync_all() {
        // Some network file systems know no sync of a directory.
        Err(e) if e.raw_os_error() == Some(libc::EINVAL) => Ok(()),
        other => other,
    }
}
