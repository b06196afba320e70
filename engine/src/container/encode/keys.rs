//! Keys: texts in row order, and an index ordered by hash.

use super::{Assembly, Encoded, Shape, text_offsets};
use crate::error::Result;
use crate::format::group::Layout;
use crate::format::hash::key_hash;

/// Keys of images with their rows and spaces.
#[derive(Debug, Default)]
pub struct KeysInput<'a> {
    /// Rows, ascending.
    pub rows: Vec<u64>,
    /// Keys, as many as rows.
    pub keys: Vec<&'a str>,
    /// Space ids, as many as rows.
    pub spaces: Vec<u32>,
}

impl KeysInput<'_> {
    /// The row group.
    pub fn encode(&self) -> Result<Encoded> {
        let offsets = text_offsets(self.keys.iter().copied())?;
        let key_bytes = u64::from(offsets.last().copied().unwrap_or(0));
        let mut index: Vec<(u64, u32)> =
            (0_u32..).zip(&self.keys).map(|(i, key)| (key_hash(key.as_bytes()), i)).collect();
        index.sort_unstable();
        let (hashes, order): (Vec<u64>, Vec<u32>) = index.into_iter().unzip();
        let one_space = self.spaces.iter().all(|&space| space == 0);
        let spaces: &[u32] = if one_space { &[] } else { &self.spaces };
        let shape = Shape {
            layout: Layout::Keys,
            rows: &self.rows,
            total: self.rows.len() as u64,
            dim: 0,
            dtype: 0,
            stride: 0,
        };
        let lens = [
            size_of_val(spaces) as u64,
            size_of_val(&offsets[..]) as u64,
            key_bytes,
            size_of_val(&hashes[..]) as u64,
            size_of_val(&order[..]) as u64,
        ];
        let (mut out, sections) = Assembly::start(&shape, &lens)?;
        let mut places = sections.into_iter();
        let mut next = || places.next().unwrap_or_default();
        out.fill(next(), spaces)?;
        out.fill(next(), &offsets)?;
        out.seek(next())?;
        for key in &self.keys {
            out.put(key.as_bytes())?;
        }
        out.fill(next(), &hashes)?;
        out.fill(next(), &order)?;
        out.finish(&shape)
    }
}
