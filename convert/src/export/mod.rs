//! Writing fields for programs that read other files.
//!
//! | format | of | is |
//! |---|---|---|
//! | [`ExportFormat::Pkl`] | a regions field | the dictionary of the original programs, for `pickle.load` |
//! | [`ExportFormat::Npz`] | a regions field | the same as `image_database` of an archive, for `np.load(..., allow_pickle=True)` |
//! | [`ExportFormat::Npy`] | a vector field, or one region of a regions field | an array `[N, D]`; the keys of its rows beside it, one a line, in a file of the same name that ends in `.ids.txt`, and if asked for attributes and metadata, an object a line, in `.meta.jsonl` |
//! | [`ExportFormat::Faiss`] | the same | `IndexIDMap2` of a flat index; the keys beside it where they are not the ids |
//! | [`ExportFormat::VectorDb`] | a vector field | a folder of `index.faiss` and `metadata.pkl`, as the vector database of other programs has it |
//! | [`ExportFormat::MetadataJson`] | all images | what that program exports of its metadata |
//! | [`ExportFormat::Csv`] | all images | keys, attributes and metadata as a table |
//! | `ExportFormat::Arrow`, with the feature `arrow` | all images | the same with vectors, as an Arrow IPC file |
//! | [`ExportFormat::H5`] | a vector field, and a tokens field if there is one | the feature store of the ConceptCLIP programs, for h5py |
//!
//! Images come in the order of their rows. A file is written under another name and takes its own when it
//! is complete and durable, so that nothing ever sees half of one.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod about;
mod array;
#[cfg(feature = "arrow")]
mod arrow;
mod csv;
mod dictionary;
mod faiss;
mod features;
mod h5;
mod ids;
mod jsonl;
mod metadata_json;
mod output;
mod record;
mod report;
#[cfg(test)]
mod tests;
mod vector_db;

pub use report::ExportReport;

use std::path::{Path, PathBuf};

use vesalius::{Bitmap, FieldDef, FieldKind, Snapshot};

use crate::error::ConvertError;

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// A pickle of the dictionary of regions.
    Pkl,
    /// An archive with that pickle in it.
    Npz,
    /// An array `[N, D]`.
    Npy,
    /// The HDF5 feature store of the `ConceptCLIP` programs.
    H5,
    /// A flat index of FAISS with ids.
    Faiss,
    /// A folder of an index of FAISS and pickled metadata.
    VectorDb,
    /// The metadata of such a folder as JSON.
    MetadataJson,
    /// Keys and attributes, apart by commas.
    Csv,
    /// Keys, attributes and vectors as an Arrow IPC file.
    #[cfg(feature = "arrow")]
    Arrow,
}

impl ExportFormat {
    /// The format of a name: `pkl`, `npz`, `npy`, `h5`, `faiss`, `vector-db`, `metadata-json`, `csv`, and
    /// `arrow` where that was built in.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "pkl" => Some(Self::Pkl),
            "npz" => Some(Self::Npz),
            "npy" => Some(Self::Npy),
            "h5" => Some(Self::H5),
            "faiss" => Some(Self::Faiss),
            "vector-db" => Some(Self::VectorDb),
            "metadata-json" => Some(Self::MetadataJson),
            "csv" => Some(Self::Csv),
            #[cfg(feature = "arrow")]
            "arrow" => Some(Self::Arrow),
            _ => None,
        }
    }
}

/// How to export.
#[derive(Clone, Debug)]
pub struct ExportOptions {
    /// What to write.
    pub format: ExportFormat,
    /// The field; may be left out where only one is of a fitting kind.
    pub field: Option<String>,
    /// For an HDF5 file: the tokens field; may be left out where only one is there.
    pub token_field: Option<String>,
    /// For an HDF5 file: no LZF, so that readers other than h5py need no filter.
    pub plain: bool,
    /// For an array from a regions field: the region.
    pub region: Option<String>,
    /// Rows to export; all where there is none. See [`Snapshot::select`].
    pub rows: Option<Bitmap>,
    /// Beside an array: attributes and metadata of its rows.
    pub with_metadata: bool,
    /// The container, for formats that say where they come from.
    pub path: Option<PathBuf>,
    /// Deflate an archive, as `np.savez_compressed` does: 8 % smaller, many times slower.
    pub compress: bool,
}

impl ExportOptions {
    /// All of the only fitting field.
    pub fn new(format: ExportFormat) -> Self {
        Self {
            format,
            field: None,
            token_field: None,
            plain: false,
            region: None,
            rows: None,
            with_metadata: false,
            path: None,
            compress: false,
        }
    }
}

/// Writes images of a snapshot to `out`, which is replaced if it exists.
///
/// Cost: one pass over the field; memory does not depend on its size.
///
/// # Errors
/// No such field or region, or one of a kind that the format cannot hold; [`ConvertError::Refused`] where
/// several fields could be meant; the container is damaged; the file cannot be written.
pub fn export(
    snapshot: &Snapshot,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, ConvertError> {
    let mut report = match options.format {
        ExportFormat::Pkl | ExportFormat::Npz => {
            dictionary::write(snapshot, choose(snapshot, options)?, options, out)?
        }
        ExportFormat::Npy => array::write(snapshot, choose(snapshot, options)?, options, out)?,
        ExportFormat::H5 => h5::write(snapshot, options, out)?,
        ExportFormat::Faiss => faiss::write(snapshot, choose(snapshot, options)?, options, out)?,
        ExportFormat::VectorDb => {
            return vector_db::write(snapshot, choose(snapshot, options)?, options, out);
        }
        ExportFormat::MetadataJson => metadata_json::write(snapshot, options, out)?,
        ExportFormat::Csv => csv::write(snapshot, options, out)?,
        #[cfg(feature = "arrow")]
        ExportFormat::Arrow => arrow::write(snapshot, options, out)?,
    };
    let metadata =
        std::fs::metadata(out).map_err(|error| ConvertError::from(error).in_file(out))?;
    report.bytes = metadata.len();
    Ok(report)
}

/// The field to export.
fn choose<'s>(
    snapshot: &'s Snapshot,
    options: &ExportOptions,
) -> Result<&'s FieldDef, ConvertError> {
    let dictionary = matches!(options.format, ExportFormat::Pkl | ExportFormat::Npz);
    let fits = |def: &&FieldDef| match def.kind {
        FieldKind::Regions => dictionary || options.region.is_some(),
        FieldKind::Vector => !dictionary && options.region.is_none(),
        FieldKind::Tokens | FieldKind::Masks => false,
    };
    if let Some(name) = &options.field {
        let def = snapshot.field(name)?;
        if fits(&def) {
            return Ok(def);
        }
        let kind = def.kind;
        let text = match (kind, dictionary) {
            (FieldKind::Regions, false) => "name the region to write",
            (FieldKind::Vector, false) => "a vector has no regions to choose from",
            (FieldKind::Vector, true) => "write a vector field as npy",
            _ => "it cannot be exported to this format",
        };
        return Err(ConvertError::Refused(format!("field {name:?} is of kind {kind}; {text}")));
    }
    let mut fitting = snapshot.schema().fields.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (None, _) if !dictionary && options.region.is_none() => Err(ConvertError::Refused(
            "there is no vector field; name a region to write one of a regions field".to_owned(),
        )),
        (None, _) => {
            let what = "there is no regions field to write";
            Err(ConvertError::Refused(what.to_owned()))
        }
        _ => {
            let all = snapshot.schema().fields.iter().filter(fits);
            let names: Vec<&str> = all.map(|def| def.name.as_str()).collect();
            let text = format!("several fields could be meant; name one of {names:?}");
            Err(ConvertError::Refused(text))
        }
    }
}

/// Calls `each` with the row and key of every image to export, in the order of rows.
fn for_each_row(
    snapshot: &Snapshot,
    rows: Option<&Bitmap>,
    each: &mut dyn FnMut(u64, &str) -> Result<(), ConvertError>,
) -> Result<(), ConvertError> {
    let mut failed = None;
    snapshot.for_each_key(|row, key| {
        if rows.is_some_and(|rows| !rows.get(row)) {
            return Ok(true);
        }
        failed = each(row, key).err();
        Ok(failed.is_none())
    })?;
    failed.map_or(Ok(()), Err)
}
