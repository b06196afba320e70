//! Rows in memory: a checked view of a dense or padded matrix of f32 or f16.

use half::f16;
use std::fmt;
use std::ops::Range;

/// The memory of a matrix, C order.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// 32-bit floats.
    F32(&'a [f32]),
    /// 16-bit floats (IEEE 754 binary16).
    F16(&'a [f16]),
}

impl Rows<'_> {
    fn len(&self) -> usize {
        match self {
            Self::F32(data) => data.len(),
            Self::F16(data) => data.len(),
        }
    }
}

/// One vector `[D]`.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// 32-bit floats.
    F32(&'a [f32]),
    /// 16-bit floats.
    F16(&'a [f16]),
}

/// `count` rows of `dim` elements, the starts of neighbours `stride` elements apart.
///
/// A view: copying it copies no rows. The kernels are at their best when each row starts on a
/// multiple of 64 bytes, and are right wherever it starts.
#[derive(Clone, Copy, Debug)]
pub struct Matrix<'a> {
    rows: Rows<'a>,
    dim: usize,
    stride: usize,
    count: usize,
}

impl<'a> Matrix<'a> {
    /// A matrix `[count, dim]` over `rows`. `None` if `dim` is 0, if `stride < dim`, or if the
    /// last row would end after the memory does; memory after the last row is ignored.
    pub fn new(rows: Rows<'a>, dim: usize, stride: usize, count: usize) -> Option<Self> {
        if dim == 0 || stride < dim {
            return None;
        }
        let needed = match count.checked_sub(1) {
            None => 0,
            Some(last) => last.checked_mul(stride)?.checked_add(dim)?,
        };
        (needed <= rows.len()).then_some(Self { rows, dim, stride, count })
    }

    /// A matrix of one row.
    pub(super) fn from_row(row: Row<'a>) -> Self {
        let rows = match row {
            Row::F32(data) => Rows::F32(data),
            Row::F16(data) => Rows::F16(data),
        };
        Self { rows, dim: rows.len(), stride: rows.len(), count: 1 }
    }

    /// Elements of a row, `D`; at least 1.
    pub fn dim(self) -> usize {
        self.dim
    }

    /// Elements from the start of a row to the start of the next.
    pub fn stride(self) -> usize {
        self.stride
    }

    /// Number of rows, `N`.
    pub fn count(self) -> usize {
        self.count
    }

    /// The memory, from the first row on.
    pub fn rows(self) -> Rows<'a> {
        self.rows
    }

    /// Row `index`; `None` past the end.
    pub fn row(self, index: usize) -> Option<Row<'a>> {
        if index >= self.count {
            return None;
        }
        let start = index.checked_mul(self.stride)?;
        let range = start..start.checked_add(self.dim)?;
        Some(match self.rows {
            Rows::F32(data) => Row::F32(data.get(range)?),
            Rows::F16(data) => Row::F16(data.get(range)?),
        })
    }

    /// The rows of a range as a matrix; `None` if it ends after the last row or before it starts.
    pub fn slice(self, range: Range<usize>) -> Option<Self> {
        if range.end > self.count {
            return None;
        }
        let count = range.end.checked_sub(range.start)?;
        if count == 0 {
            return Some(Self { count, ..self });
        }
        let start = range.start.checked_mul(self.stride)?;
        let rows = match self.rows {
            Rows::F32(data) => Rows::F32(data.get(start..)?),
            Rows::F16(data) => Rows::F16(data.get(start..)?),
        };
        Some(Self { rows, count, ..self })
    }

    /// Checks that a query of `query_len` elements and outputs of `out_len` rows fit.
    pub fn check(self, query_len: usize, out_len: usize) -> Result<(), ShapeMismatch> {
        ShapeMismatch::check("query", self.dim, query_len)?;
        ShapeMismatch::check("output", self.count, out_len)
    }

    pub(super) fn strided<E>(self, data: &'a [E]) -> Strided<'a, E> {
        Strided { data, dim: self.dim, stride: self.stride, count: self.count }
    }
}

/// A [`Matrix`] whose element type is known.
pub(super) struct Strided<'a, E> {
    data: &'a [E],
    dim: usize,
    stride: usize,
    pub(super) count: usize,
}

impl<'a, E> Strided<'a, E> {
    /// The rows in order. All have `dim` elements, which is what `Matrix::new` has checked.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "must take on the features of the kernel around it")]
    pub(super) fn iter(&self) -> impl Iterator<Item = &'a [E]> {
        let dim = self.dim;
        // A vector of length 0 has the stride 0, which `chunks` would refuse.
        let chunks = self.data.chunks(self.stride.max(1)).take(self.count);
        chunks.map(move |chunk| chunk.get(..dim).unwrap_or(chunk))
    }

    /// Bytes from the start of a row to the start of the next.
    pub(super) fn stride_bytes(&self) -> usize {
        self.stride.saturating_mul(size_of::<E>())
    }
}

/// The lengths of two things that belong together differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShapeMismatch {
    what: &'static str,
    expected: usize,
    actual: usize,
}

impl ShapeMismatch {
    pub(super) fn check(
        what: &'static str,
        expected: usize,
        actual: usize,
    ) -> Result<(), ShapeMismatch> {
        if expected == actual { Ok(()) } else { Err(Self { what, expected, actual }) }
    }
}

impl fmt::Display for ShapeMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, expected, actual } = self;
        write!(f, "{what} has length {actual}; the matrix needs {expected}")
    }
}

impl std::error::Error for ShapeMismatch {}
