//! Reading the log: which records count, and applying them.
//!
//! A record counts when its header, its place in the chain and its payload check out, and, unless a later
//! record says that it was durable, when all extents that it names check out too. The log ends at the
//! first record that does not count. In a sealed log, or before a record that knows better, that is damage.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::alloc::Run;
use super::checked::CheckedExtent;
use super::group::Group;
use super::log::{Tail, record_bytes};
use super::relocate::tokens_field;
use super::state::{Payload, State};
use super::superblocks;
use super::view::TokensView;
use crate::error::{Error, Result};
use crate::format::extent::Extent;
use crate::format::group::GroupDesc;
use crate::format::limits::{PAGE_BYTES, RECORD_BYTES_MAX, SECTOR_BYTES};
use crate::format::ops::{Op, decode_ops};
use crate::format::reader::Reader;
use crate::format::record::{RECORD_HEADER_BYTES, RecordHeader, RecordKind};
use crate::format::superblock::check_segment;
use crate::format::{Damage, Rule, crc32};
use crate::storage::{Bytes, Storage};

/// A record that counts so far.
struct Found {
    header: RecordHeader,
    offset: u64,
    payload: Bytes,
    /// Checksum of its header.
    chain: u32,
    /// The segment that it leads to.
    enter: Option<Run>,
}

impl Found {
    /// Moves a tail behind this record.
    fn pass(&self, tail: &mut Tail) {
        tail.advance(self.header.payload_len, self.header.seq, self.chain);
        if let Some(run) = self.enter {
            tail.enter(run);
        }
    }
}

/// What replaying came to.
#[derive(Debug, Default)]
pub struct Replayed {
    /// Commits applied.
    pub commits: u64,
    /// Why the log ended where it did, when that was not at its clean end.
    pub stopped: Option<Damage>,
    /// What only this log vouches for: nothing says that it is durable.
    pub unsure: Unsure,
    /// Tensors and prompt sets that the log names. Those that it supersedes itself are reached by no state, but
    /// by the log, until a checkpoint.
    pub named: Vec<Extent>,
}

/// Extents that may be in the page cache alone.
#[derive(Debug, Default)]
pub struct Unsure {
    /// Numbers of row groups.
    pub groups: HashSet<u64>,
    /// First pages of tensors.
    pub tensors: HashSet<u64>,
    /// Names of prompt sets.
    pub prompt_sets: HashSet<String>,
}

/// Replays from `tail` on. With `thorough`, damage to an acknowledged record is told from a torn one;
/// without, either ends the log, which suits a reader who looks whether there is more. `end_seq` is the
/// sequence number behind the last record of a sealed log. `kept` gets the inline row groups of the commits
/// that count, as they stand in the log: the state may hold them merged.
pub fn replay(
    storage: &Arc<dyn Storage>,
    state: &mut State,
    tail: &mut Tail,
    end_seq: Option<u64>,
    thorough: bool,
    mut kept: Option<&mut Vec<Group>>,
) -> Result<Replayed> {
    if end_seq.is_some_and(|end| end < tail.next_seq) {
        return Err(Damage::new(Rule::LogRecord, 0, "the log ends before it starts").into());
    }
    let (found, stopped) = find_records(storage, tail, end_seq, thorough)?;
    // A live writer sets a feature bit before the first record that needs it, maybe after its superblock was read.
    if !found.is_empty() {
        match superblocks::read(storage) {
            Ok(superblock) => state.incompat |= superblock.incompat,
            // Written at this moment: then what was read before stands.
            Err(Error::Corrupt(_)) => {}
            Err(other) => return Err(other),
        }
    }
    // Taken after the records were read: a live writer grows the file before it names what lies there.
    // In whole pages: what is behind the data of an extent may be missing. Recovery makes the file longer, and a
    // record that does not count before must not count afterwards.
    let file_len = length(storage)?.next_multiple_of(PAGE_BYTES);
    let durable = found.iter().map(|record| record.header.synced_seq).max().unwrap_or(0);
    let durable = if end_seq.is_some() { u64::MAX } else { durable.max(tail.synced_seq) };
    let mut result = Replayed { stopped, ..Replayed::default() };
    let mut claimed = BTreeMap::new();
    for record in found {
        let sure = record.header.seq <= durable;
        let checked = if sure { None } else { Some(&mut claimed) };
        match apply(storage, state, &record, file_len, checked) {
            Ok(applied) => {
                if let Some(kept) = kept.as_deref_mut() {
                    kept.extend(inline_groups(storage, &record.payload, applied.inline));
                }
                if !sure {
                    result.unsure.groups.extend(applied.external);
                    result.unsure.tensors.extend(applied.tensors.iter().map(|t| t.page));
                    let sets = applied.prompt_sets.iter().map(|(name, _)| name.clone());
                    result.unsure.prompt_sets.extend(sets);
                }
                result.named.extend(applied.tensors);
                result.named.extend(applied.prompt_sets.into_iter().map(|(_, data)| data));
            }
            Err(Error::Corrupt(damage)) if !sure => {
                result.stopped = Some(damage);
                break;
            }
            Err(other) => return Err(other),
        }
        result.commits += u64::from(record.header.kind == RecordKind::Commit);
        record.pass(tail);
    }
    tail.synced_seq = durable.min(tail.next_seq.saturating_sub(1));
    state.next_seq = tail.next_seq;
    Ok(result)
}

/// All records from the tail on that count by themselves, and why there are no more.
fn find_records(
    storage: &Arc<dyn Storage>,
    tail: &Tail,
    end_seq: Option<u64>,
    thorough: bool,
) -> Result<(Vec<Found>, Option<Damage>)> {
    let mut found = Vec::new();
    let mut at = tail.clone();
    let mut segments: BTreeMap<u64, u64> =
        at.segments.iter().map(|run| (run.page, run.end())).collect();
    let mut again = false;
    while end_seq.is_none_or(|end| at.next_seq < end) {
        match next_record(storage, &at) {
            Ok(record) => {
                if let Some(run) = record.enter {
                    claim(&mut segments, run, record.offset)?;
                }
                record.pass(&mut at);
                found.push(record);
                again = false;
            }
            Err(Error::Corrupt(damage)) if end_seq.is_some() => return Err(damage.into()),
            Err(Error::Corrupt(damage)) => {
                if !thorough || !acknowledged_beyond(storage, &at)? {
                    return Ok((found, Some(damage)));
                }
                // A live writer may have written this record and later ones since it was looked at.
                if again {
                    return Err(damage.into());
                }
                again = true;
            }
            Err(other) => return Err(other),
        }
    }
    Ok((found, None))
}

/// Refuses pages that an earlier structure has.
fn claim(claimed: &mut BTreeMap<u64, u64>, run: Run, at: u64) -> Result<()> {
    let below = claimed.range(..run.end()).next_back();
    if below.is_some_and(|(_, &end)| end > run.page) {
        let text = format!("the pages from {} on belong to something else too", run.page);
        return Err(Damage::new(Rule::ExtentOverlap, at, text).into());
    }
    claimed.insert(run.page, run.end());
    Ok(())
}

/// The record at the tail, if it counts.
fn next_record(storage: &Arc<dyn Storage>, tail: &Tail) -> Result<Found> {
    let bad = |at, text: &str| Error::from(Damage::new(Rule::LogRecord, at, text));
    let Some((offset, left)) = tail.place() else {
        return Err(bad(0, "there is no log"));
    };
    if left < SECTOR_BYTES {
        return Err(bad(offset, "the segment is full"));
    }
    let (header, chain) = read_header(storage, offset)?;
    let expected = header.seq == tail.next_seq
        && header.chain == tail.chain
        && header.epoch == tail.epoch
        && header.synced_seq < header.seq;
    if !expected {
        return Err(bad(offset, "a record does not continue the log"));
    }
    if header.payload_len > RECORD_BYTES_MAX || record_bytes(header.payload_len) > left {
        return Err(bad(offset, "a record reaches past its segment"));
    }
    let len = usize::try_from(header.payload_len).unwrap_or(usize::MAX);
    let payload = match storage.bytes(offset + RECORD_HEADER_BYTES, len) {
        Ok(payload) => payload,
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            return Err(bad(offset, "the file ends inside a record"));
        }
        Err(e) => return Err(Error::io("reading the log")(e)),
    };
    if crc32(&payload) != header.payload_crc {
        return Err(bad(offset, "the checksum of a record does not match"));
    }
    let mut enter = None;
    if header.kind == RecordKind::Next {
        let at = offset + RECORD_HEADER_BYTES;
        let mut reader = Reader::new(&payload, at, Rule::LogRecord);
        let run = Run { page: reader.u64()?, pages: reader.u64()? };
        reader.finish()?;
        if run.pages == 0 {
            return Err(Damage::new(Rule::LogBounds, at, "the log goes on nowhere").into());
        }
        check_segment(run.page, run.pages, length(storage)?, at)?;
        enter = Some(run);
    }
    Ok(Found { header, offset, payload, chain, enter })
}

fn read_header(storage: &Arc<dyn Storage>, offset: u64) -> Result<(RecordHeader, u32)> {
    let mut head = [0; 64];
    match storage.read_at(offset, &mut head) {
        Ok(()) => Ok(RecordHeader::decode(&head, offset)?),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            Err(Damage::new(Rule::LogRecord, offset, "the file ends inside the log").into())
        }
        Err(e) => Err(Error::io("reading the log")(e)),
    }
}

/// Whether a later record of this log says that the one missing at the tail was durable: then it was
/// damaged, not torn. Reads the rest of the segment.
fn acknowledged_beyond(storage: &Arc<dyn Storage>, tail: &Tail) -> Result<bool> {
    const CHUNK: u64 = 64 << 10;
    let Some((start, left)) = tail.place() else { return Ok(false) };
    let end = start.saturating_add(left).min(length(storage)?);
    let mut at = start;
    while at < end {
        let len = usize::try_from(CHUNK.min(end - at)).unwrap_or(0);
        let mut chunk = vec![0; len];
        storage.read_at(at, &mut chunk).map_err(Error::io("reading the log"))?;
        let sector = usize::try_from(SECTOR_BYTES).unwrap_or(512);
        for (number, bytes) in (0_u64..).zip(chunk.chunks(sector)) {
            let head = bytes.get(..64).unwrap_or(&[]);
            let found = RecordHeader::decode(head, at + number * SECTOR_BYTES);
            if found.is_ok_and(|(h, _)| h.epoch == tail.epoch && h.synced_seq >= tail.next_seq) {
                return Ok(true);
            }
        }
        at += CHUNK;
    }
    Ok(false)
}

fn length(storage: &Arc<dyn Storage>) -> Result<u64> {
    storage.len().map_err(Error::io("reading the length of the container"))
}

/// The row groups of a record that was applied.
#[derive(Debug, Default)]
struct Applied {
    /// Numbers of those in extents.
    external: Vec<u64>,
    /// Those in the record itself.
    inline: Vec<GroupDesc>,
    /// The tensors of both.
    tensors: Vec<Extent>,
    /// Names of prompt sets, and where their data is.
    prompt_sets: Vec<(String, Extent)>,
}

/// Row groups of a payload that their descriptors were checked against.
fn inline_groups(
    storage: &Arc<dyn Storage>,
    payload: &Bytes,
    descs: Vec<GroupDesc>,
) -> impl Iterator<Item = Group> {
    descs.into_iter().filter_map(|desc| {
        let start = usize::try_from(desc.data.page).ok()?;
        let end = start.checked_add(usize::try_from(desc.data.len).ok()?)?;
        Some(Group::in_memory(desc, payload.slice(start..end)?, storage))
    })
}

/// Applies a record; returns the row groups that it names. With `checked`, its extents are verified first; no
/// page is verified twice, however often it is named.
fn apply(
    storage: &Arc<dyn Storage>,
    state: &mut State,
    record: &Found,
    file_len: u64,
    checked: Option<&mut BTreeMap<u64, u64>>,
) -> Result<Applied> {
    if record.header.kind == RecordKind::Next {
        return Ok(Applied::default());
    }
    let ops = decode_ops(&record.payload, record.offset + RECORD_HEADER_BYTES, file_len)?;
    let (inline, named): (Vec<GroupDesc>, Vec<GroupDesc>) =
        ops.iter().filter_map(added).cloned().partition(|desc| desc.inline);
    let sets: Vec<(String, Extent)> = ops.iter().filter_map(set_prompts).collect();
    let mut claimed = checked;
    if let Some(claimed) = claimed.as_deref_mut() {
        let extents = named.iter().map(|desc| desc.data).chain(sets.iter().map(|set| set.1));
        for extent in extents {
            claim(claimed, Run { page: extent.page, pages: extent.pages() }, record.offset)?;
            CheckedExtent::new(extent, Arc::clone(storage)).verify_all(|_| ())?;
        }
    }
    // A record counts as a whole or not at all.
    let mut next = state.clone();
    for op in ops {
        next.apply(op, Payload { bytes: &record.payload, storage })?;
    }
    next.next_seq = record.header.seq.saturating_add(1);
    let mut tensors = Vec::new();
    let groups = named.iter().map(|desc| Group::in_extent(desc.clone(), storage));
    for group in groups.chain(inline_groups(storage, &record.payload, inline.clone())) {
        let claimed = claimed.as_deref_mut();
        note_tensors(&next, &group, file_len, claimed, &mut tensors)?;
    }
    *state = next;
    let external = named.into_iter().map(|desc| desc.id).collect();
    Ok(Applied { external, inline, tensors, prompt_sets: sets })
}

/// Notes the tensors of a row group of tokens; with `claimed`, verifies them.
fn note_tensors(
    state: &State,
    group: &Group,
    file_len: u64,
    mut claimed: Option<&mut BTreeMap<u64, u64>>,
    tensors: &mut Vec<Extent>,
) -> Result<()> {
    let Some(field) = tokens_field(&state.schema, group.desc().column) else { return Ok(()) };
    let view = TokensView::new(group, field);
    for (position, extent) in view.extents()?.enumerate() {
        let extent = extent?;
        if extent.is_none() {
            continue;
        }
        extent.check(file_len, extent.offset())?;
        tensors.push(extent);
        if let Some(claimed) = claimed.as_deref_mut() {
            let run = Run { page: extent.page, pages: extent.pages() };
            claim(claimed, run, extent.offset())?;
            if let Some(tensor) = view.tensor(position)? {
                tensor.verify_all(|_| ())?;
            }
        }
    }
    Ok(())
}

fn set_prompts(op: &Op) -> Option<(String, Extent)> {
    match op {
        Op::SetPromptSet(set) => Some((set.name.clone(), set.data)),
        _ => None,
    }
}

fn added(op: &Op) -> Option<&GroupDesc> {
    match op {
        Op::AddGroup(desc) => Some(desc),
        _ => None,
    }
}
