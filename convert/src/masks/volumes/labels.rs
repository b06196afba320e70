//! Stored values as labels.

use std::borrow::Cow;

use crate::nifti::{Scaling, Values};

/// How far from a whole number a scaled value may be, relative to it: slopes are stored as `f32`.
const SCALED_TOLERANCE: f64 = 1e-6;

/// Labels of one plane, as narrow as the file has them.
pub(in crate::masks) enum Labels<'a> {
    U8(&'a [u8]),
    U16(&'a [u16]),
    U32(Cow<'a, [u32]>),
}

/// A value that is no label: its place in the plane and itself.
pub(in crate::masks) struct NoLabel {
    pub(in crate::masks) place: usize,
    pub(in crate::masks) value: f64,
}

impl<'a> Labels<'a> {
    /// Whole numbers from 0 to 2^32 - 1, of any type. Scaled values may be 1e-6 of themselves off.
    pub(in crate::masks) fn of(values: &'a Values, scaling: &Scaling) -> Result<Self, NoLabel> {
        if !scaling.is_none() {
            return exact(values.to_f64(scaling).into_iter().map(|v| (scaled(v), v)));
        }
        match values {
            Values::U8(v) => Ok(Self::U8(v)),
            Values::U16(v) => Ok(Self::U16(v)),
            Values::U32(v) => Ok(Self::U32(Cow::Borrowed(v))),
            Values::I8(v) => exact(v.iter().map(|&v| (u32::try_from(v).ok(), f64::from(v)))),
            Values::I16(v) => exact(v.iter().map(|&v| (u32::try_from(v).ok(), f64::from(v)))),
            Values::I32(v) => exact(v.iter().map(|&v| (u32::try_from(v).ok(), f64::from(v)))),
            Values::I64(v) => exact(v.iter().map(|&v| (u32::try_from(v).ok(), v as f64))),
            Values::U64(v) => exact(v.iter().map(|&v| (u32::try_from(v).ok(), v as f64))),
            Values::F32(v) => exact(v.iter().map(|&v| (whole(f64::from(v)), f64::from(v)))),
            Values::F64(v) => exact(v.iter().map(|&v| (whole(v), v))),
        }
    }
}

fn exact<'a>(values: impl Iterator<Item = (Option<u32>, f64)>) -> Result<Labels<'a>, NoLabel> {
    let labels = values.enumerate().map(|(place, (label, value))| match label {
        Some(label) => Ok(label),
        None => Err(NoLabel { place, value }),
    });
    Ok(Labels::U32(Cow::Owned(labels.collect::<Result<_, _>>()?)))
}

fn whole(value: f64) -> Option<u32> {
    if !(0.0..=f64::from(u32::MAX)).contains(&value) || value.fract() != 0.0 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    Some(value as u32)
}

fn scaled(value: f64) -> Option<u32> {
    let near = value.round();
    if (value - near).abs() > SCALED_TOLERANCE * near.abs().max(1.0) {
        return None;
    }
    // No negative zero, which is no more than noise here.
    whole(near + 0.0)
}
