//! What the tests of this room share.

mod files;
mod looks;
mod pixels;

use super::*;

/// A fixed sequence, another one for every seed: splitmix64.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
        let seed = seed.unwrap_or(20_260);
        println!("VESALIUS_SEED={seed}");
        Self(seed)
    }

    fn below(&mut self, limit: u64) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % limit).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    /// Values in eighths; every tenth is missing.
    fn values(&mut self, count: usize) -> Vec<f32> {
        let value = |random: &mut Self| match random.below(10) {
            0 => f32::NAN,
            _ => random.below(2000) as f32 / 8.0 - 125.0,
        };
        (0..count).map(|_| value(self)).collect()
    }

    fn samples(&mut self, count: usize, sixteen: bool) -> Samples {
        if sixteen {
            Samples::Sixteen((0..count).map(|_| u16::from(self.byte()) * 257).collect())
        } else {
            Samples::Eight((0..count).map(|_| self.byte()).collect())
        }
    }
}
