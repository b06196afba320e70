//! `vesalius mask add`: segments of files to an image.

use std::path::PathBuf;

use clap::ValueHint;
use vesalius::Database;

use super::import::{Beside, MaskArgs, run as import};
use crate::Result;
use crate::output::Out;

/// Add the segments of files to an image, all in its space
///
/// Each source is committed for itself. What there is already and is the same is passed over.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius mask add cases.vsl case-1 lesions.nii.gz --group lesions\n  \
    vesalius mask add cases.vsl case-1 liver.nii.gz spleen.seg.nrrd --replace\n  \
    vesalius mask add cases.vsl case-1 other_grid.nii.gz --resample")]
pub(super) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The key of the image; it is made when there is none
    image: String,
    /// Files of masks, or folders of one NIfTI file per segment
    #[arg(required = true, value_name = "SOURCE", value_hint = ValueHint::AnyPath)]
    sources: Vec<PathBuf>,
    /// The masks field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// The name of the segment, where the source has one alone
    #[arg(long)]
    name: Option<String>,
    /// A table that names the labels
    #[arg(long, value_name = "TABLE", value_hint = ValueHint::FilePath)]
    labels: Option<PathBuf>,
    /// Take what is whole of an archive of MedMask that is damaged
    #[arg(long)]
    salvage: bool,
    /// Replace segments of the same names
    #[arg(long)]
    replace: bool,
    /// Do not compare the container with the source afterwards
    #[arg(long)]
    no_verify: bool,
    #[command(flatten)]
    masks: MaskArgs,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<()> {
    // A container that is missing is a wrong name here, not one to be made.
    Database::open_read_only(&args.file)?.close()?;
    let beside = Beside {
        field: args.field.clone(),
        key: Some(args.image.clone()),
        name: args.name.clone(),
        labels: args.labels.clone(),
        salvage: args.salvage,
        replace: args.replace,
        no_verify: args.no_verify,
        batch: None,
    };
    import(&args.sources, &args.file, &args.masks, beside, out)
}
