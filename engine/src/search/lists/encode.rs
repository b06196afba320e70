//! What is kept of a row.

use super::super::kernels::bits::Facts;

const LANES: usize = 16;

/// What the signs of a vector `o` are worth; see the head of [`super`].
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Signs {
    /// `|o|^2`.
    pub(super) square: f32,
    /// `2 |o|^2 / <b, o>`: by this a product with the signs is scaled to twice one with `o`.
    pub(super) scale: f32,
    /// Twice the standard deviation of what the signs do not tell, for a query of length 1.
    pub(super) error: f32,
    /// `<b, c>`.
    pub(super) with_centroid: f32,
    /// `<o, c>`.
    pub(super) dot_centroid: f32,
}

/// The signs of `o`, and their products with a centroid `c`.
pub(super) fn signs(o: &[f32], c: Option<&[f32]>) -> Signs {
    let (mut square, mut length) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    for o in o.chunks(LANES) {
        for ((o, square), length) in o.iter().zip(&mut square).zip(&mut length) {
            *square += o * o;
            *length += o.abs();
        }
    }
    let (mut with, mut dot) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    for (o, c) in o.chunks(LANES).zip(c.unwrap_or_default().chunks(LANES)) {
        for (((o, c), with), dot) in o.iter().zip(c).zip(&mut with).zip(&mut dot) {
            *with += if *o > 0.0 { *c } else { -*c };
            *dot += o * c;
        }
    }
    let sum = |lanes: [f32; LANES]| lanes.iter().sum::<f32>();
    let (square, length) = (sum(square), sum(length));
    let mut signs = Signs { square, with_centroid: sum(with), dot_centroid: sum(dot), ..Signs::default() };
    if length > 0.0 {
        let share = length * length / square / o.len() as f32;
        signs.scale = 2.0 * square / length;
        let missing = ((1.0 - share).max(0.0) / share / (o.len() as f32 - 1.0)).sqrt();
        signs.error = 2.0 * square.sqrt() * missing;
    }
    signs
}

impl Signs {
    /// The facts of a row of a list; under the inner product, its estimates are minus two inner products.
    pub(super) fn facts(&self, inner: bool) -> [f32; 3] {
        let together = self.scale * self.with_centroid;
        let add = if inner { together - 2.0 * self.dot_centroid } else { self.square + together };
        [add, self.scale, self.error]
    }
}

/// Puts the facts of a row to their places.
pub(super) fn put(facts: &mut Facts, row: usize, values: [f32; 3]) {
    for (array, value) in facts.iter_mut().zip(values) {
        if let Some(slot) = array.get_mut(row) {
            *slot = value;
        }
    }
}
