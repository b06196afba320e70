//! The same bytes at every run, and few of them: a fixed identity, fixed times, no free pages.

use vesalius::container::checked::seal;
use vesalius::format::crc32;
use vesalius::format::extent::Extent;
use vesalius::format::group::{BlobHeader, GroupDesc, Layout};
use vesalius::format::limits::{PAGE_BYTES, SECTOR_BYTES};
use vesalius::format::ops::{Op, decode_ops, encode_ops};
use vesalius::format::record::{RECORD_HEADER_BYTES, RecordKind};
use vesalius::format::superblock::LogHead;

use super::surgery::{Patient, Record, at, tensor_places};

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

    /// A row group with its bitmap and, of tokens, the tensors of its live images.
    fn take_group(&mut self, group: &mut GroupDesc) {
        let dead = at(group.dead.offset())..at(group.dead.offset() + group.dead.len);
        let dead = self.old[dead].to_vec();
        self.take(&mut group.data);
        self.take(&mut group.dead);
        if group.layout == Layout::Tokens {
            let start = at(group.data.offset());
            let mut blob = self.bytes[start..start + at(group.data.len)].to_vec();
            self.take_tensors(&mut blob, |image| {
                dead.get(image / 8).is_none_or(|bits| bits >> (image % 8) & 1 == 0)
            });
            let (sealed, table) = seal(group.data.page, &blob);
            let behind = at(sealed.table_offset());
            self.bytes[start..start + blob.len()].copy_from_slice(&blob);
            self.bytes[behind..behind + table.len()].copy_from_slice(&table);
            group.data = sealed;
        }
    }

    /// The tensors of some images of a row group of tokens. Pointers of others stay as they are.
    fn take_tensors(&mut self, blob: &mut [u8], wanted: impl Fn(usize) -> bool) {
        let header = BlobHeader::decode(blob, blob.len() as u64, 0).unwrap();
        for (image, place) in tensor_places(&header).enumerate() {
            let word = |n: usize| {
                let bytes = blob[place + 8 * n..place + 8 * n + 8].try_into().unwrap();
                u64::from_le_bytes(bytes)
            };
            let crc = u32::try_from(word(2)).unwrap();
            let mut extent = Extent { page: word(0), len: word(1), crc };
            if wanted(image) {
                self.take(&mut extent);
                blob[place..place + 8].copy_from_slice(&extent.page.to_le_bytes());
            }
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
            match op {
                Op::AddGroup(desc) if !desc.inline => self.take_group(desc),
                Op::AddGroup(desc) if desc.layout == Layout::Tokens => {
                    let place = at(desc.data.page)..at(desc.data.page + desc.data.len);
                    self.take_tensors(&mut payload[place], |_| true);
                }
                Op::SetPromptSet(set) => self.take(&mut set.data),
                _ => {}
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
            packed.take_group(group);
        }
        for set in &mut manifest.prompt_sets {
            packed.take(&mut set.data);
        }
        for index in &mut manifest.indexes {
            packed.take(&mut index.data);
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
