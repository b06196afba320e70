//! A slice of segments in colour, over black or over the image, with a legend.

mod legend;
mod outline;
mod palette;
mod slice;
mod style;
#[cfg(test)]
mod tests;
mod window;

use std::ops::Range;

use super::error::PictureError;
use super::frame::edged;
use super::heat::mixed;
use super::image::{Colour, Rgb};
use super::text;
use legend::Legend;
use outline::edges;
pub use palette::label_colour;
pub use slice::{Slice, SliceSegment, Upright, upright};
pub use style::SegmentStyle;

const PAPER: Colour = [255; 3];
const INK: Colour = [32, 32, 32];
/// Lengths in pixels, before they are multiplied by the scale of the text.
const MARGIN: usize = 10;

/// A picture of the slice: every segment filled with its colour, so that a part of what is below is seen, with a
/// line of one pixel in the full colour along its border. Later segments are drawn over earlier ones. Pixels of
/// the slice become rectangles of the proportions of its spacing; nothing is blurred. The same slice makes the
/// same picture.
///
/// O(pixels of the picture + for each segment, the pixels of the rows that it is on, and those of the slice).
///
/// # Errors
///
/// A size, spacing, opacity or window that is not possible, a run outside the slice, or a background of another
/// size.
pub fn segments_picture(
    slice: &Slice<'_>,
    segments: &[SliceSegment<'_>],
    style: &SegmentStyle,
) -> Result<Rgb, PictureError> {
    let seen = style.seen(slice.background.is_some())?;
    let [height, width] = slice.size(style.side)?;
    let mut body = Rgb::new(height, width, [0; 3])?;
    let rows = slice::places(height, slice.height, slice.flip[0]);
    let columns = slice::places(width, slice.width, slice.flip[1]);
    if let Some(values) = slice.background {
        let grey = window::greys(slice, values, style.window)?;
        for (row, &y) in body.pixels.chunks_exact_mut(width).zip(&rows) {
            let from = grey.get(y.saturating_mul(slice.width)..).unwrap_or(&[]);
            for (pixel, &x) in row.iter_mut().zip(&columns) {
                *pixel = [from.get(x).copied().unwrap_or(0); 3];
            }
        }
    }
    let mut shown = Vec::new();
    for segment in segments {
        let covered = slice.covered(segment)?;
        if !covered.contains(&true) {
            continue;
        }
        shown.push(segment);
        let colour = segment.colour.unwrap_or_else(|| label_colour(segment.label));
        let band = band(&covered, slice.width, &rows);
        let own = rows.get(band.clone()).unwrap_or(&[]);
        let inside = shown_at(&covered, slice.width, [own, &columns]);
        let line = if style.outline { edges(&inside, width) } else { vec![false; inside.len()] };
        let from = band.start.saturating_mul(width);
        let pixels = body.pixels.get_mut(from..).unwrap_or(&mut []);
        paint(pixels, &inside, &line, colour, seen);
    }
    if style.bare {
        return Ok(body);
    }
    page(&body, &shown, style)
}

/// The rows of the picture from the first to the last that show something, and one more on both sides, which
/// borders are seen against.
fn band(covered: &[bool], across: usize, rows: &[usize]) -> Range<usize> {
    let filled = |y: &usize| {
        let row = covered.get(y.saturating_mul(across)..).unwrap_or(&[]);
        row.iter().take(across).any(|covered| *covered)
    };
    let first = rows.iter().position(filled).unwrap_or(0);
    let last = rows.iter().rposition(filled).unwrap_or(0);
    first.saturating_sub(1)..last.saturating_add(2).min(rows.len())
}

/// Which pixels of the picture show pixels that are covered.
fn shown_at(covered: &[bool], across: usize, [rows, columns]: [&[usize]; 2]) -> Vec<bool> {
    let row = |y: &usize| covered.get(y.saturating_mul(across)..).unwrap_or(&[]);
    let shown = |row: &[bool], x: usize| row.get(x).copied().unwrap_or(false);
    rows.iter().map(row).flat_map(|row| columns.iter().map(move |&x| shown(row, x))).collect()
}

fn paint(pixels: &mut [Colour], inside: &[bool], line: &[bool], colour: Colour, seen: f64) {
    for ((pixel, inside), line) in pixels.iter_mut().zip(inside).zip(line) {
        if *line {
            *pixel = colour;
        } else if *inside {
            *pixel = mixed(*pixel, colour, seen);
        }
    }
}

/// The picture on white, with the title above it and the legend at its right.
fn page(
    body: &Rgb,
    shown: &[&SliceSegment<'_>],
    style: &SegmentStyle,
) -> Result<Rgb, PictureError> {
    let scale = if body.height.min(body.width) >= 900 { 2 } else { 1 };
    let px = |length: usize| length.saturating_mul(scale);
    let left = px(MARGIN).saturating_add(1);
    let head = if style.title.is_some() { px(15) } else { 0 };
    let top = left.saturating_add(head);
    let legend = Legend::of(if style.legend { shown } else { &[] }, body.height, scale);
    let inner = body.width.saturating_add(legend.width());
    let width = inner.saturating_add(left.saturating_mul(2));
    let height = body.height.max(legend.height()).saturating_add(top).saturating_add(left);
    let mut page = Rgb::new(height, width, PAPER)?;
    if let Some(title) = &style.title {
        let room = text::room(inner, scale);
        text::draw(
            &mut page,
            [left, left],
            scale,
            INK,
            &text::fitted(title, room, super::MAX_TITLE),
        );
    }
    edged(&mut page, [top, left], body);
    legend.draw(&mut page, [top, left.saturating_add(body.width)]);
    Ok(page)
}
