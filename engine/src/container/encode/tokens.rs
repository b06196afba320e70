//! Tokens: pointers to tensors, and which voxels they cover.

use super::{Assembly, Encoded, Shape};
use crate::error::Result;
use crate::format::extent::Extent;
use crate::format::group::Layout;
use crate::format::mapping::GridMapping;
use crate::format::schema::FieldDef;
use crate::format::writer::Writer;

/// Tensors that are in the file already.
#[derive(Debug)]
pub struct TokensInput<'a> {
    /// Rows, ascending.
    pub rows: Vec<u64>,
    /// Where the tensor of each row is.
    pub tensors: Vec<Extent>,
    /// How the grid lies over each image.
    pub mappings: Vec<Option<GridMapping>>,
    /// The field.
    pub field: &'a FieldDef,
}

impl TokensInput<'_> {
    /// The row group.
    pub fn encode(&self) -> Result<Encoded> {
        let (codes, table) = self.dictionary();
        let shape = Shape {
            layout: Layout::Tokens,
            rows: &self.rows,
            total: self.rows.len() as u64,
            dim: self.field.dim,
            dtype: u32::from(self.field.dtype.code()),
            stride: u32::try_from(self.field.stride()).unwrap_or(u32::MAX),
        };
        let pointers: Vec<[u64; 3]> =
            self.tensors.iter().map(|t| [t.page, t.len, u64::from(t.crc)]).collect();
        let lens =
            [size_of_val(&*pointers) as u64, size_of_val(&*codes) as u64, table.len() as u64];
        let (mut out, sections) = Assembly::start(&shape, &lens)?;
        let mut places = sections.into_iter();
        let mut next = || places.next().unwrap_or_default();
        out.fill(next(), &pointers)?;
        out.fill(next(), &codes)?;
        out.fill(next(), &table)?;
        out.finish(&shape)
    }

    /// Codes and the table of distinct mappings in order of first use; no codes when there is no mapping.
    fn dictionary(&self) -> (Vec<u32>, Vec<u8>) {
        let mut codes = Vec::with_capacity(self.rows.len());
        let mut known = std::collections::HashMap::new();
        let mut table = Writer::new();
        for mapping in &self.mappings {
            let Some(mapping) = mapping else {
                codes.push(0);
                continue;
            };
            let mut one = Writer::new();
            mapping.encode(&mut one);
            let bytes = one.into_bytes();
            let next = u32::try_from(known.len().saturating_add(1)).unwrap_or(u32::MAX);
            let code = *known.entry(bytes).or_insert_with_key(|bytes| {
                table.raw(bytes);
                next
            });
            codes.push(code);
        }
        if table.is_empty() {
            codes.clear();
        }
        (codes, table.into_bytes())
    }
}
