//! What stands around a picture: margins, a title, a colour bar with its numbers.

use super::colour::ColourMap;
use super::error::PictureError;
use super::font::{ADVANCE, LINE};
use super::image::{Colour, Rgb};
use super::limits::MAX_TITLE;
use super::round::index;
use super::text;
use super::ticks::{Tick, ticks};

const PAPER: Colour = [255; 3];
const INK: Colour = [32, 32, 32];
const EDGE: Colour = [96, 96, 96];

/// From this height on, text is twice as large; from the second one, three times.
const LARGE: usize = 360;
const LARGEST: usize = 1000;
/// The most numbers beside the bar.
const TICKS: usize = 9;

/// Lengths in pixels, before they are multiplied by the scale of the text.
const MARGIN: usize = 10;
const GAP: usize = 10;
const BAR: usize = 14;
const MARK: usize = 4;
const SPACE: usize = 3;

/// The colours and values that a bar explains.
pub(super) struct Scale {
    pub(super) colours: ColourMap,
    pub(super) low: f64,
    pub(super) high: f64,
}

/// The picture on white, with the title above it and the bar at its right.
pub(super) fn frame(
    body: &Rgb,
    title: Option<&str>,
    bar: Option<&Scale>,
) -> Result<Rgb, PictureError> {
    let scale = match body.height.min(body.width) {
        side if side >= LARGEST => 3,
        side if side >= LARGE => 2,
        _ => 1,
    };
    let px = |length: usize| length.saturating_mul(scale);
    let marks = bar.map(|bar| marks(bar, body.height, scale));
    let longest = marks.iter().flatten().map(|(_, tick)| tick.label.len()).max().unwrap_or(0);
    let bar_width = if bar.is_some() {
        px(GAP.saturating_add(BAR).saturating_add(MARK).saturating_add(SPACE))
            .saturating_add(text::width(longest, scale))
    } else {
        0
    };
    // The lines of the frame lie outside the picture: no value is covered by them.
    let left = px(MARGIN).saturating_add(1);
    let head = if title.is_some() { px(LINE.saturating_add(6)) } else { 0 };
    let top = left.saturating_add(head);
    let inner = body.width.saturating_add(bar_width);
    let width = inner.saturating_add(left.saturating_mul(2));
    let height = body.height.saturating_add(top).saturating_add(left);
    let mut page = Rgb::new(height, width, PAPER)?;
    if let Some(title) = title {
        let room = inner.saturating_add(scale).checked_div(px(ADVANCE)).unwrap_or(0);
        let title = text::fitted(title, room, MAX_TITLE);
        text::draw(&mut page, [left, left], scale, INK, &title);
    }
    edged(&mut page, [top, left], body);
    if let (Some(bar), Some(marks)) = (bar, marks) {
        let place = left.saturating_add(body.width).saturating_add(px(GAP));
        edged(&mut page, [top, place], &strip(bar, body.height, px(BAR))?);
        for (y, tick) in marks {
            let row = top.saturating_add(y);
            let mark = place.saturating_add(px(BAR)).saturating_add(1);
            page.fill([row.saturating_sub(scale / 2), mark], [scale, px(MARK)], EDGE);
            let at = mark.saturating_add(px(MARK)).saturating_add(px(SPACE));
            // The middle of digits of seven rows is the fourth one.
            let line = row.saturating_sub(px(3)).saturating_sub(scale / 2);
            text::draw(&mut page, [line, at], scale, INK, &tick.label);
        }
    }
    Ok(page)
}

/// Numbers and the rows of the bar that they stand at.
fn marks(bar: &Scale, height: usize, scale: usize) -> Vec<(usize, Tick)> {
    let line = LINE.saturating_mul(scale).saturating_mul(5) / 2;
    let most = height.checked_div(line).unwrap_or(0).clamp(2, TICKS);
    let last = height.saturating_sub(1);
    let row = |tick: Tick| {
        let part = (bar.high - tick.value) / (bar.high - bar.low);
        (index((part * height as f64).floor(), last), tick)
    };
    let mut marks: Vec<(usize, Tick)> = Vec::new();
    for (y, tick) in ticks(bar.low, bar.high, most).into_iter().map(row) {
        // From the bottom up. On a low bar, numbers would stand on each other.
        let apart =
            |(below, _): &(usize, Tick)| below.saturating_sub(y) > LINE.saturating_mul(scale);
        if marks.last().is_none_or(apart) {
            marks.push((y, tick));
        }
    }
    marks
}

fn strip(bar: &Scale, height: usize, width: usize) -> Result<Rgb, PictureError> {
    let mut strip = Rgb::new(height, width, PAPER)?;
    for (y, row) in strip.pixels.chunks_exact_mut(width).enumerate() {
        row.fill(bar.colours.at(1.0 - (y as f64 + 0.5) / height as f64));
    }
    Ok(strip)
}

/// Pastes a picture with a line of one pixel around it.
pub(super) fn edged(page: &mut Rgb, [y, x]: [usize; 2], picture: &Rgb) {
    let corner = [y.saturating_sub(1), x.saturating_sub(1)];
    page.fill(corner, [picture.height, picture.width].map(|n| n.saturating_add(2)), EDGE);
    page.paste([y, x], picture);
}
