//! A rotation that is cheap to apply: stages of rotations of pairs of axes.

use crate::noise::Noise;

/// Rows that are rotated at once, one in each lane, so that the compiler vectorises.
pub(super) const LANES: usize = 16;

/// One axis of so many rows.
pub(super) type Axis = [f32; LANES];

/// An orthogonal map: each stage pairs all axes at random and turns each pair by a random angle. Twice as many
/// stages as it takes for every axis to reach every other one. `O(D log D)` for a row, where a dense matrix
/// takes `O(D^2)`.
#[derive(Debug)]
pub(super) struct Rotation {
    turns: Vec<Turn>,
}

#[derive(Debug)]
struct Turn {
    axes: [usize; 2],
    cos: f32,
    sin: f32,
}

impl Rotation {
    /// A random one of `dim` axes.
    pub(super) fn new(dim: usize, seed: u64) -> Self {
        let mut noise = Noise::new(seed);
        let stages = 2 * dim.max(2).ilog2();
        let mut turns = Vec::new();
        let mut order: Vec<usize> = (0..dim).collect();
        for _ in 0..stages {
            for (place, left) in (1..=dim).rev().enumerate() {
                let other = usize::try_from(noise.below(left as u64)).unwrap_or(0);
                order.swap(place, place + other);
            }
            for &axes in order.as_chunks::<2>().0 {
                let (sin, cos) = (std::f32::consts::TAU * noise.unit()).sin_cos();
                turns.push(Turn { axes, cos, sin });
            }
        }
        Self { turns }
    }

    /// Rotates rows, `[dim]` axes.
    pub(super) fn apply(&self, rows: &mut [Axis]) {
        for turn in &self.turns {
            let Ok([a, b]) = rows.get_disjoint_mut(turn.axes) else { continue };
            for (x, y) in a.iter_mut().zip(b) {
                let (old_x, old_y) = (*x, *y);
                *x = old_x * turn.cos - old_y * turn.sin;
                *y = old_y * turn.cos + old_x * turn.sin;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LANES, Rotation};

    #[test]
    fn lengths_stay_and_one_axis_reaches_all() {
        let mut rows = [[0.0_f32; LANES]; 96];
        rows[7] = [2.0; LANES];
        Rotation::new(96, 1).apply(&mut rows);
        let length: f32 = rows.iter().map(|axis| axis[3] * axis[3]).sum();
        assert!((length - 4.0).abs() < 1e-4, "{length}");
        assert!(rows.iter().all(|axis| axis[0] != 0.0 && axis[0].abs() < 1.0));
    }
}
