//! `vesalius overlap`: how segments of an image lie to each other.

mod matrix;
mod pair;

use std::path::PathBuf;

use clap::ValueHint;
use vesalius::{Runs, SegmentKey, SegmentRef};

use super::{open, segments};
use crate::output::Out;
use crate::{Outcome, Result};

/// Show how two segments overlap, touch and lie apart, or which segments overlap at all
///
/// Of two segments: their voxels, intersection over union (Jaccard), Dice, how much of each is in the other, the
/// faces of voxels at which they touch, and the distances of their surfaces. Without names: all pairs that have a
/// voxel in common.
///
/// The surface of a segment is its voxels that have a face in common with a voxel outside it; distances are those
/// of voxel centres in millimetres, exact, each to the nearest voxel of the other surface: a tree of boxes over the
/// runs, branch and bound (Roussopoulos, Kelley and Vincent, SIGMOD 1995). Hausdorff is the largest of both
/// directions; HD95 is the larger of the two 95th percentiles, between ranks linearly; the mean is over the voxels
/// of both surfaces. The axes of the image are taken as perpendicular.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius overlap cases.vsl case-1 lesions/nodule left_upper_lobe\n  \
    vesalius overlap cases.vsl case-1\n  \
    vesalius overlap cases.vsl case-1 --group lesions")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The key of the image
    image: String,
    /// A segment, as `name` or `group/name`
    #[arg(requires = "b")]
    a: Option<String>,
    /// Another one
    b: Option<String>,
    /// The masks field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// Of all pairs, those with a segment of this group
    #[arg(long, conflicts_with = "a")]
    group: Option<String>,
    /// Only this frame in time; surface distances of several frames need one
    #[arg(long, value_name = "T")]
    frame: Option<u64>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let field = segments::field(&snapshot, args.field.as_deref())?;
    let image = snapshot.image(&args.image)?;
    if let (Some(a), Some(b)) = (&args.a, &args.b) {
        let find = |name: &str| image.segment(&field.name, SegmentKey::parse(name));
        let pair = pair::Pair::of([find(a)?, find(b)?], args.frame)?;
        if out.is_json() {
            out.json(&pair.as_json(image.key()?, &field.name))?;
        } else {
            pair.tell(out)?;
        }
        return Ok(Outcome::Done);
    }
    let all = segments::of_image(&image, field, None)?;
    if let Some(group) = &args.group {
        // Only to refuse a group that there is not.
        segments::of_image(&image, field, Some(group))?;
    }
    let matrix = matrix::Matrix::of(all, args.group.as_deref(), args.frame)?;
    if out.is_json() {
        matrix.write_json(image.key()?, &field.name, out)?;
    } else {
        matrix.tell(out)?;
    }
    Ok(Outcome::Done)
}

/// The voxels of a segment, or of one frame of it alone.
fn runs_of(segment: &SegmentRef<'_>, frame: Option<u64>) -> Result<Runs> {
    let Some(frame) = frame else { return Ok(segment.runs()?) };
    let depth = segment.shape().depth();
    let first = frame.saturating_mul(depth);
    let runs = segment.runs_of_slices(first..first.saturating_add(depth))?;
    runs.frame(frame).map_err(|error| segments::refused(&error))
}
