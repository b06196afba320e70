//! The fields that are filled, and what their values become in the container.

use std::borrow::Cow;

use half::f16;
use vesalius::{DefaultMetric, Dtype, Field, FieldDef, FieldKind, Schema};

use super::rows::{FieldPlan, Kind};
use crate::error::ConvertError;
use crate::hdf5::ElementType;
use crate::import::item::normalize;
use crate::import::options::ImportOptions;

/// A field of the container.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) dim: usize,
    element: ElementType,
    pub(super) dtype: Dtype,
    normalized: bool,
    pub(super) new: Option<Field>,
}

/// Values as the engine takes them.
pub(super) enum Numbers<'a> {
    Halves(Cow<'a, [f16]>),
    Floats(Cow<'a, [f32]>),
}

impl Target {
    /// Compares what the source has with what the container has.
    pub(super) fn plan(
        schema: &Schema,
        plan: &FieldPlan,
        options: &ImportOptions,
    ) -> Result<Self, ConvertError> {
        let known = schema.field(&plan.name);
        if let Some(def) = known {
            check(def, plan, options)?;
        }
        let natural = match plan.element {
            ElementType::F16 => Dtype::F16,
            _ => Dtype::F32,
        };
        let dtype = known.map_or_else(|| options.dtype.unwrap_or(natural), |def| def.dtype);
        let made = match plan.kind {
            Kind::Vector => Field::vector(&plan.name, plan.dim),
            Kind::Tokens(grid) => Field::tokens(&plan.name, grid, plan.dim),
        };
        let made = made.dtype(dtype).metric(options.metric.unwrap_or(DefaultMetric::Cosine));
        let provenance = options.provenance.clone();
        let made = provenance.into_iter().fold(made, Field::provenance);
        Ok(Self {
            name: plan.name.clone(),
            kind: plan.kind,
            dim: plan.dim,
            element: plan.element,
            dtype,
            normalized: known.is_some_and(|def| def.normalized),
            new: known.is_none().then_some(made),
        })
    }

    /// What rounding the values of the source will suffer, if any.
    pub(super) fn loss(&self) -> Option<String> {
        let name = &self.name;
        match (self.element, self.dtype) {
            (ElementType::F64, _) => Some(format!(
                "field {name:?}: doubles are rounded to {}, as the field stores them",
                self.dtype
            )),
            (ElementType::F32, Dtype::F16) => {
                Some(format!("field {name:?}: features are rounded to f16, as it stores them"))
            }
            _ => None,
        }
    }

    /// The values of the source, for a write.
    pub(super) fn numbers<'a>(&self, bytes: &'a [u8]) -> Numbers<'a> {
        match self.element {
            ElementType::F16 => Numbers::Halves(cast(bytes)),
            ElementType::F64 => Numbers::Floats(Cow::Owned(narrowed(bytes))),
            _ => Numbers::Floats(cast(bytes)),
        }
    }

    /// Whether every value is one that a container can hold.
    pub(super) fn is_finite(&self, bytes: &[u8]) -> bool {
        match self.numbers(bytes) {
            Numbers::Halves(values) => values.iter().all(|value| value.is_finite()),
            Numbers::Floats(values) => values.iter().all(|value| value.is_finite()),
        }
    }

    /// The checksum of the bytes that the container will hold for these values of the source.
    pub(super) fn checksum(&self, bytes: &[u8]) -> u32 {
        let as_they_are = matches!(
            (self.element, self.dtype),
            (ElementType::F16, Dtype::F16) | (ElementType::F32, Dtype::F32)
        );
        if as_they_are && !self.normalized {
            return crc32fast::hash(bytes);
        }
        let mut values = self.numbers(bytes).into_floats();
        if self.normalized {
            values.chunks_mut(self.dim.max(1)).for_each(normalize);
        }
        if self.dtype == Dtype::F32 {
            return crc32fast::hash(bytemuck::cast_slice(&values));
        }
        let halves: Vec<f16> = values.iter().map(|&value| f16::from_f32(value)).collect();
        crc32fast::hash(bytemuck::cast_slice(&halves))
    }
}

impl Numbers<'_> {
    pub(super) fn into_floats(self) -> Vec<f32> {
        match self {
            Self::Halves(values) => values.iter().map(|value| value.to_f32()).collect(),
            Self::Floats(values) => values.into_owned(),
        }
    }
}

/// Borrowed where the bytes lie as the processor wants them, which they nearly always do.
fn cast<T: bytemuck::Pod>(bytes: &[u8]) -> Cow<'_, [T]> {
    if let Ok(values) = bytemuck::try_cast_slice(bytes) {
        return Cow::Borrowed(values);
    }
    let whole = bytes.chunks_exact(size_of::<T>().max(1));
    let copy = |bytes| {
        let mut value = T::zeroed();
        bytemuck::bytes_of_mut(&mut value).copy_from_slice(bytes);
        value
    };
    Cow::Owned(whole.map(copy).collect())
}

fn narrowed(bytes: &[u8]) -> Vec<f32> {
    let (values, _) = bytes.as_chunks();
    #[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what is stored")]
    let narrow = |value: &[u8; 8]| f64::from_le_bytes(*value) as f32;
    values.iter().map(narrow).collect()
}

/// Refuses a field of another kind, dimension, grid or asked type.
fn check(def: &FieldDef, plan: &FieldPlan, options: &ImportOptions) -> Result<(), ConvertError> {
    let (wanted, grid) = match plan.kind {
        Kind::Vector => (FieldKind::Vector, [0; 3]),
        Kind::Tokens(grid) => (FieldKind::Tokens, grid),
    };
    let (name, advice) = (&def.name, "name another field for this source");
    let problem = if def.kind != wanted {
        format!("field {name:?} is of kind {}, the source has {wanted}", def.kind)
    } else if usize::try_from(def.dim) != Ok(plan.dim) {
        format!("field {name:?} has dimension {}, the source has {}", def.dim, plan.dim)
    } else if wanted == FieldKind::Tokens && def.grid != grid {
        format!("field {name:?} has the grid {:?}, the source has {grid:?}", def.grid)
    } else if let Some(dtype) = options.dtype.filter(|dtype| *dtype != def.dtype) {
        format!("field {name:?} stores {}, {dtype} was asked for", def.dtype)
    } else {
        return Ok(());
    };
    Err(ConvertError::Refused(format!("{problem}; {advice}")))
}
