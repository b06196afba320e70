//! Made-up rows, the same in every run and for any number of threads.

use super::rotation::{Axis, LANES, Rotation};
use crate::noise::Noise;

/// Centres of clustered rows.
const CENTRES: usize = 2_000;
/// One block in so many has near copies.
const COPIED: u64 = 8;

/// What the rows are like. All have length 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Like embeddings: a centre and a deviation of the same size, both of a spectrum that falls with 1 / i, rotated.
    Clustered,
    /// No direction is like another: nothing can be skipped by bounds.
    Gaussian,
    /// Clustered, with groups of 2 to 13 rows that are copies of one but for noise of up to a third of its length.
    Copies,
}

/// How rows are made, in blocks of [`LANES`].
#[derive(Debug)]
pub(super) struct Recipe {
    kind: Kind,
    dim: usize,
    spectrum: Vec<f32>,
    centres: Vec<f32>,
    rotation: Rotation,
}

impl Recipe {
    pub(super) fn new(kind: Kind, dim: usize) -> Self {
        let spectrum = (1..=dim).map(|i| (1.0 / i as f32).sqrt()).collect();
        let centred = if kind == Kind::Gaussian { 0 } else { CENTRES * dim };
        let mut noise = Noise::new(21);
        let centres = std::iter::repeat_with(|| noise.normals()).flatten().take(centred).collect();
        Self { kind, dim, spectrum, centres, rotation: Rotation::new(dim, 22) }
    }

    /// The rows of a block, `[LANES, dim]`.
    pub(super) fn block(&self, number: u64, out: &mut Vec<f32>) {
        let mut noise = Noise::new(number.wrapping_mul(0xD134_2543_DE82_EF95) ^ 0x17);
        let mut axes: Vec<Axis> = vec![[0.0; LANES]; self.dim];
        for axis in &mut axes {
            for pair in axis.as_chunks_mut::<2>().0 {
                *pair = noise.normals();
            }
        }
        if self.kind != Kind::Gaussian {
            self.cluster(&mut axes, &mut noise);
            self.rotation.apply(&mut axes);
        }
        if self.kind == Kind::Copies && number.is_multiple_of(COPIED) {
            copy(&mut axes, &mut noise, number / COPIED % 12);
        }
        lay_out(&axes, out);
    }

    fn cluster(&self, axes: &mut [Axis], noise: &mut Noise) {
        let starts: [usize; LANES] = std::array::from_fn(|_| {
            usize::try_from(noise.below(CENTRES as u64)).unwrap_or(0) * self.dim
        });
        for (number, (axis, scale)) in axes.iter_mut().zip(&self.spectrum).enumerate() {
            for (value, start) in axis.iter_mut().zip(starts) {
                let centre = self.centres.get(start + number).copied().unwrap_or(0.0);
                *value = scale * (*value + centre);
            }
        }
    }
}

/// Makes the rows 1 to `more` + 1 like row 0.
fn copy(axes: &mut [Axis], noise: &mut Noise, more: u64) {
    let copies = usize::try_from(more + 1).unwrap_or(1);
    let mut squares = 0.0;
    for axis in &*axes {
        let [first, ..] = axis;
        squares += first * first;
    }
    let step = (squares / axes.len() as f32).sqrt();
    // From equal to what is just about 0.95 apart.
    let shares: [f32; LANES] = std::array::from_fn(|_| noise.unit() * 0.36);
    for axis in axes {
        let [first, rest @ ..] = axis;
        for ((value, share), place) in rest.iter_mut().zip(shares).zip(0..copies) {
            let [deviation, _] = noise.normals();
            let share = if place == 0 { 0.0 } else { share };
            *value = *first + share * step * deviation;
        }
    }
}

fn lay_out(axes: &[Axis], out: &mut Vec<f32>) {
    let mut squares = [0.0_f32; LANES];
    for axis in axes {
        for (sum, value) in squares.iter_mut().zip(axis) {
            *sum += value * value;
        }
    }
    for (lane, squares) in squares.iter().enumerate() {
        let scale = 1.0 / squares.sqrt();
        out.extend(axes.iter().map(|axis| axis.get(lane).copied().unwrap_or(0.0) * scale));
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, LANES, Recipe};

    fn dot(a: &[f32], b: &[f32]) -> f32 {
        a.iter().zip(b).map(|(a, b)| a * b).sum()
    }

    #[test]
    fn rows_have_length_one_and_copies_are_alike() {
        for kind in [Kind::Clustered, Kind::Gaussian, Kind::Copies] {
            let mut rows = Vec::new();
            Recipe::new(kind, 64).block(16, &mut rows);
            let rows: Vec<&[f32]> = rows.chunks(64).collect();
            assert_eq!(rows.len(), LANES);
            assert!(rows.iter().all(|row| (dot(row, row) - 1.0).abs() < 1e-5));
            assert_eq!(dot(rows[0], rows[1]) > 0.9999, kind == Kind::Copies);
        }
    }
}
