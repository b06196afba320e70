//! The head of an `.npy` file: magic, version, length, literal.

use super::dtype::Dtype;
use super::error::{NpyError, NpyErrorKind};
use super::literal::{self, Descr};
use super::source::ByteSource;

/// The longest header that is read, in bytes. `NumPy` itself stops at 10,000 characters.
pub const MAX_HEADER_BYTES: u64 = 1 << 20;
/// The most dimensions of an array: the limit of `NumPy` 1.
pub const MAX_DIMENSIONS: usize = 32;
/// The largest extent of an axis in an array without elements, whose shape no file length bounds.
const MAX_EMPTY_AXIS: u64 = 1 << 24;

pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// A checked header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Element type.
    pub dtype: Dtype,
    /// Whether the first index runs fastest in the file.
    pub fortran_order: bool,
    /// Elements along every axis; none for a single value.
    pub shape: Vec<u64>,
    /// Number of elements, the product of the shape.
    pub elements: u64,
    /// Offset of the first element in the file.
    pub data_offset: u64,
}

impl Header {
    /// Reads and checks the header. Does not check the length of the data.
    ///
    /// # Errors
    /// Not an array file, unknown version, malformed or too long header, unsupported element type,
    /// impossible shape, or the medium failed. Reads at most [`MAX_HEADER_BYTES`] and 12 bytes.
    pub fn read(source: &dyn ByteSource) -> Result<Self, NpyError> {
        let (start, length) = prefix(source)?;
        let data_offset = start.saturating_add(length);
        if length > MAX_HEADER_BYTES {
            return Err(NpyErrorKind::HeaderTooLong(length).at(8));
        }
        if data_offset > source.len() {
            let (needed, available) = (data_offset, source.len());
            return Err(NpyErrorKind::Truncated { needed, available }.at(available));
        }
        let length = usize::try_from(length).map_err(|_| NpyErrorKind::ShapeOverflow.at(8))?;
        let mut text = vec![0; length];
        source.read_at(start, &mut text)?;
        let literal = literal::parse(&text).map_err(|error| {
            let within = u64::try_from(error.at).unwrap_or(0);
            NpyErrorKind::Header(error.what).at(start.saturating_add(within))
        })?;
        let dtype = match &literal.descr {
            Descr::Plain(descr) => Dtype::parse(descr).map_err(|kind| kind.at(start))?,
            Descr::Structured => {
                let name = "with named fields".to_owned();
                return Err(NpyErrorKind::UnsupportedDtype(name).at(start));
            }
        };
        let elements = count(&literal.shape, dtype).map_err(|kind| kind.at(start))?;
        let (fortran_order, shape) = (literal.fortran_order, literal.shape);
        Ok(Self { dtype, fortran_order, shape, elements, data_offset })
    }
}

/// Where the literal starts and how long it is.
fn prefix(source: &dyn ByteSource) -> Result<(u64, u64), NpyError> {
    let mut head = [0_u8; 12];
    let available = source.len();
    if available < 10 {
        return Err(NpyErrorKind::NotNpy.at(0));
    }
    let wanted = usize::try_from(available.min(12)).unwrap_or(12);
    source.read_at(0, head.get_mut(..wanted).unwrap_or_default())?;
    let [m0, m1, m2, m3, m4, m5, major, minor, length @ ..] = head;
    if [m0, m1, m2, m3, m4, m5] != *MAGIC {
        return Err(NpyErrorKind::NotNpy.at(0));
    }
    let [l0, l1, ..] = length;
    match (major, minor) {
        (1, 0) => Ok((10, u64::from(u16::from_le_bytes([l0, l1])))),
        (2 | 3, 0) if available < 12 => {
            Err(NpyErrorKind::Truncated { needed: 12, available }.at(available))
        }
        (2 | 3, 0) => Ok((12, u64::from(u32::from_le_bytes(length)))),
        _ => Err(NpyErrorKind::Version(major, minor).at(6)),
    }
}

/// The number of elements, if all their bytes can be counted in 63 bits.
fn count(shape: &[u64], dtype: Dtype) -> Result<u64, NpyErrorKind> {
    if shape.len() > MAX_DIMENSIONS {
        return Err(NpyErrorKind::TooManyDimensions(shape.len()));
    }
    if shape.contains(&0) {
        let bounded = shape.iter().all(|&axis| axis <= MAX_EMPTY_AXIS);
        return if bounded { Ok(0) } else { Err(NpyErrorKind::ShapeOverflow) };
    }
    // An object takes no bytes here, but one in memory: a pointer.
    let item = u64::try_from(dtype.item_bytes().unwrap_or(8)).unwrap_or(u64::MAX);
    let elements = shape.iter().try_fold(1_u64, |product, &axis| product.checked_mul(axis));
    let fits = |n: &u64| n.checked_mul(item).is_some_and(|bytes| i64::try_from(bytes).is_ok());
    elements.filter(fits).ok_or(NpyErrorKind::ShapeOverflow)
}
