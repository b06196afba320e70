//! Tokens to be stored.

use std::borrow::Cow;

use half::f16;

use super::definition::check_limit;
use crate::error::{Error, Result};
use crate::format::finite::{first_not_finite_f16, first_not_finite_f32};
use crate::format::limits::TENSOR_BYTES_MAX;
use crate::format::mapping::{GridMapping, even};
use crate::format::schema::{Dtype, FieldDef};
use crate::format::space::Space;

/// Values of tokens, C order: `[d, h, w, D]`, `[h, w, D]` or `[T, D]`.
#[derive(Clone, Copy, Debug)]
pub enum TokenData<'a> {
    /// binary16.
    F16(&'a [f16]),
    /// binary32.
    F32(&'a [f32]),
}

impl TokenData<'_> {
    /// Number of values.
    pub fn len(&self) -> usize {
        match self {
            Self::F16(values) => values.len(),
            Self::F32(values) => values.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<'a> From<&'a [f16]> for TokensValue<'a> {
    fn from(values: &'a [f16]) -> Self {
        Self { data: TokenData::F16(values), place: Place::Even }
    }
}

impl<'a> From<&'a [f32]> for TokensValue<'a> {
    fn from(values: &'a [f32]) -> Self {
        Self { data: TokenData::F32(values), place: Place::Even }
    }
}

/// How the grid lies over the image.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Equal cells of whole voxels, where the space is known.
    Even,
    Given(GridMapping),
    Unknown,
}

/// The tokens of one image, to be stored. Made from `&[f16]` or `&[f32]`.
#[derive(Clone, Copy, Debug)]
pub struct TokensValue<'a> {
    data: TokenData<'a>,
    place: Place,
}

impl TokensValue<'_> {
    /// Says which voxels each token covers. Without it, the grid is stretched evenly over an image whose space is
    /// known, which must be a whole number of cells long along each axis.
    #[must_use]
    pub fn mapping(mut self, mapping: GridMapping) -> Self {
        self.place = Place::Given(mapping);
        self
    }

    /// Says that nothing is known of where the tokens lie.
    #[must_use]
    pub fn unmapped(mut self) -> Self {
        self.place = Place::Unknown;
        self
    }

    /// The mapping to be stored, checked against the space of the image `key`.
    pub(crate) fn resolve(
        &self,
        field: &FieldDef,
        space: &Space,
        key: &str,
    ) -> Result<Option<GridMapping>> {
        let is_grid = field.grid.iter().skip(1).all(|&n| n > 0);
        match self.place {
            Place::Unknown => Ok(None),
            Place::Even if !is_grid || !space.is_known() => Ok(None),
            Place::Even => match even(field, space.shape) {
                Some(mapping) => Ok(Some(mapping)),
                None => Err(grid_mismatch(field, key, space.shape, "evenly")),
            },
            Place::Given(_) if !is_grid => Err(Error::Invalid(format!(
                "field {:?} holds sequences, which have no grid to map",
                field.name
            ))),
            Place::Given(mapping) => {
                mapping.check(0).map_err(|damage| Error::Invalid(damage.to_string()))?;
                if space.is_known() {
                    mapping
                        .check_shape(field.grid, space.shape)
                        .map_err(|axis| grid_mismatch(field, key, space.shape, axis))?;
                }
                Ok(Some(mapping))
            }
        }
    }

    /// The bytes to be stored: borrowed where they are as they must be.
    pub(crate) fn encode(&self, field: &FieldDef) -> Result<Cow<'_, [u8]>> {
        let (given, dim) = (self.data.len(), field.dim as usize);
        let wanted = field.tokens().map(|tokens| tokens.saturating_mul(u64::from(field.dim)));
        let fits = wanted.map_or(given.is_multiple_of(dim.max(1)), |wanted| given as u64 == wanted);
        if !fits {
            return Err(Error::WrongTokens {
                field: field.name.clone(),
                image: String::new(),
                given,
                wanted: wanted_text(field),
            });
        }
        let bytes = (given as u64).saturating_mul(field.dtype.bytes());
        check_limit("bytes of a tensor", bytes, TENSOR_BYTES_MAX)?;
        self.check_finite(field)?;
        Ok(match (self.data, field.dtype) {
            (TokenData::F16(values), Dtype::F16) if !field.normalized => {
                Cow::Borrowed(bytemuck::cast_slice(values))
            }
            (TokenData::F32(values), Dtype::F32) if !field.normalized => {
                Cow::Borrowed(bytemuck::cast_slice(values))
            }
            _ => Cow::Owned(self.converted(field)?),
        })
    }

    fn check_finite(&self, field: &FieldDef) -> Result<()> {
        let place = match self.data {
            TokenData::F16(values) => first_not_finite_f16(bytemuck::cast_slice(values)),
            TokenData::F32(values) => first_not_finite_f32(bytemuck::cast_slice(values)),
        };
        place.map_or(Ok(()), |place| Err(not_finite(field, place, "is not finite")))
    }

    fn converted(&self, field: &FieldDef) -> Result<Vec<u8>> {
        let mut values: Vec<f32> = match self.data {
            TokenData::F16(values) => values.iter().map(|v| v.to_f32()).collect(),
            TokenData::F32(values) => values.to_vec(),
        };
        if field.normalized {
            values.chunks_mut(field.dim.max(1) as usize).for_each(normalize);
        }
        if field.dtype == Dtype::F32 {
            return Ok(bytemuck::cast_slice(&values).to_vec());
        }
        let halves: Vec<f16> = values.iter().map(|&v| f16::from_f32(v)).collect();
        match halves.iter().position(|half| !half.is_finite()) {
            Some(place) => Err(not_finite(field, place, "does not fit f16")),
            None => Ok(bytemuck::cast_slice(&halves).to_vec()),
        }
    }
}

fn not_finite(field: &FieldDef, place: usize, what: &str) -> Error {
    let dim = field.dim.max(1) as usize;
    let what = format!("value {} of token {} {what}", place % dim, place / dim);
    Error::NotFinite { field: field.name.clone(), image: String::new(), what }
}

fn wanted_text(field: &FieldDef) -> String {
    let grid = grid_text(field);
    format!("{}, {}]", grid.trim_end_matches(']'), field.dim)
}

fn grid_text(field: &FieldDef) -> String {
    let sides: Vec<String> = match field.grid {
        [0, 0, 0] => vec!["T".into()],
        [0, 0, t] => vec![t.to_string()],
        [0, h, w] => vec![h.to_string(), w.to_string()],
        grid => grid.iter().map(u32::to_string).collect(),
    };
    format!("[{}]", sides.join(", "))
}

/// The error for a grid that does not lie over the space of an image.
pub(crate) fn grid_mismatch(field: &FieldDef, key: &str, shape: [u64; 3], how: &str) -> Error {
    let how = match how {
        "evenly" => "evenly; pass a grid mapping, or say that it is unknown".to_owned(),
        axis => format!("at all along {axis}; mend the grid mapping"),
    };
    let what =
        format!("token grid {} does not cover space shape {shape:?} {how}", grid_text(field));
    Error::GridMismatch { field: field.name.clone(), image: key.to_owned(), what }
}

/// Divides a feature by its length, computed in f64; zero stays zero.
pub(crate) fn normalize(feature: &mut [f32]) {
    let norm = feature.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>().sqrt();
    let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
    for value in feature {
        #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what is stored")]
        let scaled = (f64::from(*value) * scale) as f32;
        *value = scaled;
    }
}
