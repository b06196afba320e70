//! What can be wrong with COCO JSON, where, and what to do about it.

use std::fmt;
use std::io;

use vesalius::RunsError;

use super::limits::{JSON_BYTES_MAX, POLYGON_STEPS_MAX, RUNS_MAX};

/// A refused file, mask or set.
#[derive(Debug)]
#[non_exhaustive]
pub enum CocoError {
    /// The system refused to read or write.
    Io(io::Error),
    /// More bytes than [`JSON_BYTES_MAX`].
    TooLong(u64),
    /// Not JSON, or not of a form that is known; the message names line and column.
    Json(serde_json::Error),
    /// A picture has no size, or one that masks cannot have.
    Size(RunsError),
    /// A character of a compressed mask: its place, and what is wrong.
    Text(usize, &'static str),
    /// The counts of a mask do not add up to its pixels: their sum, the pixels.
    Sum(u64, u64),
    /// More runs than [`RUNS_MAX`].
    Runs,
    /// A polygon: what is wrong with it.
    Polygon(&'static str),
    /// Outlines longer than [`POLYGON_STEPS_MAX`] fifths of a pixel.
    Steps,
    /// One annotation, by its id or its place, is at fault.
    Annotation {
        /// Its id, or `number N` of the file, from 1 on.
        which: String,
        /// What is wrong.
        error: Box<Self>,
    },
    /// What the file says does not fit together: what, and what to do.
    Layout(String),
    /// There is no picture of this number.
    NoImage(usize),
}

impl CocoError {
    pub(super) fn at(self, which: &str) -> Self {
        match self {
            Self::Annotation { .. } => self,
            error => Self::Annotation { which: which.to_owned(), error: Box::new(error) },
        }
    }
}

impl fmt::Display for CocoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "COCO: {error}; check the disk and the permissions"),
            Self::TooLong(bytes) => write!(
                f,
                "COCO: {bytes} bytes, at most {JSON_BYTES_MAX} are read; split the file by image"
            ),
            Self::Json(error) => write!(
                f,
                "COCO: {error}; expected is a dataset, a list of annotations, or masks as \
                 {{\"size\": [height, width], \"counts\": ...}}"
            ),
            Self::Size(error) => write!(f, "COCO: {error}"),
            Self::Text(place, what) => write!(
                f,
                "COCO: character {place} of a compressed mask {what}; the file is damaged, or the \
                 text is not one that pycocotools wrote"
            ),
            Self::Sum(sum, pixels) => write!(
                f,
                "COCO: counts that add up to {sum} for a picture of {pixels} pixels; check \
                 \"size\", which is height, then width"
            ),
            Self::Runs => write!(
                f,
                "COCO: masks of more than {RUNS_MAX} runs in one picture; split the picture"
            ),
            Self::Polygon(what) => write!(
                f,
                "COCO: a polygon {what}; give [[x0, y0, x1, y1, x2, y2, ...], ...] in pixels"
            ),
            Self::Steps => write!(
                f,
                "COCO: outlines longer than {} pixels; check the coordinates",
                POLYGON_STEPS_MAX / 5
            ),
            Self::Annotation { which, error } => write!(f, "annotation {which}: {error}"),
            Self::Layout(what) => write!(f, "COCO: {what}"),
            Self::NoImage(number) => write!(f, "COCO: there is no picture number {number}"),
        }
    }
}

impl std::error::Error for CocoError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Json(error) => Some(error),
            Self::Size(error) => Some(error),
            Self::Annotation { error, .. } => Some(&**error),
            _ => None,
        }
    }
}

impl From<io::Error> for CocoError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<RunsError> for CocoError {
    fn from(error: RunsError) -> Self {
        Self::Size(error)
    }
}

impl From<serde_json::Error> for CocoError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() { Self::Io(error.into()) } else { Self::Json(error) }
    }
}
