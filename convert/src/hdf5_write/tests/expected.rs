//! What should be in a file, put down without any HDF5.

use half::f16;

use crate::hdf5_write::{Attribute, ColumnSpec, Compression, ElementType};

#[derive(Default)]
pub(super) struct Expected {
    lines: Vec<String>,
}

impl Expected {
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = self.lines.clone();
        lines.sort();
        lines
    }

    pub(super) fn group(&mut self, path: &str) {
        self.lines.push(format!("G {path}"));
    }

    pub(super) fn attribute(&mut self, path: &str, name: &str, value: &Attribute<'_>) {
        let (kind, crc) = match value {
            Attribute::I64(value) => ("int64".into(), crc32fast::hash(&value.to_le_bytes())),
            Attribute::F64(value) => ("float64".into(), crc32fast::hash(&value.to_le_bytes())),
            Attribute::Text(text) => ("str".into(), crc_of_texts(&[text])),
            Attribute::I64s(all) => (format!("int64[{}]", all.len()), crc_of_integers(all)),
            Attribute::F64s(all) => {
                let bytes: Vec<u8> = all.iter().flat_map(|value| value.to_le_bytes()).collect();
                (format!("float64[{}]", all.len()), crc32fast::hash(&bytes))
            }
            Attribute::Texts(all) => (format!("str[{}]", all.len()), crc_of_texts(all)),
        };
        self.lines.push(format!("A {path} {name} {kind} {crc:08x}"));
    }

    /// A dataset that grew to `rows`.
    pub(super) fn column(&mut self, spec: &ColumnSpec, rows: usize, crc: u32) {
        let most = dims(&shape(spec, u64::MAX));
        self.dataset(spec, rows, &most, Some(spec.chunk_rows), crc);
    }

    /// A dataset written in one go.
    pub(super) fn whole(&mut self, spec: &ColumnSpec, rows: usize, crc: u32) {
        let contiguous =
            rows == 0 || spec.compression == Compression::None || spec.element == ElementType::Text;
        let chunk = (!contiguous).then_some(spec.chunk_rows.min(rows as u64));
        self.dataset(spec, rows, &dims(&shape(spec, rows as u64)), chunk, crc);
    }

    fn dataset(
        &mut self,
        spec: &ColumnSpec,
        rows: usize,
        most: &str,
        chunk: Option<u64>,
        crc: u32,
    ) {
        let dtype = match spec.element {
            ElementType::F16 => "f16",
            ElementType::F32 => "f32",
            ElementType::I64 => "i64",
            ElementType::Text => "text",
        };
        let here = dims(&shape(spec, rows as u64));
        let chunks = chunk.map_or("None".into(), |rows| dims(&shape(spec, rows)));
        self.lines.push(format!("D {} {dtype} {here} {most} {chunks} {crc:08x}", spec.path));
        let filtered = chunk.is_some() && spec.compression == Compression::Lzf;
        let filter = if filtered { "lzf" } else { "None" };
        self.lines.push(format!("C {} {filter}", spec.path));
    }
}

fn shape(spec: &ColumnSpec, rows: u64) -> Vec<u64> {
    std::iter::once(rows).chain(spec.tail.iter().copied()).collect()
}

/// As Python writes it; the largest number is "unlimited".
pub(super) fn dims(shape: &[u64]) -> String {
    let all: Vec<_> = shape
        .iter()
        .map(|dim| if *dim == u64::MAX { "None".to_owned() } else { dim.to_string() })
        .collect();
    format!("[{}]", all.join(", "))
}

pub(super) fn crc_of_texts<T: AsRef<str>>(texts: &[T]) -> u32 {
    let bytes: Vec<u8> = texts.iter().flat_map(|text| text.as_ref().bytes().chain([0])).collect();
    crc32fast::hash(&bytes)
}

pub(super) fn crc_of_integers(values: &[i64]) -> u32 {
    crc32fast::hash(&values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

pub(super) fn crc_of_halves(values: &[f16]) -> u32 {
    crc32fast::hash(&values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}

pub(super) fn crc_of_floats(values: &[f32]) -> u32 {
    crc32fast::hash(&values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())
}
