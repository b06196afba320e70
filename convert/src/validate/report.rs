//! The result of a validation.

use serde_json::{Map, Value as Json, json};

/// A dataset or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetSummary {
    /// Its path or name.
    pub name: String,
    /// Its shape; 0 where an axis is of any length.
    pub shape: Vec<u64>,
    /// Its element type, as `NumPy` abbreviates it.
    pub element: String,
}

/// A template or a prompt set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateSummary {
    /// Its name.
    pub name: String,
    /// Number of texts.
    pub k: u64,
    /// Length of a feature.
    pub d: u64,
    /// Tokens of a text, where it has token features.
    pub t_txt: Option<u64>,
    /// Whether the stored hash is that of the texts; `None` where none is stored.
    pub hash_ok: Option<bool>,
    /// The first texts.
    pub texts: Vec<String>,
}

/// What is in a file, and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Validation {
    /// `conceptclip-h5`, `h5` or `vsl`.
    pub kind: String,
    /// Rows, or images.
    pub rows: u64,
    /// Datasets, or fields.
    pub datasets: Vec<DatasetSummary>,
    /// The first ids.
    pub ids: Vec<i64>,
    /// The first labels.
    pub labels: Vec<i64>,
    /// Rows by split.
    pub split_counts: Vec<(String, u64)>,
    /// Templates, or prompt sets.
    pub templates: Vec<TemplateSummary>,
    /// Constants of the models.
    pub constants: Vec<(String, f64)>,
    /// What could not be checked.
    pub not_checked: Vec<String>,
    /// What is odd, but takes nothing from the values.
    pub notes: Vec<String>,
    /// What makes values missing or unreliable.
    pub problems: Vec<String>,
}

impl Validation {
    /// Whether there is no problem.
    pub fn is_ok(&self) -> bool {
        self.problems.is_empty()
    }

    /// As JSON; names and meanings are those of the fields.
    pub fn to_json(&self) -> Json {
        let dataset =
            |d: &DatasetSummary| json!({ "name": d.name, "shape": d.shape, "element": d.element });
        let template = |t: &TemplateSummary| {
            json!({
                "name": t.name, "k": t.k, "d": t.d, "t_txt": t.t_txt, "hash_ok": t.hash_ok,
                "texts": t.texts,
            })
        };
        let counts = self.split_counts.iter().map(|(name, n)| (name.clone(), json!(n)));
        let constants = self.constants.iter().map(|(name, value)| (name.clone(), json!(value)));
        json!({
            "ok": self.is_ok(),
            "kind": self.kind,
            "rows": self.rows,
            "datasets": self.datasets.iter().map(dataset).collect::<Vec<_>>(),
            "ids": self.ids,
            "labels": self.labels,
            "split_counts": counts.collect::<Map<_, _>>(),
            "templates": self.templates.iter().map(template).collect::<Vec<_>>(),
            "constants": constants.collect::<Map<_, _>>(),
            "not_checked": self.not_checked,
            "notes": self.notes,
            "problems": self.problems,
        })
    }
}
