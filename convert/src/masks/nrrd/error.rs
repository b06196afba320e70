//! What can be wrong with an NRRD file, and what to do about it.

use std::fmt;
use std::io;

use crate::nifti::NiftiErrorKind;

/// The reasons to refuse an NRRD file.
#[derive(Debug)]
#[non_exhaustive]
pub enum NrrdErrorKind {
    /// The file does not begin with `NRRD0001` to `NRRD0005`.
    NotNrrd,
    /// A line of the header is no comment, field or key: its number, counted from 1.
    Line(u64),
    /// The header is longer than 16 MiB.
    HeaderLength,
    /// A field is there twice.
    Twice(String),
    /// A field that has to be there is not.
    Missing(&'static str),
    /// A field does not say what it can say.
    Field {
        /// Its name.
        name: &'static str,
        /// The beginning of what it says.
        text: String,
        /// What it has to say.
        wanted: &'static str,
    },
    /// What the format allows and this reader does not know: what, and what to do.
    Unsupported(String),
    /// The axes do not place the voxels: why.
    Space(String),
    /// The values are in a file that is not read: its name, and why.
    DataFile(String, &'static str),
    /// The file ends before the values that its header describes.
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
}

impl NrrdErrorKind {
    /// A field that is not understood.
    pub(super) fn field(name: &'static str, text: &str, wanted: &'static str) -> Self {
        Self::Field { name, text: text.chars().take(80).collect(), wanted }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::NotNrrd => "check that it is an NRRD file",
            Self::Line(_)
            | Self::HeaderLength
            | Self::Twice(_)
            | Self::Missing(_)
            | Self::Field { .. }
            | Self::Space(_) => "the header is damaged: write the file again",
            Self::Unsupported(_) => "save it from 3D Slicer as .seg.nrrd",
            Self::DataFile(..) => "put the values beside the header, under a name without folders",
            Self::Truncated { .. } => "the file was cut short: copy or write it again",
            Self::Gzip(_) => "the file is damaged: copy or write it again",
            Self::Memory(_) => "crop or split the volume",
        }
    }
}

impl fmt::Display for NrrdErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nrrd: ")?;
        match self {
            Self::NotNrrd => f.write_str("no NRRD header"),
            Self::Line(number) => write!(f, "line {number} of the header is no field and no key"),
            Self::HeaderLength => f.write_str("the header has no end within 16 MiB"),
            Self::Twice(name) => write!(f, "the field {name:?} is there twice"),
            Self::Missing(name) => write!(f, "the field {name:?} is missing"),
            Self::Field { name, text, wanted } => {
                write!(f, "the field {name:?} is {text:?} where {wanted} is wanted")
            }
            Self::Unsupported(what) => write!(f, "{what}"),
            Self::Space(why) => write!(f, "the voxels have no place: {why}"),
            Self::DataFile(name, why) => write!(f, "the data file {name:?} {why}"),
            Self::Truncated { needed, available } => {
                write!(f, "at most {available} bytes of values where {needed} are described")
            }
            Self::Gzip(error) => write!(f, "compressed stream is damaged: {error}"),
            Self::Memory(bytes) => write!(f, "no memory for {bytes} bytes"),
        }?;
        write!(f, "; {}", self.advice())
    }
}

impl From<NiftiErrorKind> for NrrdErrorKind {
    /// Values and affines are read by the room of `NIfTI`, which refuses them in its own words.
    fn from(error: NiftiErrorKind) -> Self {
        match error {
            NiftiErrorKind::Truncated { needed, available } => {
                Self::Truncated { needed, available }
            }
            NiftiErrorKind::Memory(bytes) => Self::Memory(bytes),
            NiftiErrorKind::Gzip(error) => Self::Gzip(error),
            other => Self::Space(other.to_string()),
        }
    }
}
