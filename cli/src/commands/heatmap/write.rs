//! Where a heat map goes.

use std::path::Path;

use vesalius::{HeatMap, Space};
use vesalius_convert::heat::{
    HeatError, Look, Under, picture, write_array, write_resampled_array, write_volume,
};
use vesalius_convert::nifti::resample::Resampling;
use vesalius_convert::picture::{Sampling, read_png, write_png};

use super::{Args, Resample};
use crate::commands::feature::write_whole;
use crate::{Failure, Result};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Picture,
    Array,
    Volume,
}

impl Target {
    /// By the ending of the name; refuses options that it would pass over.
    pub(super) fn of(args: &Args) -> Result<Self> {
        let target = if ends(&args.out, &["png"]) {
            Self::Picture
        } else if ends(&args.out, &["npy"]) {
            Self::Array
        } else if is_volume(&args.out) {
            Self::Volume
        } else {
            let text =
                format!("{}: the name must end in .png, .npy, .nii or .nii.gz", args.out.display());
            return Err(Failure::Message(text));
        };
        let of_pictures = [
            ("--over", args.over.is_some()),
            ("--slice", args.slice.is_some()),
            ("--range", args.range.is_some()),
        ];
        match of_pictures.iter().find(|(_, given)| *given && target != Self::Picture) {
            None => Ok(target),
            Some((option, _)) => {
                Err(Failure::Message(format!("{option} is for pictures; let --out end in .png")))
            }
        }
    }

    /// Writes the map. The slice that a picture shows, where there are several.
    pub(super) fn write(
        self,
        args: &Args,
        map: &HeatMap,
        space: &Space,
        title: &str,
    ) -> Result<Option<usize>> {
        let how = match args.resample {
            Some(Resample::Nearest) => Resampling::Nearest,
            Some(Resample::Linear) | None => Resampling::Linear,
        };
        let failed = |error: HeatError| failure(&error, &args.out);
        match (self, args.resample) {
            (Self::Picture, _) => return draw(args, map, space, title),
            (Self::Volume, _) => write_volume(map, space, how, &args.out).map_err(failed)?,
            (Self::Array, Some(_)) => {
                write_resampled_array(map, space, how, &args.out).map_err(failed)?;
            }
            (Self::Array, None) => write_array(map, &args.out).map_err(failed)?,
        }
        Ok(None)
    }
}

fn draw(args: &Args, map: &HeatMap, space: &Space, title: &str) -> Result<Option<usize>> {
    let shown = |path: &Path| {
        let shown = path.display().to_string();
        move |error| Failure::Message(format!("{shown}: {error}"))
    };
    let image = match &args.over {
        Some(path) if ends(path, &["png"]) => Some(read_png(path).map_err(shown(path))?),
        _ => None,
    };
    let under = match (&image, &args.over) {
        (Some(image), _) => Under::Picture(image),
        (None, Some(path)) if is_volume(path) => Under::Volume(path),
        (None, Some(path)) => {
            let text =
                format!("{}: give a .png, .nii or .nii.gz file to draw over", path.display());
            return Err(Failure::Message(text));
        }
        (None, None) => Under::Nothing,
    };
    let sampling = match args.resample {
        Some(Resample::Nearest) => Sampling::Nearest,
        Some(Resample::Linear) | None => Sampling::Bilinear,
    };
    let look = Look {
        sampling,
        range: args.range,
        slice: args.slice,
        title: Some(ascii(title)),
        ..Look::default()
    };
    let drawn = picture(map, space, &under, &look);
    let drawn = drawn.map_err(|error| failure(&error, args.over.as_ref().unwrap_or(&args.out)))?;
    write_whole(&args.out, |part| {
        write_png(part, &(&drawn.picture).into()).map_err(shown(&args.out))
    })?;
    Ok(drawn.slice)
}

/// An error with the file it is about, unless it says so itself.
fn failure(error: &HeatError, path: &Path) -> Failure {
    match error {
        HeatError::Refused(text) => Failure::Message(text.clone()),
        other => Failure::Message(format!("{}: {other}", path.display())),
    }
}

/// Whether a name is that of a `NIfTI` file.
pub(in crate::commands) fn is_volume(path: &Path) -> bool {
    let stem = path.file_stem().map(Path::new);
    ends(path, &["nii", "hdr"])
        || (ends(path, &["gz"]) && stem.is_some_and(|stem| ends(stem, &["nii"])))
}

/// Whether a name has one of these endings, in any case.
pub(in crate::commands) fn ends(path: &Path, endings: &[&str]) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| endings.contains(&ending.as_str()))
}

/// The letters that the picture has; others become a question mark.
pub(in crate::commands) fn ascii(text: &str) -> String {
    let letter = |c: char| if c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    text.chars().map(letter).collect()
}
