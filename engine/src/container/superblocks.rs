//! Reading and writing the two superblocks.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::format::limits::PAGE_BYTES;
use crate::format::superblock::{
    INCOMPAT_KNOWN, INCOMPAT_OFFSET, MAGIC, SUPERBLOCK_BYTES, Superblock, VERSION_MAJOR,
};
use crate::format::{Damage, Rule};
use crate::storage::Storage;

/// The superblock that counts, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Winner {
    /// The superblock.
    pub superblock: Superblock,
    /// Its page.
    pub page: u64,
    /// Whether the other page holds the same.
    pub mirrored: bool,
}

/// Reads both superblocks and returns the valid one of the higher generation.
pub fn read(storage: &Arc<dyn Storage>) -> Result<Superblock> {
    Ok(read_winner(storage)?.superblock)
}

/// As [`read`], with its place.
pub fn read_winner(storage: &Arc<dyn Storage>) -> Result<Winner> {
    let mut damage: Option<Damage> = None;
    loop {
        // A live writer may replace a superblock, and cut the file, between two reads: what looks like damage
        // is damage when it looks the same again.
        match read_once(storage) {
            Err(Error::Corrupt(found)) if damage.as_ref() != Some(&found) => damage = Some(found),
            other => return other,
        }
    }
}

fn read_once(storage: &Arc<dyn Storage>) -> Result<Winner> {
    let length = || storage.len().map_err(Error::io("reading the length of the container"));
    let len = length()?;
    if len < 3 * PAGE_BYTES {
        let text = format!("{len} bytes are too few for a container");
        return Err(Damage::new(Rule::FileTooShort, 0, text).into());
    }
    let mut best: Option<Winner> = None;
    let mut first_damage = None;
    for index in 0..2 {
        let mut page = vec![0; SUPERBLOCK_BYTES];
        let read = storage.read_at(index * PAGE_BYTES, &mut page);
        read.map_err(Error::io("reading a superblock"))?;
        refuse_newer(&page)?;
        match Superblock::decode(&page, index) {
            Ok(superblock) => match &mut best {
                Some(best) if best.superblock == superblock => best.mirrored = true,
                Some(best) if best.superblock.generation >= superblock.generation => {}
                _ => best = Some(Winner { superblock, page: index, mirrored: false }),
            },
            Err(damage) => first_damage = first_damage.or(Some(damage)),
        }
    }
    let Some(winner) = best else {
        let none = || Damage::new(Rule::NoSuperblock, 0, "no superblock");
        return Err(first_damage.unwrap_or_else(none).into());
    };
    // After the superblock: the file grows before a superblock says so.
    check(&winner.superblock, length()?)?;
    Ok(winner)
}

fn refuse_newer(page: &[u8]) -> Result<()> {
    let version = page.get(8..10).and_then(|b| b.try_into().ok()).map_or(0, u16::from_le_bytes);
    if page.get(..8) == Some(&MAGIC[..]) && version > VERSION_MAJOR && valid_checksum(page) {
        let what = format!("format version {version}, this is version {VERSION_MAJOR}");
        return Err(Error::NewerFormat { what });
    }
    // Before anything else is judged: what an unknown feature makes of the other fields is not known.
    let incompat = page.get(INCOMPAT_OFFSET..INCOMPAT_OFFSET + 4);
    let incompat = incompat.and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes);
    let unknown = incompat & !INCOMPAT_KNOWN;
    if page.get(..8) == Some(&MAGIC[..]) && unknown != 0 && valid_checksum(page) {
        return Err(Error::NewerFormat { what: format!("incompatible features {unknown:#x}") });
    }
    Ok(())
}

fn valid_checksum(page: &[u8]) -> bool {
    use crate::format::superblock::CHECKSUM_OFFSET;
    page.split_at_checked(CHECKSUM_OFFSET).is_some_and(|(body, crc)| {
        crc.try_into().is_ok_and(|crc| u32::from_le_bytes(crc) == crate::format::crc32(body))
    })
}

fn check(superblock: &Superblock, len: u64) -> Result<()> {
    if superblock.file_len > len {
        let text = format!("the file has {len} bytes, {} are stated", superblock.file_len);
        return Err(Damage::new(Rule::FileLength, 0, text).into());
    }
    Ok(())
}

/// Writes both superblocks, first the one that is not at `valid`, each durable before the next: at every
/// moment one of them is valid, and afterwards either alone leads to the same state.
pub fn write(storage: &Arc<dyn Storage>, superblock: &Superblock, valid: u64) -> Result<()> {
    for page in [1_u64.saturating_sub(valid), valid] {
        write_one(storage, superblock, page)?;
    }
    Ok(())
}

/// Makes the winner durable before anything that only the other superblock reaches is overwritten: a killed
/// writer may have left it in the page cache alone.
pub fn mirror(storage: &Arc<dyn Storage>, winner: &Winner) -> Result<()> {
    if winner.mirrored {
        return Ok(());
    }
    write_one(storage, &winner.superblock, 1_u64.saturating_sub(winner.page))
}

fn write_one(storage: &Arc<dyn Storage>, superblock: &Superblock, page: u64) -> Result<()> {
    let written = storage.write_at(page * PAGE_BYTES, &superblock.encode());
    written.map_err(Error::io("writing a superblock"))?;
    storage.sync().map_err(Error::io("syncing a superblock"))
}
