//! Where files become bytes.

use std::ops::Range;
use std::path::Path;

use vesalius::storage::{Bytes, FileStorage, Storage};

use super::open::Options;
use super::trail::Trail;
use crate::error::ConvertError;
use crate::npy::{Dtype, FileSource, Header};
use crate::npz::Archive;
use crate::pickle::Plan;

/// A file in memory by map, and where the pickle in it begins.
pub(super) struct SourceBytes {
    bytes: Bytes,
    start: usize,
    /// Of the file that the user named.
    pub(super) fingerprint: String,
}

const ZIP: &[u8] = b"PK";
const NPY: &[u8] = b"\x93NUMPY";
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";
const GZIP: &[u8] = b"\x1f\x8b";

impl SourceBytes {
    /// Opens a pickle, or the pickle in an `.npz` or `.npy` of objects. A deflated one is inflated into a
    /// temporary file that exists as long as the result.
    pub(super) fn open(path: &Path) -> Result<Self, ConvertError> {
        let bytes = map(path)?;
        let fingerprint = super::fingerprint::of(&bytes);
        let is = |magic: &[u8]| bytes.starts_with(magic);
        if is(ZIP) {
            return Self::from_archive(path, fingerprint);
        }
        if is(NPY) {
            let start = object_start(path, path)?;
            return Ok(Self { bytes, start, fingerprint });
        }
        let refusal = if bytes.is_empty() {
            "the file is empty; write it again"
        } else if is(HDF5) {
            "this is an HDF5 file, not a region database; import it as one"
        } else if is(GZIP) {
            "the file is compressed with gzip; decompress it first"
        } else {
            return Ok(Self { bytes, start: 0, fingerprint });
        };
        Err(ConvertError::layout(path, refusal))
    }

    fn from_archive(path: &Path, fingerprint: String) -> Result<Self, ConvertError> {
        let mut archive = Archive::open(path)?;
        let names: Vec<String> =
            archive.members().iter().map(|m| m.array_name().to_owned()).collect();
        let named = names.iter().find(|n| *n == "image_database");
        let Some(name) = named.or_else(|| names.first().filter(|_| names.len() == 1)) else {
            let what = format!("the archive has no `image_database`, but {names:?}");
            return Err(ConvertError::layout(path, what));
        };
        let file = archive.member_to_file(name)?;
        let start = object_start(path, file.path())?;
        // The map outlives the name.
        Ok(Self { bytes: map(file.path())?, start, fingerprint })
    }

    /// The pickle.
    pub(super) fn pickle(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// The plan of reading it.
    pub(super) fn plan(&self, options: &Options) -> Result<Plan, ConvertError> {
        let mut trail = Trail::new(|range| self.release(range));
        let plan = Plan::scan_with(self.pickle(), &options.limits, &mut |at| trail.passed(at))?;
        trail.finish(self.pickle().len() as u64);
        Ok(plan)
    }

    /// Says that a range of the pickle was read: its pages leave this process, see [`Bytes::release`].
    pub(super) fn release(&self, range: Range<u64>) {
        let within = |position: u64| usize::try_from(position).ok()?.checked_add(self.start);
        let range = within(range.start).zip(within(range.end));
        if let Some(passed) = range.and_then(|(start, end)| self.bytes.slice(start..end)) {
            passed.release();
        }
    }
}

fn map(path: &Path) -> Result<Bytes, ConvertError> {
    let read = || {
        let storage = FileStorage::open_read_only(path)?;
        let len = usize::try_from(storage.len()?).map_err(std::io::Error::other)?;
        storage.bytes(0, len)
    };
    read().map_err(|error| ConvertError::from(error).in_file(path))
}

/// Where the pickle of an array of objects begins. `shown` is the file to name in an error.
fn object_start(shown: &Path, npy: &Path) -> Result<usize, ConvertError> {
    let header = Header::read(&FileSource::open(npy)?)?;
    if header.dtype != Dtype::Object {
        let what = "the array holds numbers, not a dictionary; import it as a vector field";
        return Err(ConvertError::layout(shown, what));
    }
    usize::try_from(header.data_offset)
        .map_err(|_| ConvertError::layout(shown, "the header is too long"))
}
