//! An open HDF5 file: the way to its objects.

use std::path::{Path, PathBuf};

use hdf5_reader::Hdf5File;
use hdf5_reader::error::Error;
use hdf5_reader::group::Group;

use super::attribute::{self, Attribute};
use super::dataset::Dataset;
use super::error::{H5Error, H5ErrorKind, sort};
use super::source::Source;
use super::tree::{self, Tree};

/// An HDF5 file that is open for reading.
///
/// Links into other files and data kept in other files are not followed. Nothing is locked: a file
/// that is being written may look damaged.
#[derive(Clone)]
pub struct H5File {
    path: PathBuf,
    source: Source,
    data: Hdf5File,
}

impl std::fmt::Debug for H5File {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("H5File").field("path", &self.path).finish_non_exhaustive()
    }
}

impl H5File {
    /// Opens the file at `path` and reads its first block.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, H5Error> {
        let path = path.as_ref();
        let source = Source::open(path).map_err(|e| at(path, "", &e))?;
        Self::from_source(path, source)
    }

    /// Reads a file that is in memory; `name` stands for its path in errors.
    pub fn from_bytes(name: impl AsRef<Path>, bytes: Vec<u8>) -> Result<Self, H5Error> {
        Self::from_source(name.as_ref(), Source::memory(bytes))
    }

    fn from_source(path: &Path, source: Source) -> Result<Self, H5Error> {
        let data = source.data().map_err(|e| at(path, "", &e))?;
        Ok(Self { path: path.to_path_buf(), source, data })
    }

    /// The same file, read leniently: structures that reach beyond its end read as zeros there.
    pub(super) fn lenient(&self) -> Self {
        Self { source: self.source.padded(), ..self.clone() }
    }

    /// The path that the file was opened with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lists groups and datasets, by name, depth first. What cannot be read is listed with its
    /// error.
    pub fn tree(&self) -> Result<Tree, H5Error> {
        tree::list(self)
    }

    /// The dataset at `path` (`/group/name`). Its shape, type and filters are read, its values are
    /// not.
    pub fn dataset(&self, path: &str) -> Result<Dataset, H5Error> {
        let meta = self.meta(path)?;
        let found = meta.dataset(path).map_err(|e| self.fail(path, &e))?;
        Dataset::describe(self, &meta, path, &found)
    }

    /// Whether something of that name can be opened as a dataset. A damaged one counts as present.
    pub fn has_dataset(&self, path: &str) -> Result<bool, H5Error> {
        match self.meta(path)?.dataset(path) {
            Ok(_) => Ok(true),
            Err(error) => Ok(sort(&error).0 != H5ErrorKind::Missing),
        }
    }

    /// The names of the groups and of the datasets in the group at `path`, both sorted.
    pub fn members(&self, path: &str) -> Result<(Vec<String>, Vec<String>), H5Error> {
        let meta = self.meta(path)?;
        let listed = meta.group(path).and_then(|g| g.member_names());
        let (mut groups, mut datasets) = listed.map_err(|e| self.fail(path, &e))?;
        groups.sort_unstable();
        datasets.sort_unstable();
        Ok((groups, datasets))
    }

    /// The attributes of the group or dataset at `path`, in the order of the file.
    pub fn attributes(&self, path: &str) -> Result<Vec<Attribute>, H5Error> {
        let meta = self.meta(path)?;
        let raw = match meta.group(path) {
            Ok(group) => group.raw_attributes(),
            Err(Error::GroupNotFound(_)) => meta.dataset(path).and_then(|d| d.raw_attributes()),
            Err(error) => Err(error),
        };
        let raw = raw.map_err(|e| self.fail(path, &e))?;
        Ok(attribute::decode_all(&meta, &raw))
    }

    pub(super) fn meta(&self, object: &str) -> Result<Hdf5File, H5Error> {
        self.source.meta().map_err(|e| self.fail(object, &e))
    }

    pub(super) fn root(&self, meta: &Hdf5File) -> Result<Group, H5Error> {
        meta.root_group().map_err(|e| self.fail("/", &e))
    }

    pub(super) fn group_address(&self, path: &str) -> Result<u64, H5Error> {
        let found = self.meta(path)?.group(path).map(|g| g.address());
        found.map_err(|e| self.fail(path, &e))
    }

    pub(super) fn data(&self) -> &Hdf5File {
        &self.data
    }

    pub(super) fn fail(&self, object: &str, error: &Error) -> H5Error {
        at(&self.path, object, error)
    }

    pub(super) fn error(
        &self,
        kind: H5ErrorKind,
        object: &str,
        what: impl Into<String>,
    ) -> H5Error {
        H5Error::new(kind, &self.path, object, what)
    }
}

fn at(path: &Path, object: &str, error: &Error) -> H5Error {
    let (kind, what) = sort(error);
    H5Error::new(kind, path, object, what)
}
