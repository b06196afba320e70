//! Files of FAISS: the vectors in them, and nothing else.
//!
//! [`FaissFile`] reads what `faiss.write_index` writes of these indexes:
//!
//! | four characters | index | vectors |
//! |---|---|---|
//! | `IxFI`, `IxF2`, `IxFl` | flat: inner product, squared distance, another metric | as they are |
//! | `IxMp`, `IxM2` | `IDMap`, `IDMap2` around one of the others | with the ids of the map |
//! | `IxSQ` | scalar quantiser, half precision only | as they are, f16 |
//! | `IwFl` | inverted lists of whole vectors | in the order of their ids |
//! | `IHNf`, `IHNs` | a graph over a flat index or one of half precision | the graph is passed over |
//!
//! Every other index is refused by its four characters: most keep vectors rounded to codes, which no longer say
//! what they were.
//!
//! The whole structure is checked when a file is opened: every count against the bytes that are left before
//! anything is allocated, and no byte may remain. Vectors are read when they are asked for, so that memory does
//! not depend on the size of the file; inverted lists take 16 bytes a vector, to put them in order.
//!
//! [`FaissWriter`] writes flat indexes, with ids or without.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod cursor;
mod error;
mod file;
mod kinds;
mod lists;
mod parse;
#[cfg(test)]
mod tests;
mod writer;

pub use error::FaissError;
pub use file::{FaissFile, FaissMetric};
pub use writer::FaissWriter;

/// Most dimensions: those of the container.
const DIM_MAX: u32 = 65_536;
