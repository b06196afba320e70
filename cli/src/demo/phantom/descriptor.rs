//! What the pixels of a region look like, in 64 numbers that cosine similarity can compare.
//!
//! | places | what | weight |
//! |---|---|---|
//! | 0 | a constant, see below | |
//! | 1, 2 | width and height of the box over those of the picture | `SIZE` |
//! | 3, 4 | mean and standard deviation of the grey values in `[0, 1]` | `GREY` |
//! | 5 to 12 | histogram of the grey values, 8 equal bins, shares of the pixels | `HISTOGRAM` |
//! | 13 to 48 | histogram of oriented gradients: 2 x 2 cells, 9 orientations | `GRADIENT` |
//! | 49 to 62 | discrete cosine coefficients (u, v), 1 <= u + v <= 4, by u + v, u | `COSINE` |
//! | 63 | the brightest spot: a 3 x 3 mean less the mean of the ring around it | `SPOT` |
//!
//! All but the size of the box comes from its pixels, resampled to 16 x 16 by area means. From each
//! number that of the same region of the typical patient is subtracted, then it is multiplied by
//! its weight, chosen so that no kind drowns the others. What is left says how a region differs
//! from the ordinary; the constant keeps those that do not differ together, because the angle
//! between two vectors then grows with their departure from it.

use super::image::Image;

/// Numbers in a descriptor.
pub(super) const LENGTH: usize = 64;

/// Samples of the resampled box along each side.
const GRID: usize = 16;

const CONSTANT: f32 = 2.0;
const SIZE: f32 = 16.0;
const GREY: f32 = 12.0;
const HISTOGRAM: f32 = 3.0;
const GRADIENT: f32 = 1.6;
const COSINE: f32 = 10.0;
const SPOT: f32 = 32.0;

/// Number of places of each kind, with the weight.
const WEIGHTS: [(usize, f32); 7] =
    [(1, 1.0), (2, SIZE), (2, GREY), (8, HISTOGRAM), (36, GRADIENT), (14, COSINE), (1, SPOT)];

type Grid = [[f32; GRID]; GRID];

/// The measured numbers of the box `[left, top, right, bottom]`, neither compared nor weighted.
pub(super) fn measure(image: &Image, pixels: [usize; 4]) -> Vec<f32> {
    let [left, top, right, bottom] = pixels;
    let grid = resample(image, pixels);
    let mut numbers = Vec::with_capacity(LENGTH);
    numbers.push(CONSTANT);
    numbers.push((right - left) as f32 / image.width as f32);
    numbers.push((bottom - top) as f32 / image.height as f32);
    numbers.extend(mean_and_deviation(&grid));
    numbers.extend(histogram(&grid));
    numbers.extend(gradients(&grid));
    numbers.extend(cosines(&grid));
    numbers.push(spot(&grid));
    numbers
}

/// The descriptor: measured numbers of a region, less those of the typical patient, weighted.
pub(super) fn compare(measured: &[f32], typical: &[f32]) -> Vec<f32> {
    let weights = WEIGHTS.iter().flat_map(|&(places, weight)| std::iter::repeat_n(weight, places));
    let differences =
        measured.iter().zip(typical).zip(weights).map(|((a, b), weight)| (a - b) * weight);
    std::iter::once(CONSTANT).chain(differences.skip(1)).collect()
}

fn resample(image: &Image, [left, top, right, bottom]: [usize; 4]) -> Grid {
    let edge = |from: usize, to: usize, step: usize| from + (to - from) * step / GRID;
    std::array::from_fn(|row| {
        let (y0, y1) = (edge(top, bottom, row), edge(top, bottom, row + 1));
        std::array::from_fn(|column| {
            let (x0, x1) = (edge(left, right, column), edge(left, right, column + 1));
            image.mean(x0, y0, x1.max(x0 + 1), y1.max(y0 + 1))
        })
    })
}

fn mean_and_deviation(grid: &Grid) -> [f32; 2] {
    let count = (GRID * GRID) as f32;
    let mean = grid.as_flattened().iter().sum::<f32>() / count;
    let squares: f32 = grid.as_flattened().iter().map(|grey| (grey - mean) * (grey - mean)).sum();
    [mean, (squares / count).sqrt()]
}

/// Each sample is shared between the two nearest bins, so that a small change of grey changes
/// little.
fn histogram(grid: &Grid) -> [f32; 8] {
    const SHARE: f32 = 1.0 / (GRID * GRID) as f32;
    let mut bins = [0.0; 8];
    for &grey in grid.as_flattened() {
        let place = grey * 8.0 - 0.5;
        for (number, bin) in (0_u8..).zip(bins.iter_mut()) {
            let distance = (place.clamp(0.0, 7.0) - f32::from(number)).abs();
            *bin += SHARE * (1.0 - distance).max(0.0);
        }
    }
    bins
}

/// Cosine and sine of 0, 20, ... 160 degrees: written out, because `sin` differs between platforms.
const ORIENTATIONS: [(f32, f32); 9] = [
    (1.0, 0.0),
    (0.939_692_6, 0.342_020_14),
    (0.766_044_44, 0.642_787_6),
    (0.5, 0.866_025_4),
    (0.173_648_18, 0.984_807_7),
    (-0.173_648_18, 0.984_807_7),
    (-0.5, 0.866_025_4),
    (-0.766_044_44, 0.642_787_6),
    (-0.939_692_6, 0.342_020_14),
];

/// Histograms of oriented gradients (Dalal and Triggs, "Histograms of oriented gradients for human
/// detection", CVPR 2005): differences `[-1, 0, 1]`, unsigned orientation (0 to 180 degrees), votes
/// by magnitude shared between neighbouring bins, one block of 2 x 2 cells with the L2-Hys norm
/// (clipped at 0.2).
fn gradients(grid: &Grid) -> Vec<f32> {
    let mut cells = [[[0.0_f32; 9]; 2]; 2];
    for (y, rows) in grid.windows(3).enumerate() {
        let [above, row, below] = rows else { continue };
        let vertical = above.iter().zip(below).skip(1);
        for ((x, across), (up, down)) in row.windows(3).enumerate().zip(vertical) {
            let &[before, _, after] = across else { continue };
            let (dx, dy) = (after - before, down - up);
            let cell = cells
                .get_mut((y + 1) * 2 / GRID)
                .and_then(|cells| cells.get_mut((x + 1) * 2 / GRID));
            if let Some(cell) = cell {
                vote(cell, dx, dy);
            }
        }
    }
    normalise(cells.as_flattened().as_flattened())
}

/// A gradient votes for each bin by how near its direction lies, from 1 at its own to 0 at 20
/// degrees.
fn vote(bins: &mut [f32; 9], dx: f32, dy: f32) {
    // The sine of an angle is nearly linear up to 20 degrees.
    const SINE_OF_20: f32 = 0.342_020_14;
    let magnitude = (dx * dx + dy * dy).sqrt();
    if magnitude <= 0.0 {
        return;
    }
    for (bin, (cosine, sine)) in bins.iter_mut().zip(ORIENTATIONS) {
        let along = (dx * cosine + dy * sine).abs();
        let across = (dx * sine - dy * cosine).abs();
        if along > across {
            *bin += (magnitude - across / SINE_OF_20).max(0.0);
        }
    }
}

fn normalise(votes: &[f32]) -> Vec<f32> {
    const SMALL: f32 = 0.3;
    let norm =
        |votes: &[f32]| (votes.iter().map(|vote| vote * vote).sum::<f32>() + SMALL * SMALL).sqrt();
    let first = norm(votes);
    let clipped: Vec<f32> = votes.iter().map(|vote| (vote / first).min(0.2)).collect();
    let energy: f32 = clipped.iter().map(|vote| vote * vote).sum();
    let second = (energy + 1e-4).sqrt();
    clipped.iter().map(|vote| vote / second).collect()
}

/// `cos(pi m / 32)` for m = 0 to 16, a quarter of the wave.
const QUARTER: [f32; 17] = [
    1.0,
    0.995_184_7,
    0.980_785_3,
    0.956_940_35,
    0.923_879_5,
    0.881_921_3,
    0.831_469_6,
    0.773_010_43,
    0.707_106_77,
    0.634_393_3,
    0.555_570_24,
    0.471_396_74,
    0.382_683_43,
    0.290_284_66,
    0.195_090_32,
    0.098_017_14,
    0.0,
];

/// `cos(pi m / 32)` by the symmetry of the wave.
fn wave(m: usize) -> f32 {
    let around = m % 64;
    let half = if around > 32 { 64 - around } else { around };
    let (quarter, sign) = if half > 16 { (32 - half, -1.0) } else { (half, 1.0) };
    sign * QUARTER.get(quarter).copied().unwrap_or(0.0)
}

/// Two-dimensional DCT-II (Ahmed, Natarajan and Rao, "Discrete cosine transform", IEEE Trans.
/// Comput. C-23, 1974) of the lowest frequencies but the zeroth, orthonormal up to a factor of `1 /
/// GRID`.
fn cosines(grid: &Grid) -> Vec<f32> {
    let mut coefficients = Vec::with_capacity(14);
    for order in 1..=4_usize {
        for across in 0..=order {
            let down = order - across;
            let mut sum = 0.0;
            for (y, row) in grid.iter().enumerate() {
                for (x, grey) in row.iter().enumerate() {
                    sum += grey * wave((2 * x + 1) * across) * wave((2 * y + 1) * down);
                }
            }
            let both = if across > 0 && down > 0 { 2.0 } else { std::f32::consts::SQRT_2 };
            coefficients.push(both * sum / (GRID * GRID) as f32);
        }
    }
    coefficients
}

/// The greatest difference between the mean of 3 x 3 samples and that of the ring of 16 around
/// them.
fn spot(grid: &Grid) -> f32 {
    let mut greatest = 0.0_f32;
    for rows in grid.windows(5) {
        let [top, upper, middle, lower, bottom] = rows else { continue };
        let sides = top.windows(5).zip(bottom.windows(5));
        let inner = upper.windows(5).zip(middle.windows(5)).zip(lower.windows(5));
        for ((top, bottom), ((upper, middle), lower)) in sides.zip(inner) {
            let mut ring: f32 = top.iter().sum::<f32>() + bottom.iter().sum::<f32>();
            let mut centre = 0.0;
            for row in [upper, middle, lower] {
                if let &[left, a, b, c, right] = row {
                    ring += left + right;
                    centre += a + b + c;
                }
            }
            greatest = greatest.max(centre / 9.0 - ring / 16.0);
        }
    }
    greatest
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::super::image::Image;
    use super::{CONSTANT, LENGTH, ORIENTATIONS, WEIGHTS, compare, measure, wave};

    fn picture(grey: impl Fn(u8, u8) -> u8) -> Image {
        let grey = &grey;
        let pixels = (0..64).flat_map(|y| (0..64).map(move |x| grey(x, y))).collect();
        Image { width: 64, height: 64, pixels }
    }

    #[test]
    fn the_tables_are_those_of_the_library_functions() {
        for m in 0..300_u16 {
            let expected = (PI * f64::from(m) / 32.0).cos();
            assert!((f64::from(wave(usize::from(m))) - expected).abs() < 1e-6, "{m}");
        }
        for (step, (cosine, sine)) in (0_u8..).zip(ORIENTATIONS) {
            let angle = f64::from(step) * PI / 9.0;
            assert!((f64::from(cosine) - angle.cos()).abs() < 1e-6);
            assert!((f64::from(sine) - angle.sin()).abs() < 1e-6);
        }
    }

    #[test]
    fn the_parts_fill_the_descriptor() {
        assert_eq!(WEIGHTS.iter().map(|&(places, _)| places).sum::<usize>(), LENGTH);
        let image = picture(u8::wrapping_mul);
        let measured = measure(&image, [3, 5, 40, 60]);
        assert_eq!(measured.len(), LENGTH);
        let itself = compare(&measured, &measured);
        assert!(itself.len() == LENGTH && (itself[0] - CONSTANT).abs() < 1e-9);
        assert!(itself.iter().skip(1).all(|&number| number.abs() < 1e-9));
    }

    #[test]
    fn a_slope_has_one_orientation_one_frequency_and_no_spot() {
        let slope = measure(&picture(|x, _| 4 * x), [0, 0, 64, 64]);
        for cell in slope[13..49].chunks_exact(9) {
            assert!(cell[0] > 0.4 && cell[1..].iter().all(|&vote| vote < 1e-6), "{cell:?}");
        }
        // (u, v) = (1, 0) stands second among those of order 1; rows do not differ.
        assert!(slope[50].abs() > 0.2 && slope[49].abs() < 1e-5);
        assert!(slope[63].abs() < 1e-5);
        assert!((slope[5..13].iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_bright_spot_is_seen_where_it_is_small() {
        let near = |x: u8, at: u8| x.abs_diff(at) < 6;
        let dot = measure(
            &picture(|x, y| if near(x, 30) && near(y, 22) { 200 } else { 50 }),
            [0, 0, 64, 64],
        );
        let flat = measure(&picture(|_, _| 50), [0, 0, 64, 64]);
        assert!(dot[63] > 0.4 && flat[63].abs() < 1e-6);
        assert!((flat[3] - 50.0 / 255.0).abs() < 1e-6 && flat[4] < 1e-6);
    }
}
