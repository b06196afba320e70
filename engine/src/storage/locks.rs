//! Locks between processes: byte ranges far above the data of the file.
//!
//! Locks of the open file description (`F_OFD_SETLK`, Linux 3.15, macOS) rather than of the process
//! (`F_SETLK`), because the latter vanish when any descriptor of the file is closed anywhere in the
//! process and do not exclude two handles of one process.
//!
//! A forked child shares the description and with it the locks, so a lock belongs to the process
//! that took it: the child neither releases the locks of its parent nor writes, and it opens a
//! description of its own before its first lock.
#![expect(unsafe_code, reason = "the standard library locks whole files only")]

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
compile_error!(
    "vesalius needs byte-range locks of the open file description (F_OFD_SETLK): \
     Linux, Android and the systems of Apple have them"
);

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};

use super::EpochLock;
use super::epoch::ReaderCounts;

// The systems give these three different integer types.
const SHARED: i64 = libc::F_RDLCK as i64;
const EXCLUSIVE: i64 = libc::F_WRLCK as i64;
const UNLOCKED: i64 = libc::F_UNLCK as i64;

const WRITER_BYTE: u64 = 1 << 62;
const EPOCH_BASE: u64 = WRITER_BYTE + 16;
/// Epochs are below this, so that their bytes have offsets that the system can hold.
const EPOCH_LIMIT: u64 = 1 << 61;

/// The locks of one handle of a file.
#[derive(Debug)]
pub(crate) struct FileLocks {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    path: PathBuf,
    opened_by: u32,
    held: Mutex<Held>,
}

/// What process `pid` holds through the description `file`.
#[derive(Debug)]
struct Held {
    file: Arc<File>,
    pid: u32,
    writer: bool,
    readers: ReaderCounts,
}

impl FileLocks {
    /// `path` is absolute; it is used only after a fork, where the system has no `/proc`.
    pub(crate) fn new(file: Arc<File>, path: PathBuf) -> Self {
        let pid = process::id();
        let held = Held { file, pid, writer: false, readers: ReaderCounts::default() };
        Self { shared: Arc::new(Shared { path, opened_by: pid, held: Mutex::new(held) }) }
    }

    pub(crate) fn forked(&self) -> bool {
        self.shared.opened_by != process::id()
    }

    pub(crate) fn try_lock_writer(&self) -> io::Result<bool> {
        if self.forked() {
            return Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "the handle was opened before a fork; open the file anew to write",
            ));
        }
        let mut held = self.shared.held.lock();
        if held.writer {
            return Ok(false);
        }
        held.writer = set(&held.file, EXCLUSIVE, WRITER_BYTE)?;
        Ok(held.writer)
    }

    /// An explicit unlock, as the close of our descriptor would leave the lock to a forked child.
    pub(crate) fn unlock_writer(&self) {
        if self.forked() {
            return;
        }
        let mut held = self.shared.held.lock();
        if held.writer {
            held.writer = set(&held.file, UNLOCKED, WRITER_BYTE).is_err();
        }
    }

    pub(crate) fn lock_epoch(&self, epoch: u64) -> io::Result<EpochLock> {
        let byte = Some(epoch).filter(|epoch| *epoch < EPOCH_LIMIT);
        let Some(byte) = byte.and_then(|epoch| EPOCH_BASE.checked_add(epoch)) else {
            let text = format!("epoch {epoch} is not below {EPOCH_LIMIT}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        };
        let mut held = self.shared.of_this_process()?;
        if !held.readers.contains(epoch) && !set(&held.file, SHARED, byte)? {
            let text = format!("the byte of epoch {epoch} is locked by a foreign program");
            return Err(io::Error::new(io::ErrorKind::WouldBlock, text));
        }
        held.readers.add(epoch);
        let (shared, pid) = (Arc::clone(&self.shared), held.pid);
        Ok(EpochLock::new(epoch, move || shared.release(epoch, byte, pid)))
    }

    pub(crate) fn has_reader_up_to(&self, epoch: u64) -> io::Result<bool> {
        let held = self.shared.of_this_process()?;
        if held.readers.any_up_to(epoch) {
            return Ok(true);
        }
        let len = epoch.min(EPOCH_LIMIT.saturating_sub(1)).saturating_add(1);
        let mut range = range(EXCLUSIVE, EPOCH_BASE, len)?;
        fcntl(&held.file, libc::F_OFD_GETLK, &mut range)?;
        Ok(i64::from(range.l_type) != UNLOCKED)
    }
}

impl Drop for FileLocks {
    fn drop(&mut self) {
        self.unlock_writer();
    }
}

impl Shared {
    /// What this process holds; in a forked child that is nothing at first, on a new description.
    fn of_this_process(&self) -> io::Result<MutexGuard<'_, Held>> {
        let mut held = self.held.lock();
        let pid = process::id();
        if held.pid != pid {
            let file = Arc::new(reopen(&held.file, &self.path)?);
            *held = Held { file, pid, writer: false, readers: ReaderCounts::default() };
        }
        Ok(held)
    }

    /// Lets go of one guard that process `pid` took; a copy of it in a forked child holds nothing.
    fn release(&self, epoch: u64, byte: u64, pid: u32) {
        if pid != process::id() {
            return;
        }
        let mut held = self.held.lock();
        if held.pid == pid && held.readers.remove(epoch) {
            // It cannot fail on an open descriptor; if it did, an extent would stay in use.
            drop(set(&held.file, UNLOCKED, byte));
        }
    }
}

/// A new description of the same file, for reading: shared locks need no more.
fn reopen(file: &File, path: &Path) -> io::Result<File> {
    let by_descriptor = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
    let again = File::open(by_descriptor).or_else(|_| File::open(path))?;
    let (old, new) = (file.metadata()?, again.metadata()?);
    if (old.dev(), old.ino()) == (new.dev(), new.ino()) {
        return Ok(again);
    }
    let text = format!("after a fork, {} is no longer the file that was opened", path.display());
    Err(io::Error::new(io::ErrorKind::NotFound, text))
}

/// Sets or clears the lock of one byte without waiting; `Ok(false)` when another holds it.
fn set(file: &File, kind: i64, byte: u64) -> io::Result<bool> {
    let mut range = range(kind, byte, 1)?;
    match fcntl(file, libc::F_OFD_SETLK, &mut range) {
        Ok(()) => Ok(true),
        Err(e) if matches!(e.raw_os_error(), Some(libc::EAGAIN | libc::EACCES)) => Ok(false),
        Err(e) => Err(e),
    }
}

fn range(kind: i64, start: u64, len: u64) -> io::Result<libc::flock> {
    let invalid = |_| io::Error::from(io::ErrorKind::InvalidInput);
    Ok(libc::flock {
        l_type: kind.try_into().map_err(invalid)?,
        l_whence: libc::SEEK_SET.try_into().map_err(invalid)?,
        l_start: start.try_into().map_err(invalid)?,
        l_len: len.try_into().map_err(invalid)?,
        // The system demands zero for locks of a description.
        l_pid: 0,
    })
}

fn fcntl(file: &File, command: libc::c_int, range: &mut libc::flock) -> io::Result<()> {
    // SAFETY: the descriptor is open, as `file` is borrowed. `command` is F_OFD_SETLK or
    // F_OFD_GETLK in every call of this file; both take a pointer to one `flock`, which `range`, a
    // unique reference to an initialised one, is for the length of the call. The kernel keeps no
    // pointer to it, and any value that F_OFD_GETLK stores in its integer fields is valid.
    let code = unsafe { libc::fcntl(file.as_raw_fd(), command, std::ptr::from_mut(range)) };
    if code == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
