//! What `lib.rs` re-exports: the database, its writer, its snapshots.

mod columns;
mod database;
mod image;
mod lookup;
mod maintenance;
mod pending;
mod search;
mod snapshot;
mod transaction;
mod verify;

pub use database::{Database, Recovery};
pub use image::{Image, RegionRef};
pub use maintenance::CompactOptions;
pub use snapshot::{RegionBlock, Snapshot, VectorBlock};
pub use transaction::{ImageWriter, WriteTxn};

pub use crate::container::writer::Durability;
