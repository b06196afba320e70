//! The same bytes at every run, and few of them: a fixed identity, fixed times, no free pages.

use vesalius::format::crc32;
use vesalius::format::extent::Extent;
use vesalius::format::limits::{PAGE_BYTES, SECTOR_BYTES};
use vesalius::format::ops::{Op, decode_ops, encode_ops};
use vesalius::format::record::{RECORD_HEADER_BYTES, RecordKind};
use vesalius::format::superblock::LogHead;

use super::surgery::{Patient, Record, at};

const UUID: [u8; 16] = [
    0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x46, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
];
const CREATED_MS: u64 = 1_700_000_000_000;

/// A file that is written anew, page by page.
struct Packed<'a> {
    old: &'a [u8],
    bytes: Vec<u8>,
}

impl Packed<'_> {
    fn next_page(&self) -> u64 {
        self.bytes.len() as u64 / PAGE_BYTES
    }

    fn take(&mut self, extent: &mut Extent) {
        if !extent.is_none() {
            let pages = at(extent.offset())..at(extent.end_page() * PAGE_BYTES);
            extent.page = self.next_page();
            self.bytes.extend_from_slice(&self.old[pages]);
        }
    }

    /// The payload of a record whose segments moved by `moved`, with what it points at moved as well.
    fn payload(&mut self, record: &Record, moved: &[Segment]) -> Vec<u8> {
        let (_, header, payload) = record;
        if header.kind == RecordKind::Next {
            let page = u64::from_le_bytes(payload[..8].try_into().unwrap());
            let to = moved.iter().find(|segment| segment.from == page).unwrap();
            return [to.page.to_le_bytes(), to.pages.to_le_bytes()].concat();
        }
        let mut payload = payload.clone();
        let mut ops = decode_ops(&payload, 0, self.old.len() as u64).unwrap();
        for op in &mut ops {
            if let Op::AddGroup(desc) = op
                && !desc.inline
            {
                self.take(&mut desc.data);
            }
        }
        let bytes = encode_ops(&ops);
        payload[..bytes.len()].copy_from_slice(&bytes);
        payload
    }
}

/// A segment of the log: where it was, where it is, as many pages as its records need.
struct Segment {
    from: u64,
    page: u64,
    pages: u64,
}

impl Patient {
    /// Makes bytes that were drawn or timed the same for ever, and leaves out free ones.
    pub fn fix(&mut self) {
        let records = self.records();
        let (mut superblock, mut manifest) = (self.superblock(), self.manifest());
        let old = self.bytes.clone();
        let mut packed = Packed { old: &old, bytes: old[..3 * 4096].to_vec() };
        for group in &mut manifest.groups {
            packed.take(&mut group.data);
            packed.take(&mut group.dead);
        }
        manifest.created_ms = CREATED_MS;
        let (extent, data) = (superblock.manifest, manifest.encode());
        superblock.uuid = UUID;
        superblock.manifest = Extent { page: packed.next_page(), crc: crc32(&data), ..extent };
        assert!(!extent.has_table(), "the manifest is small");
        packed.bytes.extend(data);
        packed.bytes.resize(packed.bytes.len().next_multiple_of(4096), 0);
        let segments = self.segments(packed.next_page());
        if let Some(first) = segments.first() {
            let end = segments.last().map_or(0, |last| last.page + last.pages);
            packed.bytes.resize(at(end * PAGE_BYTES), 0);
            superblock.log.page = first.page;
            superblock.log.pages = first.pages;
            superblock.log.chain = crc32(&UUID);
        } else if superblock.sealed() {
            let (first_seq, end_seq) = (superblock.log.first_seq, superblock.log.end_seq);
            superblock.log = LogHead { first_seq, end_seq, ..LogHead::default() };
        }
        let mut chain = superblock.log.chain;
        for (seconds, record) in (1..).zip(&records) {
            let payload = packed.payload(record, &segments);
            let (place, mut header, _) = record.clone();
            let from = |s: &&Segment| place as u64 / PAGE_BYTES >= s.from;
            let segment = segments.iter().filter(from).max_by_key(|s| s.from).unwrap();
            let place = place + at(segment.page * PAGE_BYTES) - at(segment.from * PAGE_BYTES);
            header.time_ms = CREATED_MS + 1000 * seconds;
            (header.payload_crc, header.chain) = (crc32(&payload), chain);
            let (encoded, crc) = header.encode();
            chain = crc;
            packed.bytes[place..place + 64].copy_from_slice(&encoded);
            packed.bytes[place + 64..place + 64 + payload.len()].copy_from_slice(&payload);
        }
        superblock.file_len = packed.bytes.len() as u64;
        self.bytes = packed.bytes;
        self.edit_superblock(|old| *old = superblock);
    }

    /// The segments of the log as they will lie from a page on. Behind the last record there is room for another
    /// one unless the log is sealed.
    fn segments(&self, mut page: u64) -> Vec<Segment> {
        let superblock = self.superblock();
        let mut segments: Vec<Segment> = Vec::new();
        let mut from = superblock.log.page;
        let mut end = 0;
        let room = if superblock.sealed() { 0 } else { SECTOR_BYTES };
        for (place, header, payload) in self.records() {
            if segments.last().is_none_or(|last| last.from != from) {
                segments.push(Segment { from, page, pages: 0 });
                end = 0;
            }
            let len = (RECORD_HEADER_BYTES + header.payload_len).next_multiple_of(SECTOR_BYTES);
            end = end.max(place as u64 + len - from * PAGE_BYTES);
            if let Some(last) = segments.last_mut() {
                last.pages = (end + room).div_ceil(PAGE_BYTES);
            }
            if header.kind == RecordKind::Next {
                page += segments.last().map_or(0, |last| last.pages);
                from = u64::from_le_bytes(payload[..8].try_into().unwrap());
            }
        }
        segments
    }
}
