//! Every pixel against what it shows, and what is refused.

use vesalius::{Run, Space};

use super::*;
use crate::picture::{Image, encode_png};

const MASK: [Run; 3] =
    [Run { start: 1, end: 4 }, Run { start: 6, end: 9 }, Run { start: 12, end: 13 }];

fn slice(background: Option<&[f32]>) -> Slice<'_> {
    Slice { height: 3, width: 5, spacing: [2.0, 1.0], flip: [false, true], background }
}

fn segment(name: &str, colour: Option<Colour>) -> SliceSegment<'_> {
    SliceSegment { name, detail: "12 ml", label: 7, colour, runs: &MASK }
}

fn bare() -> SegmentStyle {
    SegmentStyle { bare: true, side: 60, opacity: Some(0.5), ..SegmentStyle::default() }
}

#[test]
fn every_pixel_shows_its_place() {
    let values: Vec<f32> = (0..15_u8).map(f32::from).collect();
    let style = SegmentStyle { window: Some((0.0, 15.0)), ..bare() };
    let picture =
        segments_picture(&slice(Some(&values)), &[segment("a", Some([200, 100, 0]))], &style)
            .unwrap();
    // Rows are twice as far apart as columns: 6 x 5, ten times.
    assert_eq!((picture.height(), picture.width()), (60, 50));
    let inside = |y: isize, x: isize| {
        let (y, x) = (y.clamp(0, 59) / 20, 4 - x.clamp(0, 49) / 10);
        MASK.iter().any(|run| (run.start..run.end).contains(&(5 * y + x).try_into().unwrap()))
    };
    for (i, pixel) in picture.pixels().iter().enumerate() {
        let (y, x) = (isize::try_from(i / 50).unwrap(), isize::try_from(i % 50).unwrap());
        let near = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)];
        let grey = ((5 * (y / 20) + 4 - x / 10) * 17) as f64;
        let half = |colour: f64| grey.midpoint(colour).round();
        let wanted = if !inside(y, x) {
            [grey; 3]
        } else if near.iter().any(|&(y, x)| !inside(y, x)) {
            [200.0, 100.0, 0.0]
        } else {
            [half(200.0), half(100.0), half(0.0)]
        };
        let same = pixel
            .iter()
            .zip(wanted)
            .all(|(shown, wanted)| (f64::from(*shown) - wanted).abs() < 0.1);
        assert!(same, "{y} {x} {pixel:?} {wanted:?}");
    }
}

#[test]
fn the_legend_has_the_colours_and_the_same_page_is_made_again() {
    let segments = [segment("liver", Some([1, 2, 3])), segment("spleen", None)];
    let style = SegmentStyle { title: Some("slice 40".into()), ..SegmentStyle::default() };
    let page = segments_picture(&slice(None), &segments, &style).unwrap();
    let body =
        segments_picture(&slice(None), &segments, &SegmentStyle { bare: true, ..style.clone() });
    let body = body.unwrap();
    assert!(page.width() > body.width() + 60 && page.height() > body.height() + 20);
    for colour in [[1, 2, 3], label_colour(7)] {
        let beside = page.pixels().chunks(page.width()).flat_map(|row| &row[body.width() + 13..]);
        assert_eq!(beside.filter(|pixel| **pixel == colour).count(), 81);
    }
    let encoded = |picture: &Rgb| {
        let mut out = Vec::new();
        encode_png(&mut out, &Image::from(picture)).unwrap();
        out
    };
    let again = segments_picture(&slice(None), &segments, &style).unwrap();
    assert_eq!(encoded(&page), encoded(&again));
}

#[test]
fn very_many_segments_are_counted() {
    let names: Vec<String> = (0..150).map(|i| format!("a long name of a segment {i}")).collect();
    let segments: Vec<SliceSegment<'_>> = names.iter().map(|name| segment(name, None)).collect();
    let page = segments_picture(&slice(None), &segments, &SegmentStyle::default()).unwrap();
    assert!(page.width() < 2500 && page.height() < 700, "{} {}", page.width(), page.height());
    let nothing = SliceSegment { runs: &[], ..segment("none", None) };
    let style = SegmentStyle::default();
    let alone = segments_picture(&slice(None), &[nothing], &style).unwrap();
    assert_eq!(alone, segments_picture(&slice(None), &[], &style).unwrap());
}

#[test]
fn labels_near_each_other_have_other_colours() {
    for label in 0..2000_u32 {
        let colour = label_colour(label);
        assert!(colour.iter().map(|v| u32::from(*v)).max().unwrap() > 120, "{label} {colour:?}");
        for other in (label + 1..label + 6).chain([13, 21, 34, 55].map(|far| label + far)) {
            let apart = colour.iter().zip(label_colour(other));
            let apart: u32 = apart.map(|(a, b)| u32::from(a.abs_diff(b))).sum();
            assert!(apart > 40, "{label} {other} {apart}");
        }
    }
}

#[test]
fn slices_stand_upright() {
    // Axes (z, y, x) along (S, P, L), and against them.
    let space = Space::default();
    assert_eq!(upright(&space, 0), [false, false]);
    assert_eq!(upright(&space, 1), [true, false]);
    assert_eq!(upright(&space, 2), [true, false]);
    let mut turned = space;
    turned.direction = turned.direction.map(|row| row.map(|v| -v));
    assert_eq!(upright(&turned, 0), [true, true]);
    assert_eq!(upright(&turned, 1), [false, true]);
    assert_eq!(upright(&turned, 9), [false, true]);
}

#[test]
fn what_is_not_possible_is_refused() {
    let refused = |slice: Slice<'_>, style: SegmentStyle| {
        segments_picture(&slice, &[segment("a", None)], &style).unwrap_err().to_string()
    };
    let values = [1.0; 15];
    let over = slice(Some(&values));
    assert!(refused(Slice { height: 2, ..slice(None) }, bare()).contains("12..13"));
    assert!(refused(Slice { height: 0, ..over }, bare()).contains("0 x 5"));
    assert!(refused(Slice { spacing: [0.0, 1.0], ..over }, bare()).contains("apart"));
    assert!(refused(Slice { spacing: [f64::NAN, 1.0], ..over }, bare()).contains("apart"));
    assert!(refused(Slice { spacing: [1e9, 1.0], ..over }, bare()).contains("apart"));
    assert!(refused(Slice { background: Some(&[1.0]), ..over }, bare()).contains("1 values"));
    assert!(refused(over, SegmentStyle { opacity: Some(2.0), ..bare() }).contains("opacity"));
    assert!(refused(over, SegmentStyle { window: Some((1.0, 1.0)), ..bare() }).contains("range"));
    assert!(refused(over, SegmentStyle { side: usize::MAX, ..bare() }).contains("pixels"));
    let wide = Slice { height: 1 << 14, width: 1 << 13, spacing: [1.0, 1000.0], ..over };
    assert!(refused(wide, bare()).contains("pixels"));
}

#[test]
fn backgrounds_without_contrast_or_numbers_are_black() {
    for values in [[f32::NAN; 15], [3.0; 15], [f32::NEG_INFINITY; 15]] {
        let picture = segments_picture(&slice(Some(&values)), &[], &bare()).unwrap();
        assert!(picture.pixels().iter().all(|pixel| *pixel == [0; 3]));
    }
}
