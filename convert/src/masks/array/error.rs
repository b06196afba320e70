//! What can be wrong with arrays of masks, and what to do about it.

use std::fmt;
use std::io;

use super::super::scan::ScanError;
use crate::npy::NpyError;
use crate::npz::NpzError;

/// A refused array, or segments that cannot be written as arrays.
#[derive(Debug)]
pub struct ArrayError {
    /// What is wrong.
    pub kind: ArrayErrorKind,
    /// The array of an archive that it is about, if it is about one.
    pub array: Option<String>,
}

/// The reasons to refuse.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArrayErrorKind {
    /// The array was refused.
    Npy(NpyError),
    /// The archive was refused.
    Npz(NpzError),
    /// The axes are not two, three or four, one of them is empty, or there are too many voxels.
    Shape(Vec<u64>),
    /// Arrays of two shapes: this one, and that of the array before.
    Shapes(Vec<u64>, Vec<u64>),
    /// Values of a type that cannot be labels: its name.
    Type(String),
    /// Floats that cannot be told apart in single precision: labels over 2^24, or no whole numbers.
    Precision,
    /// The values were refused.
    Values(ScanError),
    /// More than a [`Limits`](crate::masks::Limits) allows: what, what is asked for, what is allowed.
    OverLimit(&'static str, u64, u64),
    /// `affine` or `spacing` does not place anything: why.
    Space(String),
    /// No array of the archive is a label map: why not, one line for each.
    NoMasks(Vec<String>),
    /// These segments have no form in such a file: why, and what to do.
    Unwritable(String),
    /// The medium failed.
    Io(io::Error),
}

impl ArrayErrorKind {
    pub(super) fn bare(self) -> ArrayError {
        ArrayError { kind: self, array: None }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Shape(_) => "save it with the axes (y, x), (z, y, x) or (time, z, y, x)",
            Self::Shapes(..) => "save the arrays of one space in one archive",
            Self::Type(_) | Self::Precision => "save the labels as integers",
            Self::Values(_) => "save labels of 0 to 4294967295",
            Self::OverLimit(..) => "raise the limit if the file is what it should be",
            Self::Space(_) => "correct it or leave it out",
            Self::NoMasks(_) => "save a label map or truth values",
            Self::Unwritable(_) => "or write another format",
            Self::Io(_) => "check the disk and the permissions",
            Self::Npy(_) | Self::Npz(_) => "",
        }
    }
}

impl ArrayError {
    pub(super) fn of(mut self, array: &str) -> Self {
        self.array.get_or_insert_with(|| array.to_owned());
        self
    }
}

impl fmt::Display for ArrayErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Npy(error) => error.fmt(f),
            Self::Npz(error) => error.fmt(f),
            Self::Shape(shape) => write!(f, "an array of shape {shape:?} is no mask"),
            Self::Shapes(own, other) => {
                write!(f, "an array of shape {own:?} beside one of shape {other:?}")
            }
            Self::Type(name) => write!(f, "an array of {name} is no mask"),
            Self::Precision => {
                f.write_str("the values are no whole numbers, or too large for their type")
            }
            Self::Values(error) => error.fmt(f),
            Self::OverLimit(name, asked, allowed) => {
                write!(f, "{name} of {asked} is over the limit of {allowed}")
            }
            Self::NoMasks(why) => write!(f, "no array is a mask: {}", why.join("; ")),
            Self::Space(why) | Self::Unwritable(why) => f.write_str(why),
            Self::Io(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for ArrayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(array) = &self.array {
            write!(f, "array {array:?}: ")?;
        }
        self.kind.fmt(f)?;
        match self.kind.advice() {
            "" => Ok(()),
            advice => write!(f, "; {advice}"),
        }
    }
}

impl std::error::Error for ArrayError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            ArrayErrorKind::Npy(error) => Some(error),
            ArrayErrorKind::Npz(error) => Some(error),
            ArrayErrorKind::Values(error) => Some(error),
            ArrayErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<NpyError> for ArrayError {
    fn from(error: NpyError) -> Self {
        ArrayErrorKind::Npy(error).bare()
    }
}

impl From<NpzError> for ArrayError {
    fn from(error: NpzError) -> Self {
        ArrayErrorKind::Npz(error).bare()
    }
}

impl From<io::Error> for ArrayError {
    fn from(error: io::Error) -> Self {
        ArrayErrorKind::Io(error).bare()
    }
}
