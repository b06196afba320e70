//! Frames, numbers, colours, and what is refused.

use super::*;
use crate::picture::ticks::ticks;

fn labels(low: f64, high: f64, most: usize) -> Vec<String> {
    ticks(low, high, most).into_iter().map(|tick| tick.label).collect()
}

#[test]
fn numbers_beside_the_bar_are_round() {
    assert_eq!(labels(0.0, 1.0, 5), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    assert_eq!(labels(-1.0, 1.0, 4), ["-1.0", "-0.5", "0", "0.5", "1.0"]);
    assert_eq!(labels(0.037, 0.312, 6), ["0.05", "0.10", "0.15", "0.20", "0.25", "0.30"]);
    assert_eq!(labels(-1024.0, 3071.0, 5), ["-1000", "0", "1000", "2000", "3000"]);
    assert_eq!(labels(0.0, 2.5e-6, 3), ["0", "1e-6", "2e-6"]);
    assert_eq!(labels(1e7, 1.2e7, 2), ["1.0e7", "1.1e7", "1.2e7"]);
}

#[test]
fn every_range_has_few_numbers_that_lie_in_it() {
    let mut random = Random::new();
    for _ in 0..5000 {
        let power = random.below(60);
        let width = (1.0 + random.below(1000) as f64 / 10.0)
            * 10_f64.powi(i32::try_from(power).unwrap() - 30);
        let low = width * (random.below(2001) as f64 - 1000.0) / 37.0;
        let most = 2 + random.below(8);
        let found = ticks(low, low + width, most);
        assert!((2..=5.max(most + 1)).contains(&found.len()), "{low} {width} {found:?}");
        for tick in found {
            let slack = width * 1e-6;
            assert!((low - slack..=low + width + slack).contains(&tick.value));
            let shown: f64 = tick.label.parse().unwrap();
            assert!((shown - tick.value).abs() <= width * 1e-3, "{tick:?}");
            assert!(tick.label.len() <= 14, "{tick:?}");
        }
    }
}

#[test]
fn the_frame_leaves_the_picture_as_it_is() {
    let mut random = Random::new();
    for round in 0..60 {
        let (h, w) = (1 + random.below(20), 1 + random.below(20));
        let values = random.values(h * w);
        let grid = Grid::new(h, w, &values).unwrap();
        let size = [[1, 1], [40, 300], [380, 400]][round % 3];
        let title = (round % 2 == 0).then(|| "A title that may be cut: \u{e9}".repeat(round));
        let style = Style { size: Some(size), bar: round % 5 != 0, title, ..Style::default() };
        let page = heat_map(&grid, &style).unwrap();
        let bare = heat_map(&grid, &Style { bare: true, ..style.clone() }).unwrap();
        let scale = if round % 3 == 2 { 2 } else { 1 };
        let left = 10 * scale + 1;
        let top = left + if style.title.is_some() { 15 * scale } else { 0 };
        for (y, row) in bare.pixels().chunks(size[1]).enumerate() {
            let start = (top + y) * page.width() + left;
            assert_eq!(&page.pixels()[start..start + size[1]], row);
        }
        let edge = page.pixels().iter().take(page.width() * 6 * scale);
        assert!(edge.clone().all(|p| *p == [255; 3]), "nothing stands in the margin");
        let rows = page.pixels().chunks(page.width());
        assert!(
            rows.flat_map(|row| row[page.width() - 10 * scale..].iter()).all(|p| *p == [255; 3])
        );
    }
}

#[test]
fn titles_are_cut_where_they_do_not_fit() {
    use crate::picture::text::{draw, fitted, width};
    assert_eq!(fitted("liver", 5, 100), "liver");
    assert_eq!(fitted("liver lesion", 9, 100), "liver...");
    assert_eq!(fitted("liver", 3, 100), "");
    let mut page = Rgb::new(9, width(2, 1), [255; 3]).unwrap();
    draw(&mut page, [0, 0], 1, [0; 3], "1g");
    let shown: Vec<String> = page
        .pixels()
        .chunks(page.width())
        .map(|row| row.iter().map(|p| if p[0] == 0 { '#' } else { '.' }).collect())
        .collect();
    let wanted = [
        "..#........",
        ".##........",
        "..#....####",
        "..#...#...#",
        "..#...#...#",
        "..#...#...#",
        ".###...####",
        "..........#",
        ".......###.",
    ];
    assert_eq!(shown, wanted);
}

#[test]
fn every_printable_letter_has_a_shape_of_its_own() {
    use crate::picture::font::glyph;
    let shapes: std::collections::BTreeSet<_> =
        (' '..='~').map(|c| (glyph(c).rows, glyph(c).drop)).collect();
    assert_eq!(shapes.len(), 95);
    assert!((' '..='~').all(|c| glyph(c).rows.iter().all(|row| *row < 32)));
    for other in ['\n', '\u{7f}', '\u{e9}', '\u{1F600}'] {
        assert_eq!(glyph(other).rows, glyph('?').rows);
    }
}

#[test]
fn maps_rise_in_lightness() {
    let light =
        |c: [u8; 3]| 0.2126 * f64::from(c[0]) + 0.7152 * f64::from(c[1]) + 0.0722 * f64::from(c[2]);
    for map in [ColourMap::Viridis, ColourMap::Grey] {
        let steps: Vec<f64> = (0..=256).map(|i| light(map.at(f64::from(i) / 256.0))).collect();
        assert!(steps.windows(2).all(|pair| pair[0] <= pair[1] + 0.8), "{map:?}");
    }
    assert_eq!(ColourMap::Viridis.at(0.0), [68, 1, 84]);
    assert_eq!(ColourMap::Viridis.at(1.0), [253, 231, 36]);
    assert_eq!(ColourMap::Viridis.at(f64::INFINITY), [253, 231, 36]);
    let map = ColourMap::Diverging;
    let steps: Vec<f64> = (0..=256).map(|i| light(map.at(f64::from(i) / 256.0))).collect();
    assert!(steps[..128].windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(steps[128..].windows(2).all(|pair| pair[0] >= pair[1]));
    let ([r, _, b], [r2, _, b2]) = (map.at(0.0), map.at(1.0));
    assert!(b > 100 && r < 60 && r2 > 100 && b2 < 60, "{:?} {:?}", map.at(0.0), map.at(1.0));
}

#[test]
fn what_cannot_be_is_refused() {
    let grid = Grid::new(1, 2, &[1.0, 2.0]).unwrap();
    let image = Image::new(1, 1, Channels::Grey, Samples::Eight(vec![0])).unwrap();
    let plain = Style::default();
    assert!(matches!(Grid::new(2, 2, &[0.0]), Err(PictureError::Count(4, 1))));
    assert!(matches!(Grid::new(0, 2, &[]), Err(PictureError::Size(0, 2))));
    for size in [[0, 1], [1, MAX_SIDE + 1], [MAX_SIDE, MAX_SIDE]] {
        let style = Style { size: Some(size), ..plain.clone() };
        assert!(matches!(heat_map(&grid, &style), Err(PictureError::Size(..))));
        assert!(matches!(overlay(&image, &grid, None, 1.0, &style), Err(PictureError::Size(..))));
    }
    for range in [(1.0, 1.0), (2.0, 1.0), (f32::NAN, 1.0), (0.0, f32::INFINITY)] {
        let style = Style { range: Some(range), ..plain.clone() };
        assert!(matches!(heat_map(&grid, &style), Err(PictureError::Range(..))));
    }
    for alpha in [-0.1, 1.1, f32::NAN] {
        let seen = overlay(&image, &grid, None, alpha, &plain);
        assert!(matches!(seen, Err(PictureError::Alpha(_))));
    }
    for cover in [[0.0; 4], [0.0, 0.0, 1.0, f64::NAN], [0.0, 0.0, 1e300, 1.0]] {
        let seen = overlay(&image, &grid, Some(cover), 0.5, &plain);
        assert!(matches!(seen, Err(PictureError::Cover(_))));
    }
}

#[test]
fn odd_values_have_a_range() {
    let extremes = [f32::MIN, f32::MAX];
    let cases: [&[f32]; 8] = [
        &[f32::NAN; 2],
        &[0.0; 2],
        &[7.5; 2],
        &[-1e-44; 2],
        &[f32::MAX; 2],
        &extremes,
        &[f32::INFINITY, 1.0],
        &[f32::NEG_INFINITY, f32::INFINITY],
    ];
    for values in cases {
        for colours in [ColourMap::Viridis, ColourMap::Diverging] {
            let style = Style { colours, bar: true, ..Style::default() };
            let grid = Grid::new(1, 2, values).unwrap();
            let page = heat_map(&grid, &style).unwrap();
            let ink = page.pixels().iter().filter(|p| **p == [32; 3]).count();
            assert!(ink > 0, "numbers stand beside the bar: {values:?}");
        }
    }
}
