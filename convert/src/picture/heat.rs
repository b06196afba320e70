//! Heat maps, alone and over an image.

use super::colour::ColourMap;
use super::error::PictureError;
use super::frame::{Scale, frame};
use super::image::{Colour, Image, Rgb};
use super::resize::resize;
use super::round::byte;
use super::sample::{Grid, Sampling};

/// The longer side of a heat map whose size is not given.
const SIDE: usize = 512;
/// Corners of a covered rectangle stay below this.
const MAX_COVER: f64 = 1e9;

/// Stripes for cells without a value, which no colour map has.
const STRIPES: [Colour; 2] = [[228; 3], [168; 3]];
const STRIPE_PIXELS: usize = 4;

/// How a heat map looks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Style {
    /// Colours of the values.
    pub colours: ColourMap,
    /// Pixels from cells.
    pub sampling: Sampling,
    /// Lowest and highest value with a colour of their own; automatic when not given: those of the
    /// grid, and for [`ColourMap::Diverging`] as far below zero as above it.
    pub range: Option<(f32, f32)>,
    /// Height and width of the picture without its frame. When not given: for a heat map whole
    /// pixels a cell, about 512 along the longer side; over an image, the image's size.
    pub size: Option<[usize; 2]>,
    /// A bar with the values of the colours at the right.
    pub bar: bool,
    /// A line above the picture; printable ASCII.
    pub title: Option<String>,
    /// Only the picture: no margins, bar or title.
    pub bare: bool,
}

/// A picture of the values. Cells without a value are striped in grey.
///
/// # Errors
/// A size or range that is not possible.
pub fn heat_map(grid: &Grid<'_>, style: &Style) -> Result<Rgb, PictureError> {
    let scale = scale(grid, style)?;
    let [height, width] = style.size.unwrap_or_else(|| automatic(grid));
    let mut body = Rgb::new(height, width, [0; 3])?;
    let (down, right) = (Steps::over(grid.height(), height), Steps::over(grid.width(), width));
    for (y, row) in body.pixels.chunks_exact_mut(width).enumerate() {
        for (x, pixel) in row.iter_mut().enumerate() {
            let value = grid.at(down.at(y), right.at(x), style.sampling);
            *pixel = scale.colour(value).unwrap_or_else(|| stripe(y, x));
        }
    }
    framed(body, &scale, style)
}

/// A picture of the values over an image. `cover` is the rectangle that the grid covers, as
/// (y0, x0, y1, x1) in pixels of the image; the whole image when not given. Corners in the other
/// order mirror the grid. `alpha` is how much of the colours is seen, 0 to 1. Where the grid has no
/// value and where it does not reach, the image shows alone.
///
/// # Errors
/// A size, range, opacity or rectangle that is not possible.
pub fn overlay(
    image: &Image,
    grid: &Grid<'_>,
    cover: Option<[f64; 4]>,
    alpha: f32,
    style: &Style,
) -> Result<Rgb, PictureError> {
    if !(0.0..=1.0).contains(&alpha) {
        return Err(PictureError::Alpha(alpha));
    }
    let own = [image.height(), image.width()];
    let [y0, x0, y1, x1] = checked(cover.unwrap_or([0.0, 0.0, own[0] as f64, own[1] as f64]))?;
    let scale = scale(grid, style)?;
    let [height, width] = style.size.unwrap_or(own);
    let mut body = resize(image.to_rgb(), height, width)?;
    let down = Steps::within(grid.height(), y0, y1, own[0], height);
    let right = Steps::within(grid.width(), x0, x1, own[1], width);
    let (rows, columns) = (0.0..grid.height() as f64, 0.0..grid.width() as f64);
    for (y, row) in body.pixels.chunks_exact_mut(width).enumerate() {
        let at_y = down.at(y);
        if !rows.contains(&at_y) {
            continue;
        }
        for (x, pixel) in row.iter_mut().enumerate() {
            let at_x = right.at(x);
            if !columns.contains(&at_x) {
                continue;
            }
            if let Some(colour) = scale.colour(grid.at(at_y, at_x, style.sampling)) {
                *pixel = mixed(*pixel, colour, f64::from(alpha));
            }
        }
    }
    framed(body, &scale, style)
}

fn framed(body: Rgb, scale: &Scale, style: &Style) -> Result<Rgb, PictureError> {
    if style.bare {
        return Ok(body);
    }
    frame(&body, style.title.as_deref(), style.bar.then_some(scale))
}

/// Places of the grid for the centres of pixels along an axis.
struct Steps {
    start: f64,
    step: f64,
}

impl Steps {
    /// `cells` over all `pixels`.
    fn over(cells: usize, pixels: usize) -> Self {
        Self::within(cells, 0.0, pixels as f64, pixels, pixels)
    }

    /// `cells` from `from` to `to` of an axis of `length`, which is shown on `pixels`.
    fn within(cells: usize, from: f64, to: f64, length: usize, pixels: usize) -> Self {
        let cell = cells as f64 / (to - from);
        let pixel = length as f64 / pixels as f64;
        Self { start: -from * cell, step: pixel * cell }
    }

    fn at(&self, pixel: usize) -> f64 {
        self.start + (pixel as f64 + 0.5) * self.step
    }
}

impl Scale {
    fn colour(&self, value: f64) -> Option<Colour> {
        let part = (value - self.low) / (self.high - self.low);
        (!part.is_nan()).then(|| self.colours.at(part))
    }
}

fn scale(grid: &Grid<'_>, style: &Style) -> Result<Scale, PictureError> {
    let (low, high) = match style.range {
        Some((low, high)) => {
            if !low.is_finite() || !high.is_finite() || low >= high {
                return Err(PictureError::Range(low, high));
            }
            (f64::from(low), f64::from(high))
        }
        None => automatic_range(grid, style.colours),
    };
    Ok(Scale { colours: style.colours, low, high })
}

fn automatic_range(grid: &Grid<'_>, colours: ColourMap) -> (f64, f64) {
    let finite = grid.values().iter().filter(|v| v.is_finite()).map(|v| f64::from(*v));
    let (mut low, mut high) =
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    if low > high {
        return (0.0, 1.0);
    }
    if colours == ColourMap::Diverging {
        high = low.abs().max(high.abs());
        low = -high;
    }
    // A constant grid lies in the middle of a range that f32 can tell apart.
    if high - low <= high.abs().max(low.abs()) * 1e-6 {
        let room = (high.abs() * 0.5).max(f64::from(f32::MIN_POSITIVE));
        let room = if high == 0.0 { 1.0 } else { room };
        return (low - room, high + room);
    }
    (low, high)
}

fn automatic(grid: &Grid<'_>) -> [usize; 2] {
    let cell = SIDE.checked_div(grid.height().max(grid.width())).unwrap_or(1).max(1);
    [grid.height(), grid.width()].map(|cells| cells.saturating_mul(cell))
}

fn checked(cover: [f64; 4]) -> Result<[f64; 4], PictureError> {
    let [y0, x0, y1, x1] = cover;
    let near = cover.iter().all(|v| v.abs() <= MAX_COVER);
    if near && (y1 - y0).abs() > 1e-6 && (x1 - x0).abs() > 1e-6 {
        Ok(cover)
    } else {
        Err(PictureError::Cover(cover))
    }
}

fn stripe(y: usize, x: usize) -> Colour {
    let [light, dark] = STRIPES;
    if (x.saturating_add(y) / STRIPE_PIXELS).is_multiple_of(2) { light } else { dark }
}

pub(super) fn mixed(below: Colour, above: Colour, alpha: f64) -> Colour {
    let mut out = below;
    for (out, above) in out.iter_mut().zip(above) {
        let (below, above) = (f64::from(*out), f64::from(above));
        *out = byte((below + (above - below) * alpha).round());
    }
    out
}
