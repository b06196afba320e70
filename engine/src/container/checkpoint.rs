//! From log to row groups.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alloc::{FIRST_PAGE, Run};
use super::column::{Column, GroupRef};
use super::dead::DeadSet;
use super::encode::Encoded;
use super::group::Group;
use super::log;
use super::merge::merge;
use super::reachable::reachable;
use super::relocate::{Copier, relocate, tokens_field};
use super::replay::Unsure;
use super::state::State;
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::group::{GroupDesc, Layout};
use crate::format::limits::MANIFEST_BYTES_MAX;
use crate::format::superblock::{FLAG_SEALED, LogHead};

/// Row groups of features up to this size are merged with newer ones; larger ones are left alone.
const MERGE_FEATURES_MAX: u64 = 2 << 20;
/// The same for keys, attributes and metadata, which are small and looked through group by group.
const MERGE_SMALL_MAX: u64 = 256 << 20;
/// What is merged into one row group is at most this large.
const MERGE_FEATURES_SUM: u64 = 64 << 20;
/// The same for keys, attributes and metadata.
const MERGE_SMALL_SUM: u64 = 1 << 30;
/// A row group is merged when those behind it have at least a quarter of its bytes: each byte is copied
/// O(log n) times, and a column has O(log n) row groups of this kind.
const MERGE_RATIO: u64 = 4;

impl Writer {
    /// Turns the log into row groups and starts a new one. Cost: the logged rows, not the container.
    pub fn checkpoint(&mut self) -> Result<()> {
        self.guarded(|w| w.checkpoint_rewriting(&Unsure::default(), true))
    }

    /// A checkpoint that also writes again, elsewhere, what is `unsure`; with or without a fresh log ready for
    /// more commits.
    pub(super) fn checkpoint_rewriting(&mut self, unsure: &Unsure, more: bool) -> Result<()> {
        self.checkpoint_editing(unsure, more, &mut |_, _| Ok(()))
    }

    /// A checkpoint of a state that `edit` may change once its row groups are in extents.
    pub(super) fn checkpoint_editing(
        &mut self,
        unsure: &Unsure,
        more: bool,
        edit: &mut dyn FnMut(&mut Self, &mut State) -> Result<()>,
    ) -> Result<()> {
        self.reclaim()?;
        let mut next = self.state.clone();
        for (number, column) in self.state.columns.clone() {
            let groups = self.flush_column(number, &column, unsure, &mut next.next_group)?;
            next.columns.insert(number, Arc::new(Column::new(groups)));
        }
        let storage = Arc::clone(&self.extents.storage);
        for name in &unsure.prompt_sets {
            let Some(set) = self.state.prompt_sets.get(name).cloned() else { continue };
            let data = Copier::new(&storage).copy(&mut self.extents, set.def().data)?;
            self.place_prompt_set(&mut next, &set, data);
        }
        edit(self, &mut next)?;
        self.refresh_indexes(&mut next)?;
        self.install(next, more)
    }

    /// The row groups of a column with everything in extents.
    fn flush_column(
        &mut self,
        number: u32,
        column: &Column,
        unsure: &Unsure,
        next_group: &mut u64,
    ) -> Result<Vec<GroupRef>> {
        let groups: Vec<&GroupRef> = column.groups().iter().filter(|g| g.live() > 0).collect();
        let keep = groups_to_keep(&groups);
        let (old, merged) = groups.split_at(keep.min(groups.len()));
        let mut out = Vec::new();
        for &group in old {
            let id = group.group().desc().id;
            if group.group().is_in_memory() || unsure.groups.contains(&id) {
                out.extend(self.merge_to_extent(
                    number,
                    std::slice::from_ref(group),
                    unsure,
                    next_group,
                )?);
            } else {
                out.push(self.with_stored_dead(group)?);
            }
        }
        if let [only] = merged
            && !only.group().is_in_memory()
            && !unsure.groups.contains(&only.group().desc().id)
        {
            out.push(self.with_stored_dead(only)?);
            return Ok(out);
        }
        let merged: Vec<GroupRef> = merged.iter().map(|&group| group.clone()).collect();
        out.extend(self.merge_to_extent(number, &merged, unsure, next_group)?);
        Ok(out)
    }

    fn merge_to_extent(
        &mut self,
        number: u32,
        groups: &[GroupRef],
        unsure: &Unsure,
        next_group: &mut u64,
    ) -> Result<Option<GroupRef>> {
        let schema = Arc::clone(&self.state.schema);
        let merged = merge(groups, &schema, &(0..u64::MAX), &Some)?;
        let Some(mut encoded) = merged else { return Ok(None) };
        if let Some(field) = tokens_field(&schema, number).filter(|_| !unsure.tensors.is_empty()) {
            let storage = Arc::clone(&self.extents.storage);
            let mut copier = Copier::new(&storage);
            encoded = relocate(&encoded, field, &storage, &mut |extent| {
                if !unsure.tensors.contains(&extent.page) {
                    return Ok(extent);
                }
                copier.copy(&mut self.extents, extent)
            })?;
        }
        self.write_group(number, &encoded, next_group).map(Some)
    }

    /// Writes a row group to an extent and gives it an id.
    pub(super) fn write_group(
        &mut self,
        column: u32,
        encoded: &Encoded,
        next_group: &mut u64,
    ) -> Result<GroupRef> {
        let data = self.extents.write(&encoded.bytes)?;
        let desc = GroupDesc { inline: false, data, ..encoded.describe(column, *next_group) };
        *next_group = next_group.saturating_add(1);
        Ok(GroupRef::new(Arc::new(Group::in_extent(desc, &self.extents.storage)), None))
    }

    /// The row group with its bitmap of dead entries in the file.
    fn with_stored_dead(&mut self, group: &GroupRef) -> Result<GroupRef> {
        let Some(dead) = group.dead().filter(|dead| dead.extent().is_none()) else {
            return Ok(group.clone());
        };
        let words = dead.bits()?.words();
        let extent = self.extents.write(bytemuck::cast_slice(words))?;
        let count = group.group().desc().count;
        let stored = DeadSet::stored(extent, &self.extents.storage, count, dead.count());
        Ok(GroupRef::new(Arc::clone(group.shared()), Some(Arc::new(stored))))
    }

    /// Makes `next`, all of which is in extents, the state of the container: manifest, sync, superblocks.
    pub(super) fn install(&mut self, mut next: State, more: bool) -> Result<()> {
        let old_epoch = self.state.epoch;
        next.epoch = old_epoch.saturating_add(1);
        next.next_seq = self.tail.next_seq;
        next.manifest = Extent::default();
        let manifest = next.to_manifest(next.epoch).encode();
        let len = manifest.len() as u64;
        if len > MANIFEST_BYTES_MAX {
            let (what, limit) = ("bytes of a manifest", MANIFEST_BYTES_MAX);
            return Err(Error::Limit { what, value: len, limit });
        }
        next.manifest = self.extents.write(&manifest)?;
        let segment = match self.tail.segment {
            Some(run) if more => Some(log::new_segment(&mut self.extents, run.pages / 2, 0)?),
            None if more => Some(log::new_segment(&mut self.extents, 0, 0)?),
            _ => None,
        };
        self.extents.storage.sync().map_err(Error::io("syncing a checkpoint"))?;
        self.state = next;
        self.names_extents = false;
        self.log_bulk = 0;
        if let Some(run) = segment {
            self.start_log(run);
            self.superblock.flags &= !FLAG_SEALED;
        } else {
            let seq = self.state.next_seq;
            self.superblock.log = LogHead { first_seq: seq, end_seq: seq, ..LogHead::default() };
            self.superblock.flags |= FLAG_SEALED;
            self.tail = log::Tail::of_head(&self.superblock.log);
        }
        let runs = reachable(&self.state, &self.tail)?;
        self.base_end = runs.iter().map(Run::end).max().unwrap_or(FIRST_PAGE);
        self.write_superblock()?;
        self.extents.alloc.retain(&runs, old_epoch);
        Ok(())
    }

    /// Columns for a state that is built anew.
    pub(super) fn columns(groups: BTreeMap<u32, Vec<GroupRef>>) -> BTreeMap<u32, Arc<Column>> {
        let column = |(number, groups)| (number, Arc::new(Column::new(groups)));
        groups.into_iter().map(column).collect()
    }
}

/// How many row groups at the front stay as they are; the rest is merged into one.
fn groups_to_keep(groups: &[&GroupRef]) -> usize {
    let mut keep = groups.len();
    let mut behind = 0_u64;
    for group in groups.iter().rev() {
        let bytes = group.group().len_bytes();
        let (max, sum) = match group.group().desc().layout {
            Layout::Vector | Layout::Regions | Layout::Masks => {
                (MERGE_FEATURES_MAX, MERGE_FEATURES_SUM)
            }
            _ => (MERGE_SMALL_MAX, MERGE_SMALL_SUM),
        };
        let last = keep == groups.len();
        let small = bytes <= max && (last || behind.saturating_mul(MERGE_RATIO) >= bytes);
        let all = behind.saturating_add(bytes);
        if all > sum || !(group.group().is_in_memory() || small) {
            break;
        }
        keep = keep.saturating_sub(1);
        behind = all;
    }
    keep
}
