//! The container as its users hold it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Weak};
use std::thread::ThreadId;

use parking_lot::{Mutex, MutexGuard, RwLock};

use super::indexer::Indexer;
use super::pending::PendingColumn;
use super::snapshot::Snapshot;
use super::transaction::WriteTxn;
use crate::container::log::Tail;
use crate::container::open::{Loaded, load};
use crate::container::replay::replay;
use crate::container::state::State;
use crate::container::superblocks;
use crate::container::writer::Writer;
use crate::error::{Error, Result};
use crate::format::schema::Schema;
use crate::model::Definition;
use crate::storage::{EpochLock, FileStorage, MemoryStorage, Storage};

/// A container: one `.vsl` file. Cheap to clone; clones share everything.
///
/// Opening takes milliseconds at any size, locks nothing for writing, and starts no thread. The writer lock
/// is taken by the first [`Database::begin_write`] and held until the last clone is dropped or
/// [`Database::close`] is called.
///
/// ```
/// use vesalius::{Database, Definition, Field, RegionValue};
/// # fn main() -> vesalius::Result<()> {
/// # let dir = tempfile::tempdir().unwrap();
/// # let path = dir.path().join("cases.vsl");
/// let definition = Definition::new().field(Field::regions("regions", 4, ["carina", "spine"]));
/// let db = Database::create(&path, definition)?;
/// let mut txn = db.begin_write()?;
/// txn.put("case-1")?.regions("regions", &[RegionValue::new("carina", &[0.1, 0.2, 0.3, 0.4])])?;
/// txn.commit()?;
/// let snapshot = db.snapshot()?;
/// let image = snapshot.image("case-1")?;
/// let carina = image.region("regions", "carina")?.expect("just put");
/// assert_eq!(carina.feature.row_f32(0), Some(&[0.1, 0.2, 0.3, 0.4][..]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Database {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) writer: Mutex<Option<Writer>>,
    current: RwLock<Current>,
    recovery: Mutex<Option<Recovery>>,
    /// The thread that has a transaction open, which must not wait for itself.
    pub(super) holder: Mutex<Option<ThreadId>>,
    /// Emptied columns of the last transaction, whose memory the next one uses.
    pub(super) spare: Mutex<Spare>,
}

/// Columns without values, of a schema.
#[derive(Debug, Default)]
pub(super) struct Spare {
    schema: Option<Arc<Schema>>,
    columns: BTreeMap<u32, PendingColumn>,
}

impl Spare {
    /// The columns, when they are of this very schema.
    pub(super) fn take(&mut self, schema: &Arc<Schema>) -> BTreeMap<u32, PendingColumn> {
        let same = self.schema.take().is_some_and(|known| Arc::ptr_eq(&known, schema));
        let columns = std::mem::take(&mut self.columns);
        if same { columns } else { BTreeMap::new() }
    }

    /// Keeps the columns of a transaction.
    pub(super) fn keep(&mut self, schema: Arc<Schema>, mut columns: BTreeMap<u32, PendingColumn>) {
        columns.values_mut().for_each(PendingColumn::clear);
        *self = Self { schema: Some(schema), columns };
    }
}

/// The newest state that this handle knows.
#[derive(Clone, Debug)]
struct Current {
    state: Arc<State>,
    /// Of the snapshots of this state: an idle handle holds no pages.
    lock: Weak<EpochLock>,
    /// A writing handle holds its state itself, since its writer reuses pages between publications.
    held: Option<Arc<EpochLock>>,
    /// For readers: where the log goes on.
    tail: Tail,
    generation: u64,
    sealed: bool,
}

/// What opening for writing found in a container that was not closed cleanly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Commits taken from the log.
    pub commits: u64,
    /// Why the log ended: the damage of the first record that was never acknowledged, if there was one.
    pub discarded: Option<String>,
}

impl Database {
    /// Makes a new container. Fails when the file exists; leaves no file behind when it fails otherwise.
    pub fn create(path: impl AsRef<Path>, definition: Definition) -> Result<Self> {
        let path = path.as_ref();
        let storage = FileStorage::create(path);
        let storage = storage.map_err(Error::io(format!("creating {}", path.display())))?;
        let created = Self::create_on(storage, definition);
        if created.is_err() {
            // Half a container helps nobody; the error is what counts.
            drop(std::fs::remove_file(path));
        }
        created
    }

    /// Makes a new container on an empty medium.
    pub fn create_on(storage: impl Storage + 'static, definition: Definition) -> Result<Self> {
        let storage: Arc<dyn Storage> = Arc::new(storage);
        let (schema, space, metadata) = definition.build()?;
        let mut writer = Writer::create(&storage, &space, schema, metadata)?;
        writer.set_derive(Arc::new(Indexer));
        let db = Self::from_loaded(load(&storage)?, storage);
        db.inner.publish(&writer)?;
        *db.inner.writer.lock() = Some(writer);
        Ok(db)
    }

    /// Opens a container for reading and writing.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let storage = FileStorage::open(path);
        Self::open_on(storage.map_err(Error::io(format!("opening {}", path.display())))?)
    }

    /// Opens a container for reading, also where the file may not be written.
    pub fn open_read_only(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let storage = FileStorage::open_read_only(path);
        Self::open_on(storage.map_err(Error::io(format!("opening {}", path.display())))?)
    }

    /// Opens a container on any medium.
    pub fn open_on(storage: impl Storage + 'static) -> Result<Self> {
        let storage: Arc<dyn Storage> = Arc::new(storage);
        Ok(Self::from_loaded(load(&storage)?, storage))
    }

    /// Opens a container that is in memory: for bytes of unknown origin, which a map could change or cut
    /// behind our back.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        Self::open_on(MemoryStorage::from_bytes(bytes))
    }

    fn from_loaded(loaded: Loaded, storage: Arc<dyn Storage>) -> Self {
        let inner = Inner {
            storage,
            writer: Mutex::new(None),
            current: RwLock::new(Current::of(loaded)),
            recovery: Mutex::default(),
            holder: Mutex::default(),
            spare: Mutex::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// The current state, frozen. Microseconds, unless another process wrote a lot since the last one.
    pub fn snapshot(&self) -> Result<Snapshot> {
        let current = self.inner.current.read().clone();
        if let Some(lock) = current.held.filter(|_| !self.inner.storage.forked()) {
            return Ok(Snapshot::new(current.state, lock));
        }
        let current = Current { held: None, ..self.inner.current.read().clone() };
        let (state, lock) = self.inner.refresh(current)?;
        Ok(Snapshot::new(state, lock))
    }

    /// Starts a transaction. Waits for another one of this process; fails with [`Error::Locked`] when
    /// another process or handle is the writer.
    pub fn begin_write(&self) -> Result<WriteTxn<'_>> {
        let mut guard = self.inner.wait_for_writer()?;
        if guard.is_none() {
            let (mut writer, replayed) = Writer::acquire(&self.inner.storage)?;
            writer.set_derive(Arc::new(Indexer));
            let discarded = replayed.stopped.map(|damage| damage.to_string());
            *self.inner.recovery.lock() = Some(Recovery { commits: replayed.commits, discarded });
            if let Err(error) = self.inner.publish(&writer) {
                self.inner.storage.unlock_writer();
                return Err(error);
            }
            *guard = Some(writer);
        }
        WriteTxn::new(&self.inner, guard)
    }

    /// What the first [`Database::begin_write`] found; `None` before it.
    pub fn recovery(&self) -> Option<Recovery> {
        self.inner.recovery.lock().clone()
    }

    /// Runs `step` with the writer, which is acquired when this handle has none yet.
    pub(super) fn with_writer<T>(&self, step: impl FnOnce(&mut Writer) -> Result<T>) -> Result<T> {
        let mut txn = self.begin_write()?;
        let writer = txn.writer()?;
        let result = step(writer)?;
        self.inner.publish(writer)?;
        Ok(result)
    }

    /// Closes the container: seals the log and cuts the file to what it needs. Dropping the last clone does
    /// the same but cannot report an error. Snapshots stay valid.
    pub fn close(self) -> Result<()> {
        self.inner.close()
    }
}

impl Inner {
    fn wait_for_writer(&self) -> Result<MutexGuard<'_, Option<Writer>>> {
        if let Some(guard) = self.writer.try_lock() {
            return Ok(guard);
        }
        if *self.holder.lock() == Some(std::thread::current().id()) {
            let text = "this thread has a transaction open: commit or drop it first";
            return Err(Error::Invalid(text.into()));
        }
        Ok(self.writer.lock())
    }

    /// Makes the writer's state the one that new snapshots see.
    pub(super) fn publish(&self, writer: &Writer) -> Result<()> {
        let state = Arc::new(writer.state().clone());
        let mut current = self.current.write();
        if current.held.as_ref().is_none_or(|held| held.epoch() != state.epoch) {
            let lock = self.storage.lock_epoch(state.epoch);
            current.held = Some(Arc::new(lock.map_err(Error::io("locking the state"))?));
        }
        current.state = state;
        Ok(())
    }

    /// The newest state on the medium, for handles that do not write.
    fn refresh(&self, current: Current) -> Result<(Arc<State>, Arc<EpochLock>)> {
        // Locked before it is known to be current still, as in `load`.
        // After a fork the parent's lock protects nothing of this process.
        let known = current.lock.upgrade().filter(|_| !self.storage.forked());
        let lock = if let Some(lock) = known {
            lock
        } else {
            let lock = self.storage.lock_epoch(current.state.epoch);
            Arc::new(lock.map_err(Error::io("locking the state"))?)
        };
        let superblock = superblocks::read(&self.storage)?;
        let (mut fresh, lock) = if superblock.generation == current.generation {
            (current, lock)
        } else {
            let loaded = load(&self.storage)?;
            let lock = Arc::clone(&loaded.lock);
            (Current::of(loaded), lock)
        };
        if !fresh.sealed {
            let mut state = (*fresh.state).clone();
            let before = fresh.tail.next_seq;
            replay(&self.storage, &mut state, &mut fresh.tail, None, false, None)?;
            if fresh.tail.next_seq != before {
                fresh.state = Arc::new(state);
            }
        }
        fresh.lock = Arc::downgrade(&lock);
        let state = Arc::clone(&fresh.state);
        let mut known = self.current.write();
        if known.held.is_none() {
            *known = fresh;
        }
        Ok((state, lock))
    }

    fn close(&self) -> Result<()> {
        let Some(mut writer) = self.wait_for_writer()?.take() else { return Ok(()) };
        {
            let mut current = self.current.write();
            // The close may give pages of this state back; the next snapshot reads the medium anew, as no
            // superblock has this generation.
            current.held = None;
            current.generation = 0;
        }
        // A poisoned writer may have deferred commits that will never be durable: that is no clean close.
        let closed = if writer.is_poisoned() { Err(Error::Poisoned) } else { writer.close() };
        self.storage.unlock_writer();
        closed
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if !self.storage.forked() {
            // An error here leaves an unsealed log, which the next opening recovers.
            drop(self.close());
        }
    }
}

impl Current {
    fn of(loaded: Loaded) -> Self {
        Self {
            state: Arc::new(loaded.state),
            lock: Arc::downgrade(&loaded.lock),
            held: None,
            tail: loaded.tail,
            generation: loaded.superblock.generation,
            sealed: loaded.superblock.sealed(),
        }
    }
}
