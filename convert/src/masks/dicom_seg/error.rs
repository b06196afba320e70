//! What can be wrong with a segmentation object, where, and what to do about it.

use std::fmt;
use std::io;

use vesalius::RunsError;

use super::limits::{DEPTH_MAX, FILE_BYTES_MAX};
use super::tags::Tag;

/// A refused file.
#[derive(Debug)]
#[non_exhaustive]
pub enum DicomSegError {
    /// The system refused to read.
    Io(io::Error),
    /// More bytes than [`FILE_BYTES_MAX`].
    TooLong(u64),
    /// Not a DICOM file: there is no `DICM` behind the preamble.
    NotDicom,
    /// A transfer syntax that is not read: its UID.
    Syntax(String),
    /// A DICOM object of another class: its UID.
    Class(String),
    /// Bytes that are no data element: their place in the (inflated) data set, and what is wrong.
    Element(usize, &'static str),
    /// Sequences in sequences beyond [`DEPTH_MAX`].
    Depth(usize),
    /// An element that has to be there is not, or is empty: its tag and name.
    Missing(Tag, &'static str),
    /// The value of an element is not possible: its tag and name, and what is wrong.
    Value(Tag, &'static str, String),
    /// The frames are no stack of parallel, equally spaced slices: why.
    Planes(String),
    /// A frame is at fault: its number, from 1 on, and what is wrong.
    Frame(u64, String),
    /// Fewer bytes of pixels than the frames need: bytes needed, bytes there.
    Pixels(u64, u64),
    /// More than a limit allows: what, how many, how many are allowed.
    Limit(&'static str, u64, u64),
    /// The deflated data set is damaged.
    Deflate(io::Error),
    /// A size that masks cannot have.
    Size(RunsError),
}

impl fmt::Display for DicomSegError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DICOM SEG: ")?;
        match self {
            Self::Io(error) => write!(f, "{error}; check the disk and the permissions"),
            Self::TooLong(bytes) => {
                write!(f, "{bytes} bytes, at most {FILE_BYTES_MAX} are read; split the object")
            }
            Self::NotDicom => f.write_str("no DICOM file: DICM is missing behind the preamble"),
            Self::Syntax(uid) => write!(
                f,
                "transfer syntax {uid}{} is not read; convert the file to Explicit VR Little \
                 Endian, as `dcmconv +te` or `dcmdjpeg` do",
                syntax_name(uid)
            ),
            Self::Class(uid) => write!(
                f,
                "SOP class {uid} is no segmentation; expected 1.2.840.10008.5.1.4.1.1.66.4 or .66.7"
            ),
            Self::Element(at, what) => {
                write!(f, "byte {at} of the data set: {what}; the file is damaged or cut off")
            }
            Self::Depth(at) => write!(
                f,
                "byte {at} of the data set: more than {DEPTH_MAX} sequences in each other; the file \
                 is damaged"
            ),
            Self::Missing(tag, name) => {
                write!(f, "{name} {tag} is missing; write the object again with a current tool")
            }
            Self::Value(tag, name, what) => write!(f, "{name} {tag} {what}"),
            Self::Planes(what) => write!(f, "{what}"),
            Self::Frame(number, what) => write!(f, "frame {number}: {what}"),
            Self::Pixels(needed, there) => write!(
                f,
                "the frames need {needed} bytes of pixels, {there} are there; the file is cut off"
            ),
            Self::Limit(what, count, most) => {
                write!(f, "{count} {what}, at most {most} are read; split the object")
            }
            Self::Deflate(error) => write!(f, "{error}; the deflated data set is damaged"),
            Self::Size(error) => error.fmt(f),
        }
    }
}

/// The name of a transfer syntax that is met in practice.
fn syntax_name(uid: &str) -> &'static str {
    match uid {
        "1.2.840.10008.1.2.2" => " (Explicit VR Big Endian)",
        "1.2.840.10008.1.2.4.50" => " (JPEG Baseline)",
        "1.2.840.10008.1.2.4.57" | "1.2.840.10008.1.2.4.70" => " (JPEG Lossless)",
        "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81" => " (JPEG-LS)",
        "1.2.840.10008.1.2.4.90" | "1.2.840.10008.1.2.4.91" => " (JPEG 2000)",
        "1.2.840.10008.1.2.4.201" | "1.2.840.10008.1.2.4.202" | "1.2.840.10008.1.2.4.203" => {
            " (High-Throughput JPEG 2000)"
        }
        "1.2.840.10008.1.2.8.1" => " (Deflated Image Frame Compression)",
        _ => "",
    }
}

impl std::error::Error for DicomSegError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) | Self::Deflate(error) => Some(error),
            Self::Size(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for DicomSegError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<RunsError> for DicomSegError {
    fn from(error: RunsError) -> Self {
        Self::Size(error)
    }
}
