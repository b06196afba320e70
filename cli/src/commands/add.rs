//! `vesalius add`: puts vectors into a container.

use std::path::PathBuf;

use clap::ValueHint;
use serde_json::json;
use vesalius_convert::add::{AddOptions, AddReport, add};

use super::import::{FieldMetric, Precision};
use crate::output::progress::{Progress, Unit};
use crate::output::{Out, count, print_note};
use crate::{Outcome, Result};

/// Put vectors into a container, with what is known of their images
///
/// Images that are not there are made; of those that are, the vector is replaced, and what the objects say. Everything
/// is checked before anything is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius add cases.vsl --field clip --vectors new.npy --ids keys.txt\n  \
    vesalius add cases.vsl --vectors new.npy --meta images.jsonl\n  \
    vesalius add cases.vsl --field clip --vectors table.parquet --column embedding --id-column id")]
pub(crate) struct Args {
    /// The container; made when it does not exist
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The vector field; made when it does not exist, needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// The vectors, [N, D], or [D] for one; or, where that was built in, a table of Arrow or Parquet, whose other
    /// columns say what --meta would
    #[arg(long, value_name = "X.npy", value_hint = ValueHint::FilePath)]
    vectors: PathBuf,
    /// The column of the table with the vectors; needed when there are several
    #[arg(long, value_name = "NAME")]
    column: Option<String>,
    /// The column of the table with the keys; else `key` or `id`
    #[arg(long, value_name = "NAME", conflicts_with = "ids")]
    id_column: Option<String>,
    /// Keys of the images: a text file, one a line, or an .npy; else "key" of --meta, else the next numbers
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    ids: Option<PathBuf>,
    /// A JSON object a line for each vector: scalars become attributes, what is nested metadata
    #[arg(long, value_name = "M.jsonl", value_hint = ValueHint::FilePath)]
    meta: Option<PathBuf>,
    /// How a new field is searched; else by cosine
    #[arg(long, value_enum)]
    metric: Option<FieldMetric>,
    /// How a new field stores values; else f16 for an array of f16, otherwise f32
    #[arg(long, value_enum)]
    dtype: Option<Precision>,
    /// Most images that are committed together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch: Option<u32>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let mut options = AddOptions {
        field: args.field.clone(),
        column: args.column.clone(),
        id_column: args.id_column.clone(),
        ids: args.ids.clone(),
        metadata: args.meta.clone(),
        metric: args.metric.map(FieldMetric::of_engine),
        dtype: args.dtype.map(Precision::of_engine),
        ..AddOptions::new(&args.vectors)
    };
    if let Some(batch) = args.batch.and_then(|batch| usize::try_from(batch).ok()) {
        options.batch_images = batch;
    }
    let bar = Progress::new("adding", Unit::Items);
    let report = add(&args.file, &options, &mut |done, total| {
        bar.set(done, total);
        true
    })?;
    drop(bar);
    if out.is_json() {
        let mut all = json!({ "file": args.file.display().to_string() });
        if let (Some(all), Some(report)) = (all.as_object_mut(), report.to_json().as_object_mut()) {
            all.append(report);
        }
        out.json(&all)?;
    } else {
        as_text(args, &report, out)?;
    }
    Ok(Outcome::Done)
}

fn as_text(args: &Args, report: &AddReport, out: &mut Out) -> Result<()> {
    for warning in &report.warnings {
        print_note(warning);
    }
    let made = |made| if made { ", new" } else { "" };
    out.line(&format!("file     {}{}", args.file.display(), made(report.created)))?;
    out.line(&format!("field    {}{}", report.field, made(report.field_created)))?;
    let (added, updated) = (count(report.added), count(report.updated));
    out.line(&format!("images   {added} added, {updated} updated"))?;
    let more = if (report.keys.len() as u64) < report.images { ", ..." } else { "" };
    out.line(&format!("keys     {}{more}", report.keys.join(", ")))?;
    if !report.attributes.is_empty() {
        out.line(&format!("new      attributes {}", report.attributes.join(", ")))?;
    }
    Ok(())
}
