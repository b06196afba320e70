//! `vesalius index`: the indexes of a container.

mod build;
mod show;

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueHint};
use serde_json::json;
use vesalius::{Database, IndexKind};

use super::{names, open};
use crate::output::{Out, count};
use crate::{Outcome, Result};
pub(in crate::commands) use show::{as_json, line, table};

/// Build, drop and describe indexes
///
/// An exact index makes searches faster that answer the same; it is kept in step by itself. An approximate one is for
/// `search --approx`; what is put in after it was built is searched exactly until it is built again.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius index build cases.vsl --field features\n  \
    vesalius index build cases.vsl --field regions --region carina --approx\n  \
    vesalius index info cases.vsl\n  \
    vesalius index drop cases.vsl --field features --approx")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

/// What to do with indexes.
#[derive(Debug, Subcommand)]
enum Action {
    /// Build indexes of a field, in place of those that there are
    Build(build::Args),
    /// Drop indexes of a field
    Drop(DropArgs),
    /// Show which indexes there are, what they cover and their size
    Info(InfoArgs),
}

/// What to drop.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius index drop cases.vsl --field features --approx")]
struct DropArgs {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// Only the exact one
    #[arg(long, conflicts_with = "approx")]
    exact: bool,
    /// Only approximate ones
    #[arg(long)]
    approx: bool,
}

/// What to describe.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius index info cases.vsl")]
struct InfoArgs {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The field; else all
    #[arg(long)]
    field: Option<String>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    match &args.action {
        Action::Build(args) => build::run(args, out)?,
        Action::Drop(args) => drop_indexes(args, out)?,
        Action::Info(args) => info(&args.file, args.field.as_deref(), out)?,
    }
    Ok(Outcome::Done)
}

fn drop_indexes(args: &DropArgs, out: &mut Out) -> Result<()> {
    let db = Database::open(&args.file)?;
    let snapshot = db.snapshot()?;
    let field = names::field(&snapshot, args.field.as_deref(), &build::KINDS)?.name.clone();
    let kind = match (args.exact, args.approx) {
        (true, _) => Some(IndexKind::Exact),
        (_, true) => Some(IndexKind::Approximate),
        _ => None,
    };
    drop(snapshot);
    let dropped = db.drop_index(&field, kind)?;
    let left = db.snapshot()?.indexes(None)?.len();
    db.close()?;
    if out.is_json() {
        return out.json(&json!({ "field": field, "dropped": dropped, "left": left }));
    }
    let (gone, left) = (count(dropped as u64), count(left as u64));
    out.line(&format!("dropped {gone} indexes of {field:?}, {left} are left"))
}

fn info(file: &Path, field: Option<&str>, out: &mut Out) -> Result<()> {
    let found = open(file)?.indexes(field)?;
    if out.is_json() {
        let indexes: Vec<_> = found.iter().map(as_json).collect();
        return out.json(&json!({ "indexes": indexes }));
    }
    if found.is_empty() {
        return out.line("there are no indexes; `vesalius index build` makes some");
    }
    table(&found, out)
}
