//! The index of chunks, a window of chunk rows at a time, and the decoding of one chunk.

use hdf5_reader::chunk_index::{self, ChunkEntry};
use hdf5_reader::error::Error;
use hdf5_reader::extensible_array::collect_extensible_array_chunk_entries_storage;
use hdf5_reader::fixed_array::collect_fixed_array_chunk_entries_storage;
use hdf5_reader::io::Cursor;
use hdf5_reader::messages::layout::ChunkIndexing;

use super::btree::{self, Wanted};
use super::dataset::{Dataset, filter_name};
use super::error::{H5Error, H5ErrorKind};
use super::layout::Grid;
use super::limits;
use super::lzf;

/// Where an encoded chunk lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) address: u64,
    /// Bytes in the file; 0 where the index does not say.
    pub(super) size: u64,
    /// Bit n: filter n was not applied.
    pub(super) skipped: u32,
}

/// The places of the chunks of some chunk rows.
pub(super) struct Window {
    first: u64,
    end: u64,
    across: u64,
    places: Vec<Option<Place>>,
}

/// Chunks along each axis after the row axis, and their product.
pub(super) fn across(dataset: &Dataset, grid: &Grid) -> Option<(Vec<u64>, u64)> {
    let shape = dataset.shape.iter().zip(&grid.dims).skip(dataset.row_axis + 1);
    let counts: Vec<u64> = shape.map(|(n, c)| n.div_ceil(*c)).collect();
    let all = counts.iter().try_fold(1_u64, |n, c| n.checked_mul(*c))?;
    (all <= limits::MAX_INDEX_CHUNKS).then_some((counts, all))
}

impl Window {
    /// Reads the window that begins at chunk row `first`.
    pub(super) fn read(dataset: &Dataset, grid: &Grid, first: u64) -> Result<Self, H5Error> {
        let too_many = || dataset.error(H5ErrorKind::Limit, "a row goes over too many chunks");
        let (counts, across) = across(dataset, grid).ok_or_else(too_many)?;
        let height = grid.dims.get(dataset.row_axis).copied().unwrap_or(1);
        let all = dataset.row_count().div_ceil(height);
        let rows = (limits::MAX_INDEX_CHUNKS / across.max(1)).max(1);
        let end = first.saturating_add(rows).min(all);
        let slots = end.saturating_sub(first).saturating_mul(across);
        let slots = usize::try_from(slots).map_err(|_| too_many())?;
        let mut window = Self { first, end, across, places: vec![None; slots] };
        if slots == 0 {
            return Ok(window);
        }
        let wanted = wanted(dataset.row_axis, first, end, &counts);
        window.fill(dataset, grid, &wanted)?;
        Ok(window)
    }

    pub(super) fn holds(&self, chunk_row: u64) -> bool {
        (self.first..self.end).contains(&chunk_row)
    }

    /// The place of chunk number `at` of a chunk row, counting across the other axes.
    pub(super) fn place(&self, chunk_row: u64, at: u64) -> Option<Place> {
        let slot = chunk_row.checked_sub(self.first)?.checked_mul(self.across)?.checked_add(at)?;
        self.places.get(usize::try_from(slot).ok()?).copied().flatten()
    }

    /// Chunks of the window that were never written.
    pub(super) fn missing(&self) -> u64 {
        self.places.iter().filter(|p| p.is_none()).count() as u64
    }

    /// The chunk row after the window.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    fn fill(&mut self, dataset: &Dataset, grid: &Grid, wanted: &Wanted) -> Result<(), H5Error> {
        let lenient = dataset.lenient;
        let meta = dataset.file.meta(&dataset.path)?;
        let sizes = meta.superblock();
        if Cursor::is_undefined_offset(grid.address, sizes.offset_size) {
            return Ok(());
        }
        let mut twice = false;
        let mut put = |offsets: &[u64], place: Place| {
            if Cursor::is_undefined_offset(place.address, sizes.offset_size) {
                return;
            }
            let slot = wanted.slot(offsets, &grid.dims).and_then(|n| usize::try_from(n).ok());
            if let Some(slot) = slot.and_then(|n| self.places.get_mut(n)) {
                twice |= slot.is_some();
                *slot = Some(place);
            }
        };
        if let Some(indexing) = &grid.indexing {
            let bounds = (wanted.first.as_slice(), wanted.last.as_slice());
            let found = collect(dataset, grid, indexing, &meta, bounds);
            for entry in found.map_err(|e| dataset.fail(&e))? {
                let place =
                    Place { address: entry.address, size: entry.size, skipped: entry.filter_mask };
                put(&entry.offsets, place);
            }
        } else {
            let walked = btree::walk(&meta, grid, wanted, lenient, &mut put);
            walked.map_err(|e| dataset.fail(&e))?;
        }
        if twice && !lenient {
            return Err(dataset.error(H5ErrorKind::Damaged, "two chunks have the same place"));
        }
        Ok(())
    }
}

fn wanted(row_axis: usize, first: u64, end: u64, counts: &[u64]) -> Wanted {
    let mut low = vec![0; row_axis];
    let mut high = low.clone();
    low.push(first);
    high.push(end.saturating_sub(1));
    low.extend(counts.iter().map(|_| 0));
    high.extend(counts.iter().map(|n| n.saturating_sub(1)));
    Wanted { first: low, last: high }
}

/// The entries of the indexes of newer files, by the walkers of the parsing crate.
fn collect(
    dataset: &Dataset,
    grid: &Grid,
    indexing: &ChunkIndexing,
    meta: &hdf5_reader::Hdf5File,
    bounds: (&[u64], &[u64]),
) -> Result<Vec<ChunkEntry>, Error> {
    let (storage, sizes) = (meta.storage(), meta.superblock());
    let (offset, length) = (sizes.offset_size, sizes.length_size);
    let (at, shape, dims) = (grid.address, dataset.shape.as_slice(), grid.dims32.as_slice());
    match indexing {
        ChunkIndexing::SingleChunk { filtered_size, filters } => {
            Ok(vec![chunk_index::single_chunk_entry(at, *filtered_size, *filters, shape.len())])
        }
        ChunkIndexing::Implicit => chunk_index::collect_implicit_chunk_entries(
            at,
            shape,
            dims,
            dataset.stored.size,
            Some(bounds),
            storage.len(),
        ),
        ChunkIndexing::FixedArray { .. } => collect_fixed_array_chunk_entries_storage(
            storage,
            at,
            offset,
            length,
            shape,
            dims,
            Some(bounds),
        ),
        ChunkIndexing::ExtensibleArray { .. } => collect_extensible_array_chunk_entries_storage(
            storage,
            at,
            offset,
            length,
            shape,
            dataset.max_shape.as_deref(),
            dims,
            Some(bounds),
        ),
        ChunkIndexing::BTreeV2 => {
            let rank = u32::try_from(shape.len()).unwrap_or(u32::MAX);
            chunk_index::collect_v2_chunk_entries_storage(
                storage,
                at,
                offset,
                length,
                rank,
                dims,
                Some(bounds),
            )
        }
    }
}

/// Reads and decodes one chunk: exactly `grid.bytes` bytes.
pub(super) fn decode(dataset: &Dataset, grid: &Grid, place: Place) -> Result<Vec<u8>, H5Error> {
    // A filter may lengthen what it cannot shorten, but not by much.
    let limit = grid.bytes + grid.bytes / 4 + 4096;
    let size = if place.size == 0 { grid.bytes } else { to_size(place.size) };
    if size > limit {
        let what = format!("a chunk of {} bytes is stored in {size}", grid.bytes);
        return Err(dataset.error(H5ErrorKind::Damaged, what));
    }
    let storage = dataset.file.data().storage();
    let read = storage.read_range(place.address, size).map_err(|e| dataset.fail(&e))?;
    let mut bytes: Option<Vec<u8>> = None;
    for (at, filter) in dataset.filters.iter().enumerate().rev() {
        let skipped = u32::try_from(at).ok().and_then(|n| place.skipped.checked_shr(n));
        if skipped.unwrap_or(0) & 1 == 1 {
            continue;
        }
        let input: &[u8] = bytes.as_deref().unwrap_or(&*read);
        let output = if filter.id == lzf::LZF_FILTER {
            lzf::decompress(input, limit)
                .map_err(|e| dataset.error(H5ErrorKind::Damaged, e.text()))?
        } else {
            let size = dataset.stored.size;
            let done = dataset.registry.apply_with_limit(filter, input, size, Some(limit));
            done.map_err(|e| match e {
                Error::UnsupportedFilter(_) => {
                    let what = format!("its chunks went through {}", filter_name(filter.id));
                    dataset.error(H5ErrorKind::Unsupported, what)
                }
                other => dataset.fail(&other),
            })?
        };
        bytes = Some(output);
    }
    let bytes = bytes.unwrap_or_else(|| read.to_vec());
    if bytes.len() != grid.bytes {
        let what = format!("a chunk has {} bytes instead of {}", bytes.len(), grid.bytes);
        return Err(dataset.error(H5ErrorKind::Damaged, what));
    }
    Ok(bytes)
}

fn to_size(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}
