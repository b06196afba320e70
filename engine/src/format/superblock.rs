//! Pages 0 and 1: where everything starts.

use super::extent::Extent;
use super::limits::{FILE_BYTES_MAX, PAGE_BYTES, SECTOR_BYTES};
use super::reader::Reader;
use super::writer::Writer;
use super::{Damage, Rule, crc32};

/// "\x89VSL\r\n\x1a\n": a high bit, a name, and each line ending that a text transfer would damage.
pub const MAGIC: [u8; 8] = *b"\x89VSL\r\n\x1a\n";
/// Readers refuse another major version.
pub const VERSION_MAJOR: u16 = 1;
/// Readers accept a higher minor version.
pub const VERSION_MINOR: u16 = 2;
/// Bytes of a superblock, checksum included.
pub const SUPERBLOCK_BYTES: usize = 4096;
/// Place of the checksum in the superblock; it covers the bytes before it.
pub const CHECKSUM_OFFSET: usize = 4092;
/// Place of the word of incompatible features.
pub const INCOMPAT_OFFSET: usize = 40;
/// Epochs are below this, so that each has a byte to lock.
pub const EPOCH_MAX: u64 = 1 << 61;
/// Flag: the log ends exactly at `log_end`; the container was closed cleanly.
pub const FLAG_SEALED: u32 = 1;

/// Incompatible feature: row groups of layout `tokens` may be present.
pub const INCOMPAT_TOKENS: u32 = 1;
/// Incompatible feature: row groups of layout `masks` may be present.
pub const INCOMPAT_MASKS: u32 = 2;
/// Incompatible feature: prompt sets may be present.
pub const INCOMPAT_PROMPT_SETS: u32 = 4;
/// Incompatible features that this code reads.
pub const INCOMPAT_KNOWN: u32 = INCOMPAT_TOKENS | INCOMPAT_MASKS | INCOMPAT_PROMPT_SETS;
/// Read-only compatible features that this code writes.
pub const RO_COMPAT_KNOWN: u32 = 0;

/// Where the log starts, and, when sealed, where it ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogHead {
    /// First page of the first segment; zero when there is no log.
    pub page: u64,
    /// Pages of the first segment.
    pub pages: u64,
    /// Sequence number of the first record.
    pub first_seq: u64,
    /// Epoch that every record of this log carries.
    pub epoch: u64,
    /// Chain value that the first record carries.
    pub chain: u32,
    /// Sealed: sequence number behind the last record.
    pub end_seq: u64,
}

/// A decoded superblock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Superblock {
    /// Minor version of the writer.
    pub version_minor: u16,
    /// Identity of the file, random.
    pub uuid: [u8; 16],
    /// Feature words as in ext4: unknown bits here are ignored.
    pub compat: u32,
    /// Unknown bits here allow reading only.
    pub ro_compat: u32,
    /// Unknown bits here refuse the file.
    pub incompat: u32,
    /// [`FLAG_SEALED`].
    pub flags: u32,
    /// Counts superblock writes; the higher valid one wins.
    pub generation: u64,
    /// Number of the state; readers lock its byte.
    pub epoch: u64,
    /// All extents end at or before this.
    pub file_len: u64,
    /// Checksum of page 2.
    pub space_crc: u32,
    /// The manifest.
    pub manifest: Extent,
    /// The log.
    pub log: LogHead,
}

impl Superblock {
    /// Whether the end of the log is known exactly.
    pub fn sealed(&self) -> bool {
        self.flags & FLAG_SEALED != 0
    }

    /// The page as it is written.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.raw(&MAGIC);
        w.u16(VERSION_MAJOR);
        w.u16(self.version_minor);
        w.u32(4096);
        w.raw(&self.uuid);
        w.u32(self.compat);
        w.u32(self.ro_compat);
        w.u32(self.incompat);
        w.u32(self.flags);
        w.u64(self.generation);
        w.u64(self.epoch);
        w.u64(self.file_len);
        w.u32(self.space_crc);
        w.u32(0);
        self.manifest.encode(&mut w);
        w.u64(self.log.page);
        w.u64(self.log.pages);
        w.u64(self.log.first_seq);
        w.u64(self.log.epoch);
        w.u32(self.log.chain);
        w.u32(0);
        w.u64(self.log.end_seq);
        w.pad_to(CHECKSUM_OFFSET);
        let mut page = w.into_bytes();
        let crc = crc32(&page);
        page.extend_from_slice(&crc.to_le_bytes());
        page
    }

    /// Reads the superblock of page `index`. A wrong magic or checksum is rule V002.
    pub fn decode(page: &[u8], index: u64) -> Result<Self, Damage> {
        let base = index.saturating_mul(PAGE_BYTES);
        let absent = |what| Damage::new(Rule::NoSuperblock, base, what);
        let (body, crc) = page.split_at_checked(CHECKSUM_OFFSET).ok_or(absent("cut short"))?;
        if body.get(..8) != Some(&MAGIC[..]) {
            return Err(absent("not a superblock: the magic is missing"));
        }
        let stored = Reader::new(crc, base, Rule::NoSuperblock).u32()?;
        if crc32(body) != stored {
            return Err(absent("the checksum of the superblock does not match"));
        }
        let mut r = Reader::new(body, base, Rule::NoSuperblock);
        r.take(8)?;
        let major = r.u16()?;
        if major != VERSION_MAJOR {
            return Err(absent("the format has another major version"));
        }
        let version_minor = r.u16()?;
        if u64::from(r.u32()?) != PAGE_BYTES {
            return Err(Damage::new(Rule::PageSize, base, "the page size is not 4096"));
        }
        let mut sb = Self {
            version_minor,
            uuid: r.uuid()?,
            compat: r.u32()?,
            ro_compat: r.u32()?,
            incompat: r.u32()?,
            flags: r.u32()?,
            generation: r.u64()?,
            epoch: r.u64()?,
            file_len: r.u64()?,
            space_crc: r.u32()?,
            manifest: Extent::default(),
            log: LogHead::default(),
        };
        r.zeros(4)?;
        if sb.epoch >= EPOCH_MAX || sb.generation == u64::MAX {
            return Err(absent("the epoch is not possible"));
        }
        if sb.file_len > FILE_BYTES_MAX || !sb.file_len.is_multiple_of(PAGE_BYTES) {
            return Err(Damage::new(Rule::FileLength, base, "the stated length is impossible"));
        }
        if sb.flags & !FLAG_SEALED != 0 {
            return Err(Damage::new(Rule::Reserved, base, "unknown flags are set"));
        }
        sb.manifest = Extent::decode(&mut r, sb.file_len)?;
        if sb.manifest.is_none() {
            return Err(Damage::new(Rule::ExtentBounds, base, "there is no manifest"));
        }
        sb.log = LogHead::decode(&mut r, sb.file_len)?;
        let rest = r.remaining();
        r.zeros(rest)?;
        Ok(sb)
    }
}

impl LogHead {
    fn decode(r: &mut Reader<'_>, file_len: u64) -> Result<Self, Damage> {
        let at = r.offset();
        let mut head = Self {
            page: r.u64()?,
            pages: r.u64()?,
            first_seq: r.u64()?,
            epoch: r.u64()?,
            chain: r.u32()?,
            end_seq: 0,
        };
        r.zeros(4)?;
        head.end_seq = r.u64()?;
        check_segment(head.page, head.pages, file_len, at)?;
        Ok(head)
    }
}

/// Checks that a log segment lies behind page 2 and inside the file; page 0 with 0 pages is "none".
pub fn check_segment(page: u64, pages: u64, file_len: u64, at: u64) -> Result<(), Damage> {
    if page == 0 && pages == 0 {
        return Ok(());
    }
    let end = page.checked_add(pages).and_then(|end| end.checked_mul(PAGE_BYTES));
    let holds_a_record = pages.saturating_mul(PAGE_BYTES) >= SECTOR_BYTES;
    if page < 3 || !holds_a_record || end.is_none_or(|end| end > file_len) {
        let what = format!("log segment of {pages} pages at page {page} is outside the file");
        return Err(Damage::new(Rule::LogBounds, at, what));
    }
    Ok(())
}
