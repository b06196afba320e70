//! What fields say, as values.

use super::error::NrrdErrorKind;
use super::header::Header;
use crate::nifti::{Dtype, Order};

/// The format's own limit.
const MAX_DIMENSION: usize = 16;

/// How values are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Raw,
    Gzip,
}

/// How values are stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Storage {
    pub(super) dtype: Dtype,
    pub(super) order: Order,
    pub(super) encoding: Encoding,
    pub(super) line_skip: u64,
    /// None: the values are the end of the file.
    pub(super) byte_skip: Option<u64>,
}

impl Storage {
    pub(super) fn of(header: &Header) -> Result<Self, NrrdErrorKind> {
        let dtype = dtype(header.need("type")?)?;
        let encoding = encoding(header.need("encoding")?)?;
        let order = match header.get("endian") {
            // Writers on little-endian machines leave it out; the standard demands it for wide types.
            None => Order::Little,
            Some(text) if text.eq_ignore_ascii_case("little") => Order::Little,
            Some(text) if text.eq_ignore_ascii_case("big") => Order::Big,
            Some(text) => return Err(NrrdErrorKind::field("endian", text, "little or big")),
        };
        let line_skip = skip(header, "line skip")?.unwrap_or(0);
        let byte_skip = match header.get("byte skip") {
            Some("-1") if encoding == Encoding::Raw => None,
            _ => Some(skip(header, "byte skip")?.unwrap_or(0)),
        };
        Ok(Self { dtype, order, encoding, line_skip, byte_skip })
    }
}

fn skip(header: &Header, name: &'static str) -> Result<Option<u64>, NrrdErrorKind> {
    let parse = |text: &str| {
        let wanted = "a number of lines or bytes";
        text.parse().map_err(|_| NrrdErrorKind::field(name, text, wanted))
    };
    header.get(name).map(parse).transpose()
}

fn dtype(text: &str) -> Result<Dtype, NrrdErrorKind> {
    let words: Vec<&str> = text.split_whitespace().take(5).collect();
    Ok(match words.join(" ").to_ascii_lowercase().as_str() {
        "signed char" | "int8" | "int8_t" => Dtype::I8,
        "uchar" | "unsigned char" | "uint8" | "uint8_t" => Dtype::U8,
        "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => {
            Dtype::I16
        }
        "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => Dtype::U16,
        "int" | "signed int" | "int32" | "int32_t" => Dtype::I32,
        "uint" | "unsigned int" | "uint32" | "uint32_t" => Dtype::U32,
        "longlong"
        | "long long"
        | "long long int"
        | "signed long long"
        | "signed long long int"
        | "int64"
        | "int64_t" => Dtype::I64,
        "ulonglong" | "unsigned long long" | "unsigned long long int" | "uint64" | "uint64_t" => {
            Dtype::U64
        }
        "float" => Dtype::F32,
        "double" => Dtype::F64,
        _ => return Err(NrrdErrorKind::field("type", text, "a type of numbers")),
    })
}

fn encoding(text: &str) -> Result<Encoding, NrrdErrorKind> {
    match text.to_ascii_lowercase().as_str() {
        "raw" => Ok(Encoding::Raw),
        "gz" | "gzip" | "zlib" => Ok(Encoding::Gzip),
        "txt" | "text" | "ascii" | "hex" | "bz2" | "bzip2" => {
            Err(NrrdErrorKind::Unsupported(format!("the encoding {text:?} is not read")))
        }
        _ => Err(NrrdErrorKind::field("encoding", text, "raw or gzip")),
    }
}

/// The sizes of all axes, the fastest first.
pub(super) fn sizes(header: &Header) -> Result<Vec<u64>, NrrdErrorKind> {
    let text = header.need("dimension")?;
    let wanted = "a number from 1 to 16";
    let dimension = text.parse().ok().filter(|n| (1..=MAX_DIMENSION).contains(n));
    let dimension = dimension.ok_or_else(|| NrrdErrorKind::field("dimension", text, wanted))?;
    let text = header.need("sizes")?;
    let wanted = "a number from 1 to 2^31 for each axis";
    let sizes = per_axis(text, dimension, |word| {
        word.parse().ok().filter(|n| (1..=1_u64 << 31).contains(n))
    });
    sizes.ok_or_else(|| NrrdErrorKind::field("sizes", text, wanted))
}

/// One value for each axis.
fn per_axis<T>(text: &str, axes: usize, parse: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    let words = text.split_whitespace().take(axes.saturating_add(1));
    let values: Option<Vec<T>> = words.map(parse).collect();
    values.filter(|values| values.len() == axes)
}

/// The kind of each axis, in small letters; `???` where the file says none.
pub(super) fn kinds(header: &Header, axes: usize) -> Result<Option<Vec<String>>, NrrdErrorKind> {
    let parse = |text: &str| {
        per_axis(text, axes, |word| Some(word.to_ascii_lowercase()))
            .ok_or_else(|| NrrdErrorKind::field("kinds", text, "a kind for each axis"))
    };
    header.get("kinds").map(parse).transpose()
}

/// The spacing of each axis; none where it is not a number.
pub(super) fn spacings(
    header: &Header,
    axes: usize,
) -> Result<Option<Vec<Option<f64>>>, NrrdErrorKind> {
    let parse = |text: &str| {
        let number =
            |word: &str| Some(word.parse::<f64>().ok()?).map(|v| Some(v).filter(|v| v.is_finite()));
        per_axis(text, axes, number)
            .ok_or_else(|| NrrdErrorKind::field("spacings", text, "a number for each axis"))
    };
    header.get("spacings").map(parse).transpose()
}

/// Vectors `(1,0,0)`, and `none` for axes that are not of the space. A vector has `dimension` numbers, 3 at most;
/// missing ones are zero.
pub(super) fn vectors(
    name: &'static str,
    text: &str,
    dimension: usize,
) -> Result<Vec<Option<[f64; 3]>>, NrrdErrorKind> {
    let bad = || NrrdErrorKind::field(name, text, "vectors of the dimension of the space, or none");
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if found.len() >= MAX_DIMENSION {
            return Err(bad());
        }
        if let Some(after) = rest.strip_prefix("none") {
            found.push(None);
            rest = after.trim_start();
            continue;
        }
        let inside = rest.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        let (inside, after) = inside.ok_or_else(bad)?;
        let mut numbers = inside.split(',').map(|word| word.trim().parse::<f64>().ok());
        let mut vector = [0.0; 3];
        for out in vector.iter_mut().take(dimension) {
            *out = numbers.next().flatten().ok_or_else(bad)?;
        }
        if numbers.next().is_some() {
            return Err(bad());
        }
        // A vector that is not a number is the other word for none.
        found.push(Some(vector).filter(|vector| vector.iter().any(|v| !v.is_nan())));
        rest = after.trim_start();
    }
    Ok(found)
}
