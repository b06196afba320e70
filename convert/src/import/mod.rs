//! Bringing a file into a container.
//!
//! [`import`] recognises its source by content:
//!
//! | source | becomes |
//! |---|---|
//! | a region database (see [`crate::regions`]): a pickle, an `.npz` or `.npy` of objects, a folder of parts, their list | a regions field, `regions` unless named |
//! | an `.npy`, or an array of an `.npz`, of shape `[N, D]` | a vector field, `features` unless named |
//! | one of shape `[N, R, D]` with the names of R regions | a regions field; a row that is all NaN is a region that was not found |
//! | an index of FAISS (see [`crate::faiss`]) | a vector field, `features` unless named, compared as the index does |
//! | a folder of `index.faiss` and `metadata.pkl`, the vector database of other programs | the same with what is known of each image; `prompts.json` and `prompts.npy` beside it become prompt sets |
//! | an HDF5 feature store of the ConceptCLIP programs | a vector field, a tokens field, and a prompt set for each template |
//! | an HDF5 bag of patches, or a folder of them | an image a file, with tokens of any length |
//! | any other dataset of an HDF5 file that [`ImportOptions::dataset`] names | a vector or a tokens field |
//!
//! Beside an array of an `.npz`, arrays of shape `[N]` become attributes, and one called `ids`,
//! `image_ids`, `keys` or `names` the keys of the images.
//!
//! # What is promised
//!
//! * Memory does not depend on the size of the source: images travel in batches of about 8 MiB, and pages of
//!   the source leave the process once they were read.
//! * Every batch is committed together with a cursor: the number of images of the source that are in the
//!   container, under the name of the import and the fingerprint of the source. After a crash the same call
//!   goes on there, and the result is the one that an uninterrupted import has.
//! * Nothing is dropped in silence. What has no column goes to the JSON metadata of its image, or into a
//!   warning.
//! * What was written is read back, through a fresh snapshot of another handle of the file, and compared
//!   with a second reading of the source, bit by bit; from HDF5, whose chunks take long to decode, with
//!   checksums of what was decoded.
//! * A damaged HDF5 file is refused, unless [`ImportOptions::salvage`] asks for what is good of it.
//!
//! Reading, writing, flushing to the medium and verifying run at the same time.
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod batch;
mod clash;
pub(crate) mod create;
pub(crate) mod faiss;
mod findings;
pub(crate) mod h5;
pub(crate) mod ids;
mod item;
mod matrix;
pub(crate) mod memory;
mod options;
mod pipeline;
mod recognise;
mod region_images;
mod report;
mod side;
mod statistics;
mod store;
mod target;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod typing;
mod verify;

pub(crate) use clash::{Notes, merge};
pub use faiss::is_store as is_vector_database;
pub(crate) use faiss::{IMAGE_ID, RESERVED, REST};
pub use findings::{SourceField, SourceFindings};
pub(crate) use ids::Ids;
pub(crate) use item::normalize;
pub use options::{ImageKey, ImportOptions};
pub use pipeline::{Phase, Progress};
pub use report::{ImportReport, RegionRate};

use std::path::Path;
use std::time::Instant;

use vesalius::Database;

use crate::error::ConvertError;
use item::ImageSource;
use pipeline::Job;
use store::Store;
use target::Target;

/// Receives the state of an import after every batch; false stops it.
pub type ProgressFn<'p> = dyn FnMut(Progress) -> bool + 'p;

/// Brings the images of `source` into the container `file`, which is made when it does not exist.
///
/// In a container that exists the field is added, or, where it is there with the same kind and dimension,
/// gets more values. An image that is there already keeps what it has and gets the field; one that has a
/// value in this very field is an error unless [`ImportOptions::replace`] is set.
///
/// When it returns `Ok`, everything is durable and, unless [`ImportOptions::verify`] is off, verified.
///
/// Cost: two passes over the source, three with verification; the container is written once. Memory: a few
/// batches; of a region database up to 32 MiB for each of the two passes that run at once; 32 MiB of the
/// container.
///
/// ```
/// use vesalius_convert::import::{ImportOptions, import};
/// use vesalius_convert::npy::{NpyWriter, Scalar};
///
/// let folder = tempfile::tempdir()?;
/// let (source, file) = (folder.path().join("features.npy"), folder.path().join("cases.vsl"));
/// let mut array = NpyWriter::create(&source, Scalar::F32, &[2, 3])?;
/// array.write(&[1.0_f32, 2.0, 3.0, 4.0, 5.0, 6.0])?;
/// array.finish()?;
///
/// let report = import(&source, &file, &ImportOptions::default(), &mut |_| true)?;
/// assert!(report.verified && report.images == 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// A source that is not readable or not understood, see [`crate::regions::open`]; what does not fit the
/// container, by name; [`ConvertError::Mismatch`]; [`ConvertError::Stopped`]; whatever the engine reports.
/// What was committed before an error stays, and the same call goes on there.
pub fn import(
    source: &Path,
    file: &Path,
    options: &ImportOptions,
    progress: &mut ProgressFn<'_>,
) -> Result<ImportReport, ConvertError> {
    let started = Instant::now();
    if !progress(Progress::start(Phase::Opening)) {
        return Err(ConvertError::Stopped { images: 0 });
    }
    let images: Box<dyn ImageSource> = if faiss::is_store(source) {
        Box::new(faiss::VectorStore::open(source, options)?)
    } else if h5::recognise(source)? {
        return h5::import(source, file, options, progress, started);
    } else {
        options.refuse_for_arrays()?;
        recognise::open(source, options)?
    };
    let images: &dyn ImageSource = &*images;
    let name = options.ingest_name(source, images.description());
    let (db, created) = create::open_or_create(file)?;
    let outcome = run(&db, images, &name, file, options, progress);
    // Closing also after an error: the log is sealed and the next opening has nothing to recover.
    let closed = db.close();
    let outcome = outcome?;
    closed?;
    let mut report = ImportReport::new(source, file, images.description(), &name, created);
    report.finish(outcome, file, started)?;
    Ok(report)
}

fn run(
    db: &Database,
    images: &dyn ImageSource,
    name: &str,
    file: &Path,
    options: &ImportOptions,
    progress: &mut ProgressFn<'_>,
) -> Result<pipeline::Outcome, ConvertError> {
    let description = images.description();
    let fingerprint = options.fingerprint(description);
    let position = store::resume_at(db, name, &fingerprint, description.images)?;
    let target = Target::plan(db, description, options)?;
    let store = Store::new(db, &target, images, name, fingerprint, options);
    let job = Job { images, file, target: &target, options, position };
    let outcome = pipeline::run(&job, store, progress)?;
    if options.verify && position == 0 {
        store::compare_prompts(file, images, &target)?;
    }
    Ok(outcome)
}
