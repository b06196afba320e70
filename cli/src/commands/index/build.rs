//! `vesalius index build`.

use std::path::PathBuf;
use std::time::Instant;

use clap::ValueHint;
use serde_json::{Value, json};
use vesalius::{Database, FieldDef, FieldKind, IndexKind, IndexOptions, Metric};

use super::show;
use crate::commands::{names, search};
use crate::output::progress::{Progress, Unit};
use crate::output::{Out, print_note};
use crate::{Failure, Result};

/// Kinds of fields that are indexed.
pub(super) const KINDS: [FieldKind; 2] = [FieldKind::Vector, FieldKind::Regions];

/// What to build.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius index build cases.vsl --field features\n  \
    vesalius index build cases.vsl --field features --approx --metric l2\n  \
    vesalius index build cases.vsl --field regions --region carina --approx")]
pub(super) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// Only the exact one
    #[arg(long, conflicts_with_all = ["approx", "region", "metric", "lists"])]
    exact: bool,
    /// Only the approximate one
    #[arg(long)]
    approx: bool,
    /// The region that the approximate one is for, by its name or its index; needed in a regions field
    #[arg(long, value_name = "R")]
    region: Option<String>,
    /// The metric that the approximate one is for; else that of the field
    #[arg(long, value_name = "METRIC", value_parser = search::metric_parser())]
    metric: Option<Metric>,
    /// How many lists the approximate one has; else as many as suit the features
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    lists: Option<u32>,
    /// Threads; 0 leaves it to the engine
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

pub(super) fn run(args: &Args, out: &mut Out) -> Result<()> {
    let db = Database::open(&args.file)?;
    let snapshot = db.snapshot()?;
    let field = names::field(&snapshot, args.field.as_deref(), &KINDS)?.clone();
    drop(snapshot);
    let begun = Instant::now();
    let kinds = kinds(args, &field)?;
    for &kind in &kinds {
        let label = match kind {
            IndexKind::Exact => "exact index",
            IndexKind::Approximate => "approximate index",
        };
        let progress = Progress::new(label, Unit::Items);
        db.build_index(&field.name, &options(kind, args, &field)?, &mut progress.callback())?;
    }
    let indexes = db.snapshot()?.indexes(Some(&field.name))?;
    db.close()?;
    let seconds = begun.elapsed().as_secs_f64();
    if out.is_json() {
        let indexes: Vec<Value> = indexes.iter().map(show::as_json).collect();
        let built: Vec<&str> = kinds.iter().map(|kind| show::kind(*kind)).collect();
        return out.json(&json!({
            "file": args.file.display().to_string(), "field": field.name, "built": built,
            "seconds": seconds, "indexes": indexes,
        }));
    }
    for info in indexes.iter().filter(|info| info.kind == IndexKind::Exact) {
        if info.covered < info.features && kinds.contains(&IndexKind::Exact) {
            print_note(
                "few features are searched faster as they are, so not all have an exact index",
            );
        }
    }
    show::table(&indexes, out)
}

/// What is built: without a word both kinds, where a region is missing the one that needs none.
fn kinds(args: &Args, field: &FieldDef) -> Result<Vec<IndexKind>> {
    if args.exact {
        return Ok(vec![IndexKind::Exact]);
    }
    if args.approx {
        return Ok(vec![IndexKind::Approximate]);
    }
    if field.kind == FieldKind::Regions && args.region.is_none() {
        if args.metric.is_some() || args.lists.is_some() {
            let text = "--metric and --lists are for an approximate index, which in a regions field needs --region";
            return Err(Failure::Message(text.into()));
        }
        return Ok(vec![IndexKind::Exact]);
    }
    Ok(vec![IndexKind::Exact, IndexKind::Approximate])
}

fn options(kind: IndexKind, args: &Args, field: &FieldDef) -> Result<IndexOptions<'static>> {
    let mut options = match kind {
        IndexKind::Exact => return Ok(IndexOptions::exact().threads(args.threads)),
        IndexKind::Approximate => IndexOptions::approximate().threads(args.threads),
    };
    if let Some(region) = &args.region {
        if field.kind != FieldKind::Regions {
            let text = format!("field {:?} has no regions, leave out --region", field.name);
            return Err(Failure::Message(text));
        }
        options = options.region(names::region(field, region)?);
    }
    if let Some(metric) = args.metric {
        options = options.metric(metric);
    }
    let lists = args.lists.and_then(|lists| usize::try_from(lists).ok());
    Ok(options.lists(lists.unwrap_or(0)))
}
