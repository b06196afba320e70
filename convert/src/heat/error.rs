//! What can be wrong with a heat map that is to be drawn, and what to do about it.

use std::fmt;
use std::io;

use crate::nifti::NiftiError;
use crate::nifti::resample::ResampleError;
use crate::npy::NpyError;
use crate::picture::PictureError;

/// A heat map that could not be written.
#[derive(Debug)]
#[non_exhaustive]
pub enum HeatError {
    /// What was asked for does not fit what is there: what, and what to do.
    Refused(String),
    /// The picture was refused.
    Picture(PictureError),
    /// A volume could not be read or written.
    Nifti(NiftiError),
    /// An array could not be written.
    Npy(NpyError),
    /// The medium failed.
    Io(io::Error),
}

impl fmt::Display for HeatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(text) => f.write_str(text),
            Self::Picture(error) => error.fmt(f),
            Self::Nifti(error) => error.fmt(f),
            Self::Npy(error) => error.fmt(f),
            Self::Io(error) => write!(f, "{error}; check the disk and the permissions"),
        }
    }
}

impl std::error::Error for HeatError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Refused(_) => None,
            Self::Picture(error) => Some(error),
            Self::Nifti(error) => Some(error),
            Self::Npy(error) => Some(error),
            Self::Io(error) => Some(error),
        }
    }
}

impl From<PictureError> for HeatError {
    fn from(error: PictureError) -> Self {
        Self::Picture(error)
    }
}

impl From<NiftiError> for HeatError {
    fn from(error: NiftiError) -> Self {
        Self::Nifti(error)
    }
}

impl From<NpyError> for HeatError {
    fn from(error: NpyError) -> Self {
        Self::Npy(error)
    }
}

impl From<io::Error> for HeatError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl<E: Into<Self> + fmt::Display> From<ResampleError<E>> for HeatError {
    fn from(error: ResampleError<E>) -> Self {
        match error {
            ResampleError::Sink(error) => error.into(),
            other => Self::Refused(other.to_string()),
        }
    }
}
