//! A small container with every structure, and mending of its checksums after bytes were changed.

use std::sync::OnceLock;

use vesalius::format::crc32;
use vesalius::format::extent::Extent;
use vesalius::format::limits::{BLOCK_BYTES, PAGE_BYTES};
use vesalius::format::manifest::Manifest;
use vesalius::format::superblock::{CHECKSUM_OFFSET, Superblock};
use vesalius::storage::MemoryStorage;
use vesalius::{Database, Result};

use crate::workload::{Workload, definition};

/// The bytes of a container that a workload left, closed cleanly, with and without a log.
pub fn sample() -> &'static [u8] {
    static SAMPLE: OnceLock<Vec<u8>> = OnceLock::new();
    SAMPLE.get_or_init(|| make().unwrap_or_default())
}

fn make() -> Result<Vec<u8>> {
    let disk = MemoryStorage::new();
    let db = Database::create_on(disk.clone(), definition(1))?;
    let mut work = Workload::new(7);
    for number in 0..30 {
        let mut txn = db.begin_write()?;
        work.model = work.fill(&mut txn)?;
        txn.commit()?;
        if number % 10 == 9 {
            db.checkpoint()?;
        }
    }
    for _ in 0..5 {
        let mut txn = db.begin_write()?;
        work.model = work.fill(&mut txn)?;
        txn.commit()?;
    }
    db.close()?;
    Ok(disk.snapshot_bytes())
}

/// Changes bytes, then makes the checksums of extents, manifest, space and superblocks match again, as far as
/// they can be found.
pub fn patch(bytes: &mut [u8], patches: &[(u32, u8)]) {
    let len = bytes.len().max(1);
    for &(place, value) in patches {
        if let Some(byte) = bytes.get_mut(place as usize % len) {
            *byte = value;
        }
    }
    reseal(bytes);
}

/// Makes checksums match, from the leaves up.
pub fn reseal(bytes: &mut [u8]) {
    for page in 0..2 {
        let start = usize::try_from(page * PAGE_BYTES).unwrap_or(0);
        fix_superblock(bytes, start);
        let Some(slot) = bytes.get(start..start + 4096) else { return };
        let Ok(superblock) = Superblock::decode(slot, page) else { continue };
        let file_len = bytes.len() as u64;
        let manifest = extent_bytes(bytes, superblock.manifest)
            .and_then(|data| Manifest::decode(data, 0, file_len).ok());
        let mut fixed = superblock.clone();
        if let Some(mut manifest) = manifest {
            for group in &mut manifest.groups {
                fix_extent(bytes, &mut group.data);
                fix_extent(bytes, &mut group.dead);
            }
            let encoded = manifest.encode();
            if encoded.len() as u64 == superblock.manifest.len {
                let at = usize::try_from(superblock.manifest.offset()).unwrap_or(0);
                if let Some(place) = bytes.get_mut(at..at + encoded.len()) {
                    place.copy_from_slice(&encoded);
                }
            }
        }
        fix_extent(bytes, &mut fixed.manifest);
        fixed.space_crc = bytes.get(8192..12_288).map_or(0, crc32);
        if let Some(place) = bytes.get_mut(start..start + 4096) {
            place.copy_from_slice(&fixed.encode());
        }
    }
}

fn extent_bytes(bytes: &[u8], extent: Extent) -> Option<&[u8]> {
    let start = usize::try_from(extent.offset()).ok()?;
    bytes.get(start..start.checked_add(usize::try_from(extent.len).ok()?)?)
}

fn fix_superblock(bytes: &mut [u8], start: usize) {
    let Some(page) = bytes.get_mut(start..start + 4096) else { return };
    let (body, crc) = page.split_at_mut(CHECKSUM_OFFSET);
    crc.copy_from_slice(&crc32(body).to_le_bytes());
}

fn fix_extent(bytes: &mut [u8], extent: &mut Extent) {
    let Some(data) = extent_bytes(bytes, *extent).filter(|data| !data.is_empty()) else { return };
    if !extent.has_table() {
        extent.crc = crc32(data);
        return;
    }
    let block = usize::try_from(BLOCK_BYTES).unwrap_or(65_536);
    let table: Vec<u8> = data.chunks(block).flat_map(|c| crc32(c).to_le_bytes()).collect();
    let at = usize::try_from(extent.table_offset()).unwrap_or(usize::MAX);
    if let Some(place) = at.checked_add(table.len()).and_then(|end| bytes.get_mut(at..end)) {
        place.copy_from_slice(&table);
        extent.crc = crc32(&table);
    }
}
