//! The fixed heads of the two files.

use super::error::{MedMaskError, MedMaskErrorKind};
use crate::npy::ByteSource;

/// Bytes of the head of a `.msk`.
pub(super) const MASK_HEAD: usize = 62;
/// Bytes of the head of a `.mska`.
pub(super) const ARCHIVE_HEAD: usize = 90;
const VERSION: [u8; 2] = [1, 0];
/// Zstandard: the only codec there is.
const CODEC: u8 = 0;

/// A stretch of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) offset: u64,
    pub(super) length: u64,
}

impl Part {
    /// Behind the last byte.
    pub(super) fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }

    /// The bytes, if they are all there and not more than `limit`.
    pub(super) fn read(
        self,
        source: &dyn ByteSource,
        what: &'static str,
        limit: u64,
    ) -> Result<Vec<u8>, MedMaskError> {
        let Self { offset, length } = self;
        if offset.checked_add(length).is_none_or(|end| end > source.len()) {
            return Err(MedMaskErrorKind::Outside(what, offset, length).at(offset));
        }
        let over = || MedMaskErrorKind::OverLimit(what, length, limit).at(offset);
        let count = usize::try_from(length).ok().filter(|_| length <= limit).ok_or_else(over)?;
        let mut bytes = vec![0; count];
        source.read_at(offset, &mut bytes)?;
        Ok(bytes)
    }
}

/// Where the three parts of a file are: the space, the mapping or index, the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) space: Part,
    pub(super) index: Part,
    pub(super) data: Part,
    /// Masks of an archive; zero of a `.msk`.
    pub(super) masks: u64,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Mask,
    Archive,
}

impl Kind {
    pub(super) fn magic(self) -> &'static str {
        match self {
            Self::Mask => "MSK1",
            Self::Archive => "MSKA",
        }
    }

    pub(super) fn bytes(self) -> usize {
        match self {
            Self::Mask => MASK_HEAD,
            Self::Archive => ARCHIVE_HEAD,
        }
    }
}

impl Header {
    /// Reads and checks a head. The parts may lie anywhere yet.
    pub(super) fn read(source: &dyn ByteSource, kind: Kind) -> Result<Self, MedMaskError> {
        let mut head = [0; ARCHIVE_HEAD];
        let head = head.get_mut(..kind.bytes()).unwrap_or_default();
        if source.len() < head.len() as u64 {
            return Err(MedMaskErrorKind::Magic(kind.magic()).at(source.len()));
        }
        source.read_at(0, head)?;
        if !head.starts_with(kind.magic().as_bytes()) {
            return Err(MedMaskErrorKind::Magic(kind.magic()).at(0));
        }
        let byte = |at: usize| head.get(at).copied().unwrap_or(0);
        if [byte(4), byte(5)] != VERSION {
            return Err(MedMaskErrorKind::Version(byte(4), byte(5)).at(4));
        }
        if byte(6) != CODEC {
            return Err(MedMaskErrorKind::Codec(byte(6)).at(6));
        }
        let (words, _) = head.get(7..).unwrap_or_default().as_chunks::<8>();
        let word = |at: usize| words.get(at).map_or(0, |w| u64::from_le_bytes(*w));
        let part = |at: usize| Part { offset: word(at), length: word(at.saturating_add(1)) };
        let masks = if kind == Kind::Archive { word(6) } else { 0 };
        Ok(Self { space: part(0), index: part(2), data: part(4), masks })
    }

    /// The bytes of a head.
    pub(super) fn encode(&self, kind: Kind) -> Vec<u8> {
        let mut out = kind.magic().as_bytes().to_vec();
        out.extend(VERSION);
        out.push(CODEC);
        for part in [self.space, self.index, self.data] {
            out.extend(part.offset.to_le_bytes());
            out.extend(part.length.to_le_bytes());
        }
        if kind == Kind::Archive {
            out.extend(self.masks.to_le_bytes());
        }
        out.resize(kind.bytes(), 0);
        out
    }
}
