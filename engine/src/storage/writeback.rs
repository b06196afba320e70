//! Writing to the medium early.
#![expect(unsafe_code, reason = "the call has no safe wrapper")]

use std::fs::File;

/// Asks the system to start writing these bytes to the disk, so that a later sync waits for less. Promises nothing: a
/// sync is needed all the same, and what fails here fails there again.
#[cfg(target_os = "linux")]
pub(crate) fn start(file: &File, offset: u64, len: usize) {
    use std::os::fd::AsRawFd;
    let (Ok(offset), Ok(len)) = (i64::try_from(offset), i64::try_from(len)) else { return };
    // SAFETY: the descriptor is open as long as `file` is borrowed. The call reads and writes no memory of this
    // process; it starts the writing of dirty pages and changes no content of the file (sync_file_range(2)). It does
    // not wait for the disk, so that it reports no failed write, which would otherwise be missing from `sync`.
    let _hint = unsafe {
        libc::sync_file_range(file.as_raw_fd(), offset, len, libc::SYNC_FILE_RANGE_WRITE)
    };
}

/// Elsewhere the system decides by itself.
#[cfg(not(target_os = "linux"))]
pub(crate) fn start(_file: &File, _offset: u64, _len: usize) {}
