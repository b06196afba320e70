//! Containers with one thing changed and every checksum right again.

use std::sync::Arc;

use super::build;
use crate::container::checked::seal;
use crate::container::encode::Encoded;
use crate::format::bitmap::Bitmap;
use crate::format::extent::Extent;
use crate::format::group::layout::section;
use crate::format::group::{BlobHeader, GroupDesc};
use crate::format::limits::{PAGE_BYTES, SECTOR_BYTES};
use crate::format::manifest::Manifest;
use crate::format::ops::{Op, decode_ops, encode_ops};
use crate::format::prompts::PromptSetDef;
use crate::format::record::{RECORD_HEADER_BYTES, RecordHeader};
use crate::format::superblock::{CHECKSUM_OFFSET, Superblock};
use crate::format::{Rule, crc32};
use crate::storage::{MemoryStorage, Storage};

const PAGE: usize = 4096;

fn at(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

/// A container as bytes.
#[derive(Clone)]
pub(super) struct Patient {
    pub(super) bytes: Vec<u8>,
}

impl Patient {
    /// A checkpointed container, closed.
    pub(super) fn new() -> Self {
        let memory = MemoryStorage::new();
        let storage: Arc<dyn Storage> = Arc::new(memory.clone());
        build::checkpointed(&storage).seal().unwrap();
        Self { bytes: memory.snapshot_bytes() }
    }

    /// A container with commits in its log, closed or not.
    pub(super) fn with_log(closed: bool) -> Self {
        let memory = MemoryStorage::new();
        let storage: Arc<dyn Storage> = Arc::new(memory.clone());
        let mut writer = build::with_log(&storage);
        if closed {
            writer.seal().unwrap();
        }
        Self { bytes: memory.snapshot_bytes() }
    }

    /// Asserts that the check finds exactly this rule broken.
    #[track_caller]
    pub(super) fn breaks(self, rule: Rule) {
        self.breaks_all(&[rule]);
    }

    /// Asserts that the check finds exactly these rules broken, the first of them first.
    #[track_caller]
    pub(super) fn breaks_all(self, rules: &[Rule]) {
        let report = super::check(self.bytes).unwrap();
        let found: Vec<Rule> = report.problems.iter().map(|problem| problem.rule).collect();
        let shown: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
        assert_eq!(found.first(), rules.first(), "{shown:#?}");
        assert!(rules.iter().all(|rule| found.contains(rule)), "{rules:?}: {shown:#?}");
        assert!(found.iter().all(|rule| rules.contains(rule)), "{rules:?}: {shown:#?}");
    }

    pub(super) fn superblock(&self) -> Superblock {
        Superblock::decode(&self.bytes[..PAGE], 0).unwrap()
    }

    pub(super) fn edit_superblock(&mut self, edit: impl FnOnce(&mut Superblock)) {
        let mut superblock = self.superblock();
        edit(&mut superblock);
        let page = superblock.encode();
        self.bytes[..PAGE].copy_from_slice(&page);
        self.bytes[PAGE..2 * PAGE].copy_from_slice(&page);
    }

    /// Changes raw bytes of both superblocks.
    pub(super) fn patch_superblocks(&mut self, edit: impl Fn(&mut [u8])) {
        for index in 0..2 {
            let page = &mut self.bytes[index * PAGE..(index + 1) * PAGE];
            edit(&mut page[..CHECKSUM_OFFSET]);
            let crc = crc32(&page[..CHECKSUM_OFFSET]);
            page[CHECKSUM_OFFSET..].copy_from_slice(&crc.to_le_bytes());
        }
    }

    /// Changes page 2.
    pub(super) fn patch_space(&mut self, edit: impl FnOnce(&mut [u8])) {
        edit(&mut self.bytes[2 * PAGE..3 * PAGE]);
        let crc = crc32(&self.bytes[2 * PAGE..3 * PAGE]);
        self.edit_superblock(|superblock| superblock.space_crc = crc);
    }

    /// Writes bytes behind everything else.
    pub(super) fn append(&mut self, data: &[u8]) -> Extent {
        let page = self.bytes.len().div_ceil(PAGE);
        let (extent, table) = seal(page as u64, data);
        self.bytes.resize(at(extent.end_page() * PAGE_BYTES), 0);
        self.put(extent, data, &table);
        let file_len = self.bytes.len() as u64;
        self.edit_superblock(|superblock| superblock.file_len = file_len);
        extent
    }

    fn put(&mut self, extent: Extent, data: &[u8], table: &[u8]) {
        let (start, behind) = (at(extent.offset()), at(extent.table_offset()));
        self.bytes[start..start + data.len()].copy_from_slice(data);
        self.bytes[behind..behind + table.len()].copy_from_slice(table);
    }

    pub(super) fn data(&self, extent: Extent) -> Vec<u8> {
        let start = at(extent.offset());
        self.bytes[start..start + at(extent.len)].to_vec()
    }

    pub(super) fn manifest(&self) -> Manifest {
        let extent = self.superblock().manifest;
        Manifest::decode(&self.data(extent), extent.offset(), self.bytes.len() as u64).unwrap()
    }

    /// Changes the manifest as a structure.
    pub(super) fn edit_manifest(&mut self, edit: impl FnOnce(&mut Manifest)) {
        let mut manifest = self.manifest();
        edit(&mut manifest);
        self.set_manifest(&manifest.encode());
    }

    /// Changes the manifest as bytes.
    pub(super) fn patch_manifest(&mut self, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.data(self.superblock().manifest);
        edit(&mut bytes);
        self.set_manifest(&bytes);
    }

    fn set_manifest(&mut self, bytes: &[u8]) {
        let extent = self.append(bytes);
        self.edit_superblock(|superblock| superblock.manifest = extent);
    }

    /// The place in the manifest of the row group `nth` of a column.
    fn place(&self, column: u32, nth: usize) -> usize {
        let groups = self.manifest().groups;
        let mut own = (0..groups.len()).filter(|&index| groups[index].column == column);
        own.nth(nth).expect("the row group is there")
    }

    pub(super) fn desc(&self, column: u32, nth: usize) -> GroupDesc {
        self.manifest().groups[self.place(column, nth)].clone()
    }

    pub(super) fn edit_desc(&mut self, column: u32, nth: usize, edit: impl FnOnce(&mut GroupDesc)) {
        let place = self.place(column, nth);
        self.edit_manifest(|manifest| edit(&mut manifest.groups[place]));
    }

    /// Changes the bytes of a row group.
    pub(super) fn edit_group(
        &mut self,
        column: u32,
        nth: usize,
        edit: impl FnOnce(&mut [u8], &BlobHeader),
    ) {
        let extent = self.desc(column, nth).data;
        let mut data = self.data(extent);
        let header = BlobHeader::decode(&data, extent.len, 0).unwrap();
        edit(&mut data, &header);
        let (sealed, table) = seal(extent.page, &data);
        self.put(sealed, &data, &table);
        self.edit_desc(column, nth, |desc| desc.data = sealed);
    }

    /// Puts another row group in the place of one.
    pub(super) fn replace_group(&mut self, column: u32, nth: usize, with: &Encoded) {
        let data = self.append(&with.bytes);
        let place = self.place(column, nth);
        self.edit_manifest(|manifest| {
            let old = &manifest.groups[place];
            let (dead_count, dead) = (old.dead_count, old.dead);
            let new = with.describe(column, old.id);
            manifest.groups[place] = GroupDesc { inline: false, data, dead_count, dead, ..new };
        });
    }

    /// Changes the operations of a log record; their length must stay the same.
    pub(super) fn edit_ops(&mut self, record: usize, edit: impl Fn(&mut Vec<Op>)) {
        let file_len = self.bytes.len() as u64;
        self.edit_log(|index, _, payload| {
            if index == record {
                let mut ops = decode_ops(payload, 0, file_len).unwrap();
                let len = encode_ops(&ops).len();
                edit(&mut ops);
                let bytes = encode_ops(&ops);
                assert_eq!(bytes.len(), len);
                payload[..len].copy_from_slice(&bytes);
            }
        });
    }

    /// Changes one section of a row group.
    pub(super) fn edit_section(
        &mut self,
        (column, nth): (u32, usize),
        number: usize,
        edit: impl FnOnce(&mut [u8]),
    ) {
        self.edit_group(column, nth, |data, header| {
            let section = header.sections[number];
            edit(&mut data[at(section.offset)..at(section.offset + section.len)]);
        });
    }

    /// Puts a value into a section.
    pub(super) fn set<T: bytemuck::NoUninit>(
        &mut self,
        group: (u32, usize),
        number: usize,
        index: usize,
        value: T,
    ) {
        let bytes = bytemuck::bytes_of(&value).to_vec();
        let start = index * bytes.len();
        let end = start + bytes.len();
        self.edit_section(group, number, |section| section[start..end].copy_from_slice(&bytes));
    }

    /// Replaces the dead entries of a row group.
    pub(super) fn set_dead(&mut self, column: u32, nth: usize, positions: &[u64]) {
        let mut bits = Bitmap::new(self.desc(column, nth).count);
        for &position in positions {
            bits.set(position);
        }
        self.set_dead_words(column, nth, bits.words(), bits.count());
    }

    pub(super) fn set_dead_words(&mut self, column: u32, nth: usize, words: &[u64], count: u64) {
        let none = Extent::default();
        let dead = if count == 0 { none } else { self.append(bytemuck::cast_slice(words)) };
        self.edit_desc(column, nth, |desc| (desc.dead_count, desc.dead) = (count, dead));
    }

    /// The records of a log of one segment, with their places.
    pub(super) fn records(&self) -> Vec<(usize, RecordHeader, Vec<u8>)> {
        let head = self.superblock().log;
        let mut place = at(head.page * PAGE_BYTES);
        let mut records = Vec::new();
        for seq in head.first_seq.. {
            let Ok((header, _)) = RecordHeader::decode(&self.bytes[place..], 0) else { break };
            assert_eq!(header.seq, seq, "one segment");
            let start = place + at(RECORD_HEADER_BYTES);
            let end = start + at(header.payload_len);
            records.push((place, header, self.bytes[start..end].to_vec()));
            place = end.next_multiple_of(at(SECTOR_BYTES));
        }
        records
    }

    /// Changes payloads and headers of the log; lengths must fit where they are. The chain is made anew.
    pub(super) fn edit_log(&mut self, edit: impl Fn(usize, &mut RecordHeader, &mut Vec<u8>)) {
        let mut chain = self.superblock().log.chain;
        for (index, (place, header, payload)) in self.records().into_iter().enumerate() {
            let (mut header, mut payload) = (header, payload);
            edit(index, &mut header, &mut payload);
            header.payload_len = payload.len() as u64;
            header.payload_crc = crc32(&payload);
            header.chain = chain;
            let (encoded, crc) = header.encode();
            chain = crc;
            self.bytes[place..place + 64].copy_from_slice(&encoded);
            self.bytes[place + 64..place + 64 + payload.len()].copy_from_slice(&payload);
        }
    }

    /// The pointer to the tensor of the image at a place of a row group.
    pub(super) fn tensor(&self, column: u32, nth: usize, place: usize) -> Extent {
        let extent = self.desc(column, nth).data;
        let data = self.data(extent);
        let header = BlobHeader::decode(&data, extent.len, 0).unwrap();
        pointer(&data, &header, place)
    }

    /// Changes the tensor of an image, and its pointer.
    pub(super) fn edit_tensor(
        &mut self,
        (column, nth): (u32, usize),
        place: usize,
        edit: impl FnOnce(&mut [u8]),
    ) {
        let extent = self.tensor(column, nth, place);
        let mut data = self.data(extent);
        edit(&mut data);
        let (sealed, table) = seal(extent.page, &data);
        self.put(sealed, &data, &table);
        self.set((column, nth), section::TENSORS, place, words(sealed));
    }

    pub(super) fn prompt_set(&self, name: &str) -> PromptSetDef {
        self.manifest().prompt_sets.into_iter().find(|set| set.name == name).unwrap()
    }

    /// Changes what the manifest says of a prompt set.
    pub(super) fn edit_set(&mut self, name: &str, edit: impl FnOnce(&mut PromptSetDef)) {
        self.edit_manifest(|manifest| {
            edit(manifest.prompt_sets.iter_mut().find(|set| set.name == name).unwrap());
        });
    }

    /// Changes the data of a prompt set.
    pub(super) fn edit_prompts(&mut self, name: &str, edit: impl FnOnce(&mut [u8], &BlobHeader)) {
        let extent = self.prompt_set(name).data;
        let mut data = self.data(extent);
        let header = BlobHeader::decode(&data, extent.len, 0).unwrap();
        edit(&mut data, &header);
        let (sealed, table) = seal(extent.page, &data);
        self.put(sealed, &data, &table);
        self.edit_set(name, |set| set.data = sealed);
    }

    /// Puts a value into a section of the data of a prompt set.
    pub(super) fn set_prompt<T: bytemuck::NoUninit>(
        &mut self,
        name: &str,
        section: usize,
        index: usize,
        value: T,
    ) {
        self.edit_prompts(name, |data, header| {
            let bytes = bytemuck::bytes_of(&value);
            let start = at(header.sections[section].offset) + index * bytes.len();
            data[start..start + bytes.len()].copy_from_slice(bytes);
        });
    }

    /// Changes the bytes of the inline row group of a column in the first record of the log.
    pub(super) fn edit_inline(&mut self, column: u32, edit: impl Fn(&mut [u8], &BlobHeader)) {
        let file_len = self.bytes.len() as u64;
        self.edit_log(|index, _, payload| {
            for op in decode_ops(payload, 0, file_len).unwrap() {
                if let Op::AddGroup(desc) = op
                    && (index, desc.column) == (0, column)
                {
                    let start = at(desc.data.page);
                    let blob = &mut payload[start..start + at(desc.data.len)];
                    let header = BlobHeader::decode(blob, desc.data.len, 0).unwrap();
                    edit(blob, &header);
                }
            }
        });
    }
}

/// A pointer to a tensor as three words.
pub(super) fn words(extent: Extent) -> [u64; 3] {
    [extent.page, extent.len, u64::from(extent.crc)]
}

/// The pointer to the tensor of the image at a place.
pub(super) fn pointer(blob: &[u8], header: &BlobHeader, place: usize) -> Extent {
    let start = at(header.sections[section::TENSORS].offset) + 24 * place;
    let word =
        |n: usize| u64::from_le_bytes(blob[start + 8 * n..start + 8 * n + 8].try_into().unwrap());
    Extent { page: word(0), len: word(1), crc: u32::try_from(word(2)).unwrap() }
}
