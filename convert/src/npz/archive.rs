//! Opening an archive and its members.

use super::directory::{self, Allowance, Metered};
use super::error::{NpzError, NpzErrorKind};
use super::limits::Limits;
use super::member::Member;
use crate::npy::{ByteSource, FileSource, NpyFile, Section, SourceReader};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::NamedTempFile;
use zip::{CompressionMethod, ZipArchive};

/// Bytes that are inflated or checked at a time.
const BLOCK_BYTES: usize = 256 << 10;

/// An open archive.
pub struct Archive {
    source: Arc<dyn ByteSource>,
    zip: ZipArchive<BufReader<Metered>>,
    limits: Limits,
    scratch: PathBuf,
    members: Vec<Member>,
    by_name: HashMap<String, usize>,
    inflated: HashMap<usize, Arc<dyn ByteSource>>,
    spent: u64,
}

impl Archive {
    /// Opens an archive with the default [`Limits`]. Reads its directory only.
    ///
    /// # Errors
    /// Everything that [`Archive::from_source`] refuses; the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, NpzError> {
        Self::from_source(Arc::new(FileSource::open(path)?), Limits::default())
    }

    /// Opens an archive in any source of bytes.
    ///
    /// # Errors
    /// No ZIP file, more members than allowed, two members of one name, or the medium failed.
    pub fn from_source(source: Arc<dyn ByteSource>, limits: Limits) -> Result<Self, NpzError> {
        directory::check_members(&*source, limits.max_members).map_err(NpzErrorKind::bare)?;
        let allowance = Allowance::for_members(limits.max_members);
        let stream = BufReader::new(Metered::new(Arc::clone(&source), allowance.clone()));
        let zip = ZipArchive::new(stream).map_err(|error| NpzErrorKind::from(error).bare())?;
        allowance.release();
        if zip.has_duplicate_names() {
            return Err(NpzErrorKind::DuplicateNames.bare());
        }
        let members: Result<Vec<_>, _> = (0..zip.len()).map(|index| member(&zip, index)).collect();
        let members = members.map_err(NpzErrorKind::bare)?;
        let mut by_name = HashMap::new();
        for member in &members {
            // Bytes that differ can still decode to one name.
            if by_name.insert(member.name.clone(), member.index).is_some() {
                return Err(NpzErrorKind::DuplicateNames.of(&member.name));
            }
        }
        let scratch = std::env::temp_dir();
        let inflated = HashMap::new();
        Ok(Self { source, zip, limits, scratch, members, by_name, inflated, spent: 0 })
    }

    /// The same archive with its temporary files in `directory` instead of the system's place, which
    /// may be small or in memory.
    #[must_use]
    pub fn scratch_dir(mut self, directory: &Path) -> Self {
        directory.clone_into(&mut self.scratch);
        self
    }

    /// The members in the order of the directory.
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// A member by its name, with or without `.npy`.
    ///
    /// # Errors
    /// [`NpzErrorKind::NoSuchMember`].
    pub fn member(&self, name: &str) -> Result<&Member, NpzError> {
        let index = self.by_name.get(name).or_else(|| self.by_name.get(&format!("{name}.npy")));
        let found = index.and_then(|&index| self.members.get(index));
        found.ok_or_else(|| NpzErrorKind::NoSuchMember.of(name))
    }

    /// Opens a member as an array. The checksum of a stored member is not looked at: see
    /// [`Archive::verify`].
    ///
    /// # Errors
    /// As [`Archive::member_source`], and everything that [`NpyFile::from_source`] refuses.
    pub fn open_npy(&mut self, name: &str) -> Result<NpyFile, NpzError> {
        let source = self.member_source(name)?;
        NpyFile::from_source(source).map_err(|error| NpzErrorKind::Npy(error).of(name))
    }

    /// The bytes of a member: a part of the archive if it is stored, else an unlinked temporary file
    /// into which it is inflated the first time.
    ///
    /// # Errors
    /// No such member, over the [`Limits`], packed by an unknown method or encrypted, not of the
    /// declared size or checksum, or the medium failed.
    pub fn member_source(&mut self, name: &str) -> Result<Arc<dyn ByteSource>, NpzError> {
        let member = self.member(name)?.clone();
        if let Some(source) = self.inflated.get(&member.index) {
            return Ok(Arc::clone(source));
        }
        if !member.deflated {
            let section = self.stored(&member).map_err(|kind| kind.of(name))?;
            return Ok(Arc::new(section));
        }
        let mut file = tempfile::tempfile_in(&self.scratch)?;
        self.unpack(&member, &mut file).map_err(|kind| kind.of(name))?;
        let source: Arc<dyn ByteSource> = Arc::new(FileSource::new(file)?);
        self.inflated.insert(member.index, Arc::clone(&source));
        Ok(source)
    }

    /// Copies a member into a named temporary file, which can be mapped by its path and is deleted
    /// when it is dropped. Checks the checksum.
    ///
    /// # Errors
    /// As [`Archive::member_source`].
    pub fn member_to_file(&mut self, name: &str) -> Result<NamedTempFile, NpzError> {
        let member = self.member(name)?.clone();
        let mut file = NamedTempFile::new_in(&self.scratch)?;
        let out: &mut File = file.as_file_mut();
        self.unpack(&member, out).map_err(|kind| kind.of(name))?;
        Ok(file)
    }

    /// All bytes of a member of at most `max_bytes`. Checks the checksum.
    ///
    /// # Errors
    /// As [`Archive::member_source`], and [`NpzErrorKind::MemberTooLarge`].
    pub fn member_bytes(&mut self, name: &str, max_bytes: u64) -> Result<Vec<u8>, NpzError> {
        let member = self.member(name)?.clone();
        if member.bytes > max_bytes {
            let kind = NpzErrorKind::MemberTooLarge { bytes: member.bytes, limit: max_bytes };
            return Err(kind.of(name));
        }
        let mut out = Vec::new();
        self.unpack(&member, &mut out).map_err(|kind| kind.of(name))?;
        Ok(out)
    }

    /// Compares the bytes of a member with the checksum of the directory: one pass over them.
    ///
    /// # Errors
    /// [`NpzErrorKind::Checksum`]; as [`Archive::member_source`].
    pub fn verify(&mut self, name: &str) -> Result<(), NpzError> {
        let declared = self.member(name)?.crc32;
        let mut reader = SourceReader::new(self.member_source(name)?);
        let mut hasher = crc32fast::Hasher::new();
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            let count = reader.read(&mut block)?;
            if count == 0 {
                break;
            }
            hasher.update(block.get(..count).unwrap_or_default());
        }
        let found = hasher.finalize();
        if found == declared {
            return Ok(());
        }
        Err(NpzErrorKind::Checksum { declared, found }.of(name))
    }

    /// Where a stored member lies.
    fn stored(&mut self, member: &Member) -> Result<Section, NpzErrorKind> {
        let (declared, found) = (member.bytes, member.stored_bytes);
        if declared != found {
            return Err(NpzErrorKind::Size { declared, found });
        }
        let entry = self.zip.by_index_raw(member.index)?;
        let start = entry.data_start();
        drop(entry);
        let section = start.and_then(|at| Section::new(Arc::clone(&self.source), at, declared));
        section.ok_or_else(|| NpzErrorKind::Zip("member is outside the archive".to_owned()))
    }

    /// Writes the inflated bytes of a member, no more than it declares.
    fn unpack(&mut self, member: &Member, out: &mut dyn Write) -> Result<(), NpzErrorKind> {
        self.limits.admit(member, self.spent)?;
        self.spent = self.spent.saturating_add(member.bytes);
        let mut entry = self.zip.by_index(member.index)?;
        let mut block = vec![0; BLOCK_BYTES];
        let mut found = 0_u64;
        loop {
            let count = entry.read(&mut block).map_err(NpzErrorKind::of_inflate)?;
            if count == 0 {
                break;
            }
            found = found.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
            if found > member.bytes {
                break;
            }
            out.write_all(block.get(..count).unwrap_or_default()).map_err(NpzErrorKind::Io)?;
        }
        if found != member.bytes {
            return Err(NpzErrorKind::Size { declared: member.bytes, found });
        }
        Ok(())
    }
}

fn member(zip: &ZipArchive<BufReader<Metered>>, index: usize) -> Result<Member, NpzErrorKind> {
    let entry = zip.by_index_data(index)?;
    let name = entry.name()?.into_owned();
    let deflated = match entry.compression() {
        CompressionMethod::Stored => false,
        CompressionMethod::Deflated => true,
        other => return Err(NpzErrorKind::Method(format!("{name}: packed by {other}"))),
    };
    if entry.encrypted() {
        return Err(NpzErrorKind::Method(format!("{name}: encrypted")));
    }
    let (stored_bytes, bytes) = (entry.compressed_size(), entry.size());
    Ok(Member { name, stored_bytes, bytes, deflated, crc32: entry.crc32(), index })
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive").field("members", &self.members).finish_non_exhaustive()
    }
}
