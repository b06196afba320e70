//! What can be wrong with a `NIfTI` file, where, and what to do about it.

use std::fmt;
use std::io;

/// A refused `NIfTI` file.
#[derive(Debug)]
pub struct NiftiError {
    /// What is wrong.
    pub kind: NiftiErrorKind,
    /// Byte offset in the (inflated) file at which it was noticed.
    pub offset: u64,
}

/// The reasons to refuse a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum NiftiErrorKind {
    /// The file does not begin with a `NIfTI` header. ANALYZE 7.5 files are not read.
    NotNifti,
    /// The number of dimensions or an axis is not possible: dimension (0 for their number), value.
    Dimension(usize, i64),
    /// The shape describes more bytes than any file can have.
    ShapeOverflow,
    /// A data type that is not read or written: its code.
    Datatype(i32),
    /// The data do not begin where they can, or further in than [`MAX_DATA_OFFSET`].
    ///
    /// [`MAX_DATA_OFFSET`]: super::MAX_DATA_OFFSET
    DataOffset(f64),
    /// A number of the header that has to be finite is not: the name of the field.
    NotFinite(&'static str),
    /// The quaternion of the qform is longer than 1.
    Quaternion([f64; 3]),
    /// The affine has a column of zeros, or its columns lie in a plane.
    SingularAffine,
    /// The geometry cannot be written: why.
    Geometry(&'static str),
    /// A header extension is malformed: why.
    Extension(&'static str),
    /// More than a [`Limits`](super::Limits) allows: its name, what is asked for, what is allowed.
    OverLimit(&'static str, u64, u64),
    /// The file ends before the data that its header describes.
    Truncated {
        /// Bytes that the header asks for.
        needed: u64,
        /// Bytes that are there, or can be there at most when the file is compressed.
        available: u64,
    },
    /// The compressed stream is damaged.
    Gzip(io::Error),
    /// No memory for this many bytes.
    Memory(u64),
    /// The data file of a `.hdr` and `.img` pair is missing.
    NoImage,
    /// A writer was given values of another type than declared.
    WrongType {
        /// The declared type.
        declared: &'static str,
        /// The type given.
        given: &'static str,
    },
    /// A writer was given more or fewer values than its geometry describes.
    ValueCount {
        /// Voxels of the geometry over all frames.
        declared: u64,
        /// Values given.
        given: u64,
    },
    /// The medium failed.
    Io(io::Error),
}

impl NiftiErrorKind {
    pub(super) fn at(self, offset: u64) -> NiftiError {
        NiftiError { kind: self, offset }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::NotNifti => "check that it is a NIfTI-1 or NIfTI-2 file",
            Self::Dimension(..) | Self::NotFinite(_) | Self::DataOffset(_) => {
                "the header is damaged: write the file again"
            }
            Self::ShapeOverflow | Self::OverLimit(..) => {
                "crop or split the volume, or raise the limit"
            }
            Self::Datatype(_) => "convert to an integer type or to float32 and save it again",
            Self::Quaternion(_) | Self::SingularAffine => {
                "repair the orientation, for example with a header editor"
            }
            Self::Geometry(_) => "correct the geometry",
            Self::Extension(_) => "write the file again without header extensions",
            Self::Truncated { .. } => "the file was cut short: copy or write it again",
            Self::Gzip(_) => "the file is damaged: copy or write it again",
            Self::Memory(_) => "read slice by slice",
            Self::NoImage => "put the .img file beside the .hdr file",
            Self::WrongType { .. } | Self::ValueCount { .. } => "declare what is written",
            Self::Io(_) => "check the disk and the permissions",
        }
    }
}

impl fmt::Display for NiftiErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNifti => f.write_str("no NIfTI header"),
            Self::Dimension(0, n) => write!(f, "{n} dimensions"),
            Self::Dimension(axis, n) => write!(f, "dimension {axis} of size {n}"),
            Self::ShapeOverflow => f.write_str("shape describes an impossible number of bytes"),
            Self::Datatype(code) => match datatype_name(*code) {
                Some(name) => write!(f, "data type {code} ({name}) is not supported"),
                None => write!(f, "unknown data type {code}"),
            },
            Self::DataOffset(offset) => write!(f, "data cannot begin at byte {offset}"),
            Self::NotFinite(field) => write!(f, "{field} is not finite"),
            Self::Quaternion([b, c, d]) => {
                write!(f, "quaternion ({b}, {c}, {d}) is longer than 1")
            }
            Self::SingularAffine => f.write_str("affine cannot be inverted"),
            Self::Geometry(why) => write!(f, "geometry cannot be written: {why}"),
            Self::Extension(why) => write!(f, "header extension is malformed: {why}"),
            Self::OverLimit(name, asked, allowed) => {
                write!(f, "{name} of {asked} is over the limit of {allowed}")
            }
            Self::Truncated { needed, available } => {
                write!(f, "at most {available} bytes where {needed} are described")
            }
            Self::Gzip(error) => write!(f, "compressed stream is damaged: {error}"),
            Self::Memory(bytes) => write!(f, "no memory for {bytes} bytes"),
            Self::NoImage => f.write_str("the header's image file is missing"),
            Self::WrongType { declared, given } => {
                write!(f, "values of {given} where {declared} is declared")
            }
            Self::ValueCount { declared, given } => {
                write!(f, "{given} values for {declared} voxels")
            }
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

/// Names of the types of the standard that are not read.
fn datatype_name(code: i32) -> Option<&'static str> {
    Some(match code {
        1 => "bits",
        32 | 1792 | 2048 => "complex numbers",
        128 => "RGB colours",
        2304 => "RGBA colours",
        1536 => "128-bit floats",
        _ => return None,
    })
}

impl fmt::Display for NiftiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "nifti: {} (at byte {}); {}", self.kind, self.offset, self.kind.advice())
    }
}

impl std::error::Error for NiftiError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            NiftiErrorKind::Io(error) | NiftiErrorKind::Gzip(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for NiftiErrorKind {
    /// Damage of a compressed stream arrives as an error of the medium, told by its kind.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidInput
            | io::ErrorKind::InvalidData
            | io::ErrorKind::UnexpectedEof => Self::Gzip(error),
            _ => Self::Io(error),
        }
    }
}

impl From<io::Error> for NiftiError {
    fn from(error: io::Error) -> Self {
        NiftiErrorKind::from(error).at(0)
    }
}
