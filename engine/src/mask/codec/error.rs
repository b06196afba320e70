//! What can be wrong with a block.

use std::fmt;

use crate::mask::rans::RansError;

/// Why a block is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CodecError {
    /// The box has no voxel or is not inside the shape.
    Bounds,
    /// There is no first byte, or it names no coding.
    Header {
        /// The byte.
        byte: Option<u8>,
    },
    /// The table of slabs does not cover the box, or is longer than the block.
    SlabTable {
        /// Which slab was wrong.
        slab: u64,
    },
    /// A slab does not decode.
    Slab {
        /// Its first slice.
        slice: u64,
        /// What is wrong.
        flaw: Flaw,
    },
    /// A dense block has another length than its box, or values over one.
    Dense {
        /// Bytes that the box needs.
        wanted: u64,
        /// Bytes that there are, if they could be had.
        given: u64,
    },
}

/// What is wrong within a slab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// A slice that is neither coded, nor empty, nor as the one before.
    Slice,
    /// Rows outside of the box, or outer rows without runs.
    Rows,
    /// A run that is empty, outside of the box, or not behind the one before.
    Run,
    /// A number longer than 32 bits.
    Number,
    /// A symbol that means nothing where it stands.
    Symbol,
    /// The symbols do not end where the bytes do.
    Symbols(RansError),
    /// The rows do not end where the bytes do.
    End,
    /// The axes are exchanged, and so few runs cannot become so many.
    Exchange,
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bounds => {
                f.write_str("a mask block has a box without voxels or outside its array")
            }
            Self::Header { byte: None } => f.write_str("a mask block has no bytes"),
            Self::Header { byte: Some(byte) } => {
                write!(f, "a mask block begins with {byte:#04x}, which names no coding")
            }
            Self::SlabTable { slab } => write!(
                f,
                "the table of slabs of a mask block is wrong at slab {slab}: lengths and box disagree"
            ),
            Self::Slab { slice, flaw } => {
                write!(f, "the slab of a mask block from slice {slice} on is damaged: {flaw}")
            }
            Self::Dense { wanted, given } => {
                write!(
                    f,
                    "a dense mask block of {given} bytes or bad values; its box needs {wanted}"
                )
            }
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Slice => f.write_str("a slice of no known kind"),
            Self::Rows => f.write_str("rows outside of the box or without runs"),
            Self::Run => f.write_str("a run that is empty, outside of the box or out of order"),
            Self::Number => f.write_str("a number over 32 bits"),
            Self::Symbol => f.write_str("a symbol that means nothing"),
            Self::Symbols(error) => write!(f, "{error}"),
            Self::End => f.write_str("rows do not end where the bytes do"),
            Self::Exchange => f.write_str("more runs along x than exchanged axes may give"),
        }
    }
}

impl std::error::Error for CodecError {}
