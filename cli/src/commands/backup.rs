//! `vesalius backup`: a consistent copy.

use std::path::PathBuf;

use clap::ValueHint;
use serde_json::json;

use super::{compact, open};
use crate::output::progress::{Progress, Unit};
use crate::output::{Out, bytes, count};
use crate::{Outcome, Result};

/// Write a consistent, compacted copy while others read and write
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius backup cases.vsl cases-2026-11-20.vsl")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The copy; must not exist
    #[arg(value_hint = ValueHint::FilePath)]
    out: PathBuf,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let progress = Progress::new("copying", Unit::Bytes);
    snapshot.backup(&args.out, &mut progress.callback())?;
    drop(progress);
    let (size, images) = (compact::size(&args.out)?, snapshot.len());
    if out.is_json() {
        let copy = args.out.display().to_string();
        out.json(&json!({ "out": copy, "bytes": size, "images": images }))?;
    } else {
        let (size, images) = (bytes(size), count(images));
        out.line(&format!("{}: {size}, {images} images", args.out.display()))?;
    }
    Ok(Outcome::Done)
}
