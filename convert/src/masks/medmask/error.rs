//! What can be wrong with a `.msk` or `.mska` file, where, and what to do about it.

use std::fmt;
use std::io;

use super::super::scan::ScanError;

/// A refused file, or segments that such a file cannot hold.
#[derive(Debug)]
pub struct MedMaskError {
    /// What is wrong.
    pub kind: MedMaskErrorKind,
    /// Byte offset in the file at which it was noticed; 0 when writing.
    pub offset: u64,
    /// The entry of the archive that it is about, if it is about one.
    pub entry: Option<String>,
}

/// The reasons to refuse.
#[derive(Debug)]
#[non_exhaustive]
pub enum MedMaskErrorKind {
    /// The file does not begin with the magic: the one that was looked for.
    Magic(&'static str),
    /// A format version other than 1.0.
    Version(u8, u8),
    /// A codec other than 0, Zstandard.
    Codec(u8),
    /// A part of the file lies outside of it: which, its offset and length.
    Outside(&'static str, u64, u64),
    /// A text is no JSON, or not the JSON that belongs there: which, and why.
    Json(&'static str, String),
    /// A geometry that no voxels can have: why.
    Space(String),
    /// A label of a mapping that is no whole number of 0 to 2^32 - 1: the name, and the label as text.
    Label(String, String),
    /// The head of an array is malformed: why.
    Blob(String),
    /// The array has another shape than the space: of the array, of the space, both (z, y, x).
    Shape([u64; 3], [u64; 3]),
    /// The Zstandard frame is damaged: why.
    Zstd(String),
    /// The values were refused.
    Values(ScanError),
    /// More than a [`Limits`](crate::masks::Limits) allows: what, what is asked for, what is allowed.
    OverLimit(&'static str, u64, u64),
    /// The index ends in the middle or has run over its end: why.
    Overflowed(String),
    /// Nothing could be saved.
    NothingSaved,
    /// These segments have no form in such a file: why, and what to do.
    Unwritable(String),
    /// The medium failed.
    Io(io::Error),
}

impl MedMaskErrorKind {
    pub(super) fn at(self, offset: u64) -> MedMaskError {
        MedMaskError { kind: self, offset, entry: None }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Magic(_) => "check that it is a MedMask file",
            Self::Version(..) | Self::Codec(_) => "save it again with MedMask 0.1",
            Self::Overflowed(_) => {
                "MedMask lets the index of an archive run over; read it with --salvage"
            }
            Self::NothingSaved => "restore the archive from a copy",
            Self::OverLimit(..) => "raise the limit if the file is what it should be",
            Self::Values(_) | Self::Label(..) => "save it again with labels of 0 to 4294967295",
            Self::Unwritable(_) => "or write another format",
            Self::Io(_) => "check the disk and the permissions",
            Self::Space(_) | Self::Shape(..) => "save the mask again with its own space",
            Self::Outside(..) | Self::Json(..) | Self::Blob(_) | Self::Zstd(_) => {
                "the file is damaged: copy or write it again; --salvage saves what is whole of an archive"
            }
        }
    }
}

impl MedMaskError {
    pub(super) fn of(mut self, entry: &str) -> Self {
        self.entry.get_or_insert_with(|| entry.to_owned());
        self
    }
}

impl fmt::Display for MedMaskErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic(magic) => write!(f, "the file does not begin with {magic}"),
            Self::Version(major, minor) => write!(f, "unknown format version {major}.{minor}"),
            Self::Codec(id) => write!(f, "unknown codec {id}"),
            Self::Outside(what, offset, length) => {
                write!(f, "{what}, {length} bytes from byte {offset}, is outside the file")
            }
            Self::Json(what, why) => write!(f, "{what} cannot be read: {why}"),
            Self::Space(why) => write!(f, "the space is not possible: {why}"),
            Self::Label(name, label) => write!(f, "{label} is no label for {name:?}"),
            Self::Blob(why) => write!(f, "the head of the array is malformed: {why}"),
            Self::Shape(array, space) => {
                write!(f, "an array of shape {array:?} in a space of shape {space:?} (z, y, x)")
            }
            Self::Zstd(why) => write!(f, "compressed values are damaged: {why}"),
            Self::Values(error) => error.fmt(f),
            Self::OverLimit(name, asked, allowed) => {
                write!(f, "{name} of {asked} is over the limit of {allowed}")
            }
            Self::Overflowed(why) => write!(f, "the index of the archive is broken: {why}"),
            Self::NothingSaved => f.write_str("no mask of the archive is whole"),
            Self::Unwritable(why) => f.write_str(why),
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for MedMaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("medmask: ")?;
        if let Some(entry) = &self.entry {
            write!(f, "mask {entry:?}: ")?;
        }
        write!(f, "{} (at byte {}); {}", self.kind, self.offset, self.kind.advice())
    }
}

impl std::error::Error for MedMaskError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            MedMaskErrorKind::Io(error) => Some(error),
            MedMaskErrorKind::Values(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for MedMaskError {
    fn from(error: io::Error) -> Self {
        MedMaskErrorKind::Io(error).at(0)
    }
}
