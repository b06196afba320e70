//! How to import.

use std::path::{Path, PathBuf};

use vesalius::{DefaultMetric, Dtype, Durability, Provenance};

use super::item::{Description, Shape};

/// How to import. The default suits nearly every source.
#[derive(Clone, Debug)]
pub struct ImportOptions {
    /// Name of the import, under which its cursor is kept. Default: the name of the source without its
    /// extension, and the field behind a `/` where it is not the default one.
    pub name: Option<String>,
    /// Name of the field. Default: `regions`, or `features` for a vector.
    pub field: Option<String>,
    /// How a new field stores values. Default: f16 for a source of f16, otherwise f32. Values that do not
    /// fit are rounded to nearest.
    pub dtype: Option<Dtype>,
    /// The metric of a new field.
    pub metric: DefaultMetric,
    /// Where the features come from; replaces what the field says.
    pub provenance: Option<Provenance>,
    /// Keys of the images of an array: a text file, one key a line, or an `.npy` of texts or integers.
    pub ids: Option<PathBuf>,
    /// The array of an `.npz` to take.
    pub array: Option<String>,
    /// Names of the regions of an array `[N, R, D]`.
    pub regions: Option<Vec<String>>,
    /// Replace values that images have in this field already.
    pub replace: bool,
    /// Compare the container with the source after writing.
    pub verify: bool,
    /// [`Durability::Immediate`]: every batch is durable before the next one is committed. Otherwise
    /// batches become durable together, at the latest after [`ImportOptions::checkpoint_batches`]. Either
    /// way all is durable at the end, and no order of events makes an import lose its place.
    pub durability: Durability,
    /// Batches between checkpoints, which make everything durable and merge the keys and attributes of many
    /// batches into few row groups. The verification follows checkpoint by checkpoint.
    pub checkpoint_batches: u32,
    /// Most images of a batch.
    pub batch_images: usize,
    /// Bytes at which a batch is full. The default keeps what a batch passes through near the processor's
    /// caches, and makes row groups that a checkpoint leaves alone.
    pub batch_bytes: usize,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            name: None,
            field: None,
            dtype: None,
            metric: DefaultMetric::Cosine,
            provenance: None,
            ids: None,
            array: None,
            regions: None,
            replace: false,
            verify: true,
            durability: Durability::Deferred,
            checkpoint_batches: 8,
            batch_images: 65_536,
            batch_bytes: 8 << 20,
        }
    }
}

impl ImportOptions {
    pub(super) fn field_name<'o>(&'o self, description: &Description) -> &'o str {
        let default = match description.shape {
            Shape::Vector => "features",
            Shape::Regions => "regions",
        };
        self.field.as_deref().unwrap_or(default)
    }

    pub(super) fn ingest_name(&self, source: &Path, description: &Description) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let stem = source.file_stem().or_else(|| source.file_name());
        let stem = stem.map_or_else(|| "import".into(), |stem| stem.to_string_lossy());
        match &self.field {
            Some(field) if field != Self::default().field_name(description) => {
                format!("{stem}/{field}")
            }
            _ => stem.into_owned(),
        }
    }

    /// The fingerprint of the source and of what is made of it.
    pub(super) fn fingerprint(&self, description: &Description) -> String {
        format!("{}>{}", description.fingerprint, self.field_name(description))
            .chars()
            .take(FINGERPRINT_CHARS)
            .collect()
    }
}

/// Fits the limit of a cursor whatever the characters are.
const FINGERPRINT_CHARS: usize = 60;
