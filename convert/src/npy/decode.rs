//! Little-endian bytes to numbers, with an account of what a conversion lost.

use super::dtype::Scalar;
use super::error::NpyErrorKind;
use half::f16;
use half::slice::HalfFloatSliceExt;

/// Bits of the significand of an `f32`, the hidden one included.
const F32_DIGITS: u32 = f32::MANTISSA_DIGITS;

/// What a conversion to `f32` did to the values. Merged over calls with [`Conversion::merge`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Conversion {
    /// Whether any value is not exactly the stored one.
    pub lossy: bool,
    /// Largest absolute difference to a stored value; infinite if a finite value became infinite.
    pub max_error: f64,
}

impl Conversion {
    /// Takes the account of another part of the same array into this one.
    pub fn merge(&mut self, other: Self) {
        self.lossy |= other.lossy;
        self.max_error = self.max_error.max(other.max_error);
    }

    fn add(&mut self, error: f64) {
        if error > 0.0 {
            self.lossy = true;
            self.max_error = self.max_error.max(error);
        }
    }
}

/// Appends the elements of `raw` as `f32`. A partial element at the end is ignored.
pub(super) fn append_f32(scalar: Scalar, raw: &[u8], out: &mut Vec<f32>) -> Conversion {
    let mut report = Conversion::default();
    match scalar {
        Scalar::F16 => append_halves(raw, out),
        Scalar::F32 => append(raw, out, f32::from_le_bytes),
        Scalar::F64 => append(raw, out, |b| real(f64::from_le_bytes(b), &mut report)),
        Scalar::Bool => append(raw, out, |[b]: [u8; 1]| f32::from(u8::from(b != 0))),
        Scalar::U8 => append(raw, out, |b| f32::from(u8::from_le_bytes(b))),
        Scalar::I8 => append(raw, out, |b| f32::from(i8::from_le_bytes(b))),
        Scalar::U16 => append(raw, out, |b| f32::from(u16::from_le_bytes(b))),
        Scalar::I16 => append(raw, out, |b| f32::from(i16::from_le_bytes(b))),
        Scalar::U32 => append(raw, out, |b| {
            let value = u32::from_le_bytes(b);
            whole(u64::from(value), f64::from(value), &mut report)
        }),
        Scalar::I32 => append(raw, out, |b| {
            let value = i32::from_le_bytes(b);
            whole(u64::from(value.unsigned_abs()), f64::from(value), &mut report)
        }),
        Scalar::U64 => append(raw, out, |b| {
            let value = u64::from_le_bytes(b);
            whole(value, value as f64, &mut report)
        }),
        Scalar::I64 => append(raw, out, |b| {
            let value = i64::from_le_bytes(b);
            whole(value.unsigned_abs(), value as f64, &mut report)
        }),
    }
    report
}

/// Appends half-precision elements, bits kept.
pub(super) fn append_f16(raw: &[u8], out: &mut Vec<f16>) {
    append(raw, out, f16::from_le_bytes);
}

/// Appends integer elements.
pub(super) fn append_i64(
    scalar: Scalar,
    raw: &[u8],
    out: &mut Vec<i64>,
) -> Result<(), NpyErrorKind> {
    match scalar {
        Scalar::Bool => append(raw, out, |[b]: [u8; 1]| i64::from(b != 0)),
        Scalar::U8 => append(raw, out, |b| i64::from(u8::from_le_bytes(b))),
        Scalar::I8 => append(raw, out, |b| i64::from(i8::from_le_bytes(b))),
        Scalar::U16 => append(raw, out, |b| i64::from(u16::from_le_bytes(b))),
        Scalar::I16 => append(raw, out, |b| i64::from(i16::from_le_bytes(b))),
        Scalar::U32 => append(raw, out, |b| i64::from(u32::from_le_bytes(b))),
        Scalar::I32 => append(raw, out, |b| i64::from(i32::from_le_bytes(b))),
        Scalar::I64 => append(raw, out, i64::from_le_bytes),
        Scalar::U64 => {
            for bytes in raw.as_chunks().0 {
                let value = u64::from_le_bytes(*bytes);
                let signed = i64::try_from(value).map_err(|_| NpyErrorKind::IntegerRange(value))?;
                out.push(signed);
            }
        }
        Scalar::F16 | Scalar::F32 | Scalar::F64 => {
            let found = scalar.code().to_owned();
            return Err(NpyErrorKind::WrongDtype { wanted: "integers", found });
        }
    }
    Ok(())
}

fn append<const N: usize, T>(raw: &[u8], out: &mut Vec<T>, mut read: impl FnMut([u8; N]) -> T) {
    out.extend(raw.as_chunks().0.iter().map(|bytes| read(*bytes)));
}

fn real(value: f64, report: &mut Conversion) -> f32 {
    let near = narrow(value);
    // Equal infinities and NaN have lost nothing.
    let exact = f64::from(near).to_bits() == value.to_bits() || value.is_nan();
    report.add(if exact { 0.0 } else { (f64::from(near) - value).abs() });
    near
}

fn append_halves(raw: &[u8], out: &mut Vec<f32>) {
    let mut halves = [f16::ZERO; 512];
    let mut singles = [0.0_f32; 512];
    for block in raw.as_chunks().0.chunks(halves.len()) {
        let (Some(halves), Some(singles)) =
            (halves.get_mut(..block.len()), singles.get_mut(..block.len()))
        else {
            return;
        };
        for (half, bytes) in halves.iter_mut().zip(block) {
            *half = f16::from_le_bytes(*bytes);
        }
        halves.convert_to_f32_slice(singles);
        out.extend_from_slice(singles);
    }
}

fn whole(magnitude: u64, value: f64, report: &mut Conversion) -> f32 {
    let near = narrow(value);
    let zeros = magnitude.leading_zeros().saturating_add(magnitude.trailing_zeros());
    let digits = u64::BITS.saturating_sub(zeros);
    if digits > F32_DIGITS {
        report.lossy = true;
        report.add((f64::from(near) - value).abs());
    }
    near
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "rounds to nearest; the caller reports the loss"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn f32_of(scalar: Scalar, raw: &[u8]) -> (Vec<f32>, Conversion) {
        let mut out = Vec::new();
        let report = append_f32(scalar, raw, &mut out);
        (out, report)
    }

    #[test]
    fn narrowing_is_reported() {
        let raw: Vec<u8> =
            [0.5, f64::INFINITY, f64::NAN].iter().flat_map(|v: &f64| v.to_le_bytes()).collect();
        assert!(!f32_of(Scalar::F64, &raw).1.lossy);
        let (out, report) = f32_of(Scalar::F64, &0.1_f64.to_le_bytes());
        assert!(report.lossy && report.max_error > 0.0 && report.max_error < 1e-8);
        assert!((out[0] - 0.1).abs() < 1e-7);
        assert!(f32_of(Scalar::F64, &1e300_f64.to_le_bytes()).1.max_error.is_infinite());
    }

    #[test]
    fn whole_numbers_up_to_24_bits_are_exact() {
        for value in [0_i64, -1, 1 << 24, 3 << 40, i64::MIN] {
            let (out, report) = f32_of(Scalar::I64, &value.to_le_bytes());
            assert!(!report.lossy, "{value}");
            assert_eq!(f64::from(out[0]).to_bits(), (value as f64 + 0.0).to_bits());
        }
        let (_, report) = f32_of(Scalar::I64, &((1_i64 << 24) + 1).to_le_bytes());
        assert_eq!(report, Conversion { lossy: true, max_error: 1.0 });
        assert!(f32_of(Scalar::U64, &u64::MAX.to_le_bytes()).1.lossy);
    }

    #[test]
    fn small_types_and_bits() {
        assert_eq!(f32_of(Scalar::Bool, &[0, 1, 7]).0, [0.0, 1.0, 1.0]);
        assert_eq!(f32_of(Scalar::I8, &[255, 127]).0, [-1.0, 127.0]);
        assert_eq!(f32_of(Scalar::I16, &[0, 128]).0, [-32768.0]);
        let nan = 0xFF80_1234_u32;
        assert_eq!(f32_of(Scalar::F32, &nan.to_le_bytes()).0[0].to_bits(), nan);
        let mut halves = Vec::new();
        append_f16(&[1, 0x7D], &mut halves);
        assert_eq!(halves[0].to_bits(), 0x7D01);
        let mut whole = Vec::new();
        append_i64(Scalar::U64, &u64::MAX.to_le_bytes(), &mut whole).unwrap_err();
        append_i64(Scalar::F32, &[0; 4], &mut whole).unwrap_err();
        append_i64(Scalar::I32, &(-5_i32).to_le_bytes(), &mut whole).unwrap();
        assert_eq!(whole, [-5]);
    }
}
