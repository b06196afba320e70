//! A container as bytes, one thing of it changed and every checksum right again.

use vesalius::container::checked::seal;
use vesalius::container::encode::Encoded;
use vesalius::format::bitmap::Bitmap;
use vesalius::format::crc32;
use vesalius::format::extent::Extent;
use vesalius::format::group::layout::section;
use vesalius::format::group::{BlobHeader, GroupDesc};
use vesalius::format::index::IndexHeader;
use vesalius::format::limits::{PAGE_BYTES, SECTOR_BYTES};
use vesalius::format::manifest::Manifest;
use vesalius::format::ops::{Op, decode_ops, encode_ops};
use vesalius::format::prompts::PromptSetDef;
use vesalius::format::record::{RECORD_HEADER_BYTES, RecordHeader, RecordKind};
use vesalius::format::superblock::{CHECKSUM_OFFSET, Superblock};

const PAGE: usize = 4096;

/// An offset as an index.
pub fn at(offset: u64) -> usize {
    usize::try_from(offset).unwrap()
}

/// Where the pointers to tensors stand in a row group of tokens.
pub fn tensor_places(header: &BlobHeader) -> impl Iterator<Item = usize> + use<> {
    let section = header.sections[section::TENSORS];
    (at(section.offset)..at(section.offset + section.len)).step_by(24)
}

/// A record of the log: its place, its header, its payload.
pub type Record = (usize, RecordHeader, Vec<u8>);

/// The bytes.
#[derive(Clone, Debug)]
pub struct Patient {
    /// The whole file.
    pub bytes: Vec<u8>,
}

impl Patient {
    /// The superblock of page 0.
    pub fn superblock(&self) -> Superblock {
        Superblock::decode(&self.bytes[..PAGE], 0).unwrap()
    }

    /// Changes both superblocks.
    pub fn edit_superblock(&mut self, edit: impl FnOnce(&mut Superblock)) {
        let mut superblock = self.superblock();
        edit(&mut superblock);
        let page = superblock.encode();
        self.bytes[..PAGE].copy_from_slice(&page);
        self.bytes[PAGE..2 * PAGE].copy_from_slice(&page);
    }

    /// Changes raw bytes of both superblocks.
    pub fn patch_superblocks(&mut self, edit: impl Fn(&mut [u8])) {
        for index in 0..2 {
            let page = &mut self.bytes[index * PAGE..(index + 1) * PAGE];
            edit(&mut page[..CHECKSUM_OFFSET]);
            let crc = crc32(&page[..CHECKSUM_OFFSET]);
            page[CHECKSUM_OFFSET..].copy_from_slice(&crc.to_le_bytes());
        }
    }

    /// Changes page 2.
    pub fn patch_space(&mut self, edit: impl FnOnce(&mut [u8])) {
        edit(&mut self.bytes[2 * PAGE..3 * PAGE]);
        let crc = crc32(&self.bytes[2 * PAGE..3 * PAGE]);
        self.edit_superblock(|superblock| superblock.space_crc = crc);
    }

    /// Writes bytes behind everything else.
    pub fn append(&mut self, data: &[u8]) -> Extent {
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

    /// The bytes of an extent.
    pub fn data(&self, extent: Extent) -> Vec<u8> {
        let start = at(extent.offset());
        self.bytes[start..start + at(extent.len)].to_vec()
    }

    /// The manifest.
    pub fn manifest(&self) -> Manifest {
        let extent = self.superblock().manifest;
        Manifest::decode(&self.data(extent), extent.offset(), self.bytes.len() as u64).unwrap()
    }

    /// Changes the manifest as a structure.
    pub fn edit_manifest(&mut self, edit: impl FnOnce(&mut Manifest)) {
        let mut manifest = self.manifest();
        edit(&mut manifest);
        self.set_manifest(&manifest.encode());
    }

    /// Changes the manifest as bytes.
    pub fn patch_manifest(&mut self, edit: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = self.data(self.superblock().manifest);
        edit(&mut bytes);
        self.set_manifest(&bytes);
    }

    /// In its old place while it fits there.
    fn set_manifest(&mut self, bytes: &[u8]) {
        let old = self.superblock().manifest;
        let (sealed, table) = seal(old.page, bytes);
        let extent = if sealed.pages() <= old.pages() {
            self.bytes[at(old.offset())..at(old.end_page() * PAGE_BYTES)].fill(0);
            self.put(sealed, bytes, &table);
            sealed
        } else {
            self.append(bytes)
        };
        self.edit_superblock(|superblock| superblock.manifest = extent);
    }

    /// The place in the manifest of the row group `nth` of a column.
    fn place(&self, column: u32, nth: usize) -> usize {
        let groups = self.manifest().groups;
        let mut own = (0..groups.len()).filter(|&index| groups[index].column == column);
        own.nth(nth).unwrap()
    }

    /// A descriptor of the manifest.
    pub fn desc(&self, column: u32, nth: usize) -> GroupDesc {
        self.manifest().groups[self.place(column, nth)].clone()
    }

    /// Changes a descriptor of the manifest.
    pub fn edit_desc(&mut self, column: u32, nth: usize, edit: impl FnOnce(&mut GroupDesc)) {
        let place = self.place(column, nth);
        self.edit_manifest(|manifest| edit(&mut manifest.groups[place]));
    }

    /// Changes the bytes of the first row group of a column.
    pub fn edit_group(&mut self, column: u32, edit: impl FnOnce(&mut [u8], &BlobHeader)) {
        let extent = self.desc(column, 0).data;
        let mut data = self.data(extent);
        let header = BlobHeader::decode(&data, extent.len, 0).unwrap();
        edit(&mut data, &header);
        let (sealed, table) = seal(extent.page, &data);
        self.put(sealed, &data, &table);
        self.edit_desc(column, 0, |desc| desc.data = sealed);
    }

    /// Puts a value into a section of the first row group of a column.
    pub fn set<T: bytemuck::NoUninit>(&mut self, column: u32, section: usize, i: usize, value: T) {
        self.edit_group(column, |data, header| {
            let bytes = bytemuck::bytes_of(&value);
            let start = at(header.sections[section].offset) + i * bytes.len();
            data[start..start + bytes.len()].copy_from_slice(bytes);
        });
    }

    /// Puts another row group in the place of the first of a column.
    pub fn replace_group(&mut self, column: u32, with: &Encoded) {
        let data = self.append(&with.bytes);
        self.edit_desc(column, 0, |old| {
            let (dead_count, dead) = (old.dead_count, old.dead);
            let new = with.describe(column, old.id);
            *old = GroupDesc { inline: false, data, dead_count, dead, ..new };
        });
    }

    /// Replaces the dead images of the first row group of a column; `count` is what the descriptor says.
    pub fn set_dead(&mut self, column: u32, positions: &[u64], count: u64) {
        let mut bits = Bitmap::new(self.desc(column, 0).count);
        for &position in positions {
            bits.set(position);
        }
        let dead = self.append(bytemuck::cast_slice(bits.words()));
        self.edit_desc(column, 0, |desc| (desc.dead_count, desc.dead) = (count, dead));
    }

    /// The records of the log, through all its segments.
    pub fn records(&self) -> Vec<Record> {
        let head = self.superblock().log;
        let mut place = at(head.page * PAGE_BYTES);
        let mut records = Vec::new();
        while head.pages > 0 && place < self.bytes.len() {
            let Ok((header, _)) = RecordHeader::decode(&self.bytes[place..], 0) else { break };
            let start = place + at(RECORD_HEADER_BYTES);
            let end = start + at(header.payload_len);
            let payload = self.bytes[start..end].to_vec();
            records.push((place, header, payload.clone()));
            place = match header.kind {
                RecordKind::Commit => end.next_multiple_of(at(SECTOR_BYTES)),
                RecordKind::Next => {
                    at(u64::from_le_bytes(payload[..8].try_into().unwrap()) * PAGE_BYTES)
                }
            };
        }
        records
    }

    /// Changes payloads and headers of the log; lengths must fit where they are. The chain is made anew.
    pub fn edit_log(&mut self, edit: impl Fn(usize, &mut RecordHeader, &mut Vec<u8>)) {
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

    /// Changes the operations of a log record; their length must stay the same.
    pub fn edit_ops(&mut self, record: usize, edit: impl Fn(&mut Vec<Op>)) {
        let file_len = self.bytes.len() as u64;
        self.edit_log(|index, _, payload| {
            if index == record {
                let mut ops = decode_ops(payload, 0, file_len).unwrap();
                let len = encode_ops(&ops).len();
                edit(&mut ops);
                let bytes = encode_ops(&ops);
                assert_eq!(bytes.len(), len, "the operations keep their length");
                payload[..len].copy_from_slice(&bytes);
            }
        });
    }

    /// Changes the bytes of the first inline row group of a record.
    pub fn edit_inline(&mut self, record: usize, column: u32, edit: impl Fn(&mut [u8])) {
        let file_len = self.bytes.len() as u64;
        self.edit_log(|index, _, payload| {
            if index != record {
                return;
            }
            for op in decode_ops(payload, 0, file_len).unwrap() {
                if let Op::AddGroup(desc) = op
                    && desc.column == column
                {
                    let start = at(desc.data.page);
                    edit(&mut payload[start..start + at(desc.data.len)]);
                }
            }
        });
    }

    /// Puts another row group in the place of the inline one of a column in a record, whose last one it is. A record
    /// that grows must be the last one.
    pub fn replace_inline(&mut self, record: usize, column: u32, with: &Encoded) {
        let records = self.records();
        let (place, _, mut payload) = records[record].clone();
        let old = payload.len();
        let mut ops = decode_ops(&payload, 0, self.bytes.len() as u64).unwrap();
        for op in &mut ops {
            if let Op::AddGroup(desc) = op
                && desc.column == column
            {
                let page = desc.data.page;
                payload.truncate(at(page));
                payload.extend_from_slice(&with.bytes);
                let new = with.describe(column, desc.id);
                *desc = GroupDesc { data: Extent { page, ..new.data }, ..new };
            }
        }
        let head = encode_ops(&ops);
        payload[..head.len()].copy_from_slice(&head);
        let start = place + at(RECORD_HEADER_BYTES);
        self.bytes[start..start + old].fill(0);
        let end = start + payload.len();
        assert!(record + 1 == records.len() || payload.len() <= old, "it has no room");
        if end > self.bytes.len() {
            self.bytes.resize(end.next_multiple_of(PAGE), 0);
            let file_len = self.bytes.len() as u64;
            self.edit_superblock(|superblock| {
                superblock.log.pages = file_len / PAGE_BYTES - superblock.log.page;
                superblock.file_len = file_len;
            });
        }
        self.edit_log(|index, _, old| {
            if index == record {
                old.clone_from(&payload);
            }
        });
    }

    /// Changes the bytes of an index, by its place in the manifest.
    pub fn edit_index(&mut self, place: usize, edit: impl FnOnce(&mut [u8], &IndexHeader)) {
        let extent = self.manifest().indexes[place].data;
        let mut data = self.data(extent);
        let header = IndexHeader::decode(&data, extent.len, 0).unwrap();
        edit(&mut data, &header);
        let (sealed, table) = seal(extent.page, &data);
        self.put(sealed, &data, &table);
        self.edit_manifest(|manifest| manifest.indexes[place].data = sealed);
    }

    /// What the manifest says of a prompt set.
    pub fn prompt_set(&self, name: &str) -> PromptSetDef {
        self.manifest().prompt_sets.into_iter().find(|set| set.name == name).unwrap()
    }

    /// Changes what the manifest says of a prompt set.
    pub fn edit_set(&mut self, name: &str, edit: impl FnOnce(&mut PromptSetDef)) {
        self.edit_manifest(|manifest| {
            edit(manifest.prompt_sets.iter_mut().find(|set| set.name == name).unwrap());
        });
    }

    /// Changes the data of a prompt set.
    pub fn edit_prompts(&mut self, name: &str, edit: impl FnOnce(&mut [u8], &BlobHeader)) {
        let extent = self.prompt_set(name).data;
        let mut data = self.data(extent);
        let header = BlobHeader::decode(&data, extent.len, 0).unwrap();
        edit(&mut data, &header);
        let (sealed, table) = seal(extent.page, &data);
        self.put(sealed, &data, &table);
        self.edit_set(name, |set| set.data = sealed);
    }
}
