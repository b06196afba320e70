//! The data of a prompt set.

use super::{Assembly, Encoded, Shape, text_offsets};
use crate::error::Result;
use crate::format::group::Layout;
use crate::format::schema::{Dtype, row_stride};

/// Texts and features of a prompt set.
#[derive(Clone, Copy, Debug)]
pub struct PromptsInput<'a> {
    /// K texts.
    pub texts: &'a [String],
    /// `[K, D]`.
    pub features: &'a [f32],
    /// `[K, T, D]`, or empty.
    pub tokens: &'a [f32],
    /// D.
    pub dim: u32,
}

impl PromptsInput<'_> {
    /// The data, as a row group whose rows are the texts.
    pub fn encode(&self) -> Result<Encoded> {
        let rows: Vec<u64> = (0..self.texts.len() as u64).collect();
        let stride = row_stride(self.dim, Dtype::F32);
        let dim = self.dim.max(1) as usize;
        let shape = Shape {
            layout: Layout::Prompts,
            rows: &rows,
            total: (self.tokens.len() / dim) as u64,
            dim: self.dim,
            dtype: u32::from(Dtype::F32.code()),
            stride: u32::try_from(stride).unwrap_or(u32::MAX),
        };
        let offsets = text_offsets(self.texts.iter().map(String::as_str))?;
        let lens = [
            size_of_val(&*offsets) as u64,
            offsets.last().copied().map_or(0, u64::from),
            stride.saturating_mul(rows.len() as u64),
            size_of_val(self.tokens) as u64,
        ];
        let (mut out, sections) = Assembly::start(&shape, &lens)?;
        let mut places = sections.into_iter();
        let mut next = || places.next().unwrap_or_default();
        out.fill(next(), &offsets)?;
        out.seek(next())?;
        for text in self.texts {
            out.put(text.as_bytes())?;
        }
        out.seek(next())?;
        for feature in self.features.chunks(dim) {
            out.put_row(bytemuck::cast_slice(feature), stride)?;
        }
        out.fill(next(), self.tokens)?;
        out.finish(&shape)
    }
}
