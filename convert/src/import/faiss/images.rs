//! A file of FAISS as images.

use std::path::Path;

use serde_json::{Map, json};

use super::METADATA;
use crate::error::ConvertError;
use crate::faiss::FaissFile;
use crate::import::ids::Ids;
use crate::import::item::{Description, ImageSource, Item, Part, Shape, Values, Visit};
use crate::import::options::ImportOptions;
use crate::import::recognise;
use crate::regions::{Attribute, FeatureType};

/// The attribute with the id of a vector in its index.
pub(super) const ID: &str = "faiss_id";

/// An index, with the keys of its rows.
pub(in crate::import) struct FaissImages {
    file: FaissFile,
    /// Keys that are not the ids of the index.
    keys: Option<Ids>,
    description: Description,
}

impl FaissImages {
    pub(in crate::import) fn open(
        path: &Path,
        options: &ImportOptions,
    ) -> Result<Self, ConvertError> {
        let file =
            FaissFile::open(path).map_err(|error| ConvertError::from(error).in_file(path))?;
        if file.is_empty() {
            return Err(ConvertError::layout(path, "there is no vector in the index"));
        }
        let keys = options.ids.as_ref().map(|ids| Ids::open(ids, file.len())).transpose()?;
        let mut warnings = Vec::new();
        match (&keys, file.has_ids()) {
            (Some(_), _) => {}
            (None, true) => unique(path, &file)?,
            (None, false) => {
                let what =
                    "the index has no ids, and no keys were given: images are called by their row";
                warnings.push(what.to_owned());
            }
        }
        if path.with_file_name(METADATA).is_file() {
            warnings.push(format!(
                "{METADATA} lies beside the index; import their folder to have both"
            ));
        }
        let fingerprint = recognise::fingerprint(path);
        let description = Description {
            layout: format!("FAISS {}", file.kind()),
            shape: Shape::Vector,
            names: vec![String::new()],
            dim: file.dim(),
            dtype: if file.is_half() { FeatureType::F16 } else { FeatureType::F32 },
            images: file.len(),
            fingerprint: fingerprint.map_err(|error| ConvertError::from(error).in_file(path))?,
            warnings,
            metadata: Map::from_iter([("index".to_owned(), json!(file.kind()))]),
            metric: super::metric(path, &file, options)?,
            provenance: None,
            findings: None,
        };
        Ok(Self { file, keys, description })
    }
}

/// Refuses ids that occur twice, which FAISS allows: they cannot be keys. Takes eight bytes a vector.
fn unique(path: &Path, file: &FaissFile) -> Result<(), ConvertError> {
    let count = usize::try_from(file.len()).unwrap_or(usize::MAX);
    let mut ids = file.read_ids(0, count)?;
    ids.sort_unstable();
    match ids.array_windows().find(|[a, b]| a == b) {
        None => Ok(()),
        Some([id, _]) => {
            let what = format!(
                "id {id} occurs twice; give every vector a key of its own with a file of ids"
            );
            Err(ConvertError::layout(path, what))
        }
    }
}

impl ImageSource for FaissImages {
    fn description(&self) -> &Description {
        &self.description
    }

    fn for_each(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError> {
        let metadata = Map::new();
        let (mut row, mut values) = (from, Vec::new());
        while row < self.file.len() {
            let left = usize::try_from(self.file.len().saturating_sub(row)).unwrap_or(usize::MAX);
            let count = self.file.preferred_rows().min(left);
            values.clear();
            self.file.read_rows_f32(row, count, &mut values)?;
            let ids = self.file.read_ids(row, count)?;
            let keys = match &self.keys {
                Some(keys) => keys.read(row, count)?,
                None => ids.iter().map(i64::to_string).collect(),
            };
            let features = values.chunks_exact(self.file.dim());
            for ((key, id), feature) in keys.iter().zip(ids).zip(features) {
                let part =
                    Part { region: 0, values: Values::Floats(feature), bbox: None, score: None };
                let attributes = [(ID.to_owned(), Attribute::I64(id))];
                let (parts, attributes) = (&[part][..], &attributes[..]);
                if !visit(row, Item { key, parts, attributes, metadata: &metadata })? {
                    return Ok(());
                }
                row = row.saturating_add(1);
            }
        }
        Ok(())
    }
}
