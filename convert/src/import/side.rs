//! Arrays `[N]` beside a matrix: attributes of the images.

use std::fmt;
use std::sync::Arc;

use crate::error::ConvertError;
use crate::npy::{ByteSource, Dtype, NpyFile, Order, Scalar};
use crate::regions::Attribute;

/// An array of one value an image.
#[derive(Clone)]
pub(super) struct SideArray {
    pub(super) name: String,
    array: NpyFile,
    source: Arc<dyn ByteSource>,
}

impl SideArray {
    /// `None` for an array that is not of shape `[rows]`, or not of numbers or texts.
    pub(super) fn new(
        name: &str,
        array: NpyFile,
        source: Arc<dyn ByteSource>,
        rows: u64,
    ) -> Option<Self> {
        let readable = array.dtype() != Dtype::Object && array.shape() == [rows];
        readable.then(|| Self { name: name.to_owned(), array, source })
    }

    /// The values of some rows.
    pub(super) fn read(&self, first: u64, count: usize) -> Result<Vec<Attribute>, ConvertError> {
        match self.array.dtype() {
            Dtype::Number(Scalar::Bool, _) => {
                Ok(self.integers(first, count)?.map(|v| Attribute::Bool(v != 0)).collect())
            }
            Dtype::Number(Scalar::F64, order) => self.doubles(first, count, order),
            Dtype::Number(scalar, _) if scalar.is_integer() => {
                Ok(self.integers(first, count)?.map(Attribute::I64).collect())
            }
            Dtype::Number(..) => {
                let mut values = Vec::new();
                self.array.read_rows_f32(first, count, &mut values)?;
                Ok(values.into_iter().map(|v| Attribute::F64(f64::from(v))).collect())
            }
            _ => {
                let mut texts = Vec::new();
                self.array.read_rows_text(first, count, &mut texts)?;
                Ok(texts.into_iter().map(Attribute::Str).collect())
            }
        }
    }

    fn integers(
        &self,
        first: u64,
        count: usize,
    ) -> Result<impl Iterator<Item = i64>, ConvertError> {
        let mut values = Vec::new();
        self.array.read_rows_i64(first, count, &mut values)?;
        Ok(values.into_iter())
    }

    /// All 64 bits: the reader of arrays gives features, in f32.
    fn doubles(
        &self,
        first: u64,
        count: usize,
        order: Order,
    ) -> Result<Vec<Attribute>, ConvertError> {
        let mut bytes = vec![0; count.saturating_mul(8)];
        let skip = first.saturating_mul(8);
        self.source.read_at(self.array.header().data_offset.saturating_add(skip), &mut bytes)?;
        let (values, _) = bytes.as_chunks();
        let read = |bytes: &[u8; 8]| {
            let mut bytes = *bytes;
            if order == Order::Big {
                bytes.reverse();
            }
            Attribute::F64(f64::from_le_bytes(bytes))
        };
        Ok(values.iter().map(read).collect())
    }
}

impl fmt::Debug for SideArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SideArray").field("name", &self.name).finish_non_exhaustive()
    }
}
