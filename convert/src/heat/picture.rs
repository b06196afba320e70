//! A heat map as a picture, alone or over its image.

use std::path::Path;

use vesalius::{HeatMap, Space};

use super::error::HeatError;
use super::laid::Laid;
use super::slice::{Slice, geometry_of};
use crate::picture::{ColourMap, Grid, Image, Rgb, Sampling, Style, heat_map, overlay};

/// Pictures are enlarged until their longer side has this many pixels.
const SIDE: f64 = 512.0;
/// Opacity of the colours over an image.
const ALPHA: f32 = 0.5;

/// What the colours are laid over.
#[derive(Debug, Clone, Copy, Default)]
pub enum Under<'a> {
    /// The map stands alone.
    #[default]
    Nothing,
    /// A picture of the whole image, of any size.
    Picture(&'a Image),
    /// A slice of a `NIfTI` volume of the image's shape.
    Volume(&'a Path),
}

/// How the picture looks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    /// Pixels from cells.
    pub sampling: Sampling,
    /// The colours.
    pub colours: ColourMap,
    /// Lowest and highest value with a colour of their own; those of the map when not given.
    pub range: Option<(f32, f32)>,
    /// The slice across z of an image that has several; without it, that of the largest score.
    pub slice: Option<usize>,
    /// A line above the picture.
    pub title: Option<String>,
}

/// A picture, and the slice that it shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// The picture, with a bar that explains its colours.
    pub picture: Rgb,
    /// The slice along z, in voxels where the map has a place in the image, else in cells; `None`
    /// where there is only one.
    pub slice: Option<usize>,
}

/// Draws a heat map. It lies as the image lies: grids that run backwards are turned.
///
/// # Errors
/// A slice or image that does not fit; a file that is refused.
pub fn picture(
    map: &HeatMap,
    space: &Space,
    under: &Under<'_>,
    look: &Look,
) -> Result<Drawn, HeatError> {
    let laid = Laid::of(map)?;
    match under {
        Under::Nothing => alone(&laid, space, look),
        Under::Picture(image) => over_picture(&laid, space, image, look),
        Under::Volume(path) => over_volume(&laid, space, path, look),
    }
}

fn style(look: &Look) -> Style {
    Style {
        colours: look.colours,
        sampling: look.sampling,
        range: look.range,
        bar: true,
        title: look.title.clone(),
        ..Style::default()
    }
}

/// The plane of cells to be shown, and the slice it belongs to.
fn chosen(laid: &Laid, space: &Space, look: &Look) -> Result<(usize, Option<usize>), HeatError> {
    let [count, _, _] = laid.shape;
    let slices = match laid.axes {
        Some(_) if space.is_known() => usize::try_from(space.shape[0]).unwrap_or(usize::MAX),
        _ => count,
    };
    let Some(slice) = look.slice else {
        let cell = laid.hottest();
        return Ok((cell, (slices > 1).then(|| laid.slice_of_cell(cell, slices))));
    };
    if slice >= slices {
        let text = format!("the image has {slices} slices, no {slice}; they are counted from 0");
        return Err(HeatError::Refused(text));
    }
    let cell = if laid.axes.is_some() { laid.cell_of_slice(slice) } else { Some(slice) };
    let none = || HeatError::Refused(format!("no token covers slice {slice}; choose another one"));
    Ok((cell.filter(|cell| *cell < count).ok_or_else(none)?, Some(slice)))
}

fn alone(laid: &Laid, space: &Space, look: &Look) -> Result<Drawn, HeatError> {
    let (cell, slice) = chosen(laid, space, look)?;
    let backwards = |axis: usize| {
        laid.axes.and_then(|axes| axes.get(axis).copied()).is_some_and(|axis| axis.stride < 0.0)
    };
    let plane = laid.plane(cell).flipped(backwards(1), backwards(2));
    let size = laid.cover().and_then(|[y0, x0, y1, x1]| {
        let [_, dy, dx] = space.spacing;
        enlarged((y1 - y0).abs() * dy, (x1 - x0).abs() * dx)
    });
    let grid = Grid::new(plane.height, plane.width, &plane.values)?;
    let picture = heat_map(&grid, &Style { size, ..style(look) })?;
    Ok(Drawn { picture, slice })
}

fn over_picture(
    laid: &Laid,
    space: &Space,
    image: &Image,
    look: &Look,
) -> Result<Drawn, HeatError> {
    let (cell, slice) = chosen(laid, space, look)?;
    let plane = laid.plane(cell);
    let grid = Grid::new(plane.height, plane.width, &plane.values)?;
    let (height, width) = (image.height() as f64, image.width() as f64);
    // The picture shows the whole image, perhaps in another size.
    let (down, right) = match space.shape {
        [_, y, x] if space.is_known() => (height / y as f64, width / x as f64),
        _ => (1.0, 1.0),
    };
    let cover = laid.cover().map(|[y0, x0, y1, x1]| [y0 * down, x0 * right, y1 * down, x1 * right]);
    let size = enlarged(height, width);
    let picture = overlay(image, &grid, cover, ALPHA, &Style { size, ..style(look) })?;
    Ok(Drawn { picture, slice })
}

fn over_volume(laid: &Laid, space: &Space, path: &Path, look: &Look) -> Result<Drawn, HeatError> {
    let shape = geometry_of(path)?.shape_zyx;
    let fits = if space.is_known() { space.shape == shape } else { laid.axes.is_some() };
    if !fits {
        let (path, have) = (path.display(), space.shape);
        return Err(HeatError::Refused(format!(
            "{path} has {shape:?} voxels (z, y, x), the image {have:?}; give the volume that the tokens \
             were made of"
        )));
    }
    let of_volume = Space { shape, ..space.clone() };
    let (cell, slice) = chosen(laid, &of_volume, look)?;
    let slice = Slice::read(path, slice.unwrap_or(0))?;
    let (rows, columns) = slice.turns();
    let [_, dy, dx] = slice.geometry.spacing_zyx;
    let (height, width) = (shape[1] as f64, shape[2] as f64);
    let turned = |[y0, x0, y1, x1]: [f64; 4]| {
        let ([y0, y1], [x0, x1]) = (
            if rows { [height - y0, height - y1] } else { [y0, y1] },
            if columns { [width - x0, width - x1] } else { [x0, x1] },
        );
        [y0, x0, y1, x1]
    };
    let cover = laid.cover().unwrap_or([0.0, 0.0, height, width]);
    let plane = laid.plane(cell);
    let grid = Grid::new(plane.height, plane.width, &plane.values)?;
    let size = enlarged(height * dy, width * dx);
    let style = Style { size, ..style(look) };
    let picture = overlay(&slice.image()?, &grid, Some(turned(cover)), ALPHA, &style)?;
    Ok(Drawn { picture, slice: (shape[0] > 1).then_some(slice.index) })
}

/// Height and width in this proportion, at least as large as given, the longer side [`SIDE`] or
/// more.
fn enlarged(height: f64, width: f64) -> Option<[usize; 2]> {
    let longer = height.max(width);
    if !longer.is_finite() || longer <= 0.0 {
        return None;
    }
    let factor = (SIDE / longer).max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let side = |length: f64| ((length * factor).round() as usize).max(1);
    Some([side(height), side(width)])
}
