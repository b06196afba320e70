//! HDF5 files: a bounded reader of what people keep features in, and the layouts it knows.
//!
//! The parsing of structures is that of the crate `hdf5-reader` (pure Rust, MIT or Apache; of those
//! compared it alone read every test file and survived mutation with limits). Everything that grows
//! with the data is done here: chunk indexes by window, chunks one at a time, strings and
//! attributes under limits.
//!
//! - [`H5File`], [`Tree`]: open and list.
//! - [`Dataset`], [`Rows`]: types, and rows in order.
//! - [`conceptclip`], [`bag`]: the layouts of two kinds of file.
//! - [`salvage`]: how many rows of a damaged file are good.

mod attribute;
pub mod bag;
mod btree;
mod chunks;
mod columns;
pub mod conceptclip;
mod copy;
mod dataset;
mod element;
mod error;
mod file;
mod heap;
mod layout;
pub mod limits;
mod lzf;
mod rows;
pub mod salvage;
mod source;
mod tree;

pub use attribute::{Attribute, find};
pub use dataset::Dataset;
pub use element::ElementType;
pub use error::{H5Error, H5ErrorKind};
pub use file::H5File;
pub use lzf::{LzfError, decompress as lzf_decompress};
pub use rows::Rows;
pub use tree::{Node, NodeKind, Tree};
