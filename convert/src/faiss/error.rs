//! Why a file of FAISS was refused.

use std::fmt;
use std::io;

use super::kinds;

/// Why a file of FAISS was refused. Offsets are bytes from its start.
#[derive(Debug)]
#[non_exhaustive]
pub enum FaissError {
    /// The system refused to read.
    Io(io::Error),
    /// The file ends inside of what begins at `offset`.
    Truncated {
        /// Where it begins.
        offset: u64,
        /// What it is.
        what: &'static str,
        /// Bytes that it wants beyond what is there; all that can be counted.
        missing: u64,
    },
    /// The bytes contradict the format.
    Malformed {
        /// Where.
        offset: u64,
        /// How.
        what: String,
    },
    /// A kind of index, or a part of one, whose vectors cannot be had from the file.
    Unsupported {
        /// Where.
        offset: u64,
        /// Its four characters.
        fourcc: [u8; 4],
    },
    /// A scalar quantiser of another type than half precision.
    Quantiser {
        /// Where its type stands.
        offset: u64,
        /// The number of the type.
        kind: i32,
    },
}

impl FaissError {
    pub(super) fn malformed(offset: u64, what: impl Into<String>) -> Self {
        Self::Malformed { offset, what: what.into() }
    }
}

/// What to do with vectors that a reader of the file cannot have.
const ADVICE: &str = "in Python `np.save('x.npy', faiss.read_index(path).reconstruct_n())` saves what the index \
                      can still say of its vectors; import that";

impl fmt::Display for FaissError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "FAISS: {error}"),
            Self::Truncated { offset, what, missing } => write!(
                f,
                "FAISS, byte {offset}: the file ends {missing} bytes before the end of {what}; \
                 copy or write it again"
            ),
            Self::Malformed { offset, what } => {
                write!(f, "FAISS, byte {offset}: {what}; the file is damaged")
            }
            Self::Unsupported { offset, fourcc } => {
                let shown = fourcc.escape_ascii();
                match kinds::known(*fourcc) {
                    Some(name) => write!(
                        f,
                        "FAISS, byte {offset}: \"{shown}\" is {name}, whose vectors are not in the file as \
                         they were; {ADVICE}"
                    ),
                    None if *offset == 0 => write!(
                        f,
                        "FAISS: the file begins with \"{shown}\", no index that is known; {ADVICE}"
                    ),
                    None => write!(
                        f,
                        "FAISS, byte {offset}: \"{shown}\" is no part of an index that is known; {ADVICE}"
                    ),
                }
            }
            Self::Quantiser { offset, kind } => {
                let name = kinds::quantiser(*kind);
                write!(
                    f,
                    "FAISS, byte {offset}: the scalar quantiser is of type {name}, only fp16 keeps values that \
                     can be taken over; {ADVICE}"
                )
            }
        }
    }
}

impl std::error::Error for FaissError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for FaissError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
