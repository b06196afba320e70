use std::borrow::Cow;
use std::fmt;

use half::f16;

use super::dtype::{DType, Kind};

/// A NumPy array as it lies in the file.
#[derive(Clone)]
pub struct ArrayView<'d> {
    dtype: DType,
    shape: &'d [u64],
    fortran: bool,
    data: Cow<'d, [u8]>,
}

impl fmt::Debug for ArrayView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.dtype.name(), self.shape)
    }
}

impl<'d> ArrayView<'d> {
    /// `None` if the data do not fill the shape.
    pub(super) fn new(
        dtype: DType,
        shape: &'d [u64],
        fortran: bool,
        data: Cow<'d, [u8]>,
    ) -> Option<Self> {
        let elements = shape.iter().try_fold(1_u64, |n, side| n.checked_mul(*side))?;
        let bytes = elements.checked_mul(u64::from(dtype.size))?;
        (bytes == data.len() as u64).then_some(Self { dtype, shape, fortran, data })
    }

    /// Element type.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Sides, slowest axis first. Empty for a scalar.
    pub fn shape(&self) -> &'d [u64] {
        self.shape
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        let size = usize::try_from(self.dtype.size).unwrap_or(usize::MAX);
        self.data.len().checked_div(size).unwrap_or(0)
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the elements lie in Fortran order, the first axis fastest.
    pub fn fortran(&self) -> bool {
        self.fortran
    }

    /// The payload, in file order and byte order.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The payload, borrowed from the file unless protocol 2 wrote it as text.
    pub fn into_data(self) -> Cow<'d, [u8]> {
        self.data
    }

    /// Whether file order is C order.
    pub fn c_contiguous(&self) -> bool {
        !self.fortran || self.shape.iter().filter(|side| **side != 1).count() <= 1
    }

    /// The payload, where it is little-endian float32 in C order. It need not be aligned.
    pub fn as_f32_le(&self) -> Option<&[u8]> {
        let wanted = DType { kind: Kind::Float, size: 4, big_endian: false };
        (self.dtype == wanted && self.c_contiguous()).then_some(&self.data)
    }

    /// All elements in C order as `f32`: exact for float16 and float32, rounded for float64 and integers.
    /// `None` for other types.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        if !matches!(self.dtype.kind, Kind::Float | Kind::Int | Kind::UInt | Kind::Bool) {
            return None;
        }
        if self.c_contiguous() {
            return (0..self.len()).map(|i| self.single_at(i)).collect();
        }
        let mut index = vec![0_u64; self.shape.len()];
        let mut out = Vec::with_capacity(self.len());
        for _ in 0..self.len() {
            out.push(self.single_at(self.fortran_position(&index)?)?);
            for (i, side) in index.iter_mut().zip(self.shape).rev() {
                *i = i.checked_add(1)?;
                if *i < *side {
                    break;
                }
                *i = 0;
            }
        }
        Some(out)
    }

    fn fortran_position(&self, index: &[u64]) -> Option<usize> {
        let mut position = 0_u64;
        for (i, side) in index.iter().zip(self.shape).rev() {
            position = position.checked_mul(*side)?.checked_add(*i)?;
        }
        usize::try_from(position).ok()
    }

    fn element<const N: usize>(&self, index: usize) -> Option<[u8; N]> {
        let start = index.checked_mul(N)?;
        let mut bytes: [u8; N] = self.data.get(start..start.checked_add(N)?)?.try_into().ok()?;
        if self.dtype.big_endian {
            bytes.reverse();
        }
        Some(bytes)
    }

    #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what is asked for")]
    fn single_at(&self, index: usize) -> Option<f32> {
        match (self.dtype.kind, self.dtype.size) {
            (Kind::Float, 2) => Some(f16::from_le_bytes(self.element(index)?).to_f32()),
            (Kind::Float, 4) => Some(f32::from_le_bytes(self.element(index)?)),
            _ => self.float_at(index).map(|v| v as f32),
        }
    }

    /// Element `index` in file order, as a float. `None` if it is no number.
    pub fn float_at(&self, index: usize) -> Option<f64> {
        match (self.dtype.kind, self.dtype.size) {
            (Kind::Float, 2) => Some(f16::from_le_bytes(self.element(index)?).to_f64()),
            (Kind::Float, 4) => Some(f64::from(f32::from_le_bytes(self.element(index)?))),
            (Kind::Float, 8) => Some(f64::from_le_bytes(self.element(index)?)),
            (Kind::UInt, 8) => Some(u64::from_le_bytes(self.element(index)?) as f64),
            _ => self.int_at(index).map(|v| v as f64),
        }
    }

    /// Element `index` in file order, as an integer. `None` if it is none or beyond 64 signed bits.
    pub fn int_at(&self, index: usize) -> Option<i64> {
        match (self.dtype.kind, self.dtype.size) {
            (Kind::Int, 1) => Some(i64::from(i8::from_le_bytes(self.element(index)?))),
            (Kind::Int, 2) => Some(i64::from(i16::from_le_bytes(self.element(index)?))),
            (Kind::Int, 4) => Some(i64::from(i32::from_le_bytes(self.element(index)?))),
            (Kind::Int, 8) => Some(i64::from_le_bytes(self.element(index)?)),
            (Kind::UInt | Kind::Bool, 1) => {
                Some(i64::from(u8::from_le_bytes(self.element(index)?)))
            }
            (Kind::UInt, 2) => Some(i64::from(u16::from_le_bytes(self.element(index)?))),
            (Kind::UInt, 4) => Some(i64::from(u32::from_le_bytes(self.element(index)?))),
            (Kind::UInt, 8) => u64::from_le_bytes(self.element(index)?).try_into().ok(),
            _ => None,
        }
    }

    /// A NumPy `str_` or `bytes_` element as text, trailing NULs removed.
    pub fn text_at(&self, index: usize) -> Option<String> {
        let size = usize::try_from(self.dtype.size).ok()?;
        let start = index.checked_mul(size)?;
        let raw = self.data.get(start..start.checked_add(size)?)?;
        let text: String = match self.dtype.kind {
            Kind::Bytes => String::from_utf8(raw.to_vec()).ok()?,
            Kind::Text => {
                let mut chars = String::new();
                for unit in raw.chunks_exact(4) {
                    let mut bytes: [u8; 4] = unit.try_into().ok()?;
                    if self.dtype.big_endian {
                        bytes.reverse();
                    }
                    chars.push(char::from_u32(u32::from_le_bytes(bytes))?);
                }
                chars
            }
            _ => return None,
        };
        Some(text.trim_end_matches('\0').to_owned())
    }
}
