//! What an export did.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

/// What an export did.
#[derive(Clone, Debug, Default)]
pub struct ExportReport {
    /// The field.
    pub field: String,
    /// For an HDF5 file: the tokens field, if one was written.
    pub token_field: Option<String>,
    /// For an HDF5 file: the prompt sets.
    pub prompt_sets: u64,
    /// Images written.
    pub images: u64,
    /// Features written.
    pub features: u64,
    /// Images that were asked for and have no value in the field (or not the region).
    pub without_value: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// The file with the keys, where there is one.
    pub ids: Option<PathBuf>,
    /// The file with attributes and metadata, where there is one.
    pub metadata: Option<PathBuf>,
    /// What the format had no place for.
    pub warnings: Vec<String>,
}

impl ExportReport {
    /// The report as JSON; names and meanings are those of the fields.
    pub fn to_json(&self) -> Json {
        json!({
            "field": self.field,
            "token_field": self.token_field,
            "prompt_sets": self.prompt_sets,
            "images": self.images,
            "features": self.features,
            "without_value": self.without_value,
            "bytes": self.bytes,
            "ids": self.ids.as_ref().map(|path| path.to_string_lossy()),
            "metadata": self.metadata.as_ref().map(|path| path.to_string_lossy()),
            "warnings": self.warnings,
        })
    }
}
