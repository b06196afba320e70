//! The one error of this crate: what, where, and what to do.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::faiss::FaissError;
use crate::hdf5::H5Error;
use crate::hdf5_write::Hdf5WriteError;
use crate::masks::MaskFileError;
use crate::npy::NpyError;
use crate::npz::NpzError;
use crate::pickle::PickleError;
use crate::pickle_write::PickleWriteError;

/// Why a file could not be converted.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConvertError {
    /// The system refused to open or read a file.
    Io {
        /// The file, where it is known.
        path: Option<PathBuf>,
        /// What the system said.
        error: io::Error,
    },
    /// A pickle was refused.
    Pickle {
        /// The file, where it is known.
        path: Option<PathBuf>,
        /// What is wrong.
        error: PickleError,
    },
    /// An `.npy` array was refused.
    Npy(NpyError),
    /// An `.npz` archive was refused.
    Npz(NpzError),
    /// A file of FAISS was refused.
    Faiss {
        /// The file, where it is known.
        path: Option<PathBuf>,
        /// What is wrong.
        error: FaissError,
    },
    /// An index and its metadata do not have the same number of images: a crash between their writing.
    Torn {
        /// The folder.
        path: PathBuf,
        /// Vectors of the index.
        vectors: u64,
        /// Records of the metadata.
        records: u64,
    },
    /// An HDF5 file, or an object in one, was refused.
    Hdf5(H5Error),
    /// An HDF5 file could not be written.
    Hdf5Write(Hdf5WriteError),
    /// A file of masks could not be read or written.
    Masks {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong, and what to do.
        error: Box<MaskFileError>,
    },
    /// The file is readable, but what it holds cannot be converted.
    Layout {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to do.
        what: String,
    },
    /// One image cannot be converted.
    Image {
        /// Its key.
        image: String,
        /// The index of the region that is at fault, if one is.
        region: Option<u32>,
        /// What is wrong, and what to do.
        what: String,
    },
    /// The container refused something.
    Engine(vesalius::Error),
    /// A pickle or archive could not be written.
    Write(PickleWriteError),
    /// What was asked for does not fit what is there: what, and what to do.
    Refused(String),
    /// What was read back from the container is not what the source holds.
    Mismatch {
        /// The key of the image.
        image: String,
        /// The name of the region, if one is at fault.
        region: Option<String>,
        /// What differs.
        what: String,
    },
    /// The caller's progress function said stop. What was committed stays; the same call goes on there.
    Stopped {
        /// Images that are in the container.
        images: u64,
    },
    /// The receiver of the images failed.
    Target(Box<dyn Error + Send + Sync>),
}

impl ConvertError {
    /// The error with the file it happened in, where it had none.
    #[must_use]
    pub fn in_file(self, file: &Path) -> Self {
        match self {
            Self::Io { path: None, error } => Self::Io { path: Some(file.to_owned()), error },
            Self::Pickle { path: None, error } => {
                Self::Pickle { path: Some(file.to_owned()), error }
            }
            Self::Faiss { path: None, error } => Self::Faiss { path: Some(file.to_owned()), error },
            other => other,
        }
    }

    pub(crate) fn layout(path: &Path, what: impl Into<String>) -> Self {
        Self::Layout { path: path.to_owned(), what: what.into() }
    }

    pub(crate) fn image(image: &str, region: Option<u32>, what: impl Into<String>) -> Self {
        Self::Image { image: image.to_owned(), region, what: what.into() }
    }
}

impl fmt::Display for ConvertError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, error } => in_path(f, path.as_deref(), error),
            Self::Pickle { path, error } => in_path(f, path.as_deref(), error),
            Self::Faiss { path, error } => in_path(f, path.as_deref(), error),
            Self::Torn { path, vectors, records } => write!(
                f,
                "{}: the index has {vectors} vectors, the metadata {records} images: the pair was torn by a \
                 crash; a salvage takes the first {}",
                path.display(),
                vectors.min(records)
            ),
            Self::Npy(error) => error.fmt(f),
            Self::Npz(error) => error.fmt(f),
            Self::Hdf5(error) => error.fmt(f),
            Self::Hdf5Write(error) => error.fmt(f),
            // It names the file of a folder that is at fault.
            Self::Masks { error, .. } if error.names_its_file() => error.fmt(f),
            Self::Masks { path, error } => in_path(f, Some(path), &**error),
            Self::Layout { path, what } => write!(f, "{}: {what}", path.display()),
            Self::Image { image, region: Some(region), what } => {
                write!(f, "image {image:?}, region {region}: {what}")
            }
            Self::Image { image, region: None, what } => write!(f, "image {image:?}: {what}"),
            Self::Engine(error) => error.fmt(f),
            Self::Write(error) => error.fmt(f),
            Self::Refused(what) => f.write_str(what),
            Self::Mismatch { image, region, what } => {
                write!(f, "image {image:?}")?;
                if let Some(region) = region {
                    write!(f, ", region {region:?}")?;
                }
                write!(f, ": {what}; the container is not what the source holds, ")?;
                f.write_str("run `vesalius verify` on it and check memory and disk")
            }
            Self::Stopped { images } => {
                write!(f, "stopped after {images} images; run it again to go on")
            }
            Self::Target(error) => error.fmt(f),
        }
    }
}

fn in_path(f: &mut fmt::Formatter<'_>, path: Option<&Path>, error: &dyn Error) -> fmt::Result {
    match path {
        Some(path) => write!(f, "{}: {error}", path.display()),
        None => write!(f, "{error}"),
    }
}

impl Error for ConvertError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            Self::Pickle { error, .. } => Some(error),
            Self::Faiss { error, .. } => Some(error),
            Self::Npy(error) => Some(error),
            Self::Npz(error) => Some(error),
            Self::Hdf5(error) => Some(error),
            Self::Hdf5Write(error) => Some(error),
            Self::Masks { error, .. } => Some(&**error),
            Self::Engine(error) => Some(error),
            Self::Write(error) => Some(error),
            Self::Target(error) => Some(&**error),
            Self::Layout { .. }
            | Self::Image { .. }
            | Self::Refused(_)
            | Self::Torn { .. }
            | Self::Mismatch { .. }
            | Self::Stopped { .. } => None,
        }
    }
}

impl From<io::Error> for ConvertError {
    fn from(error: io::Error) -> Self {
        Self::Io { path: None, error }
    }
}

impl From<PickleError> for ConvertError {
    fn from(error: PickleError) -> Self {
        Self::Pickle { path: None, error }
    }
}

impl From<FaissError> for ConvertError {
    fn from(error: FaissError) -> Self {
        Self::Faiss { path: None, error }
    }
}

impl From<NpyError> for ConvertError {
    fn from(error: NpyError) -> Self {
        Self::Npy(error)
    }
}

impl From<NpzError> for ConvertError {
    fn from(error: NpzError) -> Self {
        Self::Npz(error)
    }
}

impl From<vesalius::Error> for ConvertError {
    fn from(error: vesalius::Error) -> Self {
        Self::Engine(error)
    }
}

impl From<PickleWriteError> for ConvertError {
    fn from(error: PickleWriteError) -> Self {
        Self::Write(error)
    }
}

impl From<H5Error> for ConvertError {
    fn from(error: H5Error) -> Self {
        Self::Hdf5(error)
    }
}

impl From<Hdf5WriteError> for ConvertError {
    fn from(error: Hdf5WriteError) -> Self {
        Self::Hdf5Write(error)
    }
}
