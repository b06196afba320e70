//! The vector database of other programs: a folder of `index.faiss` and `metadata.pkl`.

use std::fs::{self, File, Permissions};
use std::io::BufWriter;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use vesalius::{DefaultMetric, FieldDef, Snapshot};

use super::about::About;
use super::features::Source;
use super::ids::Ids;
use super::record::{Record, pickle_json};
use super::report::ExportReport;
use super::{ExportOptions, faiss, for_each_row, ids};
use crate::error::ConvertError;
use crate::faiss::FaissWriter;
use crate::pickle_write::PickleWriter;

/// Writes the pair into a folder that appears when both are complete: a reader never meets a torn one.
pub(super) fn write(
    snapshot: &Snapshot,
    field: &FieldDef,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, ConvertError> {
    refuse(field, out)?;
    let in_folder = |error: std::io::Error| ConvertError::from(error).in_file(out);
    let parent = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new();
    // Less what the user's mask takes away, as for any other folder.
    let beside = beside.prefix(".vector_db").permissions(Permissions::from_mode(0o777));
    let beside = beside.tempdir_in(parent).map_err(in_folder)?;
    let source = Source::new(snapshot, field, None);
    let takes = |row| Ok(source.feature(row)?.is_some());
    let ids = ids::choose(snapshot, options.rows.as_ref(), &takes)?;

    let index = BufWriter::new(File::create(beside.path().join("index.faiss"))?);
    let len = u64::try_from(ids.numbers.len()).unwrap_or(u64::MAX);
    let mut writer = FaissWriter::new(index, field.dim, len, false, false)?;
    let mut report = faiss::vectors(&source, snapshot, field, options, &mut writer)?;
    sync(writer.finish()?)?;
    let file = BufWriter::new(File::create(beside.path().join("metadata.pkl"))?);
    sync(records(snapshot, field, options, &ids, &takes, file)?)?;

    let whole = beside.path().join("index.faiss").metadata()?.len();
    report.bytes = whole.saturating_add(beside.path().join("metadata.pkl").metadata()?.len());
    report.warnings.extend(ids.warnings);
    // An empty folder gives way.
    fs::rename(beside.path(), out).map_err(in_folder)?;
    // The folder has another name now and is kept.
    let _moved = beside.keep();
    // Some network file systems know no sync of a directory; the files are durable.
    let _synced = File::open(parent).and_then(|parent| parent.sync_all());
    Ok(report)
}

fn refuse(field: &FieldDef, out: &Path) -> Result<(), ConvertError> {
    let what = if field.metric == DefaultMetric::L2 {
        format!(
            "field {:?} is compared by distance, the vector database by inner product; write faiss",
            field.name
        )
    } else if fs::read_dir(out).map_or(out.exists(), |mut entries| entries.next().is_some()) {
        format!("{} is there already; name a new folder", out.display())
    } else {
        return Ok(());
    };
    Err(ConvertError::Refused(what))
}

fn sync(file: BufWriter<File>) -> Result<(), ConvertError> {
    let file = file.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    Ok(file.sync_all()?)
}

fn records(
    snapshot: &Snapshot,
    field: &FieldDef,
    options: &ExportOptions,
    ids: &Ids,
    takes: &dyn Fn(u64) -> Result<bool, ConvertError>,
    file: BufWriter<File>,
) -> Result<BufWriter<File>, ConvertError> {
    let about = About::of(snapshot);
    let mut pickle = PickleWriter::new(file)?;
    pickle.begin_dict()?;
    pickle.name("metadata")?;
    pickle.begin_dict()?;
    let mut numbers = ids.numbers.iter();
    for_each_row(snapshot, options.rows.as_ref(), &mut |row, _| {
        let (true, Some(image)) = (takes(row)?, snapshot.image_at(row)?) else { return Ok(()) };
        let Some(id) = numbers.next() else { return Ok(()) };
        pickle.int(*id)?;
        Ok(Record::of(&image)?.pickle(&mut pickle)?)
    })?;
    pickle.end()?;
    pickle.name("id_counter")?;
    pickle.int(about.id_counter(ids.next()))?;
    pickle.name("dimension")?;
    pickle.int(i64::from(field.dim))?;
    pickle.name("model_name")?;
    pickle_json(&mut pickle, &about.model(Some(field)))?;
    pickle.name("created_at")?;
    pickle.str(&about.created_at())?;
    pickle.end()?;
    Ok(pickle.finish()?)
}
