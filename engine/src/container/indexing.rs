//! Keeping indexes in step with row groups.

use std::collections::HashSet;
use std::sync::Arc;

use super::column::Column;
use super::index::{Derive, Index, Renumbered, sorted};
use super::replay::Unsure;
use super::state::State;
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::index::{INDEX_CODES, INDEX_LISTS, IndexDesc};

/// Lists up to this long are carried over to row groups that a checkpoint merges.
const CARRIED_BYTES: u64 = 8 << 20;

/// An index that is to be added: kind, column, row group, bytes. Without bytes, the wish for codes.
#[derive(Debug)]
pub struct NewIndex {
    /// Kind.
    pub kind: u32,
    /// Column.
    pub column: u32,
    /// Row group, or 0.
    pub group: u64,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Writer {
    /// Sets what makes indexes.
    pub fn set_derive(&mut self, derive: Arc<dyn Derive>) {
        self.derive = Some(derive);
    }

    /// Removes the indexes that `remove` names and adds others, with a checkpoint. Those of row groups that the
    /// checkpoint merges are left out.
    pub fn change_indexes(
        &mut self,
        remove: &dyn Fn(&Index) -> bool,
        add: Vec<NewIndex>,
    ) -> Result<()> {
        self.guarded(|w| {
            let mut add = Some(add);
            w.checkpoint_editing(&Unsure::default(), true, &mut |w, next| {
                let mut all: Vec<Arc<Index>> = (*next.indexes).clone();
                all.retain(|index| !remove(index));
                for new in add.take().into_iter().flatten() {
                    all.push(w.write_index(&new)?);
                }
                next.indexes = sorted(all);
                Ok(())
            })
        })
    }

    fn write_index(&mut self, new: &NewIndex) -> Result<Arc<Index>> {
        let data = self.extents.write(&new.bytes)?;
        let desc = IndexDesc { kind: new.kind, column: new.column, group: new.group, data };
        Ok(Arc::new(Index::new(desc, &self.extents.storage)))
    }

    /// Drops the codes of row groups that went, makes those that the new ones lack, and carries
    /// small lists over to row groups that were merged.
    pub(super) fn refresh_indexes(&mut self, next: &mut State) -> Result<()> {
        if next.indexes.is_empty() {
            return Ok(());
        }
        self.carry_small_lists(next)?;
        let groups = next.columns.values().flat_map(|column| column.groups());
        let live: HashSet<u64> = groups.map(|group| group.group().desc().id).collect();
        let mut all: Vec<Arc<Index>> = (*next.indexes).clone();
        all.retain(|index| {
            let desc = index.desc();
            desc.kind != INDEX_CODES || desc.group == 0 || live.contains(&desc.group)
        });
        next.indexes = sorted(all);
        let Some(derive) = self.derive.clone() else { return Ok(()) };
        let wishes: Vec<u32> =
            next.indexes.iter().filter(|i| i.is_wish()).map(|i| i.desc().column).collect();
        let mut made = Vec::new();
        for column in wishes {
            made.extend(self.codes_of(next, column, &derive)?);
        }
        if !made.is_empty() {
            made.extend(next.indexes.iter().cloned());
            next.indexes = sorted(made);
        }
        Ok(())
    }

    /// A checkpoint merges only small row groups: of long lists, these are a part that is searched
    /// exactly until the next build; short ones would lose all they have.
    fn carry_small_lists(&mut self, next: &mut State) -> Result<()> {
        let Some(derive) = self.derive.clone() else { return Ok(()) };
        let old = self.state.clone();
        let mut all: Vec<Arc<Index>> = (*next.indexes).clone();
        let mut changed = false;
        for slot in &mut all {
            let IndexDesc { kind, column, data, .. } = *slot.desc();
            let small = kind == INDEX_LISTS && !data.is_none() && data.len <= CARRIED_BYTES;
            if !small || ids(&old, column).is_subset(&ids(next, column)) {
                continue;
            }
            let moved = Renumbered { old: &old, new: next, row: &Some };
            let bytes = match derive.carry(slot, &moved) {
                Ok(Some(bytes)) => bytes,
                Ok(None) | Err(Error::Corrupt(_)) => continue,
                Err(other) => return Err(other),
            };
            *slot = self.write_index(&NewIndex { kind, column, group: 0, bytes })?;
            changed = true;
        }
        if changed {
            next.indexes = sorted(all);
        }
        Ok(())
    }

    /// Codes for the row groups of a column that have none.
    fn codes_of(
        &mut self,
        state: &State,
        number: u32,
        derive: &Arc<dyn Derive>,
    ) -> Result<Vec<Arc<Index>>> {
        let Some(field) = state.schema.fields.iter().find(|f| f.column == number) else {
            return Ok(Vec::new());
        };
        let mut made = Vec::new();
        for group in state.column(number).map_or(&[][..], Column::groups) {
            let id = group.group().desc().id;
            if group.group().is_in_memory() || state.codes(number, id).is_some() {
                continue;
            }
            let bytes = match derive.codes(group.group(), field) {
                Ok(bytes) => bytes,
                // Damaged rows, or too little memory, are no reason not to write a checkpoint.
                Err(Error::Corrupt(_) | Error::OutOfMemory { .. }) => None,
                Err(other) => return Err(other),
            };
            let Some(bytes) = bytes else { continue };
            let new = NewIndex { kind: INDEX_CODES, column: number, group: id, bytes };
            made.push(self.write_index(&new)?);
        }
        Ok(made)
    }

    /// Gives a state with renumbered rows the indexes that the one before had.
    pub(super) fn carry_indexes(
        &mut self,
        old: &State,
        next: &mut State,
        row: &dyn Fn(u64) -> Option<u64>,
    ) -> Result<()> {
        let mut carried = Vec::new();
        for index in old.indexes.iter() {
            if index.is_wish() {
                carried.push(Arc::new(Index::new(index.desc().clone(), &self.extents.storage)));
                continue;
            }
            let Some(derive) = self.derive.clone().filter(|_| index.is_known()) else { continue };
            if index.desc().kind == INDEX_CODES {
                continue;
            }
            let bytes = match derive.carry(index, &Renumbered { old, new: next, row }) {
                Ok(bytes) => bytes,
                // A damaged index is left behind: it can be built again.
                Err(Error::Corrupt(_)) => None,
                Err(other) => return Err(other),
            };
            let IndexDesc { kind, column, .. } = *index.desc();
            if let Some(bytes) = bytes {
                carried.push(self.write_index(&NewIndex { kind, column, group: 0, bytes })?);
            }
        }
        next.indexes = sorted(carried);
        self.refresh_indexes(next)
    }

    /// An index whose bytes are at another place.
    pub(super) fn place_index(&self, state: &mut State, number: usize, data: Extent) {
        let mut all: Vec<Arc<Index>> = (*state.indexes).clone();
        if let Some(slot) = all.get_mut(number) {
            let desc = IndexDesc { data, ..slot.desc().clone() };
            *slot = Arc::new(Index::new(desc, &self.extents.storage));
        }
        state.indexes = Arc::new(all);
    }
}

/// The row groups of a column that are in extents.
fn ids(state: &State, column: u32) -> HashSet<u64> {
    let groups = state.column(column).map_or(&[][..], Column::groups).iter();
    let stored = groups.filter(|group| !group.group().is_in_memory());
    stored.map(|group| group.group().desc().id).collect()
}
