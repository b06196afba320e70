//! The room of the medium: what a container is stored on.
//!
//! Everything above sees one small trait, [`Storage`], so that a fault test is an implementation of
//! it and nothing else changes. Three media implement it:
//!
//! | medium | is | `bytes` |
//! |---|---|---|
//! | [`FileStorage`] | a file, written by `pwrite`, read through a read-only map | no copy |
//! | [`MemoryStorage`] | a buffer; the way to open a file of unknown origin | no copy until the first write |
//! | [`sim::SimDisk`] | a simulated disk that tears, reorders, fails and loses power | a copy |
//!
//! # What is assumed of the medium
//!
//! * After a successful [`Storage::sync`] everything written and every length set before it
//!   survives a crash of the process, of the system and of the power.
//! * Before it, nothing is promised: any subset of the 512-byte sectors may have arrived, in any
//!   order, and so may any of the lengths.
//! * A write changes no byte outside of its range, not even when the power fails during it.
//! * The locks are released by the operating system when their holder dies.
//!
//! `unsafe` is in `map.rs`, `locks.rs` and `writeback.rs` and nowhere else in this room.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod aligned;
mod bytes;
mod epoch;
mod file;
mod local;
mod locks;
mod map;
mod memory;
pub mod sim;
mod span;
mod writeback;

#[cfg(test)]
mod tests;

pub use aligned::AlignedBuf;
pub use bytes::Bytes;
pub use epoch::EpochLock;
pub use file::FileStorage;
pub use memory::MemoryStorage;

use std::io;

/// A growable run of bytes with durability, immutable views and locks between processes.
///
/// All methods take `&self` and may be called from several threads. Offsets and lengths are bytes;
/// no range may end above `i64::MAX`. Nothing is retried on an error, here or by a caller: after
/// the first failed write, `set_len` or `sync` the content of the medium is unknown until it is
/// opened and recovered anew.
pub trait Storage: Send + Sync + std::fmt::Debug {
    /// The present length in bytes, growth not yet durable included. One system call for a file.
    fn len(&self) -> io::Result<u64>;

    /// True when the medium holds no byte. Fails as [`Storage::len`] does.
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Fills `buf` from `offset`; sees every write before it, durable or not.
    ///
    /// An empty `buf` succeeds anywhere. [`io::ErrorKind::UnexpectedEof`] when the range ends past
    /// the end of the medium; `buf` then holds arbitrary bytes.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// Writes all of `data` at `offset`, extending the medium when the range ends past its end (a
    /// gap reads as zeros). Durable only after the next [`Storage::sync`].
    ///
    /// The caller never overwrites bytes that a live [`Bytes`], in any process, refers to: that is
    /// what makes `Bytes` immutable over a map. The container keeps this by never reusing an extent
    /// that a locked epoch can reach (see [`Storage::has_reader_up_to`]).
    ///
    /// On an error any part of `data` may have been written.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// Says that these bytes, just written, will not change and will be synced: the medium may start with them.
    /// A hint that does nothing unless a medium has use for it.
    fn start_writing(&self, _offset: u64, _len: usize) {}

    /// Cuts or extends (with zeros) the medium to `len` bytes. Durable only after the next
    /// [`Storage::sync`]; until then it may survive a crash alone, without the writes around it.
    ///
    /// The caller never cuts off bytes that a live [`Bytes`], in any process, refers to: touching
    /// them through a map would raise `SIGBUS`.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes everything written and every length set before it durable, when it returns `Ok`.
    ///
    /// It must never be called again after it failed: the kernel marks the pages of a failed sync
    /// clean, so that a second one succeeds without having written them (Rebello et al., "Can
    /// Applications Recover from fsync Failures?", USENIX ATC 2020).
    fn sync(&self) -> io::Result<()>;

    /// The immutable bytes `[offset, offset + len)`; see [`Storage::write_at`] for what keeps them
    /// so. They outlive the handle. Where `offset` is a multiple of 64 the data is 64-byte aligned.
    ///
    /// No copy for a map, O(len) where the medium has to copy.
    /// [`io::ErrorKind::UnexpectedEof`] when the range ends past the present end.
    fn bytes(&self, offset: u64, len: usize) -> io::Result<Bytes>;

    /// Tries to become the one writer of the medium among all handles and processes, without
    /// waiting: `Ok(false)` when there is one, this handle included.
    ///
    /// An error when the handle cannot write ([`Storage::writable`]) or crossed a fork
    /// ([`Storage::forked`]). Released by [`Storage::unlock_writer`], by the drop of the handle and
    /// by the death of the process.
    fn try_lock_writer(&self) -> io::Result<bool>;

    /// Gives up the writer lock; does nothing when this handle does not hold it.
    fn unlock_writer(&self);

    /// Holds a shared lock on `epoch` until the guard drops; never waits. Any number of guards of
    /// one epoch may live at a time, and they outlive the handle.
    ///
    /// The lock is advisory and says only that a reader uses this epoch. A reader has to look
    /// again, once it holds the lock, whether `epoch` is still the current one.
    fn lock_epoch(&self, epoch: u64) -> io::Result<EpochLock>;

    /// Is there a reader, of this handle, another handle or another process, on an epoch
    /// `<= epoch`?
    fn has_reader_up_to(&self, epoch: u64) -> io::Result<bool>;

    /// True when this process is a fork of the one that opened the handle. Such a handle may read,
    /// but a writer must refuse it: parent and child would share one writer lock.
    fn forked(&self) -> bool;

    /// May this handle write? False for a file opened read-only.
    fn writable(&self) -> bool;
}
