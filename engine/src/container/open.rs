//! From bytes to a state: superblock, manifest, log.

use std::sync::Arc;

use super::checked::CheckedExtent;
use super::log::Tail;
use super::replay::{Replayed, replay};
use super::state::State;
use super::superblocks;
use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::limits::{MANIFEST_BYTES_MAX, PAGE_BYTES};
use crate::format::manifest::Manifest;
use crate::format::reader::Reader;
use crate::format::space::Space;
use crate::format::superblock::Superblock;
use crate::format::{Damage, Rule, crc32};
use crate::storage::{EpochLock, Storage};

/// An opened container.
#[derive(Debug)]
pub struct Loaded {
    /// The superblock that won.
    pub superblock: Superblock,
    /// The state of the manifest.
    pub base: State,
    /// The state, log included.
    pub state: State,
    /// The end of the log.
    pub tail: Tail,
    /// What the log came to.
    pub replayed: Replayed,
    /// Holds the pages of this state.
    pub lock: Arc<EpochLock>,
}

/// Opens the current state. The epoch is locked before its pages are read, and it is still the current one
/// after it was locked, so that no writer reuses them.
pub fn load(storage: &Arc<dyn Storage>) -> Result<Loaded> {
    loop {
        let superblock = superblocks::read(storage)?;
        let lock = storage.lock_epoch(superblock.epoch).map_err(Error::io("locking the state"))?;
        let again = superblocks::read(storage)?;
        if again.epoch != superblock.epoch {
            continue;
        }
        let base = read_state(storage, &again)?;
        let mut state = base.clone();
        let mut tail = Tail::of_head(&again.log);
        let end_seq = again.sealed().then_some(again.log.end_seq);
        state.next_seq = tail.next_seq;
        let replayed = replay(storage, &mut state, &mut tail, end_seq, true, None)?;
        return Ok(Loaded { superblock: again, base, state, tail, replayed, lock: Arc::new(lock) });
    }
}

/// The state of the manifest that a superblock points at, without the log.
pub fn read_state(storage: &Arc<dyn Storage>, superblock: &Superblock) -> Result<State> {
    let space = read_space(storage, superblock)?;
    let extent = superblock.manifest;
    let manifest = read_manifest(storage, extent, superblock.file_len)?;
    if manifest.epoch != superblock.epoch {
        let text = "the manifest is of another epoch than the superblock";
        return Err(Damage::new(Rule::ManifestLayout, extent.offset(), text).into());
    }
    State::from_manifest(manifest, superblock, space, storage)
}

fn read_manifest(storage: &Arc<dyn Storage>, extent: Extent, file_len: u64) -> Result<Manifest> {
    if extent.len > MANIFEST_BYTES_MAX {
        let text = format!("a manifest of {} bytes", extent.len);
        return Err(Damage::new(Rule::ManifestLayout, extent.offset(), text).into());
    }
    let checked = CheckedExtent::new(extent, Arc::clone(storage));
    let bytes = checked.get(0..usize::try_from(extent.len).unwrap_or(usize::MAX))?;
    Ok(Manifest::decode(bytes, extent.offset(), file_len)?)
}

fn read_space(storage: &Arc<dyn Storage>, superblock: &Superblock) -> Result<Space> {
    let mut page = vec![0; 4096];
    let at = 2 * PAGE_BYTES;
    storage.read_at(at, &mut page).map_err(Error::io("reading the spatial header"))?;
    if crc32(&page) != superblock.space_crc {
        let text = "the spatial header does not match its checksum";
        return Err(Damage::new(Rule::SpaceChecksum, at, text).into());
    }
    Ok(Space::decode(&mut Reader::new(&page, at, Rule::SpaceValues))?)
}
