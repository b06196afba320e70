//! Readers and the epochs that they hold.

use std::collections::BTreeMap;
use std::fmt;

/// A shared lock on one epoch, released when dropped. See [`super::Storage::lock_epoch`].
pub struct EpochLock {
    epoch: u64,
    release: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl EpochLock {
    /// A guard of `epoch` that calls `release` once, when it drops.
    pub fn new(epoch: u64, release: impl FnOnce() + Send + Sync + 'static) -> Self {
        Self { epoch, release: Some(Box::new(release)) }
    }

    /// The epoch that is held.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}

impl Drop for EpochLock {
    fn drop(&mut self) {
        if let Some(release) = self.release.take() {
            release();
        }
    }
}

impl fmt::Debug for EpochLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EpochLock").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// How many guards live on each epoch; holds no zero.
#[derive(Debug, Default)]
pub(crate) struct ReaderCounts(BTreeMap<u64, usize>);

impl ReaderCounts {
    pub(crate) fn contains(&self, epoch: u64) -> bool {
        self.0.contains_key(&epoch)
    }

    pub(crate) fn any_up_to(&self, epoch: u64) -> bool {
        self.0.first_key_value().is_some_and(|(first, _)| *first <= epoch)
    }

    pub(crate) fn add(&mut self, epoch: u64) {
        let count = self.0.entry(epoch).or_default();
        *count = count.saturating_add(1);
    }

    /// Takes one guard of `epoch` away; true when it was the last.
    pub(crate) fn remove(&mut self, epoch: u64) -> bool {
        match self.0.get_mut(&epoch) {
            Some(count) if *count > 1 => {
                *count = count.saturating_sub(1);
                false
            }
            Some(_) => self.0.remove(&epoch).is_some(),
            None => false,
        }
    }
}
