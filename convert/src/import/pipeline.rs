//! Reading, writing, flushing and verifying at the same time.

use std::fs::File;
use std::panic::resume_unwind;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, ScopedJoinHandle};

use super::batch::Batch;
use super::findings::SourceFindings;
use super::item::ImageSource;
use super::options::ImportOptions;
use super::statistics::Statistics;
use super::store::Store;
use super::target::Target;
use super::verify::{Verified, Verifier};
use crate::error::ConvertError;

/// What an import is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Reading the source for the first time.
    Opening,
    /// Writing, and verifying what is written.
    Writing,
    /// Everything is written; the rest is verified.
    Verifying,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What it is doing.
    pub phase: Phase,
    /// Images that are committed.
    pub written: u64,
    /// Images that were compared with the source.
    pub verified: u64,
    /// Images of the source; zero while it is being opened.
    pub total: u64,
}

impl Progress {
    pub(super) fn start(phase: Phase) -> Self {
        Self { phase, written: 0, verified: 0, total: 0 }
    }
}

/// What the threads tell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Event {
    Written(u64),
    Verified(u64),
}

/// What is to be done.
pub(super) struct Job<'a> {
    pub(super) images: &'a dyn ImageSource,
    pub(super) file: &'a Path,
    pub(super) target: &'a Target,
    pub(super) options: &'a ImportOptions,
    /// Images that are in the container already.
    pub(super) position: u64,
}

/// What was done.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) statistics: Statistics,
    pub(super) resumed_at: u64,
    pub(super) written: u64,
    pub(super) regions_written: u64,
    pub(super) bytes: u64,
    pub(super) verified: bool,
    pub(super) warnings: Vec<String>,
    pub(super) findings: Option<SourceFindings>,
}

type Joined<T> = Result<T, ConvertError>;

/// Runs the import. `progress` is called by this thread only.
pub(super) fn run(
    job: &Job<'_>,
    mut store: Store<'_>,
    progress: &mut super::ProgressFn<'_>,
) -> Result<Outcome, ConvertError> {
    let stop = AtomicBool::new(false);
    let total = job.images.description().images;
    let stop_ref = &stop;
    let mut state = Progress { phase: Phase::Writing, written: job.position, verified: 0, total };
    let (read, written, verified) = thread::scope(|scope| {
        let store = &mut store;
        let (full, batches) = sync_channel(0);
        let (empty, used) = channel();
        let (committed, commits) = channel();
        let (dirty, flushes) = channel();
        // No further ahead than one batch when the answer to a report is to stop.
        let (events, reports) = sync_channel(0);
        let reader = scope.spawn(move || Reader { job, stop: stop_ref }.run(&full, &used));
        scope.spawn(move || flush(job.file, &flushes));
        let verifier = job.options.verify.then(|| {
            let events = events.clone();
            scope.spawn(move || verify(job, stop_ref, &commits, &events))
        });
        let writer = scope.spawn(move || {
            let links = Links { batches, empty, committed, dirty, events };
            let written = write(job.position, store, stop_ref, links);
            stop_ref.fetch_or(written.is_err(), Ordering::Relaxed);
            written
        });
        for event in reports {
            match event {
                Event::Written(position) => state.written = position,
                Event::Verified(position) => state.verified = position,
            }
            if state.written == total {
                state.phase = Phase::Verifying;
            }
            if !stop.load(Ordering::Relaxed) && !progress(state) {
                stop.store(true, Ordering::Relaxed);
            }
        }
        (join(reader), join(writer), verifier.map(join))
    });
    let written = written?;
    let verified = verified.transpose()?;
    let read = read?;
    let compared = verified.as_ref().map_or(total, |found| found.statistics.images);
    if written < total || compared < total {
        return Err(unfinished(&stop, job, written.min(compared)));
    }
    let bytes = store.bytes;
    Ok(outcome(job, bytes, std::mem::take(&mut store.notes).into_warnings(), read, verified))
}

fn outcome(
    job: &Job<'_>,
    bytes: u64,
    notes: impl Iterator<Item = String>,
    read: Statistics,
    verified: Option<Verified>,
) -> Outcome {
    let description = job.images.description();
    let mut warnings = description.warnings.clone();
    warnings.extend(job.target.loss(description));
    warnings.extend(notes);
    if let Some(found) = verified.as_ref().filter(|found| found.changed > 0) {
        let first = found.first_changed.as_deref().unwrap_or_default();
        let count = found.changed;
        let text = "images of an earlier run that differ from the source now";
        warnings.push(format!("{text}: {count}, first image {first:?}"));
    }
    Outcome {
        resumed_at: job.position,
        written: read.images,
        regions_written: read.regions,
        bytes,
        verified: verified.is_some(),
        statistics: verified.map_or(read, |found| found.statistics),
        warnings,
        findings: description.findings.clone(),
    }
}

fn unfinished(stop: &AtomicBool, job: &Job<'_>, images: u64) -> ConvertError {
    if stop.load(Ordering::Relaxed) {
        return ConvertError::Stopped { images };
    }
    let total = job.images.description().images;
    ConvertError::Refused(format!(
        "the source had {total} images and gave {images}: it has changed; start again"
    ))
}

fn join<T>(handle: ScopedJoinHandle<'_, Joined<T>>) -> Joined<T> {
    // A panic of a thread is a panic of the import.
    handle.join().unwrap_or_else(|panic| resume_unwind(panic))
}

fn verify(
    job: &Job<'_>,
    stop: &AtomicBool,
    commits: &Receiver<u64>,
    events: &SyncSender<Event>,
) -> Joined<Verified> {
    let Job { images, file, target, position, .. } = *job;
    let finished_before = position >= images.description().images;
    let verified = Verifier { images, file, target, finished_before, stop }.run(commits, events);
    stop.fetch_or(verified.is_err(), Ordering::Relaxed);
    verified
}

/// Fills batches.
struct Reader<'a> {
    job: &'a Job<'a>,
    stop: &'a AtomicBool,
}

impl Reader<'_> {
    fn run(&self, full: &SyncSender<Batch>, used: &Receiver<Batch>) -> Joined<Statistics> {
        let Job { images, options, position, .. } = *self.job;
        let dim = images.description().dim;
        let mut statistics = Statistics::new(images.description().names.len());
        if position >= images.description().images {
            return Ok(statistics);
        }
        let mut batch = Batch::default().restart(position, dim, options.batch_bytes);
        images.for_each(position, &mut |_, item| {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            statistics.add(&item);
            batch.add(&item)?;
            if !batch.is_full(options.batch_images, options.batch_bytes) {
                return Ok(true);
            }
            let end = batch.end();
            let sent = full.send(std::mem::take(&mut batch));
            // The writer gives a batch back before it takes the next: two are enough.
            let next = used.try_recv().unwrap_or_default();
            batch = next.restart(end, dim, options.batch_bytes);
            Ok(sent.is_ok())
        })?;
        if !batch.is_empty() && !self.stop.load(Ordering::Relaxed) {
            // Refused only by a writer that failed, and that error counts.
            let _sent = full.send(batch);
        }
        Ok(statistics)
    }
}

/// What the writer is connected to.
struct Links {
    batches: Receiver<Batch>,
    empty: Sender<Batch>,
    committed: Sender<u64>,
    dirty: Sender<()>,
    events: SyncSender<Event>,
}

/// Commits batches; returns how many images of the source are in the container. Nothing that the links
/// lead to is needed for that, so a closed one is no error.
fn write(position: u64, store: &mut Store<'_>, stop: &AtomicBool, links: Links) -> Joined<u64> {
    let mut position = position;
    let _told = links.committed.send(position);
    for batch in links.batches {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let checkpointed = store.write(&batch)?;
        position = batch.end();
        // A reader that opens a log whose commits nobody knows to be durable checks all that they name:
        // the verifier is told of states that it can open at once.
        if checkpointed {
            let _told = links.committed.send(position);
        }
        let _told = links.events.send(Event::Written(position));
        if store.is_deferred() {
            let _told = links.dirty.send(());
        }
        let _told = links.empty.send(batch);
    }
    store.checkpoint()?;
    let _told = links.committed.send(position);
    Ok(position)
}

/// Has the system write out what deferred commits left in its cache, at once instead of all at the end. The
/// syncs of the engine alone say what is durable, so errors here do not matter: the engine sees them too.
fn flush(file: &Path, dirty: &Receiver<()>) {
    let Ok(file) = File::open(file) else { return };
    while dirty.recv().is_ok() {
        dirty.try_iter().for_each(drop);
        if file.sync_data().is_err() {
            return;
        }
    }
}
