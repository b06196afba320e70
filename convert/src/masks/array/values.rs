//! The voxels of each label of one array.

use std::collections::BTreeMap;

use vesalius::{Runs, VoxelShape};

use super::super::limits::Limits;
use super::super::scan::LabelScan;
use super::error::{ArrayError, ArrayErrorKind};
use crate::npy::{Dtype, NpyFile, Scalar};

/// The voxels that the axes of an array describe.
pub(super) fn shape(axes: &[u64]) -> Result<VoxelShape, ArrayError> {
    let refused = || ArrayErrorKind::Shape(axes.to_vec()).bare();
    let (frames, zyx) = match *axes {
        [y, x] => (1, [1, y, x]),
        [z, y, x] => (1, [z, y, x]),
        [t, z, y, x] => (t, [z, y, x]),
        _ => return Err(refused()),
    };
    VoxelShape::new(frames, zyx).map_err(|_| refused())
}

/// The type of the values, if they can be labels.
pub(super) fn scalar(file: &NpyFile) -> Result<Scalar, ArrayError> {
    match file.dtype() {
        Dtype::Number(scalar, _) => Ok(scalar),
        other => Err(ArrayErrorKind::Type(other.to_string()).bare()),
    }
}

/// Reads all values. `runs` are those of the file before this array.
///
/// # Errors
/// Values that are no labels, more than the limits allow, or the medium failed.
pub(super) fn labels(
    file: &NpyFile,
    limits: &Limits,
    runs: u64,
) -> Result<BTreeMap<u32, Runs>, ArrayError> {
    let scalar = scalar(file)?;
    let shape = shape(file.shape())?;
    let bytes = file.header().elements.saturating_mul(scalar.bytes() as u64);
    if bytes > limits.max_value_bytes {
        let kind = ArrayErrorKind::OverLimit("values in bytes", bytes, limits.max_value_bytes);
        return Err(kind.bare());
    }
    let mut scan = LabelScan::new(shape, limits, runs);
    let refused = |error| ArrayErrorKind::Values(error).bare();
    let (mut whole, mut real) = (Vec::new(), Vec::new());
    let mut first = 0;
    while first < file.rows() {
        let left = usize::try_from(file.rows().saturating_sub(first)).unwrap_or(usize::MAX);
        let count = file.preferred_rows().min(left);
        if scalar.is_integer() {
            whole.clear();
            file.read_rows_i64(first, count, &mut whole)?;
            scan.push(&whole, |v| u32::try_from(v).ok()).map_err(refused)?;
        } else {
            real.clear();
            let report = file.read_rows_f32(first, count, &mut real)?;
            if report.lossy {
                return Err(ArrayErrorKind::Precision.bare());
            }
            scan.push(&real, whole_number).map_err(refused)?;
        }
        first = first.saturating_add(count as u64);
    }
    scan.finish().map_err(refused)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range and the wholeness are checked"
)]
fn whole_number(value: f32) -> Option<u32> {
    let fits = (0.0..4_294_967_296.0).contains(&value) && value.fract() == 0.0;
    fits.then_some(value as u32)
}
