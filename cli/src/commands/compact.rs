//! `vesalius compact`: gives back the space of what was deleted.

use std::path::{Path, PathBuf};

use clap::ValueHint;
use serde_json::json;
use vesalius::{CompactOptions, Database};

use crate::output::progress::{Progress, Unit};
use crate::output::{Out, bytes, count};
use crate::{Failure, Outcome, Result};

/// Drop deleted images for good and give their space back
///
/// Needs room for a second copy meanwhile. Readers go on.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius compact cases.vsl\n  \
    vesalius compact cases.vsl --secure    # patient data must be gone")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Overwrite every byte of what was deleted; needs all readers to be closed
    #[arg(long)]
    secure: bool,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let before = size(&args.file)?;
    let db = Database::open(&args.file)?;
    let mut options = CompactOptions::new();
    if args.secure {
        options = options.secure();
    }
    let progress = Progress::new("compacting", Unit::Bytes);
    db.compact(options, &mut progress.callback())?;
    drop(progress);
    let images = db.snapshot()?.len();
    db.close()?;
    let after = size(&args.file)?;
    if out.is_json() {
        out.json(&json!({
            "bytes_before": before, "bytes_after": after, "images": images,
            "secure": args.secure,
        }))?;
    } else {
        let (before, after, images) = (bytes(before), bytes(after), count(images));
        out.line(&format!("{before} -> {after}, {images} images"))?;
    }
    Ok(Outcome::Done)
}

pub(super) fn size(file: &Path) -> Result<u64> {
    let what = format!("reading {}", file.display());
    Ok(std::fs::metadata(file).map_err(Failure::io(what))?.len())
}
