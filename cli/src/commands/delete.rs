//! `vesalius delete`: takes images out.

use std::path::PathBuf;

use clap::ValueHint;
use serde_json::json;
use vesalius::{Database, Error};

use crate::output::{Out, count};
use crate::{Outcome, Result};

/// Delete images, all or none of them
///
/// Their bytes stay in the file until `vesalius compact`; with `--secure` that also overwrites them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius delete cases.vsl case-1 case-2")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The keys of the images
    #[arg(required = true)]
    image: Vec<String>,
    /// Pass over keys that no image has
    #[arg(long)]
    missing_ok: bool,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let db = Database::open(&args.file)?;
    let mut txn = db.begin_write()?;
    let (mut deleted, mut missing) = (Vec::new(), Vec::new());
    for key in &args.image {
        if txn.delete(key)? {
            deleted.push(key);
        } else if args.missing_ok || deleted.contains(&key) {
            missing.push(key);
        } else {
            return Err(Error::NoSuchImage { key: key.clone() }.into());
        }
    }
    txn.commit()?;
    let left = db.snapshot()?.len();
    db.close()?;
    if out.is_json() {
        out.json(&json!({ "deleted": deleted, "missing": missing, "images": left }))?;
    } else {
        let (gone, left) = (count(deleted.len() as u64), count(left));
        out.line(&format!("deleted {gone} images, {left} are left"))?;
    }
    Ok(Outcome::Done)
}
