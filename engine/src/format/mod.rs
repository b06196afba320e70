//! Bytes to structs and back. No I/O, no panic, no allocation from an unchecked length.
//!
//! Every layout here is described in `format-spec/SPEC.md`; a test compares the two. A structure that does
//! not obey is answered by a [`Damage`] that carries the number of the rule it breaks.
#![deny(clippy::arithmetic_side_effects)]

pub mod bitmap;
pub mod extent;
pub mod finite;
pub mod group;
pub mod hash;
pub mod index;
pub mod limits;
pub mod manifest;
pub mod mapping;
pub mod ops;
pub mod prompts;
pub mod reader;
pub mod record;
pub mod rules;
pub mod schema;
pub mod segment;
pub mod space;
pub mod superblock;
pub mod varint;
pub mod writer;

pub use rules::{Damage, Rule};

/// CRC-32 (ISO-HDLC, the one of zlib and PNG) of `bytes`: the only checksum of the format.
pub fn crc32(bytes: &[u8]) -> u32 {
    crc32fast::hash(bytes)
}
