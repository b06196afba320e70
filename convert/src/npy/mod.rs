//! Arrays in `NumPy`'s `.npy` format: a reader that never loads the whole file, and a streaming writer.
//!
//! The format is the one of NEP 1 (versions 1, 2 and 3): a magic string, a Python dictionary literal
//! with exactly three keys, then the elements. Nothing of a file is believed before it is checked:
//! the header has a size limit, the shape must agree with the length of the file to the byte.
//!
//! ```
//! use vesalius_convert::npy::{NpyFile, NpyWriter, Scalar};
//!
//! let dir = tempfile::tempdir()?;
//! let path = dir.path().join("features.npy");
//! let mut writer = NpyWriter::create(&path, Scalar::F32, &[2, 3])?;
//! writer.write(&[1.0_f32, 2.0, 3.0])?;
//! writer.write(&[4.0_f32, 5.0, 6.0])?;
//! writer.finish()?;
//!
//! let array = NpyFile::open(&path)?;
//! let mut row = Vec::new();
//! array.read_rows_f32(1, 1, &mut row)?;
//! assert_eq!(row, [4.0, 5.0, 6.0]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod decode;
mod dtype;
mod element;
mod error;
mod fortran;
mod header;
mod literal;
mod reader;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod writer;

pub use decode::Conversion;
pub use dtype::{Dtype, Order, Scalar};
pub use element::NpyElement;
pub use error::{NpyError, NpyErrorKind};
pub use header::{Header, MAX_DIMENSIONS, MAX_HEADER_BYTES};
pub use reader::NpyFile;
pub use source::{ByteSource, FileSource, Section, SourceReader};
pub use writer::{NpyWriter, write_header, write_object_header};
