//! The report under construction.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::sync::Arc;

use super::{PROBLEMS_MAX, Report};
use crate::container::compact::Progress;
use crate::container::group::Group;
use crate::error::{Error, Result};
use crate::format::{Damage, Rule};
use crate::storage::Storage;

/// Collects what the parts of the check find.
pub(super) struct Check<'a> {
    pub(super) storage: &'a Arc<dyn Storage>,
    pub(super) report: Report,
    progress: Progress<'a>,
    total: u64,
    /// Checksums that failed: the same block may be met again by whoever reads it.
    failed: HashSet<(Rule, u64)>,
    left_out: u64,
    /// Bytes of extents so far.
    extents: u64,
    /// Whether those were more than the file has.
    overdrawn: bool,
    /// Whether space 0 is damaged: nothing can be said of what lies in it.
    pub(super) space_is_lost: bool,
}

impl<'a> Check<'a> {
    pub(super) fn new(storage: &'a Arc<dyn Storage>, progress: Progress<'a>) -> Self {
        let (report, failed) = (Report::default(), HashSet::new());
        let (total, left_out, extents, overdrawn) = (0, 0, 0, false);
        let space_is_lost = false;
        Self {
            storage,
            report,
            progress,
            total,
            failed,
            left_out,
            extents,
            overdrawn,
            space_is_lost,
        }
    }

    /// Notes a broken rule.
    pub(super) fn problem(&mut self, damage: Damage) {
        let is_checksum = matches!(damage.rule, Rule::BlockChecksum | Rule::TableChecksum);
        if is_checksum && !self.failed.insert((damage.rule, damage.offset)) {
            return;
        }
        if self.report.problems.len() < PROBLEMS_MAX {
            self.report.problems.push(damage);
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
    }

    /// Notes a rule that a row group breaks.
    pub(super) fn group_problem(&mut self, group: &Group, rule: Rule, text: &str) {
        if let Error::Corrupt(damage) = group.damage(rule, text) {
            self.problem(damage);
        }
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.report.notes.push(text.into());
    }

    /// The value, or `None` with the damage noted. A medium that ends early is damage here: all pointers
    /// were checked against its length before.
    pub(super) fn outcome<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Error::Corrupt(damage)) => {
                self.problem(damage);
                Ok(None)
            }
            Err(Error::Io { what, source }) if source.kind() == ErrorKind::UnexpectedEof => {
                self.problem(Damage::new(Rule::FileLength, 0, format!("{what}: {source}")));
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// The value, or `None` where damage was noted before or will be elsewhere.
    pub(super) fn noted<T>(result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Error::Corrupt(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Adds to the bytes that there are to check.
    pub(super) fn expect_bytes(&mut self, bytes: u64) {
        self.total = self.total.saturating_add(bytes);
    }

    /// Whether an extent is still to be read. Sound ones share no page, so that they are together no longer than
    /// the file; in a hostile file a million pointers may lead to the same one.
    pub(super) fn afford(&mut self, bytes: u64) -> Result<bool> {
        let len = self.storage.len().map_err(Error::io("reading the length of the container"))?;
        let extents = self.extents.saturating_add(bytes);
        if extents <= len {
            self.extents = extents;
            return Ok(true);
        }
        if !self.overdrawn {
            self.note("extents overlap: not all of them were read");
        }
        self.overdrawn = true;
        Ok(false)
    }

    /// Counts checked bytes.
    pub(super) fn advance(&mut self, bytes: u64) -> Result<()> {
        self.report.bytes_checked = self.report.bytes_checked.saturating_add(bytes);
        let total = self.total.max(self.report.bytes_checked);
        if (self.progress)(self.report.bytes_checked, total) {
            Ok(())
        } else {
            Err(Error::Cancelled)
        }
    }

    pub(super) fn finish(mut self) -> Report {
        if self.left_out > 0 {
            self.note(format!("{} more problems are not listed", self.left_out));
        }
        self.report
    }
}
