//! What can be wrong with an `.npy` file, where, and what to do about it.

use std::fmt;
use std::io;

/// A refused `.npy` file or array member.
#[derive(Debug)]
pub struct NpyError {
    /// What is wrong.
    pub kind: NpyErrorKind,
    /// Byte offset in the array file at which it was noticed.
    pub offset: u64,
}

/// The reasons to refuse an array.
#[derive(Debug)]
#[non_exhaustive]
pub enum NpyErrorKind {
    /// The file does not begin with `\x93NUMPY`.
    NotNpy,
    /// A format version other than 1, 2 or 3.
    Version(u8, u8),
    /// The declared header length is over [`MAX_HEADER_BYTES`](super::MAX_HEADER_BYTES).
    HeaderTooLong(u64),
    /// The header is no dictionary literal with the keys `descr`, `fortran_order` and `shape`.
    Header(&'static str),
    /// More dimensions than [`MAX_DIMENSIONS`](super::MAX_DIMENSIONS).
    TooManyDimensions(usize),
    /// The shape describes more bytes than any file can have.
    ShapeOverflow,
    /// An element type that is not read, by its `NumPy` name.
    UnsupportedDtype(String),
    /// The array holds another element type than the call reads.
    WrongDtype {
        /// What the call can read.
        wanted: &'static str,
        /// What the array holds.
        found: String,
    },
    /// The file ends before the data that its shape describes.
    Truncated {
        /// Bytes that the header and shape ask for.
        needed: u64,
        /// Bytes that are there.
        available: u64,
    },
    /// Bytes after the end of the array.
    TrailingBytes(u64),
    /// Rows outside the array.
    RowRange {
        /// First row asked for.
        first: u64,
        /// Number of rows asked for.
        count: usize,
        /// Rows of the array.
        rows: u64,
    },
    /// An integer that does not fit into `i64`.
    IntegerRange(u64),
    /// Text that is no Unicode.
    Text,
    /// A writer was given more or fewer elements than its shape describes.
    ElementCount {
        /// Elements of the declared shape.
        declared: u64,
        /// Elements given.
        given: u64,
    },
    /// The medium failed.
    Io(io::Error),
}

impl NpyErrorKind {
    /// The error with the place at which it was noticed.
    pub(crate) fn at(self, offset: u64) -> NpyError {
        NpyError { kind: self, offset }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::NotNpy => "check that it is a NumPy array file",
            Self::Version(..) => "save it again with np.save",
            Self::HeaderTooLong(_) | Self::Header(_) => "the file is damaged: save it again",
            Self::TooManyDimensions(_) | Self::ShapeOverflow => {
                "reshape the array and save it again"
            }
            Self::UnsupportedDtype(_) => "convert with .astype(np.float32) and save it again",
            Self::WrongDtype { .. } => "read it with the call for its element type",
            Self::Truncated { .. } => "the file was cut short: copy or write it again",
            Self::TrailingBytes(_) => "save one array per file",
            Self::RowRange { .. } => "ask for rows inside the array",
            Self::Text => "the file is damaged, or its text is not UTF-8",
            Self::IntegerRange(_) => "store the values as int64",
            Self::ElementCount { .. } => "declare the shape that is written",
            Self::Io(_) => "check the disk and the permissions",
        }
    }
}

impl fmt::Display for NpyErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNpy => f.write_str("no NumPy magic string"),
            Self::Version(major, minor) => write!(f, "unknown format version {major}.{minor}"),
            Self::HeaderTooLong(bytes) => write!(f, "header of {bytes} bytes is too long"),
            Self::Header(what) => write!(f, "header is malformed: {what}"),
            Self::TooManyDimensions(n) => write!(f, "array of {n} dimensions"),
            Self::ShapeOverflow => f.write_str("shape describes an impossible number of bytes"),
            Self::UnsupportedDtype(name) => write!(f, "element type {name} is not supported"),
            Self::WrongDtype { wanted, found } => {
                write!(f, "array of {found} where {wanted} is needed")
            }
            Self::Truncated { needed, available } => {
                write!(f, "{available} bytes where {needed} are described")
            }
            Self::TrailingBytes(extra) => write!(f, "{extra} bytes after the end of the array"),
            Self::RowRange { first, count, rows } => {
                write!(f, "{count} rows from row {first} of an array of {rows} rows")
            }
            Self::IntegerRange(value) => write!(f, "integer {value} does not fit 64 signed bits"),
            Self::Text => f.write_str("text that is not Unicode"),
            Self::ElementCount { declared, given } => {
                write!(f, "{given} elements for a shape of {declared}")
            }
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for NpyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "npy: {} (at byte {}); {}", self.kind, self.offset, self.kind.advice())
    }
}

impl std::error::Error for NpyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            NpyErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for NpyError {
    fn from(error: io::Error) -> Self {
        NpyErrorKind::Io(error).at(0)
    }
}
