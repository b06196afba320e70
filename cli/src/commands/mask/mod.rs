//! `vesalius mask`: the segments of one image.

mod add;
mod change;
mod export;
mod facts;
mod get;
mod import;
mod write;

use clap::Subcommand;

use crate::output::Out;
use crate::{Outcome, Result};
pub(super) use import::{Beside, MaskArgs, run as run_import};

/// Get, add, remove, rename and export the segments of an image
///
/// A segment is named `name`, or `group/name` where several groups have one of that name.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius mask get cases.vsl case-1 liver\n  \
    vesalius mask get cases.vsl case-1 lobes/left_upper --out lobe.nii.gz\n  \
    vesalius mask add cases.vsl case-1 lesions.nii.gz --group lesions --labels lesions.tsv\n  \
    vesalius mask rename cases.vsl case-1 label_3 spleen --label 3 --colour '#9c2f2f'\n  \
    vesalius mask remove cases.vsl case-1 lesions/lesion_2\n  \
    vesalius mask export cases.vsl case-1 --to seg-nrrd --out case-1.seg.nrrd")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with segments.
#[derive(Debug, Subcommand)]
enum Action {
    Get(get::Args),
    Add(add::Args),
    Remove(change::RemoveArgs),
    Rename(change::RenameArgs),
    Export(export::Args),
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    match &args.action {
        Action::Get(args) => get::run(args, out)?,
        Action::Add(args) => add::run(args, out)?,
        Action::Remove(args) => change::remove(args, out)?,
        Action::Rename(args) => change::rename(args, out)?,
        Action::Export(args) => export::run(args, out)?,
    }
    Ok(Outcome::Done)
}
