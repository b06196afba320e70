//! What was added.

use serde_json::{Value as Json, json};

/// What was added.
#[derive(Clone, Debug, Default)]
pub struct AddReport {
    /// Whether the container was made.
    pub created: bool,
    /// The field.
    pub field: String,
    /// Whether the field was made.
    pub field_created: bool,
    /// Rows of the array.
    pub images: u64,
    /// Images that were made.
    pub added: u64,
    /// Images that were there, with a vector in this field or without.
    pub updated: u64,
    /// The first keys.
    pub keys: Vec<String>,
    /// Attributes that were declared.
    pub attributes: Vec<String>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

impl AddReport {
    /// The report as JSON; names and meanings are those of the fields.
    pub fn to_json(&self) -> Json {
        json!({
            "created": self.created,
            "field": self.field,
            "field_created": self.field_created,
            "images": self.images,
            "added": self.added,
            "updated": self.updated,
            "keys": self.keys,
            "attributes_created": self.attributes,
            "warnings": self.warnings,
        })
    }
}
