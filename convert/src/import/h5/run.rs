//! From opening the source to the report.

use std::path::Path;
use std::time::Instant;

use vesalius::Database;

use super::rows::RowSource;
use super::store::Store;
use super::{bags, concept, dataset, listing};
use crate::error::ConvertError;
use crate::hdf5::H5File;
use crate::hdf5::bag::Bag;
use crate::hdf5::conceptclip::ConceptClip;
use crate::import::options::ImportOptions;
use crate::import::pipeline::{Phase, Progress};
use crate::import::report::ImportReport;
use crate::import::{ProgressFn, create, memory};

/// Most rows of a batch: side columns are read ahead in pieces of this length.
const BATCH_ROWS: u64 = 8192;

/// Brings an HDF5 file, or a folder of bags, into the container.
pub(in crate::import) fn import(
    source: &Path,
    file: &Path,
    options: &ImportOptions,
    progress: &mut ProgressFn<'_>,
    started: Instant,
) -> Result<ImportReport, ConvertError> {
    options.refuse_for_hdf5()?;
    let rows = open(source, options)?;
    let plan = rows.plan();
    let name = options.name.clone().unwrap_or_else(|| {
        let stem = source.file_stem().or_else(|| source.file_name());
        stem.map_or_else(|| "import".into(), |stem| stem.to_string_lossy().into_owned())
    });
    let (db, created) = create::open_or_create(file)?;
    let outcome = run(&db, &*rows, &name, file, options, progress);
    let nothing = outcome.is_err() && created && is_empty(&db);
    let closed = db.close();
    if nothing {
        // Nobody has anything in it; the error is what counts.
        drop(std::fs::remove_file(file));
    }
    let outcome = outcome?;
    closed?;
    let mut report = ImportReport::blank(source, file, &plan.layout, &name, created);
    let size = std::fs::metadata(file);
    report.file_bytes = size.map_err(|error| ConvertError::from(error).in_file(file))?.len();
    report.images = plan.rows;
    report.regions = plan.rows;
    let some = u64::from(plan.rows > 0);
    (report.regions_min, report.regions_max) = (some, some);
    report.regions_mean = some as f64;
    report.resumed_at = outcome.resumed_at;
    report.images_written = outcome.written;
    report.nothing_to_do = outcome.written == 0;
    report.verified = options.verify;
    report.bytes_written = outcome.bytes;
    report.warnings.clone_from(&plan.warnings);
    report.warnings.extend(plan.findings.problems.iter().cloned());
    report.warnings.extend(outcome.warnings);
    report.peak_memory = memory::peak_bytes();
    report.seconds = started.elapsed().as_secs_f64();
    let written = outcome.written as f64;
    report.rows_per_second = if report.seconds > 0.0 { written / report.seconds } else { 0.0 };
    report.findings = Some(plan.findings.clone());
    Ok(report)
}

fn open(source: &Path, options: &ImportOptions) -> Result<Box<dyn RowSource>, ConvertError> {
    if source.is_dir() {
        return Ok(Box::new(bags::open(bags::files(source)?, options)?));
    }
    let file = H5File::open(source)?;
    if let Some(wanted) = &options.dataset {
        return Ok(Box::new(dataset::open(source, &file, wanted, options)?));
    }
    if ConceptClip::recognise(&file) {
        return Ok(Box::new(concept::open(source, &file, options)?));
    }
    if Bag::recognise(&file) && Bag::open(&file).is_ok_and(|bag| bag.has_coords()) {
        return Ok(Box::new(bags::open(vec![source.to_owned()], options)?));
    }
    Err(listing::unknown(source, &file)?)
}

fn is_empty(db: &Database) -> bool {
    db.snapshot().is_ok_and(|state| state.is_empty() && state.cursors().next().is_none())
}

struct Outcome {
    resumed_at: u64,
    written: u64,
    bytes: u64,
    warnings: Vec<String>,
}

fn run(
    db: &Database,
    source: &dyn RowSource,
    name: &str,
    file: &Path,
    options: &ImportOptions,
    progress: &mut ProgressFn<'_>,
) -> Result<Outcome, ConvertError> {
    let total = source.plan().rows;
    let mut store = Store::new(db, source, name, file, options)?;
    let resumed_at = store.position();
    store.begin()?;
    let mut tell = |store: &Store<'_>, phase: Phase| {
        let (written, verified) = (store.position(), store.verified());
        let verified = resumed_at.saturating_add(verified);
        let more = progress(Progress { phase, written, verified, total });
        if more { Ok(()) } else { Err(ConvertError::Stopped { images: written }) }
    };
    let most = u64::try_from(options.batch_images).unwrap_or(BATCH_ROWS).clamp(1, BATCH_ROWS);
    if resumed_at < total {
        source.for_each(resumed_at, most, &mut |batch| {
            store.write(&batch)?;
            tell(&store, Phase::Writing)?;
            Ok(true)
        })?;
    }
    tell(&store, Phase::Verifying)?;
    store.checkpoint()?;
    if store.position() != total {
        let position = store.position();
        return Err(ConvertError::Refused(format!(
            "the source had {total} rows and gave {position}: it has changed; start again"
        )));
    }
    let mut warnings: Vec<String> = store.losses().collect();
    if resumed_at > 0 && options.verify {
        let what = "rows of an earlier call were not compared again; `vesalius verify` checks them";
        warnings.push(format!("{resumed_at} {what}"));
    }
    let (written, bytes) = (store.written, store.bytes);
    warnings.extend(std::mem::take(&mut store.notes).into_warnings());
    Ok(Outcome { resumed_at, written, bytes, warnings })
}
