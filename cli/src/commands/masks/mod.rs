//! `vesalius masks`: the segments of an image, or of all images.

mod image;
mod overview;

use std::path::PathBuf;

use clap::ValueHint;

pub(super) use image::show as show_image;
pub(super) use overview::Overview;

use super::{open, rows, segments};
use crate::output::Out;
use crate::{Outcome, Result};

/// Show the segments of an image, or of all images
///
/// Of one image: each segment with its voxels, volume, box and centroid. Of all images: how many segments each
/// has, and in how many images each segment is, with its volumes. No voxel is decoded for either.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius masks cases.vsl case-1\n  \
    vesalius masks cases.vsl case-1 --group lesions\n  \
    vesalius masks cases.vsl --where \"volume('liver') > 1e6 and overlaps('lesions/a', 'liver')\"")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The key of the image; without it, all images
    image: Option<String>,
    /// The masks field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// Only segments of this group; '' for those without one
    #[arg(long)]
    group: Option<String>,
    /// Only images for which this is true
    #[arg(long = "where", value_name = "PREDICATE", conflicts_with = "image")]
    predicate: Option<String>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let field = segments::field(&snapshot, args.field.as_deref())?;
    if let Some(key) = &args.image {
        show_image(&snapshot.image(key)?, field, args.group.as_deref(), out)?;
        return Ok(Outcome::Done);
    }
    let chosen = rows::selected(&snapshot, args.predicate.as_deref())?;
    let overview = Overview::of(&snapshot, field, &chosen, args.group.as_deref())?;
    let none = overview.is_empty() && args.predicate.is_some();
    if none && !out.is_json() {
        let text = "the predicate is true of no image that has such segments in";
        out.line(&format!("{text} {:?}", field.name))?;
    } else if out.is_json() {
        overview.write_json(out)?;
    } else {
        overview.tell(out)?;
    }
    Ok(Outcome::Done)
}
