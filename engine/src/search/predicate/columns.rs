//! What a predicate needs to see of the data.

use super::PredicateError;
use crate::format::bitmap::Bitmap;

/// The type of an attribute. It is the same in every chunk of its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeType {
    /// Signed 64-bit integers.
    I64,
    /// 64-bit floats.
    F64,
    /// Booleans.
    Bool,
    /// UTF-8 text.
    Str,
}

/// The texts of a dictionary-coded chunk.
pub trait StrDict {
    /// How many texts there are; their codes are `0..entries()`.
    fn entries(&self) -> usize;

    /// The text of a code; `None` where the code is out of range or its text is not readable, and
    /// then the value counts as missing.
    fn get(&self, code: u32) -> Option<&str>;
}

/// The values of one chunk.
#[derive(Clone, Copy)]
pub enum Values<'a> {
    /// Integers.
    I64(&'a [i64]),
    /// Floats. NaN is a value, not a missing one: unequal to all and above or below none.
    F64(&'a [f64]),
    /// Booleans, false where the byte is zero.
    Bool(&'a [u8]),
    /// Text, as codes into a dictionary.
    Str {
        /// The texts.
        dictionary: &'a dyn StrDict,
        /// One code a value.
        codes: &'a [u32],
    },
}

/// The rows of one chunk, in the order of its values.
#[derive(Debug, Clone, Copy)]
pub enum RowSet<'a> {
    /// `count` rows on end.
    Dense {
        /// The row of the first value.
        first: u64,
        /// How many there are.
        count: u64,
    },
    /// One row a value, in any order.
    List(&'a [u64]),
}

/// One immutable piece of a column: value `i` belongs to the `i`-th of `rows`.
///
/// Where rows and values differ in number the surplus is ignored, as are rows beyond the universe.
#[derive(Clone, Copy)]
pub struct Chunk<'a> {
    /// The rows.
    pub rows: RowSet<'a>,
    /// Value `i` is superseded, by another chunk or by nothing, where bit `i` is set.
    pub dead: Option<&'a Bitmap>,
    /// The values. A chunk of another type than its attribute counts as missing.
    pub values: Values<'a>,
}

/// What is asked of the size of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentSize {
    /// Cubic millimetres.
    Volume,
    /// Voxels.
    Voxels,
}

/// Rows, and a number for each.
pub type SizesByRow = (Vec<u64>, Vec<f64>);

const NO_MASKS: &str = "there are no masks";

/// The columns a predicate is evaluated over: rows `0..rows()`, of which `live` exist.
///
/// A row that no chunk has a living value for is null there.
pub trait Columns {
    /// What can go wrong: a predicate that does not fit, or reading the data.
    type Error: From<PredicateError>;

    /// The size of the universe; results have this many bits.
    fn rows(&self) -> u64;

    /// The rows that exist.
    fn live(&self) -> Result<Bitmap, Self::Error>;

    /// The type of an attribute; `None` where no image ever had it.
    fn attribute_type(&self, name: &str) -> Option<AttributeType>;

    /// All attributes, for messages.
    fn attribute_names(&self) -> Vec<String>;

    /// Hands over the chunks of an attribute, in any order.
    fn for_each_chunk(
        &self,
        name: &str,
        f: &mut dyn FnMut(Chunk<'_>) -> Result<(), Self::Error>,
    ) -> Result<(), Self::Error>;

    /// Hands over every row with its image key, in any order.
    fn for_each_key(&self, f: &mut dyn FnMut(u64, &str)) -> Result<(), Self::Error>;

    /// The row of an image key.
    fn row_of_key(&self, key: &str) -> Result<Option<u64>, Self::Error>;

    /// The rows that have something in `field`. The inner error is a message, such as an unknown
    /// field's.
    fn has_field(&self, field: &str) -> Result<Result<Bitmap, String>, Self::Error>;

    /// The rows whose image has a segment, in `field` or in the only masks field there is. `segment` is a name or
    /// `group/name`. The inner error is a message.
    fn has_segment(
        &self,
        _field: Option<&str>,
        _segment: &str,
    ) -> Result<Result<Bitmap, String>, Self::Error> {
        Ok(Err(NO_MASKS.into()))
    }

    /// The rows whose image has two segments that share a voxel.
    fn overlaps(
        &self,
        _field: Option<&str>,
        _segments: [&str; 2],
    ) -> Result<Result<Bitmap, String>, Self::Error> {
        Ok(Err(NO_MASKS.into()))
    }

    /// A number of a segment of each image that has it, with their rows.
    fn segment_sizes(
        &self,
        _field: Option<&str>,
        _segment: &str,
        _size: SegmentSize,
    ) -> Result<Result<SizesByRow, String>, Self::Error> {
        Ok(Err(NO_MASKS.into()))
    }

    /// The rows that have `region`, in `field` or in the only field there is. The inner error is a
    /// message, such as an unknown region's or that a field must be named.
    fn has_region(
        &self,
        field: Option<&str>,
        region: &str,
    ) -> Result<Result<Bitmap, String>, Self::Error>;
}
