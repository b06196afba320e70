use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::feature::FeatureType;

/// What opening a source has found out.
#[derive(Default)]
pub(super) struct Summary {
    pub(super) images: u64,
    pub(super) names: Vec<String>,
    pub(super) dim: usize,
    /// `None` if there is no feature.
    pub(super) dtype: Option<FeatureType>,
    pub(super) fingerprint: String,
    pub(super) metadata: Map<String, Value>,
    pub(super) warnings: Vec<String>,
}

/// Findings that may occur a million times: counted, the first one told.
#[derive(Default)]
pub(super) struct Notes {
    found: BTreeMap<&'static str, (u64, String)>,
}

impl Notes {
    pub(super) fn add(&mut self, kind: &'static str, example: impl FnOnce() -> String) {
        let note = self.found.entry(kind).or_insert_with(|| (0, example()));
        note.0 = note.0.saturating_add(1);
    }

    pub(super) fn into_warnings(self) -> impl Iterator<Item = String> {
        self.found
            .into_iter()
            .map(|(kind, (count, first))| format!("{kind}: {count}, first {first}"))
    }
}
