//! A random rotation: what is uneven between dimensions becomes even, lengths and angles stay.
//!
//! Codes of few bits keep most where no dimension stands out. The rotation of `D` dimensions works
//! on `P`, the next multiple of 128, zeros behind the vector. A round turns the signs of the
//! elements by a random pattern and takes the Walsh-Hadamard transform of each block of 128
//! elements; between two rounds, groups of 16 elements change places at random. A group meets
//! others of 8 blocks in a round: three rounds do for 2,048 elements, four for more.
//!
//! Each step is orthogonal but for rounding, so `<Rq, Rx>` is `<q, x>`;
//! [`Rotation::RELATIVE_ERROR`] bounds the difference.

use super::kernels::Kernel;

/// Rotated vectors have a multiple of so many elements.
pub const PADDING: usize = 128;

/// Elements that change places together.
const GROUP: usize = 16;
/// Up to so many elements three rounds do.
const THREE_ROUNDS: usize = 2048;

/// A rotation of vectors of one dimension.
#[derive(Clone, Debug)]
pub struct Rotation {
    dim: usize,
    rounds: Vec<Round>,
}

#[derive(Clone, Debug)]
struct Round {
    /// For each element plus or minus `1 / sqrt(128)`.
    factors: Vec<f32>,
    /// The place of each group after the round.
    places: Vec<usize>,
}

impl Rotation {
    /// Bounds `|<Rq, Rx> - <q, x>|` by so many times `|q| |x|`, and `||Rx| - |x||` by so many times
    /// `|x|`.
    ///
    /// With `u = 2^-24`: a round multiplies each element once, by a factor that is itself rounded
    /// (2 u), and adds 7 times, with a relative error of `u` each. As the exact steps keep lengths,
    /// a relative error of `u` of every element of a vector of length 1 has a length of at most `u`
    /// after them. Four rounds have 36 u, both vectors of a product 72 u, to first order. Written
    /// as 128 u: room for the higher ones.
    pub const RELATIVE_ERROR: f32 = 128.0 / 16_777_216.0;

    /// The rotation that a seed stands for.
    pub fn new(dim: usize, seed: u64) -> Self {
        let padded = dim.max(1).next_multiple_of(PADDING);
        let count = if padded <= THREE_ROUNDS { 3 } else { 4 };
        let mut bits = Bits(seed);
        let rounds = (0..count).map(|_| Round::new(padded, &mut bits)).collect();
        Self { dim, rounds }
    }

    /// Elements of a vector before.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Elements of a vector after, `P`.
    pub fn padded(&self) -> usize {
        self.dim.max(1).next_multiple_of(PADDING)
    }

    /// Rotates a vector of `P` elements in place, with room for as many more. Does nothing when a
    /// length is another.
    pub fn apply(&self, vector: &mut [f32], room: &mut [f32]) {
        if vector.len() != self.padded() || room.len() != vector.len() {
            return;
        }
        if self.apply_wide(Kernel::best(), vector, room) {
            return;
        }
        self.apply_plain(vector, room);
    }

    /// The same with the kernels of a tier; false, and nothing done, where it has none.
    fn apply_wide(&self, kernel: Kernel, vector: &mut [f32], room: &mut [f32]) -> bool {
        let Some((last, rounds)) = self.rounds.split_last() else { return false };
        let (mut from, mut to) = (&mut *vector, &mut *room);
        for round in rounds {
            if !kernel.turn_round(from, &round.factors, Some((to, &round.places))) {
                return false;
            }
            (from, to) = (to, from);
        }
        let done = kernel.turn_round(from, &last.factors, None);
        if done && rounds.len() % 2 == 1 {
            vector.copy_from_slice(room);
        }
        done
    }

    /// The definition.
    fn apply_plain(&self, vector: &mut [f32], room: &mut [f32]) {
        for (number, round) in self.rounds.iter().enumerate() {
            for (value, factor) in vector.iter_mut().zip(&round.factors) {
                *value *= factor;
            }
            for block in vector.chunks_exact_mut(PADDING) {
                hadamard(block);
            }
            if number + 1 == self.rounds.len() {
                break;
            }
            for (group, place) in vector.chunks_exact(GROUP).zip(&round.places) {
                if let Some(to) = room.get_mut(place * GROUP..(place + 1) * GROUP) {
                    to.copy_from_slice(group);
                }
            }
            vector.copy_from_slice(room);
        }
    }
}

impl Round {
    fn new(padded: usize, bits: &mut Bits) -> Self {
        let scale = std::f32::consts::FRAC_1_SQRT_2 / 8.0;
        let mut factors = Vec::with_capacity(padded);
        while factors.len() < padded {
            let word = bits.next();
            factors.extend((0..64).map(|bit| if word >> bit & 1 == 1 { -scale } else { scale }));
        }
        let mut places: Vec<usize> = (0..padded / GROUP).collect();
        // Fisher and Yates. Its tiny bias is part of the format.
        for last in (1..places.len()).rev() {
            let other = bits.next() % (last as u64 + 1);
            places.swap(last, usize::try_from(other).unwrap_or(last));
        }
        Self { factors, places }
    }
}

/// The Walsh-Hadamard transform, not scaled; the length is a power of two.
fn hadamard(values: &mut [f32]) {
    let mut width = 1;
    while width < values.len() {
        for pair in values.chunks_exact_mut(2 * width) {
            let (lower, upper) = pair.split_at_mut(width);
            for (a, b) in lower.iter_mut().zip(upper) {
                (*a, *b) = (*a + *b, *a - *b);
            }
        }
        width *= 2;
    }
}

/// Sebastiano Vigna's `splitmix64`: the bits of the signs, part of the format.
struct Bits(u64);

impl Bits {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::kernels::Tier;
    use crate::search::sample::Random;

    fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
    }

    #[test]
    fn products_and_lengths_stay_within_the_bound() {
        let mut random = Random::from_env();
        for dim in [1, 7, 100, 128, 129, 384, 512, 768, 784, 1152, 2000, 65_536] {
            let rotation = Rotation::new(dim, 7);
            let vectors = random.features(2, dim);
            let mut turned = vec![vec![0.0; rotation.padded()]; 2];
            let mut room = vec![0.0; rotation.padded()];
            for (turned, vector) in turned.iter_mut().zip(vectors.chunks(dim)) {
                turned[..dim].copy_from_slice(vector);
                rotation.apply(turned, &mut room);
            }
            let (q, x) = vectors.split_at(dim);
            let lengths = (dot(q, q) * dot(x, x)).sqrt();
            let difference = (dot(q, x) - dot(&turned[0], &turned[1])).abs();
            assert!(difference <= f64::from(Rotation::RELATIVE_ERROR) * lengths, "{dim}");
            let difference = (dot(x, x).sqrt() - dot(&turned[1], &turned[1]).sqrt()).abs();
            assert!(difference <= f64::from(Rotation::RELATIVE_ERROR) * dot(x, x).sqrt(), "{dim}");
        }
    }

    #[test]
    fn tiers_give_the_bits_of_the_definition() {
        let mut random = Random::from_env();
        for dim in [1, 128, 384, 768, 784, 2000, 2049, 8000] {
            let rotation = Rotation::new(dim, 3);
            let mut plain = random.features(1, rotation.padded());
            let (start, mut room) = (plain.clone(), plain.clone());
            rotation.apply_plain(&mut plain, &mut room);
            for tier in Tier::available() {
                let mut wide = start.clone();
                if rotation.apply_wide(Kernel::with_tier(tier).unwrap(), &mut wide, &mut room) {
                    let bits = |v: &[f32]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
                    assert_eq!(bits(&wide), bits(&plain), "{tier} {dim}");
                }
            }
        }
    }

    #[test]
    fn a_lone_element_is_spread_over_all() {
        for dim in [128, 512, 768, 784, 1152, 8000] {
            let rotation = Rotation::new(dim, 1);
            for place in [0, dim / 2, dim - 1] {
                let mut vector = vec![0.0; rotation.padded()];
                let mut room = vector.clone();
                vector[place] = 1.0;
                rotation.apply(&mut vector, &mut room);
                let largest = vector.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
                let even = 1.0 / (rotation.padded() as f32).sqrt();
                assert!(largest < 8.0 * even, "{dim} {place}: {largest} against {even}");
            }
        }
    }
}
