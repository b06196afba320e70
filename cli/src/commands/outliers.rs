//! `vesalius outliers`: images far from their neighbours.

use serde_json::json;
use vesalius::{AttributeType, Value};

use super::analysis::{Chosen, Column, attributes};
use super::rows;
use crate::output::progress::{Progress, Unit};
use crate::output::{Cell, Out, Table, json, score};
use crate::{Outcome, Result};

/// List the images that are farthest from their nearest neighbours
///
/// The score is the mean distance from the k nearest others: 1 - cosine, or the l2 distance.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius outliers cases.vsl --field clip -k 10 --top 20")]
pub(crate) struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Neighbours
    #[arg(short, value_name = "K", default_value_t = 10)]
    k: usize,
    /// Images to list
    #[arg(long, value_name = "N", default_value_t = 20)]
    top: usize,
    /// Write the score of each image to this attribute
    #[arg(long, value_name = "ATTRIBUTE")]
    write: Option<String>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let opened = args.chosen.open()?;
    let (field, options) = args.chosen.resolve(&opened)?;
    let snapshot = &opened.snapshot;
    let bar = Progress::new("neighbours", Unit::Items);
    let found = snapshot.outliers(&field.name, args.k, &options, &mut bar.callback())?;
    drop(bar);
    if let Some(name) = &args.write {
        let values = found.scores.iter().map(|score| Value::F64(f64::from(*score)));
        let column =
            Column { name: name.clone(), kind: AttributeType::F64, values: values.collect() };
        attributes(&args.chosen.file, snapshot, &found.rows, &[column])?;
    }
    let top = found.top(args.top);
    if out.is_json() {
        let mut list = Vec::with_capacity(top.len());
        for one in &top {
            let image = rows::image(snapshot, one.row)?;
            list.push(json!({ "image": image.key()?, "score": json::float(one.score) }));
        }
        let (images, k) = (found.rows.len(), args.k);
        out.json(&json!({
            "field": field.name, "images": images, "neighbours": k, "outliers": list,
            "attribute": args.write,
        }))?;
        return Ok(Outcome::Done);
    }
    let mut table = Table::new([Cell::text("image"), Cell::number("score")]);
    for one in &top {
        let key = rows::image(snapshot, one.row)?.key()?.to_owned();
        table.row(out, [Cell::text(key), Cell::number(score(one.score))])?;
    }
    table.end(out)?;
    if let Some(name) = &args.write {
        out.line(&format!("the scores are in attribute {name:?}"))?;
    }
    Ok(Outcome::Done)
}
