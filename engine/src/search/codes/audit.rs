//! Whether codes hold what they promise: the slow twin of the encoder.

use std::sync::Arc;

use super::{CodesView, LENGTH_MAX, rotation};
use crate::search::kernels::{Kernel, Matrix, Row};
use crate::search::rotation::Rotation;

/// What two ways of rounding may differ by, relative to the length of a row.
const ROUNDING: f64 = 1.0 / 65_536.0;

/// Compares codes with the rows that they are of.
pub(super) struct Audit<'a> {
    centre: &'a [f32],
    rotation: Arc<Rotation>,
    turned: Vec<f32>,
    room: Vec<f32>,
}

impl<'a> Audit<'a> {
    pub(super) fn new(centre: &'a [f32]) -> Self {
        let rotation = rotation(centre.len());
        let zeros = vec![0.0; rotation.padded()];
        Self { centre, rotation, turned: zeros.clone(), room: zeros }
    }

    /// Whether the codes of all rows bound what they leave out.
    pub(super) fn rows(&mut self, rows: Matrix<'_>, codes: &CodesView<'_>) -> bool {
        let [half, quarter, _] = codes.row_bytes().map(|bytes| bytes.max(1));
        let twos = codes.middle.chunks_exact(quarter).zip(codes.low.chunks_exact(quarter));
        let planes = codes.high.chunks_exact(half).zip(twos);
        let errors = codes.e8.iter().zip(codes.e6).zip(codes.e4);
        let facts = codes.step.iter().zip(errors).zip(codes.norm).zip(codes.ynorm2);
        planes.zip(facts).enumerate().all(|(index, ((high, (middle, low)), facts))| {
            let (((step, ((e8, e6), e4)), norm), ynorm2) = facts;
            let errors = [*e8, *e6, *e4];
            rows.row(index).is_some_and(|row| {
                errors.iter().all(|error| error.is_infinite())
                    || self.row(row, [high, middle, low], errors, [*step, *norm, *ynorm2])
            })
        })
    }

    fn row(
        &mut self,
        row: Row<'_>,
        planes: [&[u8]; 3],
        errors: [f32; 3],
        [step, norm, ynorm2]: [f32; 3],
    ) -> bool {
        let values: Vec<f32> = match row {
            Row::F32(row) => row.to_vec(),
            Row::F16(row) => row.iter().map(|value| value.to_f32()).collect(),
        };
        self.turned.fill(0.0);
        for ((slot, value), centre) in self.turned.iter_mut().zip(&values).zip(self.centre) {
            *slot = value - centre;
        }
        let length = self.turned.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>();
        let canonical = Kernel::best().dot(&values, Row::F32(&values)).unwrap_or(f32::NAN).sqrt();
        self.rotation.apply(&mut self.turned, &mut self.room);
        let mut left = [0.0_f64; 3];
        let codes = (0..self.turned.len()).map(|element| code(planes, element));
        for (value, code) in self.turned.iter().zip(codes) {
            let Some(code) = code else { return false };
            let high = [code, code & !3, code & !15].map(f64::from);
            for ((left, high), middle) in left.iter_mut().zip(high).zip([127.5, 126.0, 120.0]) {
                *left += (f64::from(*value) - f64::from(step) * (high - middle)).powi(2);
            }
        }
        let slack = ROUNDING * length.sqrt() + f64::MIN_POSITIVE;
        norm.to_bits() == canonical.to_bits()
            && norm <= LENGTH_MAX
            && (f64::from(ynorm2) - length).abs()
                <= ROUNDING * length + f64::from(f32::MIN_POSITIVE)
            && left.iter().zip(errors).all(|(left, error)| left.sqrt() <= f64::from(error) + slack)
    }
}

/// The byte of an element, from the planes of its row.
pub(super) fn code([high, middle, low]: [&[u8]; 3], element: usize) -> Option<u8> {
    let (stretch, within) = (element / 128, element % 128);
    let four = high.get(64 * stretch + within % 64)? >> (within / 64 * 4) & 15;
    let two = |plane: &[u8]| Some(plane.get(32 * stretch + within % 32)? >> (within / 32 * 2) & 3);
    Some(four << 4 | two(middle)? << 2 | two(low)?)
}
