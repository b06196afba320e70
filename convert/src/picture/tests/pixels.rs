//! The mapping from cells to pixels, against twins that go the slow way.

use super::*;

const BARE: Style = Style {
    colours: ColourMap::Grey,
    sampling: Sampling::Nearest,
    range: Some((-125.0, 125.0)),
    size: None,
    bar: false,
    title: None,
    bare: true,
};

const STRIPE: [[u8; 3]; 2] = [[228; 3], [168; 3]];

#[test]
fn a_fixed_example_byte_by_byte() {
    let values = [0.0, 1.0, 2.0, f32::NAN];
    let grid = Grid::new(2, 2, &values).unwrap();
    let style = Style { range: Some((0.0, 2.0)), size: Some([2, 4]), ..BARE };
    let grey = |v: u8| [v; 3];
    let map = heat_map(&grid, &style).unwrap();
    let top = [grey(0), grey(0), grey(128), grey(128)];
    let bottom = [grey(255), grey(255), STRIPE[0], STRIPE[1]];
    assert_eq!(map.pixels(), [top, bottom].concat());
    let style = Style { sampling: Sampling::Bilinear, size: Some([1, 4]), ..style };
    let line = Grid::new(1, 2, &[0.0, 2.0]).unwrap();
    let map = heat_map(&line, &style).unwrap();
    assert_eq!(map.pixels(), [grey(0), grey(64), grey(192), grey(255)]);
    let image = Image::new(1, 4, Channels::Grey, Samples::Eight(vec![100; 4])).unwrap();
    let seen = overlay(&image, &line, Some([0.0, 1.0, 1.0, 3.0]), 0.5, &style).unwrap();
    assert_eq!(seen.pixels(), [grey(100), grey(50), grey(178), grey(100)]);
}

/// The value at a place of the grid: the sum over all cells, each with its tent.
fn slow(grid: &Grid<'_>, y: f64, x: f64, sampling: Sampling) -> f64 {
    let (h, w) = (grid.height(), grid.width());
    let inside = |at: f64, cell: usize, count: usize| {
        let at = at.clamp(0.0, count as f64 - 0.5);
        at >= cell as f64 && at < (cell + 1) as f64
    };
    let tent = |at: f64, cell: usize, count: usize| {
        let at = at.clamp(0.5, count as f64 - 0.5);
        (1.0 - (at - 0.5 - cell as f64).abs()).max(0.0)
    };
    let (mut sum, mut weights, mut nearest) = (0.0, 0.0, f64::NAN);
    for cy in 0..h {
        for cx in 0..w {
            let value = f64::from(grid.values()[cy * w + cx]);
            if inside(y, cy, h) && inside(x, cx, w) {
                nearest = value;
            }
            if !value.is_nan() {
                let weight = tent(y, cy, h) * tent(x, cx, w);
                sum += weight * value;
                weights += weight;
            }
        }
    }
    if sampling == Sampling::Nearest || nearest.is_nan() { nearest } else { sum / weights }
}

fn grey_of(value: f64) -> Option<[u8; 3]> {
    if value.is_nan() {
        return None;
    }
    let step = ((value + 125.0) / 250.0 * 256.0).floor().clamp(0.0, 255.0);
    (0..=255_u8).find(|v| f64::from(*v) >= step).map(|v| [v; 3])
}

/// Whether the pixel is that of the value, or of one a rounding away.
fn is_pixel_of(
    pixel: [u8; 3],
    value: f64,
    otherwise: [u8; 3],
    mix: impl Fn([u8; 3]) -> [u8; 3],
) -> bool {
    let wanted = |value| grey_of(value).map_or(otherwise, &mix);
    [value, value - 1e-6, value + 1e-6].into_iter().any(|value| pixel == wanted(value))
}

#[test]
fn heat_maps_agree_with_the_twin() {
    let mut random = Random::new();
    for round in 0..200 {
        let (h, w) = (1 + random.below(6), 1 + random.below(6));
        let values = random.values(h * w);
        let grid = Grid::new(h, w, &values).unwrap();
        let size = [1 + random.below(30), 1 + random.below(30)];
        let sampling = [Sampling::Nearest, Sampling::Bilinear][round % 2];
        let style = Style { sampling, size: Some(size), ..BARE };
        let map = heat_map(&grid, &style).unwrap();
        for (i, pixel) in map.pixels().iter().enumerate() {
            let (y, x) = (i / size[1], i % size[1]);
            let place = |p: usize, n: usize, of: usize| (p as f64 + 0.5) * n as f64 / of as f64;
            let value = slow(&grid, place(y, h, size[0]), place(x, w, size[1]), sampling);
            let stripe = STRIPE[(x + y) / 4 % 2];
            assert!(is_pixel_of(*pixel, value, stripe, |c| c), "{grid:?} {size:?} {y} {x}");
        }
    }
}

#[test]
fn overlays_agree_with_the_twin() {
    let mut random = Random::new();
    for round in 0..200 {
        let (h, w) = (1 + random.below(5), 1 + random.below(5));
        let values = random.values(h * w);
        let grid = Grid::new(h, w, &values).unwrap();
        let (height, width) = (1 + random.below(20), 1 + random.below(20));
        let samples = random.samples(height * width * 3, false);
        let image = Image::new(height, width, Channels::Rgb, samples).unwrap();
        let mut side = || random.below(80) as f64 * 0.250_3 - 2.317_1;
        let cover = [side(), side(), side(), side()];
        let sampling = [Sampling::Nearest, Sampling::Bilinear][round % 2];
        let style = Style { sampling, ..BARE };
        let seen = overlay(&image, &grid, Some(cover), 0.25, &style);
        let [y0, x0, y1, x1] = cover;
        if (y1 - y0).abs() < 0.1 || (x1 - x0).abs() < 0.1 {
            assert!(matches!(seen.unwrap_err(), PictureError::Cover(_)));
            continue;
        }
        let (seen, below) = (seen.unwrap(), image.to_rgb());
        for (i, pixel) in seen.pixels().iter().enumerate() {
            let part = |p: usize, from: f64, to: f64| (p as f64 + 0.5 - from) / (to - from);
            let (y, x) = (part(i / width, y0, y1), part(i % width, x0, x1));
            let under = below.pixels()[i];
            let mut value = f64::NAN;
            if (0.0..1.0).contains(&y) && (0.0..1.0).contains(&x) {
                value = slow(&grid, y * h as f64, x * w as f64, sampling);
            }
            let mix = |colour: [u8; 3]| {
                let channel = |c: usize| {
                    let mixed = f64::from(under[c]) * 0.75 + f64::from(colour[c]) * 0.25;
                    (0..=255_u8).find(|v| f64::from(*v) >= mixed.round()).unwrap()
                };
                [channel(0), channel(1), channel(2)]
            };
            assert!(is_pixel_of(*pixel, value, under, mix), "{grid:?} {cover:?} {i}");
        }
    }
}

#[test]
fn images_grow_between_pixels_and_shrink_to_means() {
    let image = |height, width, grey: &[u8]| {
        Image::new(height, width, Channels::Grey, Samples::Eight(grey.to_vec())).unwrap()
    };
    let nothing = Grid::new(1, 1, &[f32::NAN]).unwrap();
    let sized = |image: &Image, size| {
        let style = Style { size: Some(size), ..BARE };
        let seen = overlay(image, &nothing, None, 1.0, &style).unwrap();
        seen.pixels().iter().map(|p| p[0]).collect::<Vec<u8>>()
    };
    assert_eq!(sized(&image(1, 2, &[0, 200]), [1, 4]), [0, 50, 150, 200]);
    assert_eq!(sized(&image(2, 1, &[0, 200]), [4, 1]), [0, 50, 150, 200]);
    assert_eq!(sized(&image(2, 2, &[0, 200, 0, 200]), [1, 1]), [100]);
    assert_eq!(sized(&image(3, 3, &[77; 9]), [7, 2]), [77; 14]);
}
