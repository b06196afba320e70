//! JSON metadata of images.

use super::{Assembly, Encoded, Shape};
use crate::error::Result;
use crate::format::group::Layout;

/// JSON texts with their rows.
#[derive(Debug, Default)]
pub struct MetadataInput<'a> {
    /// Rows, ascending.
    pub rows: Vec<u64>,
    /// JSON texts, as many as rows.
    pub texts: Vec<&'a str>,
}

impl MetadataInput<'_> {
    /// The row group.
    pub fn encode(&self) -> Result<Encoded> {
        let mut offsets = vec![0_u64];
        let mut end = 0_u64;
        for text in &self.texts {
            end = end.saturating_add(text.len() as u64);
            offsets.push(end);
        }
        let shape = Shape {
            layout: Layout::Metadata,
            rows: &self.rows,
            total: self.rows.len() as u64,
            dim: 0,
            dtype: 0,
            stride: 0,
        };
        let (mut out, sections) =
            Assembly::start(&shape, &[size_of_val(&offsets[..]) as u64, end])?;
        let mut places = sections.into_iter();
        out.fill(places.next().unwrap_or_default(), &offsets)?;
        out.seek(places.next().unwrap_or_default())?;
        for text in &self.texts {
            out.put(text.as_bytes())?;
        }
        out.finish(&shape)
    }
}
