//! The voxels of one segment as a file.

use std::fmt;
use std::path::Path;

use vesalius::{Axis, Runs, RunsError, SegmentRef, SegmentValue};
use vesalius_convert::masks::{MaskFormat, SegmentSet, save, save_truth};
use vesalius_convert::picture::{Channels, Image, Samples, write_png};

use crate::commands::feature::write_whole;
use crate::{Failure, Result};

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Volume,
    Array,
    Picture,
}

/// A slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    axis: Axis,
    at: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axis = match self.axis {
            Axis::Z => "z",
            Axis::Y => "y",
            Axis::X => "x",
        };
        write!(f, "{axis}={}", self.at)
    }
}

/// A slice as `z=40`, or `40` for one along z.
pub(super) fn place(text: &str) -> Result<Place, String> {
    let (axis, at) = text.split_once('=').unwrap_or(("z", text));
    let axis = match axis.trim() {
        "z" => Axis::Z,
        "y" => Axis::Y,
        "x" => Axis::X,
        _ => return Err("an axis is z, y or x, as in z=40".into()),
    };
    let at = at.trim().parse().map_err(|_| "a slice is an axis and a number, as z=40")?;
    Ok(Place { axis, at })
}

impl Target {
    /// By the ending of the name.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let picture = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("png"));
        match MaskFormat::of_name(path) {
            _ if picture => Ok(Self::Picture),
            Some(MaskFormat::NiftiLabelMap) => Ok(Self::Volume),
            Some(MaskFormat::Npy) => Ok(Self::Array),
            _ => Err(Failure::Message(format!(
                "{}: the name must end in .nii, .nii.gz, .npy or .png; for other formats see `vesalius mask export`",
                path.display()
            ))),
        }
    }

    /// Writes a segment. The slice that a picture shows, and its frame.
    pub(super) fn write(
        self,
        of: &SegmentRef<'_>,
        path: &Path,
        slice: Option<Place>,
        frame: Option<u64>,
    ) -> Result<Option<(Place, u64)>> {
        let mut value = SegmentValue { segment: of.segment(), runs: of.runs()? };
        match self {
            Self::Array => save_truth(&value, of.space(), path)?,
            Self::Volume => {
                value.segment.label = 1;
                let (space, notes) = (of.space().clone(), Vec::new());
                let set = SegmentSet { space, segments: vec![value], notes };
                save("", &set, MaskFormat::NiftiLabelMap, path)?;
            }
            Self::Picture => {
                let (fullest, of_frame) = fullest(&value.runs);
                let at = (slice.unwrap_or(fullest), frame.unwrap_or(of_frame));
                picture(&value.runs, at, path)?;
                return Ok(Some(at));
            }
        }
        Ok(None)
    }
}

/// The slice along z with most voxels, the first of equals, and its frame.
fn fullest(runs: &Runs) -> (Place, u64) {
    let shape = runs.shape();
    let mut best = (0_u64, 0_u64);
    let mut rest = runs.as_slice();
    while let Some(first) = rest.first() {
        let slice = first.start / shape.slice_voxels().max(1);
        let end = (slice + 1).saturating_mul(shape.slice_voxels());
        let (here, behind) = rest.split_at(rest.partition_point(|run| run.start < end));
        let voxels = here.iter().map(vesalius::Run::len).sum();
        if voxels > best.0 {
            best = (voxels, slice);
        }
        rest = behind;
    }
    let depth = shape.depth().max(1);
    (Place { axis: Axis::Z, at: best.1 % depth }, best.1 / depth)
}

/// White where the segment is, a pixel for a voxel.
fn picture(runs: &Runs, (place, frame): (Place, u64), path: &Path) -> Result<()> {
    let failed = |error: RunsError| Failure::Message(error.to_string());
    let slice = runs.slice(frame, place.axis, place.at).map_err(failed)?;
    let pixels = slice.to_dense(255_u8).map_err(failed)?;
    let shown = |error| Failure::Message(format!("{}: {error}", path.display()));
    let side = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (height, width) = (side(slice.shape().height()), side(slice.shape().width()));
    let image = Image::new(height, width, Channels::Grey, Samples::Eight(pixels)).map_err(shown)?;
    write_whole(path, |part| write_png(part, &image).map_err(shown))
}

#[cfg(test)]
mod tests {
    use vesalius::{Axis, Run, Runs, VoxelShape};

    use super::{Place, fullest, place};

    #[test]
    fn slices_are_read_and_the_fullest_is_found() {
        assert_eq!(place("y=7"), Ok(Place { axis: Axis::Y, at: 7 }));
        assert_eq!(place("7"), Ok(Place { axis: Axis::Z, at: 7 }));
        assert!(place("w=1").is_err() && place("z=").is_err() && place("z=-1").is_err());
        let shape = VoxelShape::new(2, [2, 1, 10]).unwrap();
        let run = |start, end| Run { start, end };
        let runs = Runs::new(shape, vec![run(0, 3), run(12, 14), run(30, 34)]).unwrap();
        assert_eq!(fullest(&runs), (Place { axis: Axis::Z, at: 1 }, 1));
        assert_eq!(fullest(&Runs::empty(shape)), (Place { axis: Axis::Z, at: 0 }, 0));
    }
}
