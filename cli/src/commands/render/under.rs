//! The image that segments are drawn over.

use std::path::Path;

use vesalius::{Axis, Error, Space, model::space_difference};
use vesalius_convert::nifti::{Limits, NiftiError, NiftiReader};
use vesalius_convert::picture::{Channels, Image, Samples, read_png};

use super::super::heatmap::{ends, is_volume};
use super::view::View;
use crate::{Failure, Result};

/// Values of a slice, row by row.
pub(super) struct Under {
    pub(super) values: Vec<f32>,
    /// Black and white where nothing else is wanted.
    pub(super) window: Option<(f32, f32)>,
}

impl Under {
    /// Reads the slice of a volume, or a picture of the slice.
    pub(super) fn read(path: &Path, space: &Space, view: &View) -> Result<Self> {
        if ends(path, &["png"]) {
            return of_picture(path, view);
        }
        if is_volume(path) {
            return of_volume(path, space, view);
        }
        let text = format!("{}: give a .png, .nii or .nii.gz file to draw over", path.display());
        Err(Failure::Message(text))
    }
}

fn of_picture(path: &Path, view: &View) -> Result<Under> {
    let failed = |error| Failure::Message(format!("{}: {error}", path.display()));
    let image = read_png(path).map_err(failed)?;
    let [height, width] = view.size()?;
    if [image.height(), image.width()] != [height, width] {
        return Err(Failure::Message(format!(
            "{} has {} x {} pixels, the slice {height} x {width} voxels (rows, columns); give a picture of the \
             slice with a pixel for each voxel",
            path.display(),
            image.height(),
            image.width()
        )));
    }
    Ok(match (image.channels(), image.samples()) {
        (Channels::Grey, Samples::Sixteen(grey)) => {
            let values = grey.iter().map(|value| f32::from(*value)).collect();
            Under { values, window: Some((0.0, f32::from(u16::MAX))) }
        }
        _ => Under { values: luma(&image), window: Some((0.0, f32::from(u8::MAX))) },
    })
}

/// Brightness, of colours as in ITU-R BT.601.
fn luma(image: &Image) -> Vec<f32> {
    let grey =
        |[r, g, b]: &[u8; 3]| 0.299 * f32::from(*r) + 0.587 * f32::from(*g) + 0.114 * f32::from(*b);
    image.to_rgb().pixels().iter().map(grey).collect()
}

/// Memory: one plane across z, and the slice.
fn of_volume(path: &Path, space: &Space, view: &View) -> Result<Under> {
    let failed = |error: NiftiError| Failure::Message(format!("{}: {error}", path.display()));
    let mut reader = NiftiReader::open(path, &Limits::default()).map_err(failed)?;
    let frame = check(path, space, &Space::from(reader.geometry()), view)?;
    let scaling = reader.header().scaling;
    let [depth, _, width] = space.shape;
    let first = frame.saturating_mul(depth);
    let planes = match view.axis {
        Axis::Z => first.saturating_add(view.at)..first.saturating_add(view.at).saturating_add(1),
        Axis::Y | Axis::X => first..first.saturating_add(depth),
    };
    let side = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (width, at) = (side(width).max(1), side(view.at));
    let mut values = Vec::new();
    for number in 0..planes.end {
        let plane = reader.next_plane().map_err(failed)?;
        let short = || Failure::Message(format!("{} ends before its last slice", path.display()));
        let plane = plane.ok_or_else(short)?;
        if number < planes.start {
            continue;
        }
        let plane = plane.to_f32(&scaling);
        match view.axis {
            Axis::Z => values = plane,
            Axis::Y => values.extend(plane.chunks(width).nth(at).unwrap_or(&[])),
            Axis::X => values.extend(plane.chunks(width).filter_map(|row| row.get(at))),
        }
    }
    Ok(Under { values, window: None })
}

/// Refuses a volume in another space; the frame of it that is meant. A volume without time is the same for all
/// frames.
fn check(path: &Path, space: &Space, given: &Space, view: &View) -> Result<u64> {
    let timeless = given.frames == 1;
    let given =
        Space { frames: if timeless { space.frames } else { given.frames }, ..given.clone() };
    if let Some((what, have, given)) = space_difference(space, &given) {
        let name = format!("{what} of {}", path.display());
        return Err(Error::SpaceMismatch { name, have, given }.into());
    }
    Ok(if timeless { 0 } else { view.frame })
}
