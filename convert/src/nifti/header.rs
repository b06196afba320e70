//! The header, read from either version of the standard.
//!
//! Layouts: `nifti1.h` and `nifti2.h` of the `NIfTI` Data Format Working Group
//! (<https://nifti.nimh.nih.gov>), both in the public domain.

use super::dtype::Dtype;
use super::error::NiftiErrorKind;
use super::fields::{Fields, Order};
use super::limits::{MAX_AXIS, MAX_DATA_OFFSET};

/// Bytes of a `NIfTI`-1 header.
pub(super) const HEADER_BYTES: u16 = 348;
/// Bytes of a `NIfTI`-2 header.
pub(super) const HEADER2_BYTES: u16 = 540;
/// Spatial unit codes, the low three bits of the units.
const METRE: u8 = 1;
const MICROMETRE: u8 = 3;

/// `stored * slope + inter` is the value that is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaling {
    /// Factor.
    pub slope: f64,
    /// Summand.
    pub inter: f64,
}

impl Scaling {
    /// Stored values are the values that are meant.
    pub const NONE: Self = Self { slope: 1.0, inter: 0.0 };

    /// Whether nothing is scaled.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }
}

/// What a header says, all but the extensions. Fields keep the names and units of the standard.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// Version of the standard, 1 or 2.
    pub version: u8,
    /// Byte order of the file.
    pub order: Order,
    /// Whether the data follow in the same file.
    pub single: bool,
    /// Number of dimensions, 1 to 7.
    pub dimensions: usize,
    /// Sizes along x, y, z, t and three more; 1 behind the last dimension.
    pub dim: [u64; 7],
    /// The type of the stored values.
    pub dtype: Dtype,
    /// The sign of the third axis of the qform, then the spacing along each dimension.
    pub pixdim: [f64; 8],
    /// Where the data begin.
    pub vox_offset: u64,
    /// From stored values to those that are meant; [`Scaling::NONE`] when the header has no slope.
    pub scaling: Scaling,
    /// Codes of the units of space (low three bits) and time.
    pub xyzt_units: u8,
    /// What the qform maps to; 0 for "not set". Codes outside the standard read as 0.
    pub qform_code: i32,
    /// What the sform maps to; 0 for "not set". Codes outside the standard read as 0.
    pub sform_code: i32,
    /// Components b, c, d of the rotation of the qform.
    pub quaternion: [f64; 3],
    /// Translation of the qform.
    pub qoffset: [f64; 3],
    /// Rows x, y, z of the sform.
    pub srow: [[f64; 4]; 3],
    /// Meaning of the values; 1002 for labels.
    pub intent_code: i32,
    /// Name of the meaning, printable ASCII of it.
    pub intent_name: String,
    /// Description, printable ASCII of it.
    pub description: String,
}

/// Fields of either version as they stand, before any check.
struct Raw {
    dim: [i64; 8],
    datatype: i16,
    vox_offset: f64,
    codes: [i32; 2],
    slope: [f64; 2],
}

impl Header {
    /// Length and byte order of the header that begins with these bytes.
    pub(super) fn recognise(start: [u8; 4]) -> Result<(u16, Order), NiftiErrorKind> {
        for order in [Order::Little, Order::Big] {
            let size = Fields { bytes: &start, order }.i32(0);
            for known in [HEADER_BYTES, HEADER2_BYTES] {
                if size == i32::from(known) {
                    return Ok((known, order));
                }
            }
        }
        Err(NiftiErrorKind::NotNifti)
    }

    /// Reads a whole header: 348 bytes for version 1, 540 for version 2.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, NiftiErrorKind> {
        let start = bytes.first_chunk().ok_or(NiftiErrorKind::NotNifti)?;
        let (length, order) = Self::recognise(*start)?;
        let fields = Fields { bytes, order };
        if length == HEADER_BYTES { Self::first(&fields) } else { Self::second(&fields) }
    }

    fn first(f: &Fields<'_>) -> Result<Self, NiftiErrorKind> {
        let single = match f.bytes.get(344..348) {
            Some(b"n+1\0") => true,
            Some(b"ni1\0") => false,
            _ => return Err(NiftiErrorKind::NotNifti),
        };
        let raw = Raw {
            dim: f.list::<i16, 8>(40, 2, Fields::i16).map(i64::from),
            datatype: f.i16(70),
            vox_offset: f.f32(108),
            codes: f.list::<i16, 2>(252, 2, Fields::i16).map(i32::from),
            slope: f.list(112, 4, Fields::f32),
        };
        let mut header = Self::checked(&raw, f.order, 1, single)?;
        header.pixdim = f.list(76, 4, Fields::f32);
        header.xyzt_units = f.byte(123);
        header.quaternion = f.list(256, 4, Fields::f32);
        header.qoffset = f.list(268, 4, Fields::f32);
        header.srow = f.list(280, 16, |f, at| f.list(at, 4, Fields::f32));
        header.intent_code = i32::from(f.i16(68));
        header.intent_name = f.text(328, 16);
        header.description = f.text(148, 80);
        Ok(header)
    }

    fn second(f: &Fields<'_>) -> Result<Self, NiftiErrorKind> {
        let single = match f.bytes.get(4..12) {
            Some(b"n+2\0\r\n\x1a\n") => true,
            Some(b"ni2\0\r\n\x1a\n") => false,
            _ => return Err(NiftiErrorKind::NotNifti),
        };
        let raw = Raw {
            dim: f.list(16, 8, Fields::i64),
            datatype: f.i16(12),
            vox_offset: f.i64(168) as f64,
            codes: f.list(344, 4, Fields::i32),
            slope: f.list(176, 8, Fields::f64),
        };
        let mut header = Self::checked(&raw, f.order, 2, single)?;
        header.pixdim = f.list(104, 8, Fields::f64);
        let [units, ..] = f.i32(500).to_le_bytes();
        header.xyzt_units = units;
        header.quaternion = f.list(352, 8, Fields::f64);
        header.qoffset = f.list(376, 8, Fields::f64);
        header.srow = f.list(400, 32, |f, at| f.list(at, 8, Fields::f64));
        header.intent_code = f.i32(504);
        header.intent_name = f.text(508, 16);
        header.description = f.text(240, 80);
        Ok(header)
    }

    /// A header with everything that is checked; the rest is filled in by the caller.
    fn checked(raw: &Raw, order: Order, version: u8, single: bool) -> Result<Self, NiftiErrorKind> {
        let (dimensions, dim) = axes(raw.dim)?;
        let [qform_code, sform_code] =
            raw.codes.map(|code| if (0..=5).contains(&code) { code } else { 0 });
        // Four bytes that announce extensions stand between the header and the data.
        let least = match (single, version) {
            (false, _) => 0,
            (true, 1) => u64::from(HEADER_BYTES).saturating_add(4),
            (true, _) => u64::from(HEADER2_BYTES).saturating_add(4),
        };
        Ok(Self {
            version,
            order,
            single,
            dimensions,
            dim,
            dtype: Dtype::from_code(raw.datatype)?,
            pixdim: [1.0; 8],
            vox_offset: data_offset(raw.vox_offset, least)?,
            scaling: scaling(raw.slope)?,
            xyzt_units: 0,
            qform_code,
            sform_code,
            quaternion: [0.0; 3],
            qoffset: [0.0; 3],
            srow: [[0.0; 4]; 3],
            intent_code: 0,
            intent_name: String::new(),
            description: String::new(),
        })
    }

    /// Voxels of all frames.
    pub(super) fn voxels(&self) -> Result<u64, NiftiErrorKind> {
        let product = self.dim.iter().try_fold(1_u64, |product, n| product.checked_mul(*n));
        product.ok_or(NiftiErrorKind::ShapeOverflow)
    }

    /// Everything behind the third dimension, as one.
    pub(super) fn frames(&self) -> u64 {
        self.dim.iter().skip(3).fold(1, |product, n| product.saturating_mul(*n))
    }

    /// Millimetres of one unit of space. An unknown unit is a millimetre.
    pub(super) fn millimetres(&self) -> f64 {
        match self.xyzt_units & 7 {
            METRE => 1000.0,
            MICROMETRE => 0.001,
            _ => 1.0,
        }
    }

    /// Seconds between frames; 0 when not known or not seconds.
    pub(super) fn frame_seconds(&self) -> f64 {
        let [.., step, _, _, _] = self.pixdim;
        let seconds = match self.xyzt_units & 0x38 {
            8 => step,
            16 => step / 1e3,
            24 => step / 1e6,
            _ => 0.0,
        };
        let known = self.dimensions >= 4 && seconds.is_finite() && seconds > 0.0;
        if known { seconds } else { 0.0 }
    }
}

fn axes(dim: [i64; 8]) -> Result<(usize, [u64; 7]), NiftiErrorKind> {
    let [count, sizes @ ..] = dim;
    let dimensions = usize::try_from(count).ok().filter(|n| (1..=7).contains(n));
    let dimensions = dimensions.ok_or(NiftiErrorKind::Dimension(0, count))?;
    let mut axes = [1; 7];
    for ((out, size), axis) in axes.iter_mut().zip(sizes).zip(1..=dimensions) {
        if !(1..=MAX_AXIS).contains(&size) {
            return Err(NiftiErrorKind::Dimension(axis, size));
        }
        *out = size.unsigned_abs();
    }
    Ok((dimensions, axes))
}

fn data_offset(stored: f64, least: u64) -> Result<u64, NiftiErrorKind> {
    // Zero means "at once", in single files too.
    if stored == 0.0 {
        return Ok(least);
    }
    let possible = stored >= least as f64 && stored <= MAX_DATA_OFFSET as f64;
    if !possible || stored.fract() != 0.0 {
        return Err(NiftiErrorKind::DataOffset(stored));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    Ok(stored as u64)
}

fn scaling([slope, inter]: [f64; 2]) -> Result<Scaling, NiftiErrorKind> {
    // The standard: a slope of zero means none. Writers that know none leave NaN.
    if slope == 0.0 || !slope.is_finite() {
        return Ok(Scaling::NONE);
    }
    if !inter.is_finite() {
        return Err(NiftiErrorKind::NotFinite("scl_inter"));
    }
    Ok(Scaling { slope, inter })
}
