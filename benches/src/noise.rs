//! Numbers that are the same in every run.

/// `SplitMix64` (Steele, Lea, Flood 2014).
#[derive(Clone, Debug)]
pub(crate) struct Noise(u64);

impl Noise {
    /// A stream of its own for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is small: the bias does not matter here.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.bits() % end.max(1)
    }

    /// A number in [0, 1), of 24 bits.
    pub(crate) fn unit(&mut self) -> f32 {
        let [word, _]: [u32; 2] = bytemuck::cast(self.bits());
        (word >> 8) as f32 / 16_777_216.0
    }

    /// Two independent normal numbers (Box and Muller 1958).
    pub(crate) fn normals(&mut self) -> [f32; 2] {
        // Above 0, so that the logarithm is finite.
        let length = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let (sin, cos) = (std::f32::consts::TAU * self.unit()).sin_cos();
        [length * cos, length * sin]
    }

    /// Fills with values in [-1, 1).
    pub(crate) fn fill(&mut self, values: &mut [f32]) {
        for pair in values.chunks_mut(2) {
            let words: [u32; 2] = bytemuck::cast(self.bits());
            for (value, word) in pair.iter_mut().zip(words) {
                // 23 random bits under the exponent of 2 give [2, 4).
                *value = f32::from_bits(0x4000_0000 | (word >> 9)) - 3.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Noise;

    #[test]
    fn values_lie_around_zero() {
        let mut values = vec![0.0; 10_001];
        Noise::new(1).fill(&mut values);
        assert!(values.iter().all(|value| (-1.0..1.0).contains(value)));
        assert!(values.iter().sum::<f32>().abs() < 200.0);
    }
}
