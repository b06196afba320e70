//! Rows of a dataset in order, a bounded window of them decoded at a time.

use super::chunks::{self, Window};
use super::copy::{Span, copy_chunk};
use super::dataset::Dataset;
use super::element;
use super::error::{H5Error, H5ErrorKind};
use super::layout::{Grid, Layout};
use super::limits;

/// A reader of rows. Read in order, each chunk is decoded once, however the batches fall; memory is
/// one window of at most `limits::MAX_WINDOW_BYTES` and one chunk.
pub struct Rows<'a> {
    dataset: &'a Dataset,
    index: Option<Window>,
    first: u64,
    count: u64,
    bytes: Vec<u8>,
    read: u64,
    missing: u64,
}

impl<'a> Rows<'a> {
    pub(super) fn new(dataset: &'a Dataset) -> Result<Self, H5Error> {
        if dataset.row_bytes > limits::MAX_ROW_BYTES {
            let what = format!("a row of {} bytes is too large", dataset.row_bytes);
            return Err(dataset.error(H5ErrorKind::Limit, what));
        }
        // Rows of nothing could be any number of them.
        if dataset.row_bytes == 0 && dataset.row_count() > 0 {
            return Err(dataset.error(H5ErrorKind::Kind, "its rows hold no elements"));
        }
        Ok(Self {
            dataset,
            index: None,
            first: 0,
            count: 0,
            bytes: Vec::new(),
            read: 0,
            missing: 0,
        })
    }

    /// Chunks decoded so far.
    pub fn chunks_read(&self) -> u64 {
        self.read
    }

    /// Chunks that were never written, read as the fill value. A dataset in one piece counts as
    /// one.
    pub fn chunks_missing(&self) -> u64 {
        self.missing
    }

    /// How many rows fit a batch of `limits::MAX_BATCH_BYTES`: at least one, at most `wanted`.
    pub fn batch_rows(&self, wanted: u64) -> u64 {
        let fit = limits::MAX_BATCH_BYTES / self.dataset.row_bytes.max(1);
        wanted.min(u64::try_from(fit).unwrap_or(u64::MAX)).max(1)
    }

    /// Puts the rows from `start`, at most `count` of them and not more than a batch, into `out`,
    /// which is emptied first: native values, little-endian, one row after another. Returns their
    /// number, 0 at the end.
    pub fn read(&mut self, start: u64, count: u64, out: &mut Vec<u8>) -> Result<u64, H5Error> {
        out.clear();
        let left = self.dataset.row_count().saturating_sub(start);
        let count = self.batch_rows(count.max(1)).min(left);
        let mut done = 0;
        while done < count {
            let row = start + done;
            self.load(row)?;
            let skip = row - self.first;
            let take = (self.count - skip).min(count - done);
            let size = self.dataset.row_bytes as u64;
            let range = to_usize(skip * size)..to_usize((skip + take) * size);
            let rows = self.bytes.get(range).ok_or_else(|| self.short())?;
            out.extend_from_slice(rows);
            done += take;
        }
        Ok(done)
    }

    fn short(&self) -> H5Error {
        self.dataset.error(H5ErrorKind::Damaged, "its values end too early")
    }

    /// Makes the window hold `row`.
    pub(super) fn load(&mut self, row: u64) -> Result<(), H5Error> {
        if row >= self.first && row - self.first < self.count {
            return Ok(());
        }
        self.count = 0;
        // The old window goes before the new one comes.
        self.bytes = Vec::new();
        let dataset = self.dataset;
        match &dataset.layout {
            Layout::Compact(data) => self.take_compact(data)?,
            Layout::Contiguous { address, size } => self.take_piece(row, *address, *size)?,
            Layout::Chunked(grid) => self.take_chunks(row, grid)?,
        }
        if dataset.stored.swapped {
            element::swap(&mut self.bytes, dataset.stored.size);
        }
        Ok(())
    }

    fn take_compact(&mut self, data: &[u8]) -> Result<(), H5Error> {
        let rows = self.dataset.row_count();
        let size = (self.dataset.row_bytes as u64).checked_mul(rows);
        let size = size.and_then(|n| usize::try_from(n).ok());
        self.bytes = size.and_then(|n| data.get(..n)).ok_or_else(|| self.short())?.to_vec();
        (self.first, self.count) = (0, rows);
        Ok(())
    }

    /// The window of at most `limits::MAX_BATCH_BYTES` from `row` of a dataset in one piece.
    fn take_piece(&mut self, row: u64, address: u64, size: u64) -> Result<(), H5Error> {
        let dataset = self.dataset;
        let count = self.batch_rows(dataset.row_count() - row);
        let row_bytes = dataset.row_bytes as u64;
        let file = dataset.file.data();
        let unwritten =
            hdf5_reader::io::Cursor::is_undefined_offset(address, file.superblock().offset_size);
        if size == 0 || unwritten {
            self.missing = 1;
            self.bytes = self.filled(count)?;
        } else {
            let (skip, length) = (row.checked_mul(row_bytes), count * row_bytes);
            let inside = skip.and_then(|s| s.checked_add(length)).is_some_and(|end| end <= size);
            let at = skip.and_then(|s| address.checked_add(s)).filter(|_| inside);
            let at = at.ok_or_else(|| self.short())?;
            let read = file.storage().read_range(at, to_usize(length));
            self.bytes = read.map_err(|e| dataset.fail(&e))?.to_vec();
        }
        (self.first, self.count) = (row, count);
        Ok(())
    }

    /// The chunk row of `row`, or, where that is larger than a window, a part of it that begins at
    /// `row`.
    fn take_chunks(&mut self, row: u64, grid: &Grid) -> Result<(), H5Error> {
        let dataset = self.dataset;
        let axis = dataset.row_axis;
        let height = grid.dims.get(axis).copied().unwrap_or(1);
        let chunk_row = row / height;
        let top = chunk_row * height;
        let end = top.saturating_add(height).min(dataset.row_count());
        let fit = limits::MAX_WINDOW_BYTES / dataset.row_bytes.max(1);
        let fit = u64::try_from(fit).unwrap_or(u64::MAX).max(1);
        let first = if end - top <= fit { top } else { row };
        let count = (end - first).min(fit);
        let whole = first == top;
        let index = match self.index.take().filter(|w| w.holds(chunk_row)) {
            Some(index) => index,
            None => Window::read(dataset, grid, chunk_row)?,
        };
        let span = Span { top, first, count };
        let result = self.assemble(grid, &index, chunk_row, &span, whole);
        self.index = Some(index);
        self.bytes = result?;
        (self.first, self.count) = (first, count);
        Ok(())
    }

    fn assemble(
        &mut self,
        grid: &Grid,
        index: &Window,
        chunk_row: u64,
        span: &Span,
        whole: bool,
    ) -> Result<Vec<u8>, H5Error> {
        let dataset = self.dataset;
        let tail = |dims: &'a [u64]| dims.get(dataset.row_axis + 1..).unwrap_or_default();
        let spans_all = match &dataset.layout {
            Layout::Chunked(own) => tail(&own.dims) == tail(&dataset.shape),
            _ => false,
        };
        let (counts, across) = chunks::across(dataset, grid).unwrap_or_default();
        if spans_all && across == 1 && span.first == span.top {
            // The chunk is the window: nothing to put together.
            if let Some(place) = index.place(chunk_row, 0) {
                let mut bytes = chunks::decode(dataset, grid, place)?;
                self.read += 1;
                bytes.truncate(to_usize(span.count * dataset.row_bytes as u64));
                return Ok(bytes);
            }
        }
        let mut bytes = self.filled(span.count)?;
        let mut at = vec![0_u64; counts.len()];
        for number in 0..across {
            match index.place(chunk_row, number) {
                Some(place) => {
                    let chunk = chunks::decode(dataset, grid, place)?;
                    self.read += 1;
                    copy_chunk(dataset, grid, &at, span, &chunk, &mut bytes)
                        .ok_or_else(|| self.short())?;
                }
                None => self.missing += u64::from(whole),
            }
            super::copy::advance(&mut at, &counts);
        }
        Ok(bytes)
    }

    /// Rows of the fill value; zeros where the file gives none.
    fn filled(&self, rows: u64) -> Result<Vec<u8>, H5Error> {
        let size = to_usize(rows).checked_mul(self.dataset.row_bytes);
        let size = size.filter(|n| *n <= limits::MAX_WINDOW_BYTES.max(limits::MAX_BATCH_BYTES));
        let mut bytes = vec![0; size.ok_or_else(|| self.short())?];
        if let Some(fill) = self.dataset.fill.as_ref().filter(|f| f.iter().any(|b| *b != 0)) {
            bytes.chunks_exact_mut(fill.len()).for_each(|b| b.copy_from_slice(fill));
        }
        Ok(bytes)
    }

    /// The rows of the present window: first row, rows, bytes.
    pub(super) fn window(&self) -> (u64, u64, &[u8]) {
        (self.first, self.count, &self.bytes)
    }
}

fn to_usize(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
