//! What `lib.rs` re-exports: the database, its writer, its snapshots.

mod bulk;
mod columns;
mod database;
mod image;
mod image_writer;
mod lookup;
mod maintenance;
mod pending;
mod prompt_sets;
mod search;
mod snapshot;
mod tokens;
mod transaction;
mod verify;

pub use database::{Database, Recovery};
pub use image::{Image, RegionRef};
pub use image_writer::ImageWriter;
pub use maintenance::CompactOptions;
pub use prompt_sets::{PromptSetRef, PromptSubset};
pub use snapshot::{RegionBlock, Snapshot, VectorBlock};
pub use tokens::{SubGrid, Tokens};
pub use transaction::WriteTxn;

pub use crate::container::writer::Durability;
