//! The vectors of the format: containers that a reader must read, and some that it must reject.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a generator stops where it fails"
)]

pub mod bulk;
mod fixed;
pub mod images;
mod indexes;
mod invalid;
mod invalid_groups;
mod invalid_masks;
mod invalid_prompts;
mod invalid_tokens;
mod lists;
pub mod masks;
pub mod raw_masks;
pub mod surgery;
mod valid;

use std::path::PathBuf;

use vesalius::Result;

/// A file, and what a reader must make of it.
#[derive(Clone, Debug)]
pub struct Vector {
    /// Path without its extension, below the folder of the vectors.
    pub name: String,
    /// The container.
    pub bytes: Vec<u8>,
    /// The text beside it.
    pub json: String,
}

/// Where the vectors lie.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../format-spec/vectors")
}

/// All vectors, made anew: the same bytes at every run.
///
/// # Errors
///
/// Those of the engine.
pub fn all() -> Result<Vec<Vector>> {
    let mut vectors = Vec::new();
    let read = valid::all()?.into_iter().chain(bulk::valid()?).chain(masks::valid()?);
    for (name, patient) in read.chain(indexes::valid()?).chain(lists::valid()?) {
        let json = crate::json::content(&patient.bytes)?;
        vectors.push(Vector { name: format!("valid/{name}"), bytes: patient.bytes, json });
    }
    let mut rejected = invalid::all()?;
    rejected.extend(invalid_groups::all()?);
    rejected.extend(invalid_tokens::all()?);
    rejected.extend(invalid_prompts::all()?);
    rejected.extend(invalid_masks::all()?);
    rejected.extend(indexes::invalid()?);
    rejected.extend(lists::invalid()?);
    for (name, patient) in rejected {
        let rule = name.split('_').next().unwrap_or(name);
        let json = format!("{{\"rule\":\"{rule}\"}}\n");
        vectors.push(Vector { name: format!("invalid/{name}"), bytes: patient.bytes, json });
    }
    Ok(vectors)
}
