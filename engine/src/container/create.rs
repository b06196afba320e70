//! Laying out a new container.

use std::sync::Arc;

use super::alloc::{Allocator, FIRST_PAGE};
use super::extents::Extents;
use super::log::Tail;
use super::state::State;
use super::superblocks;
use super::writer::{DEFAULT_CHECKPOINT_BYTES, Writer, lock, now_ms};
use crate::error::{Error, Result};
use crate::format::crc32;
use crate::format::limits::PAGE_BYTES;
use crate::format::manifest::Manifest;
use crate::format::schema::Schema;
use crate::format::space::Space;
use crate::format::superblock::{FLAG_SEALED, LogHead, Superblock, VERSION_MINOR};
use crate::storage::Storage;

impl Writer {
    /// Lays out a new container on an empty medium.
    pub fn create(
        storage: &Arc<dyn Storage>,
        space: &Space,
        schema: Schema,
        metadata: String,
    ) -> Result<Self> {
        if storage.len().map_err(Error::io("reading the length of the container"))? != 0 {
            return Err(Error::Invalid("a new container needs an empty file".into()));
        }
        lock(storage)?;
        let created_ms = now_ms();
        let manifest = Manifest { epoch: 1, created_ms, schema, metadata, ..Manifest::default() };
        let page = space.encode_page();
        let alloc = Allocator::new(&[], FIRST_PAGE);
        let mut extents = Extents { storage: Arc::clone(storage), alloc };
        let superblock = Superblock {
            version_minor: VERSION_MINOR,
            uuid: new_uuid(),
            compat: 0,
            ro_compat: 0,
            incompat: manifest.schema.incompat(),
            flags: FLAG_SEALED,
            generation: 1,
            epoch: 1,
            file_len: 0,
            space_crc: crc32(&page),
            manifest: crate::format::extent::Extent::default(),
            log: LogHead { first_seq: 1, end_seq: 1, ..LogHead::default() },
        };
        let written = storage.write_at(2 * PAGE_BYTES, &page);
        written.map_err(Error::io("writing the spatial header"))?;
        let extent = extents.write(&manifest.encode())?;
        let file_len = extent.end_page().saturating_mul(PAGE_BYTES);
        let superblock = Superblock { manifest: extent, file_len, ..superblock };
        let mut state = State::from_manifest(manifest, &superblock, space.clone(), storage)?;
        state.next_seq = 1;
        storage.sync().map_err(Error::io("syncing the new container"))?;
        superblocks::write(storage, &superblock, 0)?;
        let tail = Tail::of_head(&superblock.log);
        Ok(Self {
            extents,
            state,
            tail,
            superblock,
            base_end: extent.end_page(),
            poisoned: false,
            checkpoint_bytes: DEFAULT_CHECKPOINT_BYTES,
            names_extents: false,
            log_bulk: 0,
            derive: None,
        })
    }
}

/// A random identity (RFC 9562, version 4) from the randomness that the standard library seeds its hash
/// maps with: unique enough to tell files apart, no secret.
fn new_uuid() -> [u8; 16] {
    use std::hash::{BuildHasher, Hasher, RandomState};
    let mut uuid = [0; 16];
    for (half, out) in uuid.chunks_mut(8).enumerate() {
        let mut hasher = RandomState::new().build_hasher();
        hasher.write_usize(half);
        hasher.write_u64(now_ms());
        out.copy_from_slice(&hasher.finish().to_le_bytes());
    }
    uuid[6] = (uuid[6] & 0x0f) | 0x40;
    uuid[8] = (uuid[8] & 0x3f) | 0x80;
    uuid
}
