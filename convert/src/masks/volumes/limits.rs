//! What a file of masks may cost.

use std::sync::atomic::{AtomicU64, Ordering};

use super::error::VolumeErrorKind;

/// Limits of one call. The default suits files that the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the values of one file, as stored and inflated.
    pub max_value_bytes: u64,
    /// Segments of the result, and files of a folder.
    pub max_segments: u64,
    /// Runs of the result; 16 bytes each in memory.
    pub max_runs: u64,
}

impl Default for Limits {
    /// 64 GiB of values, 2^18 segments, 2^27 runs (2 GiB).
    fn default() -> Self {
        Self { max_value_bytes: 64 << 30, max_segments: 1 << 18, max_runs: 1 << 27 }
    }
}

impl Limits {
    pub(in crate::masks) fn admit_segments(&self, count: usize) -> Result<(), VolumeErrorKind> {
        admit("number of segments", count as u64, self.max_segments)
    }
}

/// Runs that may still be made; shared by the files of a folder.
pub(in crate::masks) struct Budget {
    spent: AtomicU64,
    limit: u64,
}

impl Budget {
    pub(in crate::masks) fn new(limits: &Limits) -> Self {
        Self { spent: AtomicU64::new(0), limit: limits.max_runs }
    }

    pub(in crate::masks) fn spend(&self, runs: usize) -> Result<(), VolumeErrorKind> {
        let before = self.spent.fetch_add(runs as u64, Ordering::Relaxed);
        admit("number of runs", before.saturating_add(runs as u64), self.limit)
    }
}

fn admit(name: &'static str, asked: u64, allowed: u64) -> Result<(), VolumeErrorKind> {
    if asked > allowed {
        return Err(VolumeErrorKind::OverLimit { name, asked, allowed });
    }
    Ok(())
}
