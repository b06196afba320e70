//! The header of a log record.

use super::reader::Reader;
use super::writer::Writer;
use super::{Damage, Rule, crc32};

/// Bytes of a record header; the payload follows at once.
pub const RECORD_HEADER_BYTES: u64 = 64;
/// "VREC".
pub const RECORD_MAGIC: u32 = u32::from_le_bytes(*b"VREC");

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A committed transaction.
    Commit,
    /// The log goes on in another segment: payload is its first page and its number of pages.
    Next,
}

/// A decoded record header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHeader {
    /// What the payload is.
    pub kind: RecordKind,
    /// Sequence number, one more than that of the record before.
    pub seq: u64,
    /// Highest sequence number that was durable when this record was written.
    pub synced_seq: u64,
    /// Bytes of the payload.
    pub payload_len: u64,
    /// Checksum of the payload.
    pub payload_crc: u32,
    /// Header checksum of the record before, or the chain value of the log head.
    pub chain: u32,
    /// Epoch of the log head.
    pub epoch: u64,
    /// Milliseconds since 1970 (UTC) at commit.
    pub time_ms: u64,
}

impl RecordHeader {
    /// The header as written, and its checksum, which is the chain value of the next record.
    pub fn encode(&self) -> ([u8; 64], u32) {
        let mut w = Writer::new();
        w.u32(RECORD_MAGIC);
        w.u32(match self.kind {
            RecordKind::Commit => 1,
            RecordKind::Next => 2,
        });
        w.u64(self.seq);
        w.u64(self.synced_seq);
        w.u64(self.payload_len);
        w.u32(self.payload_crc);
        w.u32(self.chain);
        w.u64(self.epoch);
        w.u64(self.time_ms);
        w.u32(0);
        let crc = crc32(&w.clone().into_bytes());
        w.u32(crc);
        let mut out = [0; 64];
        for (to, from) in out.iter_mut().zip(w.into_bytes()) {
            *to = from;
        }
        (out, crc)
    }

    /// Reads a header and its checksum; any deviation is a damage of rule V030.
    pub fn decode(bytes: &[u8], at: u64) -> Result<(Self, u32), Damage> {
        let mut r = Reader::new(bytes, at, Rule::LogRecord);
        let body = r.clone().take(60)?;
        if r.u32()? != RECORD_MAGIC {
            return Err(r.damage("no log record here"));
        }
        let kind = match r.u32()? {
            1 => RecordKind::Commit,
            2 => RecordKind::Next,
            other => return Err(r.damage(format!("unknown kind of record {other}"))),
        };
        let header = Self {
            kind,
            seq: r.u64()?,
            synced_seq: r.u64()?,
            payload_len: r.u64()?,
            payload_crc: r.u32()?,
            chain: r.u32()?,
            epoch: r.u64()?,
            time_ms: r.u64()?,
        };
        if r.u32()? != 0 {
            return Err(r.damage("reserved bytes of a record header are not zero"));
        }
        let crc = r.u32()?;
        if crc != crc32(body) {
            return Err(r.damage("the checksum of a record header does not match"));
        }
        Ok((header, crc))
    }
}
