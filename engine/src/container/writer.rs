//! The one who writes: commits, and what becomes durable when.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::alloc::{Allocator, FIRST_PAGE, Run};
use super::encode::Encoded;
use super::extents::Extents;
use super::index::Derive;
use super::log::{self, Record, Tail};
use super::open::{Loaded, load};
use super::reachable::{inside, reachable};
use super::replay::{Replayed, Unsure};
use super::state::{Payload, State};
use super::superblocks;
use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::group::GroupDesc;
use crate::format::limits::PAGE_BYTES;
use crate::format::ops::{Op, decode_ops, encode_ops};
use crate::format::schema::COLUMN_KEYS;
use crate::format::superblock::{
    FLAG_SEALED, INCOMPAT_PROMPT_SETS, LogHead, RO_COMPAT_KNOWN, Superblock,
};
use crate::format::{Damage, crc32};
use crate::storage::{Bytes, Storage};

/// Row groups up to this many bytes together go into the log; larger ones are written once, to extents.
const INLINE_BYTES_MAX: u64 = 256 << 10;
/// In a commit over that, a row group up to this many bytes still goes into the log.
const INLINE_GROUP_MAX: u64 = 16 << 10;
/// A log left behind by a clean close is at most this long, and names no extents.
const CLOSED_LOG_MAX: u64 = 256 << 10;

/// A close moves the extents of a file up to this long together, when much of it is free.
const LOOSE_BYTES_MAX: u64 = 64 << 20;

/// A commit runs a checkpoint also when the log names tensors and prompt sets of this many times the bytes that
/// it may have itself: what it supersedes stays in the file until then, and a pointer is small.
const CHECKPOINT_BULK: u64 = 64;

/// When a commit returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// After it is durable: one `fdatasync`.
    #[default]
    Immediate,
    /// At once. It becomes durable with the next immediate commit, checkpoint, sync or close; after a crash
    /// it is there as a whole or not at all, and never without those before it.
    Deferred,
}

/// What a transaction asks for.
#[derive(Debug, Default)]
pub struct Batch {
    /// Operations before the row groups: schema, spaces, deletions.
    pub before: Vec<Op>,
    /// Row groups by column; keys first.
    pub groups: Vec<(u32, Encoded)>,
    /// Row groups that are in extents already, less their ids.
    pub external: Vec<GroupDesc>,
    /// Operations after the row groups: cursors, metadata.
    pub after: Vec<Op>,
    /// Bytes of the tensors and prompt sets that this names.
    pub bulk: u64,
}

impl Batch {
    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.before.is_empty()
            && self.groups.is_empty()
            && self.external.is_empty()
            && self.after.is_empty()
    }
}

/// The writer of a container. It holds the writer lock of the medium.
#[derive(Debug)]
pub struct Writer {
    pub(super) extents: Extents,
    pub(super) state: State,
    pub(super) tail: Tail,
    pub(super) superblock: Superblock,
    /// First page behind what the manifest of the superblock reaches.
    pub(super) base_end: u64,
    pub(super) poisoned: bool,
    pub(super) checkpoint_bytes: u64,
    /// Whether the log names extents: every opening would have to look into them, and those that it supersedes
    /// stay in the file as long as the log does.
    pub(super) names_extents: bool,
    /// Bytes of the tensors and prompt sets that the log names.
    pub(super) log_bulk: u64,
    /// What makes indexes; without, they are dropped as they go out of date.
    pub(super) derive: Option<Arc<dyn Derive>>,
}

impl Writer {
    /// Becomes the writer of an existing container, recovering it when it was not closed cleanly.
    pub fn acquire(storage: &Arc<dyn Storage>) -> Result<(Self, Replayed)> {
        lock(storage)?;
        let opened = Self::open_locked(storage);
        if opened.is_err() {
            storage.unlock_writer();
        }
        opened
    }

    fn open_locked(storage: &Arc<dyn Storage>) -> Result<(Self, Replayed)> {
        superblocks::mirror(storage, &superblocks::read_winner(storage)?)?;
        let Loaded { superblock, base, state, tail, replayed, lock } = load(storage)?;
        let unknown = superblock.ro_compat & !RO_COMPAT_KNOWN;
        if unknown != 0 {
            let what = format!("features {unknown:#x}, with which it can only be read");
            return Err(Error::NewerFormat { what });
        }
        // This writer reuses no page of the state that it knows, so it needs no reader's lock.
        drop(lock);
        let len = storage.len().map_err(Error::io("reading the length of the container"))?;
        // The manifest may reach what the log made unreachable: the superblock still leads to it.
        let mut used = reachable(&state, &tail)?;
        used.extend(reachable(&base, &tail)?);
        for extent in &replayed.named {
            used.push(inside(*extent, len)?);
        }
        let base_end = used.iter().map(Run::end).max().unwrap_or(FIRST_PAGE);
        let mut alloc = Allocator::new(&used, len / PAGE_BYTES);
        let older = state.epoch.saturating_sub(1);
        if storage.has_reader_up_to(older).map_err(Error::io("looking for readers"))? {
            alloc.quarantine(older);
        }
        let sealed = superblock.sealed();
        let extents = Extents { storage: Arc::clone(storage), alloc };
        let checkpoint_bytes = DEFAULT_CHECKPOINT_BYTES;
        let mut writer = Self {
            extents,
            state,
            tail,
            superblock,
            base_end,
            poisoned: false,
            checkpoint_bytes,
            names_extents: !replayed.named.is_empty(),
            log_bulk: replayed
                .named
                .iter()
                .fold(0, |sum: u64, extent| sum.saturating_add(extent.len)),
            derive: None,
        };
        if !sealed {
            // What only the log vouches for may be in the page cache and not on the medium, even though
            // it reads well (Rebello et al.): it is written again, elsewhere.
            writer.checkpoint_rewriting(&replayed.unsure, false)?;
        }
        Ok((writer, replayed))
    }

    /// The state after the last commit.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The medium.
    pub fn storage(&self) -> &Arc<dyn Storage> {
        &self.extents.storage
    }

    /// Bytes of log that the next checkpoint turns into row groups.
    pub fn log_bytes(&self) -> u64 {
        self.tail.bytes()
    }

    /// Sets after how many bytes of log a commit runs a checkpoint.
    pub fn set_checkpoint_bytes(&mut self, bytes: u64) {
        self.checkpoint_bytes = bytes;
    }

    /// Whether an earlier error forbids writing.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Runs a step of writing. The first I/O error poisons the writer: what the medium holds is unknown
    /// then, and a sync must not be tried again.
    pub(super) fn guarded<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.poisoned {
            return Err(Error::Poisoned);
        }
        if self.extents.storage.forked() {
            return Err(Error::Forked);
        }
        let result = step(self);
        if matches!(result, Err(Error::Io { .. } | Error::Corrupt(_))) {
            self.poisoned = true;
        }
        result
    }

    /// Writes a row group to a fresh extent ahead of its commit. Dropped with [`Writer::discard`].
    pub fn write_ahead(&mut self, column: u32, group: &Encoded) -> Result<GroupDesc> {
        self.guarded(|w| {
            let data = w.extents.write(&group.bytes)?;
            Ok(GroupDesc { inline: false, data, ..group.describe(column, 0) })
        })
    }

    /// Writes bulk data, a tensor or the data of a prompt set, ahead of its commit. Dropped with
    /// [`Writer::discard_extents`].
    pub fn write_extent(&mut self, data: &[u8]) -> Result<Extent> {
        self.guarded(|w| w.extents.write(data))
    }

    /// Gives back extents that were written ahead of a commit that does not name them.
    pub fn discard_extents(&mut self, extents: impl IntoIterator<Item = Extent>) {
        for extent in extents {
            self.extents.discard(extent);
        }
    }

    /// Gives back what was written ahead of a commit that does not come.
    pub fn discard(&mut self, descs: Vec<GroupDesc>) {
        for desc in descs {
            self.extents.discard(desc.data);
        }
    }

    /// Commits a batch: data and log record, then, when immediate, one sync.
    pub fn commit(&mut self, batch: Batch, durability: Durability) -> Result<()> {
        if batch.is_empty() {
            return if durability == Durability::Immediate { self.sync() } else { Ok(()) };
        }
        self.log_bulk = self.log_bulk.saturating_add(batch.bulk);
        self.guarded(|w| w.commit_inner(batch, durability))?;
        let bulk_max = self.checkpoint_bytes.saturating_mul(CHECKPOINT_BULK);
        if self.tail.bytes() > self.checkpoint_bytes || self.log_bulk > bulk_max {
            // The commit is done whatever becomes of the checkpoint, whose failure poisons the writer.
            drop(self.checkpoint());
        }
        Ok(())
    }

    /// Makes sure that the superblocks have the feature bits of what is about to be written.
    fn require(&mut self, batch: &Batch) -> Result<()> {
        let layouts = batch.groups.iter().map(|(_, group)| group.layout);
        let layouts = layouts.chain(batch.external.iter().map(|desc| desc.layout));
        let mut bits = layouts.fold(0, |bits, layout| bits | layout.incompat());
        for op in batch.before.iter().chain(&batch.after) {
            bits |= match op {
                Op::SetPromptSet(_) => INCOMPAT_PROMPT_SETS,
                Op::SetSchema(schema) => schema.incompat(),
                _ => 0,
            };
        }
        if self.superblock.incompat & bits != bits {
            self.superblock.incompat |= bits;
            self.state.incompat = self.superblock.incompat;
            self.write_superblock()?;
        }
        Ok(())
    }

    fn commit_inner(&mut self, batch: Batch, durability: Durability) -> Result<()> {
        self.open_log()?;
        self.require(&batch)?;
        let mut ops = batch.before;
        let mut inline = Vec::new();
        let all: u64 = batch.groups.iter().map(|(_, group)| group.bytes.len() as u64).sum();
        let mut id = self.state.next_group;
        let mut next_id = || {
            id = id.saturating_add(1);
            id.saturating_sub(1)
        };
        // The offsets of inline row groups follow from the length of the operations, which does not
        // depend on their values.
        let mut places = Vec::new();
        let mut external = batch.external;
        let (keys, others): (Vec<_>, Vec<_>) =
            batch.groups.into_iter().partition(|&(column, _)| column == COLUMN_KEYS);
        // Rows first; then what was written ahead, which is older than what was not.
        for (column, group) in keys.into_iter().chain(others) {
            if column != COLUMN_KEYS {
                let ahead = external.drain(..);
                ops.extend(ahead.map(|desc| Op::AddGroup(GroupDesc { id: next_id(), ..desc })));
            }
            if group.count == 0 {
                return Err(Error::Invalid(format!("a row group of column {column} is empty")));
            }
            let len = group.bytes.len() as u64;
            let desc = group.describe(column, next_id());
            if all <= INLINE_BYTES_MAX || len <= INLINE_GROUP_MAX {
                places.push(ops.len());
                ops.push(Op::AddGroup(desc));
                inline.push(group.bytes);
            } else {
                let data = self.extents.write(&group.bytes)?;
                ops.push(Op::AddGroup(GroupDesc { inline: false, data, ..desc }));
            }
        }
        ops.extend(
            external.into_iter().map(|desc| Op::AddGroup(GroupDesc { id: next_id(), ..desc })),
        );
        ops.extend(batch.after);
        self.names_extents |= ops.iter().any(Op::names_extents);
        let ops_len = encode_ops(&ops).len() as u64;
        let mut offset = ops_len.next_multiple_of(64);
        for (place, bytes) in places.iter().zip(&inline) {
            if let Some(Op::AddGroup(desc)) = ops.get_mut(*place) {
                desc.data.page = offset;
            }
            offset = offset.saturating_add(bytes.len() as u64).next_multiple_of(64);
        }
        let more = inline.iter().map(|bytes| bytes.len().next_multiple_of(64)).sum();
        let mut record = Record::new(&encode_ops(&ops), more)?;
        for bytes in &inline {
            record.put_aligned(bytes)?;
        }
        let record = log::prepare(&mut self.extents, &mut self.tail, record, now_ms())?;
        let next = self.after(ops, &record.payload())?;
        log::write(&mut self.extents, &mut self.tail, &record)?;
        if durability == Durability::Immediate {
            self.sync_inner()?;
        }
        self.state = next;
        self.state.next_seq = self.tail.next_seq;
        Ok(())
    }

    /// The state that a record will make. Nothing is written that a reader would refuse.
    fn after(&self, ops: Vec<Op>, payload: &Bytes) -> Result<State> {
        let storage = &self.extents.storage;
        let len = storage.len().map_err(Error::io("reading the length of the container"))?;
        let refused =
            |damage: Damage| Error::Invalid(format!("cannot be stored: {}", damage.message));
        decode_ops(payload, 0, len).map_err(refused)?;
        let mut next = self.state.clone();
        for op in ops {
            match next.apply(op, Payload { bytes: payload, storage }) {
                Err(Error::Corrupt(damage)) => return Err(refused(damage)),
                other => other?,
            }
        }
        Ok(next)
    }

    /// Makes deferred commits durable.
    pub fn sync(&mut self) -> Result<()> {
        self.guarded(|w| {
            if w.tail.synced_seq.saturating_add(1) < w.tail.next_seq {
                w.sync_inner()
            } else {
                Ok(())
            }
        })
    }

    pub(super) fn sync_inner(&mut self) -> Result<()> {
        self.extents.storage.sync().map_err(Error::io("syncing the container"))?;
        self.tail.synced_seq = self.tail.next_seq.saturating_sub(1);
        Ok(())
    }

    /// Makes sure that the superblock points at a log that may be appended to.
    fn open_log(&mut self) -> Result<()> {
        if self.tail.segment.is_some() && !self.superblock.sealed() {
            return Ok(());
        }
        if self.tail.segment.is_none() {
            let run = log::new_segment(&mut self.extents, 0, 0)?;
            self.start_log(run);
            // The zeros must not come after the first record.
            self.extents.storage.sync().map_err(Error::io("preparing the log"))?;
        }
        self.superblock.flags &= !FLAG_SEALED;
        self.superblock.log.end_seq = 0;
        self.write_superblock()
    }

    /// A fresh log in `run`, known by the generation that will name it.
    pub(super) fn start_log(&mut self, run: Run) {
        self.superblock.log = LogHead {
            page: run.page,
            pages: run.pages,
            first_seq: self.state.next_seq,
            epoch: self.superblock.generation.saturating_add(1),
            chain: crc32(&self.superblock.uuid),
            end_seq: 0,
        };
        self.tail = Tail::of_head(&self.superblock.log);
    }

    /// Writes both superblocks with the next generation.
    pub(super) fn write_superblock(&mut self) -> Result<()> {
        let runs = reachable(&self.state, &self.tail)?;
        let end = runs.iter().map(Run::end).max().unwrap_or(FIRST_PAGE).max(self.base_end);
        self.superblock.generation = self.superblock.generation.saturating_add(1);
        self.superblock.epoch = self.state.epoch;
        self.superblock.file_len = end.saturating_mul(PAGE_BYTES);
        self.superblock.manifest = self.state.manifest;
        // Both pages hold the same by now, so either may be written first.
        superblocks::write(&self.extents.storage, &self.superblock, 0)
    }

    /// Closes cleanly: a long log becomes row groups, the end of the log is sealed, the file is cut to what
    /// it needs.
    pub fn close(&mut self) -> Result<()> {
        if self.tail.bytes() > CLOSED_LOG_MAX || self.names_extents {
            self.guarded(|w| w.checkpoint_rewriting(&Unsure::default(), false))?;
        }
        self.seal()
    }

    /// Seals the log as it is and cuts the file to what it needs.
    pub fn seal(&mut self) -> Result<()> {
        self.guarded(|w| {
            if !w.superblock.sealed() {
                w.sync_inner()?;
                w.superblock.flags |= FLAG_SEALED;
                w.superblock.log.end_seq = w.tail.next_seq;
                w.write_superblock()?;
            }
            w.reclaim()?;
            while w.is_loose() && w.move_down()? {
                w.reclaim()?;
            }
            w.truncate()
        })
    }

    /// Whether the file is small and a quarter of it is free: moving what is in it costs little.
    fn is_loose(&self) -> bool {
        let pages = self.extents.alloc.end();
        let small = pages.saturating_mul(PAGE_BYTES) <= LOOSE_BYTES_MAX;
        small && self.extents.alloc.free_pages().saturating_mul(4) > pages
    }

    /// Frees what waited for readers who are gone.
    pub(super) fn reclaim(&mut self) -> Result<()> {
        for epoch in self.extents.alloc.waits_for() {
            let storage = &self.extents.storage;
            if storage.has_reader_up_to(epoch).map_err(Error::io("looking for readers"))? {
                break;
            }
            self.extents.alloc.reclaim(epoch);
        }
        Ok(())
    }

    /// Cuts free pages off the end of the file.
    pub(super) fn truncate(&mut self) -> Result<()> {
        let end = self.extents.alloc.trim().saturating_mul(PAGE_BYTES);
        let len = self.extents.storage.len();
        if len.map_err(Error::io("reading the length of the container"))? > end {
            let cut = self.extents.storage.set_len(end);
            cut.map_err(Error::io("shortening the container"))?;
        }
        Ok(())
    }
}

/// A commit that makes the log longer than this runs a checkpoint.
pub(super) const DEFAULT_CHECKPOINT_BYTES: u64 = 16 << 20;

pub(super) fn lock(storage: &Arc<dyn Storage>) -> Result<()> {
    if !storage.writable() {
        return Err(Error::ReadOnly);
    }
    if storage.forked() {
        return Err(Error::Forked);
    }
    let locked = storage.try_lock_writer().map_err(Error::io("locking the container"))?;
    if locked { Ok(()) } else { Err(Error::Locked) }
}

pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
