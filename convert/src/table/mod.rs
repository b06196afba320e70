//! Tables of other programs: Arrow IPC (files, streams, Feather) and Parquet, read batch by batch.
//!
//! The crates of the formats decode; here is what makes vectors, keys and attributes of their columns. What a column
//! holds is checked row by row, and an error names row and column. Memory: a batch as the file has it, for Parquet one
//! of at most [`BATCH_ROWS`] rows and a page of each column.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

#[cfg(feature = "arrow")]
mod cells;
#[cfg(feature = "arrow")]
mod file;
mod kind;
#[cfg(feature = "arrow")]
mod plan;
#[cfg(feature = "arrow")]
mod rows;
#[cfg(feature = "arrow")]
mod sizes;
#[cfg(feature = "arrow")]
#[cfg(test)]
mod tests;
#[cfg(feature = "arrow")]
mod vectors;

pub(crate) use kind::{TableKind, kind_of};
#[cfg(feature = "arrow")]
pub(crate) use plan::{Columns, Table};
#[cfg(feature = "arrow")]
pub(crate) use rows::TableRows;

/// Most rows of a batch of a Parquet file.
#[cfg(feature = "arrow")]
const BATCH_ROWS: usize = 4096;
