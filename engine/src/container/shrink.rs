//! Moving what a file holds towards its start, so that it can be cut.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alloc::{Run, page_bytes};
use super::column::{Column, GroupRef};
use super::dead::DeadSet;
use super::group::Group;
use super::merge::merge;
use super::prompt_set::PromptSet;
use super::relocate::{relocate, tokens_field};
use super::state::State;
use super::view::TokensView;
use super::writer::Writer;
use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::group::GroupDesc;
use crate::format::prompts::PromptSetDef;

/// Who an extent belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// A row group: its column, its place there.
    Group(u32, usize),
    /// A tensor of that row group.
    Tensor(u32, usize),
    /// The deleted entries of that row group.
    Dead(u32, usize),
    /// A prompt set.
    Prompts(String),
    /// An index, by its place in the list.
    Index(usize),
}

impl Writer {
    /// Moves extents into free space before them; false when none moved.
    pub(super) fn move_down(&mut self) -> Result<bool> {
        if self.tail.segment.is_some() {
            // Somebody committed meanwhile, and what is in the log has no place yet.
            return Ok(false);
        }
        let mut moved: BTreeMap<(u32, usize), GroupRef> = BTreeMap::new();
        // Where tensors went, by their first page.
        let mut tensors: BTreeMap<(u32, usize), BTreeMap<u64, Extent>> = BTreeMap::new();
        let mut next = self.state.clone();
        let mut any = false;
        // From the end: each hole takes an extent that lies far up, once. From the start, one hole would wander
        // through the whole file, and every step of it is a state.
        for (extent, place) in places(&self.state)?.into_iter().rev() {
            let Some(lower) = self.lower(extent)? else { continue };
            any = true;
            match place {
                Place::Tensor(number, index) => {
                    tensors.entry((number, index)).or_default().insert(extent.page, lower);
                }
                Place::Index(number) => self.place_index(&mut next, number, lower),
                Place::Prompts(name) => {
                    if let Some(set) = self.state.prompt_sets.get(&name) {
                        self.place_prompt_set(&mut next, set, lower);
                    }
                }
                Place::Group(number, index) | Place::Dead(number, index) => {
                    let group = self.state.columns.get(&number).and_then(|c| c.groups().get(index));
                    let Some(group) = moved.get(&(number, index)).or(group) else { continue };
                    let is_dead = matches!(place, Place::Dead(..));
                    let copy = self.placed(group, is_dead, lower);
                    moved.insert((number, index), copy);
                }
            }
        }
        if !any && !self.manifest_is_loose() {
            return Ok(false);
        }
        for (&number, column) in &self.state.columns.clone() {
            let mut groups = Vec::new();
            for (index, group) in column.groups().iter().enumerate() {
                let placed = moved.get(&(number, index)).unwrap_or(group).clone();
                match tensors.get(&(number, index)) {
                    Some(places) => groups.extend(self.point(number, &placed, places, &mut next)?),
                    None => groups.push(placed),
                }
            }
            next.columns.insert(number, Arc::new(Column::new(groups)));
        }
        self.install(next, false)?;
        Ok(true)
    }

    /// A row group whose bytes, or whose deleted entries, are at another place.
    fn placed(&self, group: &GroupRef, is_dead: bool, at: Extent) -> GroupRef {
        let (storage, desc) = (&self.extents.storage, group.group().desc());
        if is_dead {
            let dead =
                group.dead().map(|dead| DeadSet::stored(at, storage, desc.count, dead.count()));
            return GroupRef::new(Arc::clone(group.shared()), dead.map(Arc::new));
        }
        let desc = GroupDesc { data: at, ..desc.clone() };
        GroupRef::new(Arc::new(Group::in_extent(desc, storage)), group.dead().cloned())
    }

    /// The row group again, less what is dead, with pointers to where its tensors went.
    fn point(
        &mut self,
        number: u32,
        group: &GroupRef,
        places: &BTreeMap<u64, Extent>,
        next: &mut State,
    ) -> Result<Option<GroupRef>> {
        let schema = Arc::clone(&self.state.schema);
        let Some(field) = tokens_field(&schema, number) else { return Ok(None) };
        let alone = std::slice::from_ref(group);
        let Some(encoded) = merge(alone, &schema, &(0..u64::MAX), &Some)? else { return Ok(None) };
        let storage = Arc::clone(&self.extents.storage);
        let mut place = |extent: Extent| Ok(places.get(&extent.page).copied().unwrap_or(extent));
        let encoded = relocate(&encoded, field, &storage, &mut place)?;
        self.write_group(number, &encoded, &mut next.next_group).map(Some)
    }

    /// A prompt set whose data is at another place.
    pub(super) fn place_prompt_set(&self, state: &mut State, set: &PromptSet, data: Extent) {
        let def = PromptSetDef { data, ..set.def().clone() };
        let placed = PromptSet::new(def, &self.extents.storage);
        let name = placed.def().name.clone();
        Arc::make_mut(&mut state.prompt_sets).insert(name, Arc::new(placed));
    }

    /// Whether the next manifest would lie before this one.
    fn manifest_is_loose(&mut self) -> bool {
        let manifest = self.state.manifest;
        let run = self.extents.alloc.take(manifest.pages());
        self.extents.alloc.give_back(run);
        run.page < manifest.page
    }

    /// Copies an extent to free pages before it, if there are any.
    fn lower(&mut self, extent: Extent) -> Result<Option<Extent>> {
        let run = self.extents.alloc.take(extent.pages());
        if run.page >= extent.page {
            self.extents.alloc.give_back(run);
            return Ok(None);
        }
        self.copy_pages(extent.page, run)?;
        Ok(Some(Extent { page: run.page, ..extent }))
    }

    fn copy_pages(&mut self, from: u64, to: Run) -> Result<()> {
        const STEP_PAGES: u64 = 2048;
        let mut at = 0;
        while at < to.pages {
            let pages = STEP_PAGES.min(to.pages - at);
            let mut bytes = vec![0; usize::try_from(page_bytes(pages)).unwrap_or(0)];
            let storage = &self.extents.storage;
            let source = page_bytes(from.saturating_add(at));
            storage.read_at(source, &mut bytes).map_err(Error::io("moving an extent"))?;
            let target = page_bytes(to.page.saturating_add(at));
            storage.write_at(target, &bytes).map_err(Error::io("moving an extent"))?;
            at = at.saturating_add(pages);
        }
        Ok(())
    }
}

/// All extents that can move, in the order of their pages. Those of one hostile file may overlap.
fn places(state: &State) -> Result<Vec<(Extent, Place)>> {
    let mut places = Vec::new();
    for (&number, column) in &state.columns {
        let tokens = tokens_field(&state.schema, number);
        for (index, group) in column.groups().iter().enumerate() {
            places.push((group.group().desc().data, Place::Group(number, index)));
            if let Some(extent) = group.dead().and_then(|dead| dead.extent()) {
                places.push((extent, Place::Dead(number, index)));
            }
            let Some(field) = tokens else { continue };
            let dead = group.dead_bits()?;
            for (position, extent) in TokensView::new(group.group(), field).extents()?.enumerate() {
                let extent = extent?;
                let is_dead = dead.is_some_and(|dead| dead.get(position as u64));
                if !is_dead && !extent.is_none() {
                    places.push((extent, Place::Tensor(number, index)));
                }
            }
        }
    }
    for set in state.prompt_sets.values() {
        places.push((set.def().data, Place::Prompts(set.def().name.clone())));
    }
    for (number, index) in state.indexes.iter().enumerate() {
        if !index.desc().data.is_none() {
            places.push((index.desc().data, Place::Index(number)));
        }
    }
    places.sort_unstable_by(|a, b| (a.0.page, &a.1).cmp(&(b.0.page, &b.1)));
    Ok(places)
}
