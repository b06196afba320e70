//! What `lib.rs` re-exports: the database, its writer, its snapshots.

mod batch;
mod bulk;
mod columns;
mod concepts;
mod database;
mod duplicates;
mod heat;
mod image;
mod image_writer;
mod label_map;
mod late;
mod lookup;
mod maintenance;
mod masks;
mod pending;
mod probe;
mod prompt_sets;
mod regions_from_masks;
mod search;
mod segments;
mod shapes;
mod snapshot;
mod token_search;
mod tokens;
mod transaction;
mod under;
mod verify;

pub use concepts::{ConceptOptions, ConceptQuery, ConceptScores};
pub use database::{Database, Recovery};
pub use heat::HeatMap;
pub use image::{Image, RegionRef};
pub use image_writer::ImageWriter;
pub use maintenance::CompactOptions;
pub use masks::SegmentRef;
pub use probe::Probe;
pub use prompt_sets::{PromptSetRef, PromptSubset};
pub use regions_from_masks::{MakeRegions, Pooling};
pub use shapes::{ShapeHit, ShapeHits, ShapeMetric};
pub use snapshot::{RegionBlock, Snapshot, VectorBlock};
pub use token_search::TokenHit;
pub use tokens::{SubGrid, Tokens};
pub use transaction::WriteTxn;
pub use verify::verify_storage;

pub use crate::container::writer::Durability;
