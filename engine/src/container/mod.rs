//! Pages, extents, the log, the manifest: commit, recovery, checkpoint, compaction.
//!
//! A state of the container is a [`state::State`]: immutable, shared by reference, made of row groups. The
//! [`writer::Writer`] is the only one who makes new states.

pub mod alloc;
pub mod checked;
pub mod checkpoint;
pub mod column;
pub mod compact;
mod create;
pub mod dead;
pub mod encode;
pub mod extents;
pub mod group;
pub mod index;
pub mod indexing;
pub mod log;
pub mod merge;
pub mod open;
pub mod prompt_set;
mod reachable;
pub mod relocate;
pub mod replay;
pub mod segments;
mod shrink;
pub mod state;
pub mod superblocks;
pub mod tiers;
pub mod verify;
pub mod view;
pub mod writer;
