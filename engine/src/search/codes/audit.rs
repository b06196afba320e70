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
        let bytes = codes.row_bytes().max(1);
        let planes = codes.high.chunks_exact(bytes).zip(codes.low.chunks_exact(bytes));
        let facts = codes.step.iter().zip(codes.e8).zip(codes.e4).zip(codes.norm).zip(codes.ynorm2);
        planes.zip(facts).enumerate().all(|(index, ((high, low), facts))| {
            let ((((step, e8), e4), norm), ynorm2) = facts;
            rows.row(index).is_some_and(|row| {
                e8.is_infinite() && e4.is_infinite()
                    || self.row(row, high, low, [*step, *e8, *e4, *norm, *ynorm2])
            })
        })
    }

    fn row(&mut self, row: Row<'_>, high: &[u8], low: &[u8], facts: [f32; 5]) -> bool {
        let [step, e8, e4, norm, ynorm2] = facts;
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
        let (mut eight, mut four) = (0.0_f64, 0.0_f64);
        let stretches = self.turned.chunks_exact(128).zip(high.chunks_exact(64).zip(low.chunks_exact(64)));
        for (stretch, (high, low)) in stretches {
            let (first, second) = stretch.split_at(64);
            for (((a, b), high), low) in first.iter().zip(second).zip(high).zip(low) {
                for (value, high, low) in [(a, high & 15, low & 15), (b, high >> 4, low >> 4)] {
                    let step = f64::from(step);
                    let byte = f64::from(high) * 16.0 + f64::from(low);
                    eight += (f64::from(*value) - step * (byte - 127.5)).powi(2);
                    four += (f64::from(*value) - 16.0 * step * (f64::from(high) - 7.5)).powi(2);
                }
            }
        }
        let slack = ROUNDING * length.sqrt() + f64::MIN_POSITIVE;
        norm.to_bits() == canonical.to_bits()
            && norm <= LENGTH_MAX
            && (f64::from(ynorm2) - length).abs() <= ROUNDING * length + f64::from(f32::MIN_POSITIVE)
            && eight.sqrt() <= f64::from(e8) + slack
            && four.sqrt() <= f64::from(e4) + slack
    }
}
