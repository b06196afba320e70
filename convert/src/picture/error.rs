//! What can be wrong with a picture, and what to do about it.

use std::fmt;
use std::io;

use super::limits::{MAX_PIXELS, MAX_SIDE};

/// A refused picture.
#[derive(Debug)]
#[non_exhaustive]
pub enum PictureError {
    /// No pixel or cell along an axis, or more than [`MAX_SIDE`] or [`MAX_PIXELS`]: height, width.
    Size(usize, usize),
    /// Not one value for each pixel or cell: values needed, values given.
    Count(usize, usize),
    /// A range of values that is not finite, or whose ends are not in order.
    Range(f32, f32),
    /// A part of opacity that is not from 0 to 1.
    Alpha(f32),
    /// A covered rectangle that is empty, not finite or far outside any picture.
    Cover([f64; 4]),
    /// Distances of rows and columns that are not above zero, or not within a thousandfold of each other.
    Spacing([f64; 2]),
    /// A run of a segment that is not inside the slice: start, end, pixels.
    Run(u64, u64, usize),
    /// A PNG file that its decoder refuses.
    Decode(png::DecodingError),
    /// A PNG file that claims more pixels than its length can hold: bytes claimed, bytes possible.
    Inflated(u64, u64),
    /// A PNG file could not be written.
    Encode(png::EncodingError),
    /// The medium failed.
    Io(io::Error),
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(height, width) => write!(
                f,
                "picture: {height} x {width}; sides are 1 to {MAX_SIDE}, and there are at most \
                 {MAX_PIXELS} pixels"
            ),
            Self::Count(needed, given) => {
                write!(f, "picture: {given} values where {needed} are needed; check the shape")
            }
            Self::Range(low, high) => write!(
                f,
                "picture: range {low} to {high}; give two finite values, the lower one first"
            ),
            Self::Alpha(alpha) => write!(f, "picture: opacity {alpha}; give one from 0 to 1"),
            Self::Cover([y0, x0, y1, x1]) => write!(
                f,
                "picture: covered rectangle ({y0}, {x0}) to ({y1}, {x1}); give corners in pixels \
                 of the image that lie apart"
            ),
            Self::Spacing([dy, dx]) => write!(
                f,
                "picture: rows {dy} and columns {dx} apart; give two distances above zero, neither \
                 over a thousand times the other"
            ),
            Self::Run(start, end, count) => write!(
                f,
                "picture: a run of the pixels {start}..{end} in a slice of {count}; give runs that are \
                 numbered in the slice"
            ),
            Self::Decode(error) => write!(f, "picture: {error}; check that it is a PNG file"),
            Self::Inflated(claimed, possible) => write!(
                f,
                "picture: PNG of {claimed} bytes in a file that can hold {possible}; the file is \
                 damaged: copy or write it again"
            ),
            Self::Encode(error) => write!(f, "picture: {error}; check the disk"),
            Self::Io(error) => write!(f, "picture: {error}; check the disk and the permissions"),
        }
    }
}

impl std::error::Error for PictureError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Decode(error) => Some(error),
            Self::Encode(error) => Some(error),
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for PictureError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<png::DecodingError> for PictureError {
    fn from(error: png::DecodingError) -> Self {
        match error {
            png::DecodingError::IoError(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                Self::Io(error)
            }
            other => Self::Decode(other),
        }
    }
}

impl From<png::EncodingError> for PictureError {
    fn from(error: png::EncodingError) -> Self {
        match error {
            png::EncodingError::IoError(error) => Self::Io(error),
            other => Self::Encode(other),
        }
    }
}
