//! The full check of a container: every byte that a checksum covers, every rule of the format.
//!
//! Reading verifies only what it touches; this touches everything, and goes on behind a damage wherever
//! what follows does not depend on it. Memory: the bitmaps of deleted entries, one bit for each entry of
//! the row group at hand, 16 bytes a live key while keys are compared, and the log.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod attributes;
mod check;
mod extents;
mod features;
mod groups;
mod indexes;
mod keys;
mod ladder;
mod masks;
mod metadata;
mod prompts;
mod regions;
mod rows;
mod structure;
mod tokens;
mod unique;

#[cfg(test)]
mod tests;

pub use indexes::IndexCheck;
pub use masks::{BlockCheck, BlockSegment};

use std::sync::Arc;

use super::compact::Progress;
use crate::error::Result;
use crate::format::Damage;
use crate::storage::Storage;

/// Most problems that a report lists.
pub const PROBLEMS_MAX: usize = 10_000;

/// What a full check found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Broken rules, at most [`PROBLEMS_MAX`].
    pub problems: Vec<Damage>,
    /// What is worth knowing but breaks no rule: a torn tail of the log, parts that could not be reached.
    pub notes: Vec<String>,
    /// Bytes whose checksums were computed.
    pub bytes_checked: u64,
    /// Extents looked at, the manifest included.
    pub extents: u64,
    /// Row groups looked at, those in the log included.
    pub groups: u64,
    /// Live images.
    pub images: u64,
}

impl Report {
    /// Whether no rule is broken.
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }
}

/// Checks the whole container on `storage`, log included, without changing it. `progress` is told bytes;
/// `block_check` looks into the blocks of masks, `index_check` into indexes.
///
/// A concurrent writer does no harm: the state at the start is locked as for a snapshot.
///
/// # Errors
///
/// I/O errors; [`crate::Error::NewerFormat`] for a container that this version does not know;
/// [`crate::Error::Cancelled`]. Damage is no error, it goes into the report.
///
/// Cost: two passes over the data in memory, one over the medium.
pub fn verify(
    storage: &Arc<dyn Storage>,
    block_check: BlockCheck<'_>,
    index_check: IndexCheck<'_>,
    progress: Progress<'_>,
) -> Result<Report> {
    let mut check = check::Check::new(storage, progress);
    if let Some(opened) = structure::open(&mut check)? {
        extents::check(&mut check, &opened)?;
        let columns = groups::check(&mut check, &opened)?;
        prompts::check(&mut check, &opened.state)?;
        rows::check(&mut check, &opened.state.schema, &columns)?;
        unique::check(&mut check, &columns)?;
        masks::segments(&mut check, &opened.state, &columns, block_check)?;
        indexes::check(&mut check, &opened.state, index_check)?;
    }
    Ok(check.finish())
}
