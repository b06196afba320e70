//! Files and folders of masks into a container.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

use vesalius::{Database, FieldKind};

use super::batch::Batches;
use super::options::MaskImportOptions;
use super::report::MaskImportReport;
use super::sources::{Source, sources};
use crate::error::ConvertError;
use crate::import::create::open_or_create;
use crate::import::memory::peak_bytes;
use crate::import::{Phase, Progress, ProgressFn};
use crate::masks::{ImageSegments, ReadOptions, for_each_image};

/// The name of a masks field unless another is given.
const FIELD: &str = "masks";

/// Brings files of masks into the container `file`, which is made when it does not exist.
///
/// A path is a file, a folder of one `NIfTI` file per segment, a case that has such a folder called `segmentations`, a
/// folder of cases, or a folder of NRRD, `MedMask` or DICOM files of an image each.
///
/// Images are committed in batches. A segment that is there already and is the same is passed over: after a crash the
/// same call goes on, and the result is that of a call that was not interrupted. When it returns `Ok`, everything is
/// durable and, unless [`MaskImportOptions::verify`] is off, what was written was read back through another handle of
/// the file and compared.
///
/// Cost: each file is read once. Memory: the runs of a batch and of one file.
///
/// # Errors
/// A path without masks; a file that is refused; what [`store`](super::store) refuses; [`ConvertError::Mismatch`];
/// [`ConvertError::Stopped`]. What was committed before an error stays.
pub fn import_masks(
    paths: &[PathBuf],
    file: &Path,
    options: &MaskImportOptions,
    progress: &mut ProgressFn<'_>,
) -> Result<MaskImportReport, ConvertError> {
    let started = Instant::now();
    let mut all = Vec::new();
    for path in paths {
        all.extend(sources(path, options.read.format, options.each_file)?);
    }
    let layouts: BTreeSet<String> = all.iter().map(|source| source.format.to_string()).collect();
    let (db, created) = open_or_create(file)?;
    let mut report = MaskImportReport {
        sources: paths.to_vec(),
        file: file.to_owned(),
        layout: layouts.into_iter().collect::<Vec<_>>().join(", "),
        created,
        verified: options.verify,
        ..MaskImportReport::default()
    };
    let outcome = run(&db, &all, file, options, progress, &mut report);
    let nothing = outcome.is_err() && created && db.snapshot().is_ok_and(|state| state.is_empty());
    // Closing also after an error: the log is sealed and the next opening has nothing to recover.
    let closed = db.close();
    if nothing {
        // Nobody has anything in it; the error is what counts.
        drop(std::fs::remove_file(file));
    }
    outcome?;
    closed?;
    let size = std::fs::metadata(file);
    report.file_bytes = size.map_err(|error| ConvertError::from(error).in_file(file))?.len();
    report.nothing_to_do = report.images_written == 0;
    report.peak_memory = peak_bytes();
    report.seconds = started.elapsed().as_secs_f64();
    Ok(report)
}

fn run(
    db: &Database,
    sources: &[Source],
    file: &Path,
    options: &MaskImportOptions,
    progress: &mut ProgressFn<'_>,
    report: &mut MaskImportReport,
) -> Result<(), ConvertError> {
    let field = field_of(db, options)?;
    report.field.clone_from(&field);
    let mut batches = Batches::new(db, file, &field, options);
    let mut tell = |phase: Phase, done: u64, total: u64| {
        let state = Progress { phase, written: done, verified: done, total: total.max(done) };
        if progress(state) { Ok(()) } else { Err(ConvertError::Stopped { images: done }) }
    };
    let total = sources.len() as u64;
    tell(Phase::Opening, 0, total)?;
    for source in sources {
        let mut keys = Keys { source, wanted: options.key.as_deref(), seen: 0, taken: 0 };
        let read = ReadOptions { format: Some(source.format), ..options.read.clone() };
        let mut only = None;
        let mut add = |key: &str, mut image: ImageSegments| {
            if total > 1 {
                let notes = image.set.notes.iter_mut();
                notes.for_each(|note| *note = format!("image {key}: {note}"));
            }
            let empty = image.set.segments.iter().filter(|value| value.runs.is_empty()).count();
            let stored = batches.add(key, image)?;
            report.add(key, empty as u64, stored);
            tell(Phase::Writing, report.images, total)
        };
        for_each_image(&source.path, &read, &mut |image| {
            match keys.take(image.key.as_deref()) {
                Some(key) => add(&key, image)?,
                None => only = Some(image).filter(|_| keys.seen == 1),
            }
            Ok(true)
        })?;
        // An image that is alone in its file has the key that it is given.
        match (only, keys.wanted) {
            (Some(image), Some(wanted)) if keys.taken == 0 => add(wanted, image)?,
            _ => keys.check()?,
        }
    }
    tell(Phase::Verifying, report.images, total)?;
    batches.commit()
}

/// The field that is asked for, else the only masks field that there is, else a new one.
fn field_of(db: &Database, options: &MaskImportOptions) -> Result<String, ConvertError> {
    if let Some(field) = &options.field {
        return Ok(field.clone());
    }
    let state = db.snapshot()?;
    let fields = state.schema().fields.iter().filter(|def| def.kind == FieldKind::Masks);
    let names: Vec<&str> = fields.map(|def| def.name.as_str()).collect();
    match names.as_slice() {
        [] => Ok(FIELD.to_owned()),
        [only] => Ok((*only).to_owned()),
        several => {
            let text = format!("several masks fields could be meant; name one of {several:?}");
            Err(ConvertError::Refused(text))
        }
    }
}

/// The keys that the images of a source get.
struct Keys<'a> {
    source: &'a Source,
    wanted: Option<&'a str>,
    seen: u64,
    taken: u64,
}

impl Keys<'_> {
    /// The key of an image, or `None` where another one is wanted.
    fn take(&mut self, own: Option<&str>) -> Option<String> {
        self.seen = self.seen.saturating_add(1);
        let key = match (self.wanted, own) {
            (Some(wanted), Some(own)) if wanted != own => return None,
            (Some(wanted), _) => wanted.to_owned(),
            (None, Some(own)) => own.to_owned(),
            (None, None) => self.source.key.clone(),
        };
        self.taken = self.taken.saturating_add(1);
        Some(key)
    }

    fn check(&self) -> Result<(), ConvertError> {
        if self.taken > 0 {
            return Ok(());
        }
        let what = match self.wanted {
            Some(wanted) if self.seen > 0 => {
                format!("none of its {} images is called {wanted:?}", self.seen)
            }
            _ => "there is no image in it; check that it is the right file".to_owned(),
        };
        Err(ConvertError::layout(&self.source.path, what))
    }
}
