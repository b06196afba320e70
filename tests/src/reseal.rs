//! A small container with every structure, and mending of its checksums after bytes were changed.

use std::sync::OnceLock;

use vesalius::format::extent::Extent;
use vesalius::format::group::layout::section;
use vesalius::format::group::{BlobHeader, GroupDesc, Layout};
use vesalius::format::index::{INDEX_CODES, INDEX_LISTS};
use vesalius::format::limits::{BLOCK_BYTES, PAGE_BYTES};
use vesalius::format::manifest::Manifest;
use vesalius::format::ops::{Op, decode_ops, encode_ops};
use vesalius::format::reader::Reader;
use vesalius::format::record::{RecordHeader, RecordKind};
use vesalius::format::superblock::{CHECKSUM_OFFSET, LogHead, Superblock};
use vesalius::format::{Rule, crc32};
use vesalius::storage::MemoryStorage;
use vesalius::{Database, Result};

use crate::workload::{BULK_SEEDS, Workload, definition};

/// A workload with tokens and prompt sets, some of them in the log that is left.
const SEED: u64 = BULK_SEEDS + 7;

/// The bytes of a container that a workload left, closed cleanly, with and without a log.
pub fn sample() -> &'static [u8] {
    static SAMPLE: OnceLock<Vec<u8>> = OnceLock::new();
    SAMPLE.get_or_init(|| make().unwrap_or_default())
}

fn make() -> Result<Vec<u8>> {
    let disk = MemoryStorage::new();
    let db = Database::create_on(disk.clone(), definition(SEED))?;
    let mut work = Workload::new(SEED);
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

/// Changes bytes, then makes the checksums of extents, log, manifest, space and superblocks match again, as far as
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

/// As [`patch`], for changes of codes as well.
pub fn patch_indexes(bytes: &mut [u8], patches: &[(u32, u8)]) {
    for &(place, value) in patches {
        if let Some(byte) = bytes.get_mut(place as usize) {
            *byte = value;
        }
    }
    reseal_kinds(bytes, &[INDEX_CODES, INDEX_LISTS]);
}

/// Makes checksums match, from the leaves up: tensors, prompt sets, lists, row groups, records of the log, manifest.
/// Not those of codes, of which readers may judge by other roundings.
pub fn reseal(bytes: &mut [u8]) {
    reseal_kinds(bytes, &[INDEX_LISTS]);
}

fn reseal_kinds(bytes: &mut [u8], kinds: &[u32]) {
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
                fix_extent(bytes, &mut group.dead);
                fix_group(bytes, group);
            }
            for set in &mut manifest.prompt_sets {
                fix_extent(bytes, &mut set.data);
            }
            for index in manifest.indexes.iter_mut().filter(|index| kinds.contains(&index.kind)) {
                fix_extent(bytes, &mut index.data);
            }
            let encoded = manifest.encode();
            if encoded.len() as u64 == superblock.manifest.len {
                put(bytes, index(superblock.manifest.offset()), &encoded);
            }
        }
        fix_log(bytes, &superblock.log);
        fix_extent(bytes, &mut fixed.manifest);
        fixed.space_crc = bytes.get(8192..12_288).map_or(0, crc32);
        put(bytes, start, &fixed.encode());
    }
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Overwrites bytes, if they are there.
fn put(bytes: &mut [u8], at: usize, with: &[u8]) {
    let end = at.saturating_add(with.len());
    if let Some(place) = bytes.get_mut(at..end) {
        place.copy_from_slice(with);
    }
}

/// A row group in an extent: of tokens the tensors of live images first, as other pages may be of something else.
fn fix_group(bytes: &mut [u8], group: &mut GroupDesc) {
    if group.layout == Layout::Tokens
        && let Some(mut blob) = extent_bytes(bytes, group.data).map(<[u8]>::to_vec)
    {
        let dead = extent_bytes(bytes, group.dead).map(<[u8]>::to_vec).unwrap_or_default();
        let is_live =
            |image: usize| dead.get(image / 8).is_none_or(|bits| bits >> (image % 8) & 1 == 0);
        fix_tensors(bytes, &mut blob, is_live);
        put(bytes, index(group.data.offset()), &blob);
    }
    fix_extent(bytes, &mut group.data);
}

/// Makes the pointers of a row group of tokens match what they point at.
fn fix_tensors(bytes: &mut [u8], blob: &mut [u8], wanted: impl Fn(usize) -> bool) {
    let len = blob.len() as u64;
    let Ok(header) = BlobHeader::decode(blob, len, 0) else { return };
    let Some(section) = header.sections.get(section::TENSORS).copied() else { return };
    let range = index(section.offset)..index(section.offset.saturating_add(section.len));
    let Some(pointers) = blob.get_mut(range) else { return };
    for (image, pointer) in pointers.chunks_exact_mut(24).enumerate() {
        let mut reader = Reader::new(pointer, 0, Rule::ExtentBounds);
        let Ok(mut tensor) = Extent::decode(&mut reader, bytes.len() as u64) else { continue };
        if wanted(image) {
            fix_extent(bytes, &mut tensor);
            put(pointer, 16, &tensor.crc.to_le_bytes());
        }
    }
}

/// The records of the log as far as they lead, with what they name.
fn fix_log(bytes: &mut [u8], log: &LogHead) {
    const RECORDS_MAX: usize = 10_000;
    let mut chain = log.chain;
    let mut at = if log.pages == 0 { usize::MAX } else { index(log.page * PAGE_BYTES) };
    for _ in 0..RECORDS_MAX {
        let head = bytes.get(at..at.saturating_add(64)).unwrap_or(&[]);
        if !head.starts_with(b"VREC") {
            return;
        }
        let crc = crc32(head.get(..60).unwrap_or(&[]));
        put(bytes, at.saturating_add(60), &crc.to_le_bytes());
        let head = bytes.get(at..at.saturating_add(64)).unwrap_or(&[]);
        let Ok((mut header, _)) = RecordHeader::decode(head, 0) else { return };
        let start = at.saturating_add(64);
        let end = start.saturating_add(index(header.payload_len));
        // What an older log left here stays as it is.
        let Some(payload) = bytes.get(start..end).filter(|_| header.epoch == log.epoch) else {
            return;
        };
        let mut payload = payload.to_vec();
        if header.kind == RecordKind::Commit {
            fix_ops(bytes, &mut payload);
        }
        header.payload_crc = crc32(&payload);
        header.chain = chain;
        let (encoded, crc) = header.encode();
        chain = crc;
        put(bytes, at, &encoded);
        put(bytes, start, &payload);
        let next = payload.get(..8).and_then(|page| page.try_into().ok());
        at = match (header.kind, next.map(u64::from_le_bytes)) {
            (RecordKind::Next, Some(page)) => index(page.saturating_mul(PAGE_BYTES)),
            _ => end.checked_next_multiple_of(512).unwrap_or(usize::MAX),
        };
    }
}

/// What the operations of a commit name.
fn fix_ops(bytes: &mut [u8], payload: &mut [u8]) {
    let Ok(mut ops) = decode_ops(payload, 0, bytes.len() as u64) else { return };
    for op in &mut ops {
        match op {
            Op::AddGroup(group) if !group.inline => fix_group(bytes, group),
            Op::AddGroup(group) if group.layout == Layout::Tokens => {
                let end = group.data.page.saturating_add(group.data.len);
                if let Some(blob) = payload.get_mut(index(group.data.page)..index(end)) {
                    fix_tensors(bytes, blob, |_| true);
                }
            }
            Op::SetPromptSet(set) => fix_extent(bytes, &mut set.data),
            _ => {}
        }
    }
    // Of the same length: pointers alone have changed.
    put(payload, 0, &encode_ops(&ops));
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
