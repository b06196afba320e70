//! The error of this room: what, where, and what to do.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

/// What sort of trouble it is; decides what the caller may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum H5ErrorKind {
    /// The system refused to open or read the file.
    Io,
    /// The file does not begin as an HDF5 file.
    NotHdf5,
    /// The object is not there.
    Missing,
    /// The file contradicts itself or ends too early. Salvage may still find rows.
    Damaged,
    /// Valid HDF5 that this reader does not read.
    Unsupported,
    /// More memory or work is asked for than a limit allows.
    Limit,
    /// The object is readable, but not of the kind that was asked for.
    Kind,
}

/// Why an HDF5 file, or an object in it, could not be read.
#[derive(Debug)]
pub struct H5Error {
    kind: H5ErrorKind,
    file: PathBuf,
    object: String,
    what: String,
}

impl H5Error {
    pub(super) fn new(
        kind: H5ErrorKind,
        file: impl Into<PathBuf>,
        object: impl Into<String>,
        what: impl Into<String>,
    ) -> Self {
        Self { kind, file: file.into(), object: object.into(), what: what.into() }
    }

    /// The sort of trouble.
    pub fn kind(&self) -> H5ErrorKind {
        self.kind
    }

    /// The path of the object inside the file; empty for the file itself.
    pub fn object(&self) -> &str {
        &self.object
    }

    /// What is wrong, without the file and the advice.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self.kind {
            H5ErrorKind::Io => "check that the file is there and readable",
            H5ErrorKind::NotHdf5 => "check the path; an HDF5 file begins with \\x89HDF",
            H5ErrorKind::Missing => "list the file to see what it holds",
            H5ErrorKind::Damaged => "copy the file again from its source, or import with salvage",
            H5ErrorKind::Unsupported => {
                "write the dataset again with h5py as float16, float32, integers or strings, \
                 with gzip, lzf or no compression"
            }
            H5ErrorKind::Limit => "write the dataset again with smaller chunks or rows",
            H5ErrorKind::Kind => "name a dataset of the right type and shape",
        }
    }
}

impl fmt::Display for H5Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if !self.object.is_empty() {
            write!(f, ", {}", self.object)?;
        }
        write!(f, ": {}; {}", self.what, self.advice())
    }
}

impl Error for H5Error {}

/// A failure of the parsing crate, as kind and text, not yet bound to a place.
pub(super) fn sort(error: &hdf5_reader::error::Error) -> (H5ErrorKind, String) {
    use hdf5_reader::error::Error as E;
    let kind = match error {
        E::Context { source, .. } => return sort(source),
        E::Io(e) if e.kind() != std::io::ErrorKind::UnexpectedEof => H5ErrorKind::Io,
        E::InvalidMagic => H5ErrorKind::NotHdf5,
        E::GroupNotFound(_) | E::DatasetNotFound(_) | E::AttributeNotFound(_) => {
            H5ErrorKind::Missing
        }
        E::ResourceLimit(_) => H5ErrorKind::Limit,
        E::UnsupportedFilter(_) | E::UnsupportedEncoding(_) => H5ErrorKind::Unsupported,
        _ => H5ErrorKind::Damaged,
    };
    (kind, error.to_string())
}
