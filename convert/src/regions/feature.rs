use std::borrow::Cow;

use half::f16;

use crate::pickle::{self, Document, Id, Kind};

/// Element type of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FeatureType {
    /// IEEE 754 half precision.
    F16,
    /// IEEE 754 single precision.
    F32,
    /// Double precision: rounded when read.
    F64,
}

impl FeatureType {
    /// Bytes a value.
    pub fn size(self) -> usize {
        match self {
            Self::F16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
        }
    }
}

/// The feature of a region as it lies in the source, converted when asked for.
#[derive(Clone, Debug)]
pub struct Feature<'a> {
    dtype: FeatureType,
    big_endian: bool,
    data: Cow<'a, [u8]>,
}

/// Type and length of a feature, known without touching its values; else what is wrong, with advice.
pub(super) fn describe(document: &Document<'_>, id: Id) -> Result<(FeatureType, usize), String> {
    if let Some((dtype, shape)) = document.array_type(id) {
        let kind = match (dtype.kind, dtype.size) {
            (Kind::Float, 2) => FeatureType::F16,
            (Kind::Float, 4) => FeatureType::F32,
            (Kind::Float, 8) => FeatureType::F64,
            _ => {
                let name = dtype.name();
                return Err(format!("the feature is {name}; store it with .astype(numpy.float32)"));
            }
        };
        let long: Vec<u64> = shape.iter().copied().filter(|side| *side != 1).collect();
        let len = match *long.as_slice() {
            [] => 1,
            [len] => len,
            _ => return Err(format!("the feature has shape {shape:?}; store one vector a region")),
        };
        return usize::try_from(len).map(|len| (kind, len)).map_err(|e| e.to_string());
    }
    match document.value(id) {
        pickle::Value::None => Err("the feature is None; leave the region out instead".into()),
        pickle::Value::List(items) | pickle::Value::Tuple(items) => {
            Ok((FeatureType::F64, items.len()))
        }
        _ => Err("the feature is no array; store a NumPy float array".into()),
    }
}

/// The feature itself.
pub(super) fn read<'d>(document: &'d Document<'_>, id: Id) -> Result<Feature<'d>, String> {
    let (dtype, _) = describe(document, id)?;
    if let Some(array) = document.array(id) {
        let big_endian = array.dtype().big_endian;
        return Ok(Feature { dtype, big_endian, data: array.into_data() });
    }
    let Some(items) = document.items(id) else {
        return Err("the bytes of the feature are damaged; write the file again".into());
    };
    let mut data = Vec::new();
    for item in items {
        let value = document.float(item).ok_or("a value of the feature is no number")?;
        data.extend(value.to_le_bytes());
    }
    Ok(Feature { dtype, big_endian: false, data: data.into() })
}

impl Feature<'_> {
    /// Element type in the source.
    pub fn dtype(&self) -> FeatureType {
        self.dtype
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.data.len().checked_div(self.dtype.size()).unwrap_or(0)
    }

    /// Whether there are no values.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// The bytes, where they are little-endian `dtype` in order. They need not be aligned.
    pub fn little_endian(&self) -> Option<&[u8]> {
        (!self.big_endian).then_some(&*self.data)
    }

    fn elements<const N: usize>(&self) -> impl Iterator<Item = [u8; N]> + '_ {
        self.data.chunks_exact(N).map(|chunk| {
            let mut element = [0; N];
            for (to, from) in element.iter_mut().zip(chunk) {
                *to = *from;
            }
            if self.big_endian {
                element.reverse();
            }
            element
        })
    }

    /// Appends all values as `f32`: bit for bit for `F32`, exact for `F16`, rounded to nearest for `F64`.
    #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what is asked for")]
    pub fn write_f32(&self, out: &mut Vec<f32>) {
        match self.dtype {
            FeatureType::F16 => out.extend(self.elements().map(|e| f16::from_le_bytes(e).to_f32())),
            FeatureType::F32 => out.extend(self.elements().map(f32::from_le_bytes)),
            FeatureType::F64 => out.extend(self.elements().map(|e| f64::from_le_bytes(e) as f32)),
        }
    }

    /// Appends all values as `f16`: bit for bit for `F16`, rounded to nearest otherwise.
    pub fn write_f16(&self, out: &mut Vec<f16>) {
        match self.dtype {
            FeatureType::F16 => out.extend(self.elements().map(f16::from_le_bytes)),
            FeatureType::F32 => {
                out.extend(self.elements().map(|e| f16::from_f32(f32::from_le_bytes(e))));
            }
            FeatureType::F64 => {
                out.extend(self.elements().map(|e| f16::from_f64(f64::from_le_bytes(e))));
            }
        }
    }

    /// Position of the first NaN or infinity, as `f32` sees it.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "an f64 beyond f32 is infinite to a reader"
    )]
    pub fn first_not_finite(&self) -> Option<usize> {
        match self.dtype {
            FeatureType::F16 => self.elements().position(|e| !f16::from_le_bytes(e).is_finite()),
            FeatureType::F32 => self.elements().position(|e| !f32::from_le_bytes(e).is_finite()),
            FeatureType::F64 => {
                self.elements().position(|e| !(f64::from_le_bytes(e) as f32).is_finite())
            }
        }
    }
}
