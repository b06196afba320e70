//! What searches did, for whoever wants to know why one took as long as it did.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what searches do, over as many as are given it; of a batch, a feature counts once for each
/// query that it was compared with. See [`super::SearchOptions::counting`].
#[derive(Debug, Default)]
pub struct Work {
    lists: AtomicU64,
    scanned: AtomicU64,
    ruled_out: AtomicU64,
    scored: AtomicU64,
}

impl Work {
    /// Nothing done yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lists of indexes that were looked through.
    pub fn lists(&self) -> u64 {
        self.lists.load(Ordering::Relaxed)
    }

    /// Features of which an index was looked at.
    pub fn scanned(&self) -> u64 {
        self.scanned.load(Ordering::Relaxed)
    }

    /// Of these, the ones that an index ruled out.
    pub fn ruled_out(&self) -> u64 {
        self.ruled_out.load(Ordering::Relaxed)
    }

    /// Features that were scored as they are stored.
    pub fn scored(&self) -> u64 {
        self.scored.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, lists: u64, scanned: u64, ruled_out: u64, scored: u64) {
        self.lists.fetch_add(lists, Ordering::Relaxed);
        self.scanned.fetch_add(scanned, Ordering::Relaxed);
        self.ruled_out.fetch_add(ruled_out, Ordering::Relaxed);
        self.scored.fetch_add(scored, Ordering::Relaxed);
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (lists, scanned) = (self.lists(), self.scanned());
        if lists > 0 {
            write!(f, "{lists} lists, ")?;
        }
        if scanned > 0 {
            write!(f, "{scanned} features by index, {} ruled out, ", self.ruled_out())?;
        }
        write!(f, "{} scored in full", self.scored())
    }
}
