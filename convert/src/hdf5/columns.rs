//! Side columns: the integers and texts that stand beside features.

use std::ops::Range;

use super::dataset::Dataset;
use super::element::{ElementType, integer, trim};
use super::error::{H5Error, H5ErrorKind};
use super::heap::Heap;
use super::limits;

impl Dataset {
    /// The elements of the rows in `range` as integers. Booleans count as 0 and 1. Refuses other
    /// types, values beyond `i64`, and more than `limits::MAX_COLUMN_ELEMENTS` elements.
    pub fn integers(&self, range: Range<u64>) -> Result<Vec<i64>, H5Error> {
        let signed = match self.element() {
            ElementType::Int { signed, .. } => signed,
            ElementType::Bool => false,
            other => {
                let what = format!("its elements are {}, not integers", other.name());
                return Err(self.error(H5ErrorKind::Kind, what));
            }
        };
        let mut values = Vec::new();
        self.elements(range, |_, bytes| {
            let value = i64::try_from(integer(bytes, signed));
            let beyond = |_| self.error(H5ErrorKind::Unsupported, "a value is beyond 64 bits");
            values.push(value.map_err(beyond)?);
            Ok(())
        })?;
        Ok(values)
    }

    /// The elements of the rows in `range` as texts. Refuses other types, bytes that are not UTF-8,
    /// more than `limits::MAX_COLUMN_ELEMENTS` elements and more than `limits::MAX_TEXT_BYTES` of
    /// text.
    pub fn strings(&self, range: Range<u64>) -> Result<Vec<String>, H5Error> {
        let (texts, stopped) = self.strings_until_error(range);
        match stopped {
            Some(error) => Err(error),
            None => Ok(texts),
        }
    }

    /// Like [`Dataset::strings`], but keeps the texts before an error.
    pub fn strings_until_error(&self, range: Range<u64>) -> (Vec<String>, Option<H5Error>) {
        let mut texts = Vec::new();
        let element = self.element();
        if !matches!(element, ElementType::Text | ElementType::FixedText { .. }) {
            let what = format!("its elements are {}, not text", element.name());
            return (texts, Some(self.error(H5ErrorKind::Kind, what)));
        }
        let mut left = limits::MAX_TEXT_BYTES;
        let read = self.elements(range, |heap, bytes| {
            let found;
            let bytes = if element == ElementType::Text {
                found = heap.bytes(self.file.data(), bytes).map_err(|e| self.fail(&e))?;
                &found
            } else {
                bytes
            };
            // What is read counts, not what is left of it: a long padding takes time too.
            let too_long = || self.error(H5ErrorKind::Limit, "its texts are too long");
            left = left.checked_sub(bytes.len()).ok_or_else(too_long)?;
            let text = trim(bytes, self.stored.padding);
            let wrong = |_| self.error(H5ErrorKind::Damaged, "a text is not UTF-8");
            texts.push(std::str::from_utf8(text).map_err(wrong)?.to_owned());
            Ok(())
        });
        (texts, read.err())
    }

    fn elements(
        &self,
        range: Range<u64>,
        mut each: impl FnMut(&mut Heap, &[u8]) -> Result<(), H5Error>,
    ) -> Result<(), H5Error> {
        let width = (self.row_bytes / self.stored.size) as u64;
        let end = range.end.min(self.row_count());
        let count = end.saturating_sub(range.start).checked_mul(width);
        if count.is_none_or(|n| n > limits::MAX_COLUMN_ELEMENTS) {
            let what = format!("more than {} elements at once", limits::MAX_COLUMN_ELEMENTS);
            return Err(self.error(H5ErrorKind::Limit, what));
        }
        let (mut rows, mut heap, mut bytes) = (self.rows()?, Heap::default(), Vec::new());
        let mut row = range.start;
        while row < end {
            let got = rows.read(row, end - row, &mut bytes)?;
            for element in bytes.chunks_exact(self.stored.size) {
                each(&mut heap, element)?;
            }
            row += got.max(1);
        }
        Ok(())
    }
}
