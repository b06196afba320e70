//! Why a pickle could not be written.

use crate::npy::NpyError;
use crate::npz::NpzError;
use std::fmt;
use std::io;

/// A failed write.
#[derive(Debug)]
#[non_exhaustive]
pub enum PickleWriteError {
    /// The calls do not make up one value: what is wrong with them.
    Structure(&'static str),
    /// An array with another number of elements than its shape.
    Shape {
        /// Elements of the shape; none if they cannot be counted.
        declared: Option<u64>,
        /// Elements given.
        given: usize,
    },
    /// The array around the pickle could not be written.
    Npy(NpyError),
    /// The archive around the pickle could not be written.
    Npz(NpzError),
    /// The medium failed.
    Io(io::Error),
}

impl fmt::Display for PickleWriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("pickle: ")?;
        match self {
            Self::Structure(what) => write!(f, "{what}; write exactly one complete value"),
            Self::Shape { declared: Some(declared), given } => {
                write!(f, "{given} elements for a shape of {declared}; pass the shape of the data")
            }
            Self::Shape { declared: None, .. } => f.write_str("impossible shape of an array"),
            Self::Npy(error) => write!(f, "{error}"),
            Self::Npz(error) => write!(f, "{error}"),
            Self::Io(error) => write!(f, "{error}; check the disk and the permissions"),
        }
    }
}

impl std::error::Error for PickleWriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Npy(error) => Some(error),
            Self::Npz(error) => Some(error),
            Self::Io(error) => Some(error),
            Self::Structure(_) | Self::Shape { .. } => None,
        }
    }
}

impl From<io::Error> for PickleWriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<NpyError> for PickleWriteError {
    fn from(error: NpyError) -> Self {
        Self::Npy(error)
    }
}

impl From<NpzError> for PickleWriteError {
    fn from(error: NpzError) -> Self {
        Self::Npz(error)
    }
}
