//! A dataset: its shape, its element type, and where its values lie.

use std::sync::Arc;

use hdf5_reader::Hdf5File;
use hdf5_reader::error::Error;
use hdf5_reader::filters::FilterRegistry;
use hdf5_reader::messages::HdfMessage;
use hdf5_reader::messages::filter_pipeline::FilterDescription;
use hdf5_reader::object_header::ObjectHeader;

use super::attribute::Attribute;
use super::chunks::Window;
use super::element::{ElementType, Stored};
use super::error::{H5Error, H5ErrorKind};
use super::file::H5File;
use super::layout::Layout;
use super::limits;
use super::rows::Rows;

/// A dataset that is open for reading: rows along its first axis, each of a fixed number of
/// elements.
///
/// A scalar counts as one row of one element.
#[derive(Clone)]
pub struct Dataset {
    pub(super) file: H5File,
    pub(super) path: String,
    /// The shape as stored; the axes before `row_axis` have length one and are not counted.
    pub(super) shape: Vec<u64>,
    pub(super) row_axis: usize,
    pub(super) max_shape: Option<Vec<u64>>,
    pub(super) stored: Stored,
    pub(super) layout: Layout,
    pub(super) filters: Vec<FilterDescription>,
    pub(super) fill: Option<Vec<u8>>,
    pub(super) registry: Arc<FilterRegistry>,
    pub(super) row_bytes: usize,
    /// Whether parts of the chunk index that cannot be read are left out, as if never written.
    pub(super) lenient: bool,
}

impl std::fmt::Debug for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.element().name();
        write!(f, "{}: {name} {:?}", self.path, self.shape())
    }
}

impl Dataset {
    pub(super) fn describe(
        file: &H5File,
        meta: &Hdf5File,
        path: &str,
        found: &hdf5_reader::Dataset,
    ) -> Result<Self, H5Error> {
        let fail = |e: &Error| file.fail(path, e);
        let header = meta.get_or_parse_header(found.address()).map_err(|e| fail(&e))?;
        let raw = found.raw_datatype().map_err(|e| fail(&e))?;
        let reference = found.vlen_reference_size();
        let unsupported = |what| file.error(H5ErrorKind::Unsupported, path, what);
        let stored = Stored::of(found.dtype(), &raw, reference)
            .map_err(|what| unsupported(format!("its elements are {what}")))?;
        let shape = found.shape().to_vec();
        let damaged = |what: &str| file.error(H5ErrorKind::Damaged, path, what);
        if shape.len() > limits::MAX_RANK || stored.size == 0 {
            return Err(damaged("its shape or type is impossible"));
        }
        let layout = Layout::of(&header, shape.len(), stored.size)
            .map_err(|(kind, what)| file.error(kind, path, what))?;
        let row_bytes = row_bytes(&shape, 0, stored.size);
        Ok(Self {
            file: file.clone(),
            path: path.to_owned(),
            row_axis: 0,
            lenient: false,
            max_shape: found.max_dims().map(<[u64]>::to_vec),
            fill: fill_of(&header, stored.size),
            filters: filters_of(&header),
            registry: Arc::new(FilterRegistry::new()),
            row_bytes: row_bytes.ok_or_else(|| damaged("its shape is too large to count"))?,
            shape,
            stored,
            layout,
        })
    }

    /// The path inside the file.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The lengths of the axes; empty for a scalar.
    pub fn shape(&self) -> &[u64] {
        self.shape.get(self.row_axis..).unwrap_or_default()
    }

    /// The element type of what reading gives.
    pub fn element(&self) -> ElementType {
        self.stored.element
    }

    /// The number of rows: the length of the first axis.
    pub fn row_count(&self) -> u64 {
        self.shape().first().copied().unwrap_or(1)
    }

    /// Bytes of one row as read.
    pub fn row_bytes(&self) -> usize {
        self.row_bytes
    }

    /// The shape of a chunk, if the dataset is chunked.
    pub fn chunk_shape(&self) -> Option<&[u64]> {
        match &self.layout {
            Layout::Chunked(grid) => grid.dims.get(self.row_axis..),
            _ => None,
        }
    }

    /// The filters in the order of writing, by name: `shuffle`, `deflate`, `lzf`, or a number.
    pub fn filter_names(&self) -> Vec<String> {
        self.filters.iter().map(|f| filter_name(f.id)).collect()
    }

    /// The attributes of the dataset.
    pub fn attributes(&self) -> Result<Vec<Attribute>, H5Error> {
        self.file.attributes(&self.path)
    }

    /// The same values without a first axis of length one, so that the second axis counts rows:
    /// some programs write `[1, n, D]`. None where the first axis is not of length one, or is the
    /// only one.
    pub fn without_unit_axis(&self) -> Option<Self> {
        let row_axis = self.row_axis + 1;
        if self.shape.len() <= row_axis || self.shape.get(self.row_axis) != Some(&1) {
            return None;
        }
        let row_bytes = row_bytes(&self.shape, row_axis, self.stored.size)?;
        Some(Self { row_axis, row_bytes, ..self.clone() })
    }

    /// The same dataset, read leniently: chunks that a damaged index no longer finds read as the
    /// fill value and count as missing.
    #[must_use]
    pub fn lenient(self) -> Self {
        Self { lenient: true, ..self }
    }

    /// How many chunks were never written; a dataset in one piece counts as one. Reads only the
    /// index.
    pub fn missing_chunks(&self) -> Result<u64, H5Error> {
        let grid = match &self.layout {
            Layout::Compact(_) => return Ok(0),
            Layout::Contiguous { size, .. } => return Ok(u64::from(*size == 0)),
            Layout::Chunked(grid) => grid,
        };
        let height = grid.dims.get(self.row_axis).copied().unwrap_or(1);
        let rows = self.row_count().div_ceil(height);
        let (mut row, mut missing) = (0, 0);
        while row < rows {
            if row > limits::MAX_COUNTED_CHUNKS {
                return Err(self.error(H5ErrorKind::Limit, "it has too many chunks to count"));
            }
            let window = Window::read(self, grid, row)?;
            missing += window.missing();
            row = window.end();
        }
        Ok(missing)
    }

    /// Refuses a dataset that declares more values than the file can hold in any compressed form,
    /// so that reading every row takes time in proportion to the file. Never-written chunks are
    /// thus refused where they are most of a dataset.
    pub(super) fn check_extent(&self) -> Result<(), H5Error> {
        let values = (self.row_bytes as u64).checked_mul(self.row_count());
        let most = self.file.data().storage().len().saturating_mul(limits::MAX_RATIO);
        if values.is_none_or(|n| n > most) {
            let what = format!("its {} rows cannot be in a file of this size", self.row_count());
            return Err(self.error(H5ErrorKind::Damaged, what));
        }
        Ok(())
    }

    /// A reader of rows. Refuses rows and chunks that are too large.
    pub fn rows(&self) -> Result<Rows<'_>, H5Error> {
        Rows::new(self)
    }

    pub(super) fn error(&self, kind: H5ErrorKind, what: impl Into<String>) -> H5Error {
        self.file.error(kind, &self.path, what)
    }

    pub(super) fn fail(&self, error: &Error) -> H5Error {
        self.file.fail(&self.path, error)
    }
}

/// The name of a filter, for listings and errors.
pub(super) fn filter_name(id: u16) -> String {
    let known = match id {
        1 => "deflate",
        2 => "shuffle",
        3 => "fletcher32",
        4 => "szip",
        5 => "nbit",
        6 => "scaleoffset",
        32000 => "lzf",
        32001 => "blosc",
        32004 => "lz4",
        32008 => "bitshuffle",
        32015 => "zstd",
        32026 => "blosc2",
        _ => return format!("filter {id}"),
    };
    known.to_owned()
}

/// Elements after the row axis times their size.
fn row_bytes(shape: &[u64], row_axis: usize, size: usize) -> Option<usize> {
    let rest = shape.get(row_axis + 1..).unwrap_or_default();
    rest.iter().try_fold(size, |n, d| n.checked_mul(usize::try_from(*d).ok()?))
}

fn fill_of(header: &ObjectHeader, size: usize) -> Option<Vec<u8>> {
    header.messages.iter().find_map(|m| match m {
        HdfMessage::FillValue(fill) => fill.value.clone().filter(|v| v.len() == size),
        _ => None,
    })
}

fn filters_of(header: &ObjectHeader) -> Vec<FilterDescription> {
    let found = header.messages.iter().find_map(|m| match m {
        HdfMessage::FilterPipeline(pipeline) => Some(pipeline.filters.clone()),
        _ => None,
    });
    found.unwrap_or_default()
}
