//! HDF5 files, written in one pass and in bounded memory, for programs that read them with h5py.
//!
//! [`Writer`] makes groups, attributes and datasets; [`Table`] appends to several datasets in step;
//! [`ConceptClipWriter`] writes the layout of the ConceptCLIP feature files. The format itself is
//! left to `rust-hdf5`, without its codecs: it is plain Rust and brings no further crate. Files are
//! of the oldest version of the format, as h5py's own are, so any HDF5 library reads them, and h5py
//! can append to them.
//!
//! A column holds one chunk in memory, two while it compresses, and the library a few MiB besides.

mod attribute;
mod compression;
mod conceptclip;
mod error;
mod names;
mod numbers;
mod spec;
mod table;
mod texts;
mod values;
mod whole;
mod writer;

#[cfg(test)]
mod tests;

pub use attribute::Attribute;
pub use compression::Compression;
pub use conceptclip::{ConceptClipBatch, ConceptClipShape, ConceptClipWriter, Template};
pub use error::Hdf5WriteError;
pub use spec::ColumnSpec;
pub use table::Table;
pub use values::{ElementType, Values};
pub use writer::{Column, Writer};
