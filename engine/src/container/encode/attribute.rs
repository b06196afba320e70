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

/// Texts with their rows, as codes into a dictionary in the order of first use.
#[derive(Debug, Default)]
pub struct TextInput<'a> {
    /// Rows, ascending.
    pub rows: Vec<u64>,
    codes: Vec<u32>,
    dictionary: Vec<&'a str>,
    known: HashMap<&'a str, u32>,
}

impl<'a> TextInput<'a> {
    /// Texts of these rows, to be pushed in the same order.
    pub fn new(rows: Vec<u64>) -> Self {
        Self { rows, ..Self::default() }
    }

    /// The text of the next row. O(length).
    pub fn push(&mut self, text: &'a str) {
        let code = self.code(text);
        self.codes.push(code);
    }

    /// The code of a text, for rows that share it.
    pub fn code(&mut self, text: &'a str) -> u32 {
        let next = u32::try_from(self.dictionary.len()).unwrap_or(u32::MAX);
        let code = *self.known.entry(text).or_insert(next);
        if code == next {
            self.dictionary.push(text);
        }
        code
    }

    /// The next row has the text of a code.
    pub fn push_code(&mut self, code: u32) {
        self.codes.push(code);
    }

    /// The row group.
    pub fn encode(&self) -> Result<Encoded> {
        let offsets = text_offsets(self.dictionary.iter().copied())?;
        let shape = shape(Layout::Text, &self.rows);
        let lens = [
            size_of_val(&self.codes[..]) as u64,
            size_of_val(&offsets[..]) as u64,
            u64::from(offsets.last().copied().unwrap_or(0)),
        ];
        let (mut out, sections) = Assembly::start(&shape, &lens)?;
        let mut places = sections.into_iter();
        let mut next = || places.next().unwrap_or_default();
        out.fill(next(), &self.codes)?;
        out.fill(next(), &offsets)?;
        out.seek(next())?;
        for text in &self.dictionary {
            out.put(text.as_bytes())?;
        }
        out.finish(&shape)
    }
}

fn shape(layout: Layout, rows: &[u64]) -> Shape<'_> {
    Shape { layout, rows, total: rows.len() as u64, dim: 0, dtype: 0, stride: 0 }
}
