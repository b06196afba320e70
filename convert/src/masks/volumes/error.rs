//! What can be wrong with a file of masks, in which file, and what to do about it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use vesalius::RunsError;

use crate::masks::nrrd::NrrdErrorKind;
use crate::nifti::{NiftiError, NiftiErrorKind};

/// A refused file of masks.
#[derive(Debug)]
pub struct VolumeError {
    /// The file or folder; none for a stream.
    pub file: Option<PathBuf>,
    /// What is wrong.
    pub kind: VolumeErrorKind,
}

/// The reasons to refuse a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum VolumeErrorKind {
    /// The `NIfTI` file was refused.
    Nifti(NiftiError),
    /// The NRRD file was refused.
    Nrrd(NrrdErrorKind),
    /// A value that is no label: not a whole number from 0 to 2^32 - 1.
    Value {
        /// The value, scaled as the file says.
        value: f64,
        /// Its frame, z, y, x.
        voxel: [u64; 4],
    },
    /// More than a [`Limits`](super::Limits) allows.
    OverLimit {
        /// What there is too much of.
        name: &'static str,
        /// How much there is, or the first that is one too many.
        asked: u64,
        /// How much may be.
        allowed: u64,
    },
    /// The shape cannot hold masks, or runs are not of it.
    Runs(RunsError),
    /// The space is not possible: what of it.
    Space(String),
    /// A file of a folder is in another space than the first file.
    OtherSpace(Box<OtherSpace>),
    /// Two files of a folder give one name: the other file.
    SameName(PathBuf),
    /// A folder without a file of masks.
    NoFiles,
    /// What is to be written has more labels than a label map can number.
    Labels,
    /// The medium failed.
    Io(io::Error),
}

/// What makes the space of a file another one than that of the first file of its folder.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherSpace {
    /// What differs; of several fields the one that moves the corners most.
    pub field: &'static str,
    /// As it is in this file.
    pub here: String,
    /// The first file.
    pub first: PathBuf,
    /// As it is there.
    pub there: String,
    /// How far apart the corners are, in voxels; none for another shape.
    pub apart: Option<f64>,
}

impl fmt::Display for OtherSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, here, first, there, apart } = self;
        write!(f, "its {field} is {here}, but {there} in {}", first.display())?;
        match apart {
            Some(apart) => write!(f, ": corners are {apart:.6} voxels apart"),
            None => Ok(()),
        }
    }
}

impl VolumeErrorKind {
    pub(in crate::masks) fn of(self, file: &Path) -> VolumeError {
        VolumeError { file: Some(file.to_owned()), kind: self }
    }

    fn advice(&self) -> &'static str {
        match self {
            // These messages say it themselves.
            Self::Nifti(_) | Self::Nrrd(_) => "",
            Self::Value { .. } => {
                "; a label map holds whole numbers from 0 to 4294967295: round or threshold the values first"
            }
            Self::OverLimit { .. } => "; raise the limit if the file is trusted",
            Self::Runs(_) | Self::Space(_) => "; the header is damaged: write the file again",
            Self::OtherSpace(other) if other.apart.is_some() => {
                "; resample it, or allow a larger distance if that is no more than rounding"
            }
            Self::OtherSpace(_) => "; resample it, or read the file alone",
            Self::SameName(_) => "; rename or remove one of them",
            Self::NoFiles => "; the files must end in .nii, .nii.gz or .hdr",
            Self::Labels => "; write one file per segment",
            Self::Io(_) => "; check the path, the disk and the permissions",
        }
    }
}

impl fmt::Display for VolumeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nifti(error) => write!(f, "{error}"),
            Self::Nrrd(error) => write!(f, "{error}"),
            Self::Value { value, voxel } => {
                write!(f, "the value {value} at voxel {voxel:?} (t, z, y, x) is no label")
            }
            Self::OverLimit { name, asked, allowed } => {
                write!(f, "{name} of {asked} is over the limit of {allowed}")
            }
            Self::Runs(error) => write!(f, "{error}"),
            Self::Space(what) => f.write_str(what),
            Self::OtherSpace(other) => write!(f, "{other}"),
            Self::SameName(other) => {
                write!(f, "gives the same segment name as {}", other.display())
            }
            Self::NoFiles => f.write_str("no file of masks in this folder"),
            Self::Labels => f.write_str("more segments than labels"),
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for VolumeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        write!(f, "{}{}", self.kind, self.kind.advice())
    }
}

impl std::error::Error for VolumeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            VolumeErrorKind::Nifti(error) => Some(error),
            VolumeErrorKind::Runs(error) => Some(error),
            VolumeErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<NiftiError> for VolumeErrorKind {
    fn from(error: NiftiError) -> Self {
        match error.kind {
            NiftiErrorKind::OverLimit(name, asked, allowed) => {
                Self::OverLimit { name, asked, allowed }
            }
            NiftiErrorKind::Io(error) => Self::Io(error),
            kind => Self::Nifti(NiftiError { kind, offset: error.offset }),
        }
    }
}

impl From<NrrdErrorKind> for VolumeErrorKind {
    fn from(error: NrrdErrorKind) -> Self {
        Self::Nrrd(error)
    }
}

impl From<RunsError> for VolumeErrorKind {
    fn from(error: RunsError) -> Self {
        Self::Runs(error)
    }
}

impl From<io::Error> for VolumeErrorKind {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
