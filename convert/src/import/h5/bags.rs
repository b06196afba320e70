//! Bags of patches: one image a file, with features of as many patches as it has.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde_json::{Map, json};
use vesalius::AttributeType;

use super::about::encode;
use super::concept::source_fields;
use super::rows::{FieldPlan, Kind, Plan, Row, RowBatch, RowSource, Visit};
use crate::error::ConvertError;
use crate::hdf5::bag::Bag;
use crate::hdf5::{ElementType, H5File};
use crate::import::findings::SourceFindings;
use crate::import::options::ImportOptions;
use crate::import::recognise;

/// Coordinates beyond this are not exact in an f32.
const EXACT: i64 = 1 << 24;
/// Patches that are read at once.
const STEP: u64 = 4096;
/// Fields of any number of patches.
const ANY: Kind = Kind::Tokens([0; 3]);

pub(super) struct Bags {
    files: Vec<PathBuf>,
    plan: Plan,
}

/// The HDF5 files of a folder by name; none in a folder of something else.
pub(super) fn files(folder: &Path) -> Result<Vec<PathBuf>, ConvertError> {
    let in_folder = |error: std::io::Error| ConvertError::from(error).in_file(folder);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(in_folder)? {
        let path = entry.map_err(in_folder)?.path();
        let extension = path.extension().map(OsStr::to_ascii_lowercase);
        if path.is_file() && extension.is_some_and(|e| e == "h5" || e == "hdf5") {
            found.push(path);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// Opens the first bag, by which the others are judged when their turn comes.
pub(super) fn open(files: Vec<PathBuf>, options: &ImportOptions) -> Result<Bags, ConvertError> {
    let Some(first) = files.first() else {
        return Err(ConvertError::Refused("there is no HDF5 file in the folder".to_owned()));
    };
    let bag = Bag::open(&H5File::open(first)?)?;
    let field = |name: &str, dataset: &str, dim: u64, element| FieldPlan {
        name: name.to_owned(),
        dataset: dataset.to_owned(),
        kind: ANY,
        dim: usize::try_from(dim).unwrap_or(usize::MAX),
        element,
    };
    let name = options.field.as_deref().unwrap_or("features");
    let coords = options.token_field.as_deref().unwrap_or("coords");
    let mut fields = vec![field(name, "/features", bag.dim(), bag.feature_type())];
    let mut warnings = Vec::new();
    if exact(&files)? {
        fields.push(field(coords, "/coords", 2, ElementType::F32));
    } else {
        warnings.push("coordinates were not taken: some are absent or not exact in f32".to_owned());
    }
    let mut prints = Vec::with_capacity(files.len());
    for file in &files {
        let print = recognise::fingerprint(file);
        prints.push(print.map_err(|error| ConvertError::from(error).in_file(file))?);
    }
    let names = fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(",");
    let sum = crc32fast::hash(prints.join("\n").as_bytes());
    let mut about = Map::new();
    about.insert("layout".into(), json!("bag-h5"));
    let plan = Plan {
        layout: "bags of patches (h5)".to_owned(),
        attributes: vec![("patches".to_owned(), AttributeType::I64)],
        rows: u64::try_from(files.len()).unwrap_or(u64::MAX),
        fingerprint: format!("{}x{sum:08x}>{:08x}", files.len(), crc32fast::hash(names.as_bytes())),
        about,
        findings: SourceFindings { fields: source_fields(&fields), ..SourceFindings::default() },
        fields,
        warnings,
    };
    Ok(Bags { files, plan })
}

/// Whether every coordinate of every bag is exact in f32.
fn exact(files: &[PathBuf]) -> Result<bool, ConvertError> {
    let mut all = true;
    for file in files {
        let bag = Bag::open(&H5File::open(file)?)?;
        all &= bag.has_coords();
        if !all {
            return Ok(false);
        }
        let coords = H5File::open(file)?.dataset("/coords")?;
        let coords =
            coords.without_unit_axis().filter(|_| coords.shape().len() == 3).unwrap_or(coords);
        let mut row = 0_u64;
        while row < coords.row_count() {
            let end = row.saturating_add(STEP).min(coords.row_count());
            let values = coords.integers(row..end)?;
            if values.iter().any(|value| value.unsigned_abs() > EXACT.unsigned_abs()) {
                return Ok(false);
            }
            row = end;
        }
    }
    Ok(true)
}

impl RowSource for Bags {
    fn plan(&self) -> &Plan {
        &self.plan
    }

    fn for_each(&self, from: u64, _most: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError> {
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        for path in self.files.iter().skip(skip) {
            let (row, features, coords) = self.read(path)?;
            let mut values = vec![Some(features.as_slice())];
            values.push(Some(coords.as_slice()));
            values.truncate(self.plan.fields.len());
            if !visit(RowBatch { rows: vec![row], values })? {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Bags {
    /// One bag whole: tokens of an image are stored in one piece.
    fn read(&self, path: &Path) -> Result<(Row, Vec<u8>, Vec<u8>), ConvertError> {
        let stem = path.file_stem().map_or_else(String::new, |s| s.to_string_lossy().into_owned());
        let bag = Bag::open(&H5File::open(path)?)?;
        let expected = self.plan.fields.first();
        let fits = expected.is_some_and(|field| {
            u64::try_from(field.dim) == Ok(bag.dim()) && bag.feature_type() == field.element
        });
        if !fits {
            let (dim, element) = (bag.dim(), bag.feature_type().name());
            let what =
                format!("its features are {element} of {dim}, those of the first file are not");
            return Err(ConvertError::layout(path, what));
        }
        if let Some(problem) = bag.problems().first() {
            return Err(ConvertError::layout(path, problem.clone()));
        }
        let (mut features, mut coords) = (Vec::new(), Vec::new());
        bag.for_each_batch::<ConvertError>(0, STEP, |batch| {
            features.extend_from_slice(batch.features);
            for value in batch.coords.iter().flatten() {
                // Checked to be exact.
                let value = *value as f32;
                coords.extend_from_slice(&value.to_le_bytes());
            }
            Ok(true)
        })?;
        let mut metadata = Map::new();
        let attributes = bag.coord_attributes()?;
        if !attributes.is_empty() {
            metadata.insert("coords".into(), encode(&attributes, true));
        }
        let patches = i64::try_from(bag.rows()).unwrap_or(i64::MAX);
        let row = Row {
            key: stem,
            attributes: vec![("patches", patches.into())],
            split: String::new(),
            metadata: if metadata.is_empty() { String::new() } else { json!(metadata).to_string() },
        };
        Ok((row, features, coords))
    }
}
