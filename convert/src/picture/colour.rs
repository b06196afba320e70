//! Colours for values.

use super::image::Colour;
use super::round::byte;
use super::viridis::VIRIDIS;

/// Steps of a map.
const STEPS: f64 = 256.0;

/// Colours from low to high, in steps that look equally large.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColourMap {
    /// Dark violet over green to yellow.
    #[default]
    Viridis,
    /// Black to white.
    Grey,
    /// Blue over white to red, for values with a sign. Its automatic range has zero in the middle.
    Diverging,
}

/// Ends and middle of the diverging map: lightness, green to red, blue to yellow (Oklab).
const BLUE: [f64; 3] = [0.42, -0.03, -0.17];
const WHITE: [f64; 3] = [0.97, 0.0, 0.0];
const RED: [f64; 3] = [0.42, 0.155, 0.075];

impl ColourMap {
    /// The colour of a part of the range: 0 is the lowest, 1 the highest; others are cut off.
    pub fn at(self, part: f64) -> Colour {
        let step = byte((part * STEPS).floor());
        match self {
            Self::Viridis => {
                let [blue, green, red, _] =
                    VIRIDIS.get(usize::from(step)).copied().unwrap_or(0).to_le_bytes();
                [red, green, blue]
            }
            Self::Grey => [step; 3],
            Self::Diverging => diverging(f64::from(step) / (STEPS - 1.0)),
        }
    }
}

fn diverging(part: f64) -> Colour {
    let (from, to, way) =
        if part < 0.5 { (BLUE, WHITE, part * 2.0) } else { (WHITE, RED, part * 2.0 - 1.0) };
    let mut mixed = from;
    for (out, to) in mixed.iter_mut().zip(to) {
        *out += (to - *out) * way;
    }
    srgb(mixed)
}

/// Oklab to sRGB: matrices of Bjorn Ottosson, "A perceptual color space for image processing"
/// (2020, public domain); transfer curve of IEC 61966-2-1.
pub(super) fn srgb([lightness, a, b]: [f64; 3]) -> Colour {
    let cube = |v: f64| v * v * v;
    let l = cube(lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b);
    let m = cube(lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b);
    let s = cube(lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b);
    let linear = [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ];
    linear.map(|v| {
        let v = v.clamp(0.0, 1.0);
        let curved = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * v.powf(1.0 / 2.4) - 0.055 };
        byte((curved * 255.0).round())
    })
}
