//! Attributes: plain values, or codes into a dictionary of texts.

use std::collections::HashMap;

use super::{Assembly, Encoded, Shape, text_offsets};
use crate::error::Result;
use crate::format::group::Layout;

/// Values of fixed size with their rows.
#[derive(Debug)]
pub struct ScalarInput<T> {
    /// Rows, ascending.
    pub rows: Vec<u64>,
    /// Values, as many as rows.
    pub values: Vec<T>,
}

impl<T: bytemuck::NoUninit> ScalarInput<T> {
    /// The row group; `layout` is the one of `T`.
    pub fn encode(&self, layout: Layout) -> Result<Encoded> {
        let shape = shape(layout, &self.rows);
        let lens = [size_of_val(&self.values[..]) as u64];
        let (mut out, sections) = Assembly::start(&shape, &lens)?;
        out.fill(sections.first().copied().unwrap_or_default(), &self.values)?;
        out.finish(&shape)
    }
}

/// Texts with their rows.
#[derive(Debug, Default)]
pub struct TextInput<'a> {
    /// Rows, ascending.
    pub rows: Vec<u64>,
    /// Texts, as many as rows.
    pub texts: Vec<&'a str>,
}

impl TextInput<'_> {
    /// The row group; the dictionary is in the order of first use.
    pub fn encode(&self) -> Result<Encoded> {
        let mut dictionary: Vec<&str> = Vec::new();
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut codes = Vec::with_capacity(self.texts.len());
        for &text in &self.texts {
            let next = u32::try_from(dictionary.len()).unwrap_or(u32::MAX);
            let code = *known.entry(text).or_insert(next);
            if code == next {
                dictionary.push(text);
            }
            codes.push(code);
        }
        let offsets = text_offsets(dictionary.iter().copied())?;
        let shape = shape(Layout::Text, &self.rows);
        let lens = [
            size_of_val(&codes[..]) as u64,
            size_of_val(&offsets[..]) as u64,
            u64::from(offsets.last().copied().unwrap_or(0)),
        ];
        let (mut out, sections) = Assembly::start(&shape, &lens)?;
        let mut places = sections.into_iter();
        let mut next = || places.next().unwrap_or_default();
        out.fill(next(), &codes)?;
        out.fill(next(), &offsets)?;
        out.seek(next())?;
        for text in dictionary {
            out.put(text.as_bytes())?;
        }
        out.finish(&shape)
    }
}

fn shape(layout: Layout, rows: &[u64]) -> Shape<'_> {
    Shape { layout, rows, total: rows.len() as u64, dim: 0, dtype: 0, stride: 0 }
}
