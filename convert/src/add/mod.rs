//! Vectors into a container, with what is known of their images.
//!
//! [`add`] takes an array `[N, D]`, the keys of its rows, and an object a line for each row; or a table of Arrow or
//! Parquet that has all three in its columns. Images that are not there are made; of those that are the vector is
//! replaced, and what the object says. Everything is checked before anything is written; then rows are committed in
//! batches.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod keys;
mod lines;
mod report;
mod source;
#[cfg(test)]
mod tests;
mod write;

pub use report::AddReport;

use std::path::{Path, PathBuf};

use vesalius::{Database, DefaultMetric, Dtype, Error, Field, FieldKind, Snapshot};

use crate::error::ConvertError;
use crate::import::create::open_or_create;
use keys::Keys;
use source::Source;

/// What to add, and where.
#[derive(Clone, Debug)]
pub struct AddOptions {
    /// The vectors: an `.npy` array `[N, D]`, or `[D]` for one; with the feature `arrow` also an Arrow IPC file or a
    /// Parquet file, one of whose columns holds lists of f16, f32 or f64. Its other columns say what `metadata` would;
    /// an empty cell says nothing.
    pub vectors: PathBuf,
    /// The column of vectors of a table; may be left out where there is only one.
    pub column: Option<String>,
    /// The column with the keys of a table: texts or integers. Default: `key` or `id`, if there is one.
    pub id_column: Option<String>,
    /// The vector field; it is made where it does not exist. May be left out where there is only one.
    pub field: Option<String>,
    /// Keys of the rows: a text file, one a line, or an `.npy` of texts or integers. Default: `"key"` of the objects;
    /// where they have none, numbers behind the highest that is a key.
    pub ids: Option<PathBuf>,
    /// An object a line for each row. Texts, numbers and truth values become attributes, what is nested metadata; null
    /// takes an attribute away.
    pub metadata: Option<PathBuf>,
    /// The metric of a new field. Default: the cosine.
    pub metric: Option<DefaultMetric>,
    /// How a new field stores values. Default: f16 for an array of f16, otherwise f32.
    pub dtype: Option<Dtype>,
    /// Most images of a batch.
    pub batch_images: usize,
}

impl AddOptions {
    /// The vectors of an array.
    pub fn new(vectors: impl Into<PathBuf>) -> Self {
        Self {
            vectors: vectors.into(),
            column: None,
            id_column: None,
            field: None,
            ids: None,
            metadata: None,
            metric: None,
            dtype: None,
            batch_images: 8192,
        }
    }
}

/// Name of a field that nobody named.
const FIELD: &str = "features";

/// Adds vectors to `file`, which is made where it does not exist. `progress` is told how many of how many rows are
/// committed; false stops.
///
/// Cost: a pass over the array, two over the objects, or over the vectors of a table. Memory: a batch, and the keys.
///
/// # Errors
/// [`Error::WrongDimension`] and [`Error::WrongKind`] of the engine; another number of keys or objects than rows; keys
/// that occur twice; objects that are none, by their line; cells of a table that are no vector or key, by row and
/// column; [`ConvertError::Stopped`]. What was committed before an error stays; the same call replaces it by the same.
pub fn add(
    file: &Path,
    options: &AddOptions,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<AddReport, ConvertError> {
    let mut source = Source::open(options)?;
    let exists = file.try_exists().map_err(|error| ConvertError::from(error).in_file(file))?;
    if exists {
        // Refused before the lock is taken.
        target(&Database::open_read_only(file)?.snapshot()?, &source, options)?;
    }
    let keys = Keys::open(options, source.take_keys(), source.rows())?;
    let warnings = source.take_warnings();
    let (db, created) = open_or_create(file)?;
    let done = run(&db, &source, keys, options, progress);
    let closed = db.close();
    let mut report = done?;
    closed?;
    report.created = created;
    report.warnings.splice(..0, warnings);
    Ok(report)
}

fn run(
    db: &Database,
    source: &Source,
    keys: Keys,
    options: &AddOptions,
    progress: &mut dyn FnMut(u64, u64) -> bool,
) -> Result<AddReport, ConvertError> {
    // The writer's lock for as long as it takes to look: keys and field are those of this state.
    drop(db.begin_write()?);
    let snapshot = db.snapshot()?;
    let (name, new) = target(&snapshot, source, options)?;
    let keys = keys.numbered(&snapshot)?;
    drop(snapshot);
    write::Writer { db, source, keys, field: name, new, batch: options.batch_images }.run(progress)
}

/// The name of the field, and what it is to be where it does not exist.
fn target(
    snapshot: &Snapshot,
    source: &Source,
    options: &AddOptions,
) -> Result<(String, Option<Field>), ConvertError> {
    let fields = &snapshot.schema().fields;
    let mut vectors = fields.iter().filter(|field| field.kind == FieldKind::Vector);
    let name = match (&options.field, vectors.next(), vectors.next()) {
        (Some(name), _, _) => name.clone(),
        (None, Some(only), None) => only.name.clone(),
        (None, None, _) => FIELD.to_owned(),
        (None, Some(a), Some(b)) => {
            let (a, b) = (&a.name, &b.name);
            let what =
                format!("several fields could be meant, {a:?} and {b:?} among them; name one");
            return Err(ConvertError::Refused(what));
        }
    };
    let Some(def) = snapshot.schema().field(&name) else {
        let dtype = options.dtype.unwrap_or(source.dtype());
        let field = Field::vector(&name, source.dim()).dtype(dtype);
        let field = field.metric(options.metric.unwrap_or(DefaultMetric::Cosine));
        return Ok((name, Some(field)));
    };
    if def.kind != FieldKind::Vector {
        let (is, wanted) = (def.kind.to_string(), FieldKind::Vector.to_string());
        return Err(Error::WrongKind { name, is, wanted }.into());
    }
    let given = source.dim();
    let dim = usize::try_from(def.dim).unwrap_or(usize::MAX);
    if dim != given {
        return Err(Error::WrongDimension { field: name, given, dim }.into());
    }
    let other = options.metric.is_some_and(|metric| metric != def.metric)
        || options.dtype.is_some_and(|dtype| dtype != def.dtype);
    if other {
        let what = format!(
            "field {name:?} is there already, compared by {} and stored as {}",
            def.metric, def.dtype
        );
        return Err(ConvertError::Refused(what));
    }
    Ok((name, None))
}
