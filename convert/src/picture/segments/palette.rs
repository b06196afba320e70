//! Colours for labels.

use crate::picture::colour::srgb;
use crate::picture::image::Colour;

/// Hues far apart by the golden angle (degrees), so that labels that follow each other differ.
const GOLDEN: f64 = 137.507_764;
/// Lightness and chroma in turn, in Oklab: bright, light, deep, soft. The golden angle nearly closes after 13, 21,
/// 34 and 55 labels, none of which is a multiple of four: hues that meet again differ in these.
const RINGS: [[f64; 2]; 4] = [[0.74, 0.155], [0.87, 0.10], [0.60, 0.17], [0.69, 0.09]];
/// Labels beyond repeat colours; their angle stays exact.
const PERIOD: u32 = 1 << 16;

/// The colour of a label: always the same one, far from those of its neighbours, visible on black and on grey.
pub fn label_colour(label: u32) -> Colour {
    let [bright, light, deep, soft] = RINGS;
    let [lightness, chroma] = match label % 4 {
        1 => bright,
        2 => light,
        3 => deep,
        _ => soft,
    };
    let angle = (f64::from(label % PERIOD) * GOLDEN - 110.0).to_radians();
    srgb([lightness, chroma * angle.cos(), chroma * angle.sin()])
}
