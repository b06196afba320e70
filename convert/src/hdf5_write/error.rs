//! Why an HDF5 file could not be written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A failed write. The file does not appear under its name.
#[derive(Debug)]
#[non_exhaustive]
pub enum Hdf5WriteError {
    /// The system refused to create, sync or rename the file.
    Io {
        /// The file that was to be made.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The library could not write: the disk, or a limit of the format.
    Library {
        /// The dataset, group or attribute.
        object: String,
        /// What the library said.
        error: rust_hdf5::Hdf5Error,
    },
    /// What was asked for cannot be stored: what, and what to do.
    Refused {
        /// The dataset, group or attribute.
        object: String,
        /// What is wrong, and what to do.
        what: String,
    },
}

impl Hdf5WriteError {
    pub(super) fn refused(object: &str, what: impl Into<String>) -> Self {
        Self::Refused { object: object.to_owned(), what: what.into() }
    }

    pub(super) fn library(object: &str) -> impl FnOnce(rust_hdf5::Hdf5Error) -> Self {
        move |error| Self::Library { object: object.to_owned(), error }
    }

    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Io { path: path.to_owned(), error }
    }
}

impl fmt::Display for Hdf5WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => {
                write!(f, "{}: {error}; check the disk and the permissions", path.display())
            }
            Self::Library { object, error } => {
                write!(f, "HDF5, {object:?}: {error}; check the disk")
            }
            Self::Refused { object, what } => write!(f, "HDF5, {object:?}: {what}"),
        }
    }
}

impl std::error::Error for Hdf5WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Library { error, .. } => Some(error),
            Self::Refused { .. } => None,
        }
    }
}
