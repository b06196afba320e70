//! A small seeded generator, so that the cohort is the same on every platform.

/// `SplitMix64` (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA
/// 2014).
#[derive(Debug, Clone)]
pub(super) struct Rng {
    state: u64,
}

impl Rng {
    /// A generator for one purpose (`stream`) of one patient (`index`).
    pub(super) fn new(index: u64, stream: u64) -> Self {
        let mut rng = Self { state: 0x5645_5341_4C49_5553 ^ index.rotate_left(32) ^ stream };
        rng.state = rng.next_u64();
        rng
    }

    /// The next 64 bits.
    pub(super) fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Uniform in `[0, 1)`, a multiple of 2^-16, hence exact in `f32`.
    pub(super) fn unit(&mut self) -> f32 {
        let [high, low, ..] = self.next_u64().to_le_bytes();
        f32::from(u16::from_le_bytes([high, low])) / 65536.0
    }

    /// Uniform in `[low, high)`.
    pub(super) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Bell-shaped around 0 with standard deviation 1 and bounded by 3.5 (Irwin-Hall sum of four).
    pub(super) fn bell(&mut self) -> f32 {
        const ROOT_OF_THREE: f32 = 1.732_050_8;
        (self.unit() + self.unit() + self.unit() + self.unit() - 2.0) * ROOT_OF_THREE
    }

    /// Puts `items` in random order (Fisher-Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        let mut end = items.len();
        while end > 1 {
            let other = usize::try_from(self.next_u64() % end as u64).unwrap_or(0);
            end -= 1;
            items.swap(end, other);
        }
    }
}
