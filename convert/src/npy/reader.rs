//! Rows of an array file, converted block by block.

use super::decode::{self, Conversion};
use super::dtype::{Dtype, Scalar};
use super::error::{NpyError, NpyErrorKind};
use super::fortran::Columns;
use super::header::Header;
use super::source::{ByteSource, FileSource, Section};
use super::text;
use half::f16;
use std::path::Path;
use std::sync::Arc;

/// Bytes that are read and converted at a time.
const BLOCK_BYTES: usize = 256 << 10;
/// Bytes that [`NpyFile::preferred_rows`] aims at.
const PANEL_BYTES: u64 = 4 << 20;

/// Takes a block of elements and the offset at which it was read.
type Give<'a> = dyn FnMut(&mut [u8], u64) -> Result<(), NpyError> + 'a;

/// An array on disk whose header, shape and length have been found to agree.
///
/// Its *rows* run along the first axis: `[N, D]` has N rows of D, `[N, h, w, D]` has N rows of
/// h w D in C order, `[D]` has D rows of one element (see [`NpyFile::as_single_row`]), a single value
/// is one row of one.
#[derive(Clone)]
pub struct NpyFile {
    source: Arc<dyn ByteSource>,
    header: Header,
    rows: u64,
    row_len: usize,
}

impl NpyFile {
    /// Opens an array file. Reads the header only.
    ///
    /// # Errors
    /// Everything that [`NpyFile::from_source`] refuses; the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, NpyError> {
        Self::from_source(Arc::new(FileSource::open(path)?))
    }

    /// Opens an array in any source of bytes.
    ///
    /// # Errors
    /// See [`Header::read`]; data that is shorter or longer than the shape says, to the byte. What
    /// follows the header of an array of objects is not looked at.
    pub fn from_source(source: Arc<dyn ByteSource>) -> Result<Self, NpyError> {
        let header = Header::read(&*source)?;
        let available = source.len();
        if let Some(item) = header.dtype.item_bytes() {
            let bytes = u64::try_from(item).ok().and_then(|item| header.elements.checked_mul(item));
            let needed = bytes.and_then(|bytes| bytes.checked_add(header.data_offset));
            let needed =
                needed.ok_or_else(|| NpyErrorKind::ShapeOverflow.at(header.data_offset))?;
            if available < needed {
                return Err(NpyErrorKind::Truncated { needed, available }.at(available));
            }
            if available > needed {
                return Err(
                    NpyErrorKind::TrailingBytes(available.saturating_sub(needed)).at(needed)
                );
            }
        }
        let rows = header.shape.first().copied().unwrap_or(1);
        let trailing = header.shape.get(1..).unwrap_or_default();
        let row_len = trailing.iter().try_fold(1_u64, |product, &axis| product.checked_mul(axis));
        let row_len = row_len.and_then(|len| usize::try_from(len).ok());
        let row_len = row_len.ok_or_else(|| NpyErrorKind::ShapeOverflow.at(header.data_offset))?;
        Ok(Self { source, header, rows, row_len })
    }

    /// The same array as one row that holds every element: how a feature vector `[D]` is meant.
    ///
    /// # Errors
    /// [`NpyErrorKind::ShapeOverflow`] if the elements cannot be addressed, or if the array has two
    /// or more axes in Fortran order.
    pub fn as_single_row(mut self) -> Result<Self, NpyError> {
        let len = usize::try_from(self.header.elements).ok();
        let contiguous = !self.header.fortran_order || self.header.shape.len() < 2;
        let len = len.filter(|_| contiguous);
        self.row_len =
            len.ok_or_else(|| NpyErrorKind::ShapeOverflow.at(self.header.data_offset))?;
        self.rows = 1;
        self.header.fortran_order = false;
        Ok(self)
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Elements along every axis of the array as stored.
    pub fn shape(&self) -> &[u64] {
        &self.header.shape
    }

    /// The element type.
    pub fn dtype(&self) -> Dtype {
        self.header.dtype
    }

    /// Number of rows: the extent of the first axis.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Elements of a row: the product of the other axes.
    pub fn row_len(&self) -> usize {
        self.row_len
    }

    /// Rows to ask for at a time: about 4 MiB, at least one. Fewer are slow in Fortran order, where
    /// every call costs a read per column.
    pub fn preferred_rows(&self) -> usize {
        let item = self.header.dtype.item_bytes().unwrap_or(1);
        let row = u64::try_from(self.row_len.saturating_mul(item)).unwrap_or(u64::MAX).max(1);
        usize::try_from(PANEL_BYTES.checked_div(row).unwrap_or(1)).unwrap_or(1).max(1)
    }

    /// The bytes after the header of an array of objects: a pickle of the array.
    ///
    /// # Errors
    /// [`NpyErrorKind::WrongDtype`] if the array holds numbers.
    pub fn object_payload(&self) -> Result<Section, NpyError> {
        let start = self.header.data_offset;
        if self.header.dtype != Dtype::Object {
            return Err(self.wrong("objects"));
        }
        let len = self.source.len().saturating_sub(start);
        let section = Section::new(Arc::clone(&self.source), start, len);
        section.ok_or_else(|| NpyErrorKind::Truncated { needed: start, available: len }.at(start))
    }

    /// Appends rows `first..first + count` to `out` as `f32`, in C order.
    ///
    /// Exact for f16, f32, truth values and integers of up to 16 bits; f64 and wide integers are
    /// rounded to nearest and the loss is reported. Cost: one pass over the bytes of the rows.
    ///
    /// # Errors
    /// Rows outside the array, an array of text or objects, or the medium failed. `out` may have grown.
    pub fn read_rows_f32(
        &self,
        first: u64,
        count: usize,
        out: &mut Vec<f32>,
    ) -> Result<Conversion, NpyError> {
        let Dtype::Number(scalar, _) = self.header.dtype else {
            return Err(self.wrong("numbers"));
        };
        let mut report = Conversion::default();
        out.reserve(self.checked_elements(first, count)?);
        self.for_each_block(first, count, &mut |raw| {
            report.merge(decode::append_f32(scalar, raw, out));
            Ok(())
        })?;
        Ok(report)
    }

    /// Appends rows of an f16 array to `out`, bits kept.
    ///
    /// # Errors
    /// As [`NpyFile::read_rows_f32`], and [`NpyErrorKind::WrongDtype`] for other element types.
    pub fn read_rows_f16(
        &self,
        first: u64,
        count: usize,
        out: &mut Vec<f16>,
    ) -> Result<(), NpyError> {
        let Dtype::Number(Scalar::F16, _) = self.header.dtype else {
            return Err(self.wrong("f2"));
        };
        out.reserve(self.checked_elements(first, count)?);
        self.for_each_block(first, count, &mut |raw| {
            decode::append_f16(raw, out);
            Ok(())
        })
    }

    /// Appends rows of an integer or truth value array to `out`.
    ///
    /// # Errors
    /// As [`NpyFile::read_rows_f32`]; [`NpyErrorKind::WrongDtype`] for floats;
    /// [`NpyErrorKind::IntegerRange`] for a value of 2^63 or more.
    pub fn read_rows_i64(
        &self,
        first: u64,
        count: usize,
        out: &mut Vec<i64>,
    ) -> Result<(), NpyError> {
        let scalar = match self.header.dtype {
            Dtype::Number(scalar, _) if scalar.is_integer() => scalar,
            _ => return Err(self.wrong("integers")),
        };
        out.reserve(self.checked_elements(first, count)?);
        self.for_each_block(first, count, &mut |raw| decode::append_i64(scalar, raw, out))
    }

    /// Appends rows of a text array to `out`, one string an element, without the NUL at the end.
    ///
    /// # Errors
    /// As [`NpyFile::read_rows_f32`]; [`NpyErrorKind::WrongDtype`] for numbers and objects;
    /// [`NpyErrorKind::Text`] for what is no Unicode.
    pub fn read_rows_text(
        &self,
        first: u64,
        count: usize,
        out: &mut Vec<String>,
    ) -> Result<(), NpyError> {
        let decode = match self.header.dtype {
            Dtype::Text(..) => text::from_utf32,
            Dtype::ByteText(_) => text::from_utf8,
            _ => return Err(self.wrong("text")),
        };
        let item = self.header.dtype.item_bytes().unwrap_or(1);
        out.reserve(self.checked_elements(first, count)?);
        self.for_each_block(first, count, &mut |raw| {
            for element in raw.chunks_exact(item) {
                out.push(decode(element).ok_or(NpyErrorKind::Text)?);
            }
            Ok(())
        })
    }

    fn wrong(&self, wanted: &'static str) -> NpyError {
        let found = self.header.dtype.to_string();
        NpyErrorKind::WrongDtype { wanted, found }.at(self.header.data_offset)
    }

    /// The number of elements of some rows that are inside the array, and so inside the file.
    fn checked_elements(&self, first: u64, count: usize) -> Result<usize, NpyError> {
        let at = self.header.data_offset;
        let end = u64::try_from(count).ok().and_then(|count| first.checked_add(count));
        if end.is_none_or(|end| end > self.rows) {
            return Err(NpyErrorKind::RowRange { first, count, rows: self.rows }.at(at));
        }
        count.checked_mul(self.row_len).ok_or_else(|| NpyErrorKind::ShapeOverflow.at(at))
    }

    /// Hands the elements of the rows on in C order, little-endian, a block at a time.
    fn for_each_block(
        &self,
        first: u64,
        count: usize,
        take: &mut dyn FnMut(&[u8]) -> Result<(), NpyErrorKind>,
    ) -> Result<(), NpyError> {
        let dtype = self.header.dtype;
        let Some(item) = dtype.item_bytes() else { return Err(self.wrong("numbers or text")) };
        let mut give = |block: &mut [u8], at: u64| {
            if let Some(bytes) = dtype.reversed_bytes() {
                block.chunks_exact_mut(bytes).for_each(<[u8]>::reverse);
            }
            take(block).map_err(|kind| kind.at(at))
        };
        if self.header.fortran_order {
            self.panels(first, count, item, &mut give)
        } else {
            self.runs(first, count, item, &mut give)
        }
    }

    fn runs(
        &self,
        first: u64,
        count: usize,
        item: usize,
        give: &mut Give<'_>,
    ) -> Result<(), NpyError> {
        let row_bytes = self.row_len.saturating_mul(item);
        let mut left = count.saturating_mul(row_bytes);
        let skip = u64::try_from(row_bytes).unwrap_or(u64::MAX).saturating_mul(first);
        let mut at = self.header.data_offset.saturating_add(skip);
        let whole = BLOCK_BYTES.checked_div(item).unwrap_or(1).max(1).saturating_mul(item);
        let mut block = vec![0_u8; left.min(whole)];
        while left > 0 {
            let length = left.min(whole);
            let block = block.get_mut(..length).unwrap_or_default();
            self.source.read_at(at, block).map_err(|error| NpyErrorKind::Io(error).at(at))?;
            give(block, at)?;
            left = left.saturating_sub(length);
            at = at.saturating_add(u64::try_from(length).unwrap_or(0));
        }
        Ok(())
    }

    fn panels(
        &self,
        first: u64,
        count: usize,
        item: usize,
        give: &mut Give<'_>,
    ) -> Result<(), NpyError> {
        let (source, data) = (&*self.source, self.header.data_offset);
        let columns = Columns { source, data, shape: &self.header.shape, item };
        let mut done = 0_usize;
        while done < count {
            let rows = count.saturating_sub(done).min(self.preferred_rows());
            let mut panel = vec![0_u8; rows.saturating_mul(self.row_len).saturating_mul(item)];
            let row = first.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
            columns
                .gather(row, rows, self.row_len, &mut panel)
                .map_err(|error| NpyErrorKind::Io(error).at(data))?;
            give(&mut panel, data)?;
            done = done.saturating_add(rows);
        }
        Ok(())
    }
}

impl std::fmt::Debug for NpyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NpyFile").field("header", &self.header).finish_non_exhaustive()
    }
}
