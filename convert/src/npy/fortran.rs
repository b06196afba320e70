//! Rows of an array whose first index runs fastest, gathered with bounded memory.
//!
//! Element (i0, i1, ..) of shape [n0, n1, ..] lies at i0 + n0 * (i1 + n1 * (..)). A row is therefore
//! spread over the file; a panel of consecutive rows is a run of elements in every column.

use super::source::ByteSource;
use std::io;

/// Columns are read together as long as they fit in this many bytes.
const SPAN_BYTES: usize = 256 << 10;

/// Where the elements of an array lie.
pub(super) struct Columns<'a> {
    /// The bytes of the file.
    pub(super) source: &'a dyn ByteSource,
    /// Offset of the first element.
    pub(super) data: u64,
    /// All axes.
    pub(super) shape: &'a [u64],
    /// Bytes of an element.
    pub(super) item: usize,
}

impl Columns<'_> {
    /// Fills `panel` with rows `first..first + count` in C order: `[count, row_len]` elements.
    ///
    /// The caller has checked the rows against the shape and the shape against the file. Costs one
    /// read per column, or fewer where columns are short.
    pub(super) fn gather(
        &self,
        first: u64,
        count: usize,
        row_len: usize,
        panel: &mut [u8],
    ) -> io::Result<()> {
        if count == 0 || row_len == 0 {
            return Ok(());
        }
        let (rows, trailing) = self.shape.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let rows = usize::try_from(*rows).map_err(io::Error::other)?;
        let run = count.saturating_mul(self.item);
        let stride = rows.saturating_mul(self.item);
        let together = SPAN_BYTES.checked_div(stride).unwrap_or(1).clamp(1, row_len);
        let longest = stride.saturating_mul(together.saturating_sub(1)).saturating_add(run);
        let mut span = vec![0_u8; longest];
        let mut targets = Targets::new(trailing, row_len);
        let mut column = 0_usize;
        while column < row_len {
            let width = together.min(row_len.saturating_sub(column));
            let length = stride.saturating_mul(width.saturating_sub(1)).saturating_add(run);
            let span = span.get_mut(..length).unwrap_or_default();
            self.source.read_at(self.offset(first, column, rows)?, span)?;
            for elements in span.chunks(stride) {
                let target = targets.next();
                let elements = elements.get(..run).unwrap_or_default();
                self.scatter(elements, target, row_len, panel);
            }
            column = column.saturating_add(width);
        }
        Ok(())
    }

    fn offset(&self, row: u64, column: usize, rows: usize) -> io::Result<u64> {
        let elements = u64::try_from(column.saturating_mul(rows)).ok();
        let bytes = elements
            .and_then(|elements| elements.checked_add(row))
            .and_then(|elements| elements.checked_mul(u64::try_from(self.item).ok()?))
            .and_then(|bytes| bytes.checked_add(self.data));
        bytes.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    /// Puts one run of a column into the rows of the panel.
    fn scatter(&self, elements: &[u8], target: usize, row_len: usize, panel: &mut [u8]) {
        let at = target.saturating_mul(self.item);
        let end = at.saturating_add(self.item);
        let rows = panel.chunks_exact_mut(row_len.saturating_mul(self.item));
        for (row, element) in rows.zip(elements.chunks_exact(self.item)) {
            if let Some(place) = row.get_mut(at..end) {
                place.copy_from_slice(element);
            }
        }
    }
}

/// The C-order index of every column, in the order in which the columns lie in the file.
struct Targets {
    axes: Vec<Axis>,
    next: usize,
}

struct Axis {
    extent: usize,
    stride: usize,
    index: usize,
}

impl Targets {
    fn new(trailing: &[u64], row_len: usize) -> Self {
        let mut stride = row_len;
        let axis = |&extent: &u64| {
            let extent = usize::try_from(extent).unwrap_or(usize::MAX).max(1);
            stride = stride.checked_div(extent).unwrap_or(0);
            Axis { extent, stride, index: 0 }
        };
        Self { axes: trailing.iter().map(axis).collect(), next: 0 }
    }

    fn next(&mut self) -> usize {
        let current = self.next;
        for axis in &mut self.axes {
            axis.index = axis.index.saturating_add(1);
            self.next = self.next.saturating_add(axis.stride);
            if axis.index < axis.extent {
                break;
            }
            self.next = self.next.saturating_sub(axis.extent.saturating_mul(axis.stride));
            axis.index = 0;
        }
        current
    }
}
