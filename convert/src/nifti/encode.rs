//! The bytes in front of the values.

use super::error::NiftiErrorKind;
use super::extension;
use super::geometry::{Affine, Geometry};
use super::header::HEADER_BYTES;
use super::limits::MAX_DATA_OFFSET;
use super::quaternion::{Matrix, distance, narrow, stored_components};
use super::writer::Description;

/// Directions that are less than this away from a rotation are one: 0.005 voxels in 500.
const ROTATION_TOLERANCE: f64 = 1e-5;
/// Codes of the units: millimetres, seconds.
const MILLIMETRES: u8 = 2;
const SECONDS: u8 = 8;

/// Header, extensions and nothing else: what follows are the values.
pub(super) fn start(description: &Description) -> Result<Vec<u8>, NiftiErrorKind> {
    let between = extension::encode(&description.extensions)?;
    let offset = u64::try_from(between.len()).unwrap_or(u64::MAX);
    let offset = offset.saturating_add(u64::from(HEADER_BYTES));
    if offset > MAX_DATA_OFFSET {
        let limit = MAX_DATA_OFFSET;
        return Err(NiftiErrorKind::OverLimit("bytes of extensions", offset, limit));
    }
    let mut block = header(description, narrow(offset as f64))?;
    block.extend(between);
    Ok(block)
}

/// A header that is being put together.
struct Block(Vec<u8>);

impl Block {
    fn put<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        let place = self.0.get_mut(at..).and_then(<[u8]>::first_chunk_mut);
        if let Some(place) = place {
            *place = bytes;
        }
    }

    fn i16s<const N: usize>(&mut self, at: usize, values: [i16; N]) {
        for (value, i) in values.into_iter().zip(0..) {
            self.put(at.saturating_add(2_usize.saturating_mul(i)), value.to_le_bytes());
        }
    }

    fn f32s<const N: usize>(&mut self, at: usize, values: [f32; N]) {
        for (value, i) in values.into_iter().zip(0..) {
            self.put(at.saturating_add(4_usize.saturating_mul(i)), value.to_le_bytes());
        }
    }
}

fn header(description: &Description, offset: f32) -> Result<Vec<u8>, NiftiErrorKind> {
    let geometry = &description.geometry;
    let affine = checked_affine(geometry)?;
    let [z, y, x] = geometry.shape_zyx;
    let four = geometry.frames > 1;
    let [nx, ny, nz] = [axis(1, x)?, axis(2, y)?, axis(3, z)?];
    let frames = axis(4, geometry.frames)?;
    let mut block = Block(vec![0; usize::from(HEADER_BYTES)]);
    block.put(0, i32::from(HEADER_BYTES).to_le_bytes());
    block.put(38, *b"r");
    block.i16s(40, [if four { 4 } else { 3 }, nx, ny, nz, frames, 1, 1, 1]);
    block.i16s(68, [description.intent_code]);
    let bits = description.dtype.bytes().saturating_mul(8);
    block.i16s(70, [description.dtype.code()]);
    block.put(72, bits.to_le_bytes());
    let [dz, dy, dx] = geometry.spacing_zyx.map(narrow);
    let (sign, rotation) = rotation_of(geometry);
    let seconds = if four { narrow(geometry.frame_seconds) } else { 0.0 };
    block.f32s(76, [sign, dx, dy, dz, seconds]);
    let scaling = description.scaling;
    block.f32s(108, [offset, narrow(scaling.slope), narrow(scaling.inter)]);
    let time = if seconds > 0.0 { SECONDS } else { 0 };
    block.put(123, [MILLIMETRES | time]);
    let text = description.description.bytes().filter(u8::is_ascii).take(79);
    for (byte, at) in text.zip(148..) {
        block.put(at, [byte]);
    }
    let code = i16::from(description.space_code.clamp(1, 5));
    block.i16s(252, [if rotation.is_some() { code } else { 0 }, code]);
    block.f32s(256, rotation.as_ref().map_or([0.0; 3], stored_components));
    block.f32s(268, affine.map(|[.., t]| narrow(t)));
    for (row, i) in affine.into_iter().zip(0..) {
        block.f32s(280_usize.saturating_add(16_usize.saturating_mul(i)), row.map(narrow));
    }
    block.put(344, *b"n+1\0");
    Ok(block.0)
}

fn axis(number: usize, size: u64) -> Result<i16, NiftiErrorKind> {
    let shown = i64::try_from(size).unwrap_or(i64::MAX);
    let stored = i16::try_from(size).ok().filter(|size| *size >= 1);
    stored.ok_or(NiftiErrorKind::Dimension(number, shown))
}

/// The affine, when what is read back from it will be a geometry.
fn checked_affine(geometry: &Geometry) -> Result<Affine, NiftiErrorKind> {
    if geometry.spacing_zyx.iter().any(|s| !s.is_finite() || *s <= 0.0) {
        return Err(NiftiErrorKind::Geometry("spacing has to be finite and above 0"));
    }
    let seconds = geometry.frame_seconds;
    if !seconds.is_finite() || seconds < 0.0 {
        return Err(NiftiErrorKind::Geometry("time between frames has to be finite"));
    }
    let affine = geometry.to_affine();
    let stored = affine.map(|row| row.map(|v| f64::from(narrow(v))));
    Geometry::from_affine(geometry.shape_zyx, &stored)?;
    Ok(affine)
}

/// The sign of the third axis, and the directions as a proper rotation of (x, y, z) in RAS, where
/// they are one.
fn rotation_of(geometry: &Geometry) -> (f32, Option<Matrix>) {
    let [left, posterior, superior] = geometry.direction;
    let columns = |[k, j, i]: [f64; 3], sign: f64| [sign * i, sign * j, sign * k];
    let ras = [columns(left, -1.0), columns(posterior, -1.0), columns(superior, 1.0)];
    // Reversing the columns turns the sign of the determinant; the two mirrored rows do not.
    let sign = if geometry.determinant() > 0.0 { -1.0 } else { 1.0 };
    let proper = ras.map(|[i, j, k]| [i, j, sign * k]);
    let identity = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    let is_rotation = distance(&gram(&proper), &identity) < ROTATION_TOLERANCE;
    (narrow(sign), is_rotation.then_some(proper))
}

/// The products of the columns with each other.
fn gram(rows: &Matrix) -> Matrix {
    let mut products = [[0.0; 3]; 3];
    for row in rows {
        for (out, a) in products.iter_mut().zip(row) {
            for (out, b) in out.iter_mut().zip(row) {
                *out += a * b;
            }
        }
    }
    products
}
