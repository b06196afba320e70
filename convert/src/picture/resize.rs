//! Images in another size.

use super::error::PictureError;
use super::image::{Colour, Rgb};
use super::limits::pixels;
use super::round::{byte, index, single};

/// The image in another size: between the nearest pixels when it grows, and averages with weights
/// that fall to both sides (a triangle as wide as a new pixel on both sides) when it shrinks.
/// Memory: one more image of the new width.
pub(super) fn resize(image: Rgb, height: usize, width: usize) -> Result<Rgb, PictureError> {
    if (image.height, image.width) == (height, width) {
        return Ok(image);
    }
    pixels(height, width)?;
    pixels(image.height, width)?;
    let across = plan(image.width, width);
    let rows = image.pixels.chunks_exact(image.width);
    let between: Vec<[f32; 3]> = rows
        .flat_map(|row| across.iter().map(|taps| taps.sum(row.get(taps.first..), widen)))
        .collect();
    let down = plan(image.height, height);
    let mut pixels = Vec::with_capacity(height.saturating_mul(width));
    for taps in &down {
        for x in 0..width {
            let start = taps.first.saturating_mul(width).saturating_add(x);
            let column = between.get(start..).unwrap_or_default().iter().step_by(width);
            pixels.push(taps.mix(column.copied()).map(|v| byte(f64::from(v).round())));
        }
    }
    Ok(Rgb { height, width, pixels })
}

/// The old pixels that a new one is made of: the first, and weights that add up to 1.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

impl Taps {
    fn sum(&self, from: Option<&[Colour]>, widen: fn(Colour) -> [f32; 3]) -> [f32; 3] {
        self.mix(from.unwrap_or_default().iter().copied().map(widen))
    }

    fn mix(&self, from: impl Iterator<Item = [f32; 3]>) -> [f32; 3] {
        let mut total = [0.0; 3];
        for (pixel, weight) in from.zip(&self.weights) {
            for (out, value) in total.iter_mut().zip(pixel) {
                *out += value * weight;
            }
        }
        total
    }
}

fn widen(colour: Colour) -> [f32; 3] {
    colour.map(f32::from)
}

fn plan(old: usize, new: usize) -> Vec<Taps> {
    let ratio = old as f64 / new as f64;
    let reach = ratio.max(1.0);
    let last = old.saturating_sub(1);
    let taps = |pixel: usize| {
        let center = (pixel as f64 + 0.5) * ratio - 0.5;
        let (first, end) = (index((center - reach).ceil(), last), index(center + reach, last));
        let weight = |at: usize| (1.0 - (at as f64 - center).abs() / reach).max(0.0);
        let total: f64 = (first..=end).map(weight).sum();
        let weights = (first..=end).map(|at| single(weight(at) / total)).collect();
        Taps { first, weights }
    };
    (0..new).map(taps).collect()
}
