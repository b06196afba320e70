//! Vectors: a dense matrix.

use super::{Assembly, Encoded, Shape};
use crate::error::Result;
use crate::format::group::Layout;
use crate::format::schema::{Dtype, row_stride};

/// One vector per row, as stored.
#[derive(Debug)]
pub struct VectorInput<'a> {
    /// Rows, ascending.
    pub rows: Vec<u64>,
    /// `dim` values each, little endian, without padding.
    pub features: Vec<&'a [u8]>,
    /// Dimension.
    pub dim: u32,
    /// Type of the values.
    pub dtype: Dtype,
}

impl VectorInput<'_> {
    /// The row group.
    pub fn encode(&self) -> Result<Encoded> {
        let stride = row_stride(self.dim, self.dtype);
        let shape = Shape {
            layout: Layout::Vector,
            rows: &self.rows,
            total: self.rows.len() as u64,
            dim: self.dim,
            dtype: u32::from(self.dtype.code()),
            stride: u32::try_from(stride).unwrap_or(u32::MAX),
        };
        let lens = [stride.saturating_mul(self.rows.len() as u64)];
        let (mut out, sections) = Assembly::start(&shape, &lens)?;
        out.seek(sections.first().copied().unwrap_or_default())?;
        for feature in &self.features {
            out.put_row(feature, stride)?;
        }
        out.finish(&shape)
    }
}
