//! Which pages are in use.

use super::alloc::Run;
use super::log::Tail;
use super::relocate::tokens_field;
use super::state::State;
use super::view::TokensView;
use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::limits::PAGE_BYTES;

/// The pages of an extent that must end in a file of `len` bytes. Where tensors are was not checked before.
pub(super) fn inside(extent: Extent, len: u64) -> Result<Run> {
    extent.check(len.next_multiple_of(PAGE_BYTES), extent.offset())?;
    Ok(Run { page: extent.page, pages: extent.pages() })
}

/// All pages that a state and its log reach. Reads the pointers of all tensors.
pub(super) fn reachable(state: &State, tail: &Tail) -> Result<Vec<Run>> {
    let len = state.storage.len().map_err(Error::io("reading the length of the container"))?;
    let mut tensors = Vec::new();
    let mut runs = tail.segments.clone();
    let mut add = |extent: Extent| {
        if !extent.is_none() {
            runs.push(Run { page: extent.page, pages: extent.pages() });
        }
    };
    add(state.manifest);
    for (&number, column) in &state.columns {
        let tokens = tokens_field(&state.schema, number);
        for group in column.groups() {
            if !group.group().is_in_memory() {
                add(group.group().desc().data);
            }
            if let Some(extent) = group.dead().and_then(|dead| dead.extent()) {
                add(extent);
            }
            let Some(field) = tokens else { continue };
            // A tensor goes with its image: those of dead ones are free.
            let dead = group.dead_bits()?;
            for (position, extent) in TokensView::new(group.group(), field).extents()?.enumerate() {
                let extent = extent?;
                if !dead.is_some_and(|dead| dead.get(position as u64)) && !extent.is_none() {
                    tensors.push(inside(extent, len)?);
                }
            }
        }
    }
    for index in state.indexes.iter() {
        add(index.desc().data);
    }
    for set in state.prompt_sets.values() {
        add(set.def().data);
    }
    runs.extend(tensors);
    Ok(runs)
}
