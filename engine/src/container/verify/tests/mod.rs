mod build;
mod build_masks;
mod clean;
mod content;
mod flips;
mod histories;
mod large_masks;
mod rules_columns;
mod rules_features;
mod rules_groups;
mod rules_masks;
mod rules_prompts;
mod rules_structure;
mod rules_tokens;
mod surgery;

use std::sync::Arc;

use super::{Report, verify};
use crate::error::Result;
use crate::storage::{MemoryStorage, Storage};

/// Checks a container that lies in memory.
fn check(bytes: Vec<u8>) -> Result<Report> {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::from_bytes(bytes));
    verify(&storage, &|_, _, _| Ok(()), &|_, _| Ok(()), &mut |_, _| true)
}
