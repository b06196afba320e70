//! What can be wrong with an archive, in which member, and what to do about it.

use crate::npy::NpyError;
use std::fmt;
use std::io;
use zip::result::ZipError;

/// A refused archive or member.
#[derive(Debug)]
pub struct NpzError {
    /// What is wrong.
    pub kind: NpzErrorKind,
    /// The member, if it is about one.
    pub member: Option<String>,
}

/// The reasons to refuse an archive.
#[derive(Debug)]
#[non_exhaustive]
pub enum NpzErrorKind {
    /// Not a ZIP file, or its directory is damaged.
    Zip(String),
    /// More members than the limit.
    TooManyMembers {
        /// Members that the directory declares.
        members: u64,
        /// The limit of the caller.
        limit: u64,
    },
    /// Two members of one name.
    DuplicateNames,
    /// No member of that name.
    NoSuchMember,
    /// Encrypted, or packed by another method than deflate.
    Method(String),
    /// A member claims to inflate to more than deflate can do.
    Ratio {
        /// Bytes in the archive.
        stored: u64,
        /// Bytes it claims to inflate to.
        claimed: u64,
    },
    /// A member is larger than the limit.
    MemberTooLarge {
        /// Declared bytes.
        bytes: u64,
        /// The limit of the caller.
        limit: u64,
    },
    /// The inflated members together are larger than the limit.
    TotalTooLarge {
        /// Bytes in all.
        bytes: u64,
        /// The limit of the caller.
        limit: u64,
    },
    /// A member inflates to another size than declared.
    Size {
        /// Declared bytes.
        declared: u64,
        /// Bytes found, or the first that is one too many.
        found: u64,
    },
    /// The bytes of a member do not match their checksum.
    Checksum {
        /// CRC-32 of the directory.
        declared: u32,
        /// CRC-32 of the bytes.
        found: u32,
    },
    /// The member is no readable array.
    Npy(NpyError),
    /// The medium failed.
    Io(io::Error),
}

impl NpzErrorKind {
    pub(super) fn of(self, member: &str) -> NpzError {
        // The name is of foreign origin: a little of it is enough to find it again.
        NpzError { kind: self, member: Some(member.chars().take(256).collect()) }
    }

    pub(super) fn bare(self) -> NpzError {
        NpzError { kind: self, member: None }
    }

    /// The error of a failed read of inflated bytes: damage, unless the medium says otherwise.
    pub(super) fn of_inflate(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof => Self::Zip(error.to_string()),
            _ => Self::Io(error),
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Zip(_) | Self::Size { .. } | Self::Checksum { .. } => {
                "the archive is damaged: copy or write it again"
            }
            Self::DuplicateNames => "rename the members",
            Self::NoSuchMember => "list the members to see their names",
            Self::Method(_) => "save it again with np.savez or np.savez_compressed",
            Self::Ratio { .. } => "do not trust this archive",
            Self::TooManyMembers { .. }
            | Self::MemberTooLarge { .. }
            | Self::TotalTooLarge { .. } => "raise the limit if the archive is trusted",
            Self::Npy(_) => "see the message about the array",
            Self::Io(_) => "check the disk and the permissions",
        }
    }
}

impl From<ZipError> for NpzErrorKind {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) => Self::of_inflate(error),
            ZipError::FileNotFound => Self::NoSuchMember,
            ZipError::UnsupportedArchive(what) => Self::Method(what.to_string()),
            other => Self::Zip(other.to_string()),
        }
    }
}

impl fmt::Display for NpzErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zip(what) => write!(f, "unreadable archive: {what}"),
            Self::TooManyMembers { members, limit } => {
                write!(f, "{members} members, limit {limit}")
            }
            Self::DuplicateNames => f.write_str("two members of one name"),
            Self::NoSuchMember => f.write_str("no such member"),
            Self::Method(what) => write!(f, "cannot be unpacked: {what}"),
            Self::Ratio { stored, claimed } => {
                write!(f, "{stored} bytes claim to inflate to {claimed}")
            }
            Self::MemberTooLarge { bytes, limit } => write!(f, "{bytes} bytes, limit {limit}"),
            Self::TotalTooLarge { bytes, limit } => {
                write!(f, "{bytes} inflated bytes in all, limit {limit}")
            }
            Self::Size { declared, found } => {
                write!(f, "{found} bytes where {declared} are declared")
            }
            Self::Checksum { declared, found } => {
                write!(f, "checksum {found:08x} where {declared:08x} is declared")
            }
            Self::Npy(error) => write!(f, "{error}"),
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for NpzError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("npz: ")?;
        if let Some(member) = &self.member {
            write!(f, "member {member:?}: ")?;
        }
        write!(f, "{}; {}", self.kind, self.kind.advice())
    }
}

impl std::error::Error for NpzError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            NpzErrorKind::Npy(error) => Some(error),
            NpzErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for NpzError {
    fn from(error: io::Error) -> Self {
        NpzErrorKind::Io(error).bare()
    }
}
