//! What an import found in an HDF5 file besides images.

use serde_json::{Map, Value as Json, json};

/// A field that was filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceField {
    /// Its name in the container.
    pub name: String,
    /// The dataset it came from.
    pub dataset: String,
    /// `vector` or `tokens`.
    pub kind: String,
    /// The shape of an image's value; 0 for an axis of any length.
    pub shape: Vec<u64>,
    /// The type of the values in the source: `f16`, `f32` or `f64`, integers as `NumPy` abbreviates them.
    pub element: String,
}

/// What an HDF5 file held, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceFindings {
    /// Fields that were filled.
    pub fields: Vec<SourceField>,
    /// Names of the prompt sets.
    pub prompt_sets: Vec<String>,
    /// Rows by split, in the order of first appearance; empty where the source has no splits.
    pub split_counts: Vec<(String, u64)>,
    /// What the source says of its own splits.
    pub declared_splits: Option<Vec<(String, u64)>>,
    /// Feature rows that repeat an earlier one bit by bit.
    pub repeated_rows: u64,
    /// Some of them: the row, and the earlier one.
    pub repeated_examples: Vec<(u64, u64)>,
    /// Datasets of the layout that are not there.
    pub absent: Vec<String>,
    /// Datasets, groups and attributes that have no place in a container.
    pub not_taken: Vec<String>,
    /// Everything that is odd or damaged, in words.
    pub problems: Vec<String>,
    /// In a salvage: rows that the source declares.
    pub declared_rows: Option<u64>,
}

impl SourceFindings {
    /// As JSON; names and meanings are those of the fields.
    pub fn to_json(&self) -> Json {
        let counts = |counts: &[(String, u64)]| -> Map<String, Json> {
            counts.iter().map(|(name, count)| (name.clone(), json!(count))).collect()
        };
        let field = |field: &SourceField| {
            json!({
                "name": field.name, "dataset": field.dataset, "kind": field.kind,
                "shape": field.shape, "element": field.element,
            })
        };
        json!({
            "fields": self.fields.iter().map(field).collect::<Vec<_>>(),
            "prompt_sets": self.prompt_sets,
            "split_counts": counts(&self.split_counts),
            "declared_splits": self.declared_splits.as_deref().map(counts),
            "repeated_rows": self.repeated_rows,
            "repeated_examples": self.repeated_examples,
            "absent": self.absent,
            "not_taken": self.not_taken,
            "problems": self.problems,
            "declared_rows": self.declared_rows,
        })
    }
}
