//! How to import.

use std::path::{Path, PathBuf};

use vesalius::{DefaultMetric, Dtype, Durability, Provenance};

use super::item::{Description, Shape};
use crate::error::ConvertError;

/// What images of a vector database are called by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ImageKey {
    /// Their ids, as text.
    #[default]
    Id,
    /// Their paths.
    Path,
}

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
    /// The metric of a new field. Default: that of an index, else the cosine.
    pub metric: Option<DefaultMetric>,
    /// Where the features come from; replaces what the field says.
    pub provenance: Option<Provenance>,
    /// Name of the tokens field of an HDF5 file that has features and tokens. Default: that of the dataset.
    pub token_field: Option<String>,
    /// The dataset of an HDF5 file of no known layout to take, `[N, D]`, `[N, T, D]`, `[N, h, w, D]` or
    /// `[N, d, h, w, D]`.
    pub dataset: Option<String>,
    /// Beside [`ImportOptions::dataset`]: the dataset `[N]` of labels, integers or texts.
    pub labels: Option<String>,
    /// Beside [`ImportOptions::dataset`]: the dataset `[N]` of split names.
    pub split: Option<String>,
    /// What images of a folder of an index and its metadata are called by.
    pub image_key: ImageKey,
    /// Takes what is good of a damaged HDF5 file, or of an index and metadata that do not fit, instead of refusing
    /// it, and reports the rest.
    pub salvage: bool,
    /// Keys of the images of an array: a text file, one key a line, or an `.npy` of texts or integers;
    /// beside [`ImportOptions::dataset`] also a dataset `[N]` of the same file.
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
            metric: None,
            provenance: None,
            token_field: None,
            dataset: None,
            labels: None,
            split: None,
            image_key: ImageKey::Id,
            salvage: false,
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

    /// Refuses what only HDF5 files have a use for.
    pub(super) fn refuse_for_arrays(&self) -> Result<(), ConvertError> {
        let given = [&self.dataset, &self.labels, &self.split, &self.token_field];
        if self.image_key == ImageKey::Path {
            return Err(ConvertError::Refused(NO_PATHS.to_owned()));
        }
        if !self.salvage && given.iter().all(|option| option.is_none()) {
            return Ok(());
        }
        let what = "the source is no HDF5 file; a dataset, its labels and splits, a tokens field and a \
                    salvage are for such";
        Err(ConvertError::Refused(what.to_owned()))
    }

    /// Refuses what has no meaning for an index with its metadata.
    pub(super) fn refuse_for_store(&self) -> Result<(), ConvertError> {
        let given = [&self.dataset, &self.labels, &self.split, &self.token_field, &self.array];
        let given = given.iter().any(|option| option.is_some());
        if !given && self.ids.is_none() && self.regions.is_none() {
            return Ok(());
        }
        let what = "an index with its metadata has one vector and one key an image; datasets, arrays, regions \
                    and ids are not for it";
        Err(ConvertError::Refused(what.to_owned()))
    }

    /// Refuses what has no meaning for an HDF5 file.
    pub(super) fn refuse_for_hdf5(&self) -> Result<(), ConvertError> {
        let beside = self.ids.is_some() || self.labels.is_some() || self.split.is_some();
        let what = if self.image_key == ImageKey::Path {
            NO_PATHS
        } else if self.array.is_some() || self.regions.is_some() {
            "an array of an archive and names of regions are not for an HDF5 file; name a dataset"
        } else if beside && self.dataset.is_none() {
            "ids, labels and splits are named beside a dataset; the layouts that are known have their own"
        } else {
            return Ok(());
        };
        Err(ConvertError::Refused(what.to_owned()))
    }

    /// The fingerprint of the source and of what is made of it.
    pub(super) fn fingerprint(&self, description: &Description) -> String {
        format!("{}>{}", description.fingerprint, self.field_name(description))
            .chars()
            .take(FINGERPRINT_CHARS)
            .collect()
    }
}

const NO_PATHS: &str = "only a folder of an index and its metadata has paths to call images by";

/// Fits the limit of a cursor whatever the characters are.
const FINGERPRINT_CHARS: usize = 60;
