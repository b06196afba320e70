//! What can be wrong with a table of labels, where, and what to do about it.

use std::fmt;
use std::io;

/// A refused table.
#[derive(Debug)]
pub struct LabelTableError {
    /// What is wrong.
    pub kind: LabelTableErrorKind,
    /// The line, from 1 on; 0 where no line is to blame.
    pub line: usize,
}

/// The reasons to refuse a table.
#[derive(Debug)]
#[non_exhaustive]
pub enum LabelTableErrorKind {
    /// The file is not text.
    NotText,
    /// There is no label in it.
    Empty,
    /// A line is not what the lines of this kind of table are: what they are.
    Line(&'static str),
    /// The JSON cannot be read: why.
    Json(String),
    /// A label that is no whole number of 0 to 2^32 - 1.
    Label(String),
    /// A name is longer than [`NAME_MAX`](super::NAME_MAX): its label, its bytes.
    Name(u32, usize),
    /// More than a [`Limits`](crate::masks::Limits) allows: what, what is asked for, what is allowed.
    OverLimit(&'static str, u64, u64),
    /// The medium failed.
    Io(io::Error),
}

impl LabelTableErrorKind {
    pub(super) fn at(self, line: usize) -> LabelTableError {
        LabelTableError { kind: self, line }
    }
}

impl fmt::Display for LabelTableErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotText => f.write_str("it is no text; save it as UTF-8"),
            Self::Empty => f.write_str("there is no label in it; check that it is the right file"),
            Self::Line(wanted) => write!(f, "expected {wanted}; correct the line"),
            Self::Json(why) => write!(f, "{why}; map names to labels or labels to names"),
            Self::Label(text) => write!(f, "{text} is no label; labels are 0 to 4294967295"),
            Self::Name(label, bytes) => {
                write!(f, "the name of label {label} is {bytes} bytes long; shorten it")
            }
            Self::OverLimit(name, asked, allowed) => {
                write!(f, "{name} of {asked} is over the limit of {allowed}; raise it if need be")
            }
            Self::Io(error) => write!(f, "{error}; check the disk and the permissions"),
        }
    }
}

impl fmt::Display for LabelTableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("label table: ")?;
        if self.line > 0 {
            write!(f, "line {}: ", self.line)?;
        }
        self.kind.fmt(f)
    }
}

impl std::error::Error for LabelTableError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.kind {
            LabelTableErrorKind::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for LabelTableError {
    fn from(error: io::Error) -> Self {
        LabelTableErrorKind::Io(error).at(0)
    }
}
