//! Vectors: a dense matrix of features.

use half::f16;

use crate::container::group::Group;
use crate::error::Result;
use crate::format::Rule;
use crate::format::group::layout::section;
use crate::format::schema::{Dtype, FieldDef};

/// Features one after another, borrowed from the container: `count` rows of `dim` values, `stride` values apart.
#[derive(Clone, Copy, Debug)]
pub enum FeatureMatrix<'a> {
    /// binary32.
    F32 {
        /// The values, padding included.
        values: &'a [f32],
        /// Values of a row.
        dim: usize,
        /// Values from row to row.
        stride: usize,
    },
    /// binary16.
    F16 {
        /// The values, padding included.
        values: &'a [f16],
        /// Values of a row.
        dim: usize,
        /// Values from row to row.
        stride: usize,
    },
}

impl<'a> FeatureMatrix<'a> {
    /// `count` features from `first` on, of the section `number` of a row group; `field` must agree.
    pub fn of(
        group: &'a Group,
        field: &FieldDef,
        number: usize,
        first: usize,
        count: usize,
    ) -> Result<Self> {
        let header = group.header()?;
        let agrees = header.dim == field.dim
            && header.dtype == u32::from(field.dtype.code())
            && u64::from(header.stride) == field.stride();
        if !agrees {
            return Err(group.damage(Rule::GroupHeader, "its features are not those of the field"));
        }
        let bytes = usize::try_from(field.stride()).unwrap_or(usize::MAX);
        let dim = field.dim as usize;
        let end = first.saturating_add(count);
        Ok(match field.dtype {
            Dtype::F32 => {
                let stride = bytes / 4;
                let range = first.saturating_mul(stride)..end.saturating_mul(stride);
                Self::F32 { values: group.part(number, range)?, dim, stride }
            }
            Dtype::F16 => {
                let stride = bytes / 2;
                let range = first.saturating_mul(stride)..end.saturating_mul(stride);
                let bits: &[u16] = group.part(number, range)?;
                Self::F16 { values: bytemuck::cast_slice(bits), dim, stride }
            }
        })
    }

    /// No features.
    pub(super) fn empty(dtype: Dtype, dim: usize) -> Self {
        match dtype {
            Dtype::F32 => Self::F32 { values: &[], dim, stride: dim },
            Dtype::F16 => Self::F16 { values: &[], dim, stride: dim },
        }
    }

    /// Number of features.
    pub fn len(&self) -> usize {
        match self {
            Self::F32 { values, stride, .. } => values.len() / (*stride).max(1),
            Self::F16 { values, stride, .. } => values.len() / (*stride).max(1),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Values of a feature.
    pub fn dim(&self) -> usize {
        match self {
            Self::F32 { dim, .. } | Self::F16 { dim, .. } => *dim,
        }
    }

    /// The feature at a place, when it is stored as f32.
    pub fn row_f32(&self, place: usize) -> Option<&'a [f32]> {
        match self {
            Self::F32 { values, dim, stride } => {
                let start = place.checked_mul(*stride)?;
                values.get(start..start.checked_add(*dim)?)
            }
            Self::F16 { .. } => None,
        }
    }

    /// The feature at a place, when it is stored as f16.
    pub fn row_f16(&self, place: usize) -> Option<&'a [f16]> {
        match self {
            Self::F16 { values, dim, stride } => {
                let start = place.checked_mul(*stride)?;
                values.get(start..start.checked_add(*dim)?)
            }
            Self::F32 { .. } => None,
        }
    }

    /// The feature at a place as stored, little endian.
    pub fn row_bytes(&self, place: usize) -> Option<&'a [u8]> {
        match self {
            Self::F32 { .. } => self.row_f32(place).map(bytemuck::cast_slice),
            Self::F16 { .. } => self.row_f16(place).map(bytemuck::cast_slice),
        }
    }

    /// Appends the feature at a place as f32; exact.
    pub fn extend_f32(&self, place: usize, out: &mut Vec<f32>) {
        if let Some(row) = self.row_f32(place) {
            out.extend_from_slice(row);
        } else if let Some(row) = self.row_f16(place) {
            out.extend(row.iter().map(|value| value.to_f32()));
        }
    }
}

/// The vectors of a row group.
#[derive(Clone, Copy, Debug)]
pub struct VectorView<'a> {
    group: &'a Group,
    field: &'a FieldDef,
}

impl<'a> VectorView<'a> {
    /// A view of a row group of layout vector.
    pub fn new(group: &'a Group, field: &'a FieldDef) -> Self {
        Self { group, field }
    }

    /// All vectors.
    pub fn matrix(&self) -> Result<FeatureMatrix<'a>> {
        let count = usize::try_from(self.group.desc().count).unwrap_or(usize::MAX);
        FeatureMatrix::of(self.group, self.field, section::VECTOR_MATRIX, 0, count)
    }

    /// The vector at a place; verifies only the blocks that it lies in.
    pub fn get(&self, position: usize) -> Result<FeatureMatrix<'a>> {
        FeatureMatrix::of(self.group, self.field, section::VECTOR_MATRIX, position, 1)
    }
}
