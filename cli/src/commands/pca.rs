//! `vesalius pca`: principal components.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::ValueHint;
use serde_json::json;
use vesalius::{AttributeType, Projected, Snapshot, Value};
use vesalius_convert::npy::{NpyWriter, Scalar};

use super::analysis::{Chosen, Column, attributes};
use super::feature::write_whole;
use super::rows;
use crate::output::progress::{Progress, Unit};
use crate::output::{Cell, Out, Table, count, decimal, percent};
use crate::{Failure, Outcome, Result};

/// Find the principal components of features, and where each image lies along them
///
/// Features are taken as they are; with `--metric cosine`, at length 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius pca cases.vsl --field clip -d 2 --out map.csv\n  \
    vesalius pca cases.vsl --field clip -d 2 --write pc")]
pub(crate) struct Args {
    #[command(flatten)]
    chosen: Chosen,
    /// Components
    #[arg(short, value_name = "N", default_value_t = 2)]
    d: usize,
    /// Write the coordinates of all images to this file, .npy or .csv
    #[arg(long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    out: Option<PathBuf>,
    /// Write the coordinates to attributes of this name followed by a number from 1
    #[arg(long, value_name = "PREFIX")]
    write: Option<String>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let opened = args.chosen.open()?;
    let (field, options) = args.chosen.resolve(&opened)?;
    let snapshot = &opened.snapshot;
    let bar = Progress::new("components", Unit::Items);
    let made = snapshot.pca(&field.name, args.d, &options, &mut bar.callback())?;
    if args.out.is_some() || args.write.is_some() {
        bar.label("coordinates");
        let placed = snapshot.project(&field.name, &made, &options, &mut bar.callback())?;
        if let Some(path) = &args.out {
            write_file(path, snapshot, &placed, made.len())?;
        }
        if let Some(prefix) = &args.write {
            let columns = columns(prefix, &placed, made.len());
            attributes(&args.chosen.file, snapshot, &placed.rows, &columns)?;
        }
    }
    drop(bar);
    if out.is_json() {
        out.json(&json!({
            "field": field.name, "images": made.count, "variances": made.variances,
            "ratios": made.ratios(), "total_variance": made.total_variance,
            "out": args.out.as_ref().map(|path| path.display().to_string()),
            "attributes": args.write,
        }))?;
        return Ok(Outcome::Done);
    }
    let head = [Cell::number("component"), Cell::number("variance"), Cell::number("share")];
    let mut table = Table::new(head);
    for (number, (variance, ratio)) in (1..).zip(made.variances.iter().zip(made.ratios())) {
        let cells = [u64::to_string(&number), decimal(*variance), percent(ratio)];
        table.row(out, cells.map(Cell::number))?;
    }
    table.end(out)?;
    let images = count(made.count);
    if let Some(path) = &args.out {
        out.line(&format!("the coordinates of {images} images are in {}", path.display()))?;
    }
    if let Some(prefix) = &args.write {
        let last = made.len();
        out.line(&format!("the coordinates are in attributes {prefix}1 to {prefix}{last}"))?;
    }
    Ok(Outcome::Done)
}

/// The coordinates as attributes.
fn columns(prefix: &str, placed: &Projected, count: usize) -> Vec<Column> {
    let column = |place: usize| {
        let values = placed.values.iter().skip(place).step_by(count.max(1));
        Column {
            name: format!("{prefix}{}", place + 1),
            kind: AttributeType::F64,
            values: values.map(|value| Value::F64(f64::from(*value))).collect(),
        }
    };
    (0..count).map(column).collect()
}

/// A table with the keys, or an array `[N, d]` in the order of rows.
fn write_file(path: &Path, snapshot: &Snapshot, placed: &Projected, count: usize) -> Result<()> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension {
        Some("npy") => write_whole(path, |part| {
            let failed = || Failure::array(part);
            let shape = [placed.rows.len() as u64, count as u64];
            let mut writer = NpyWriter::create(part, Scalar::F32, &shape).map_err(failed())?;
            writer.write(&placed.values).map_err(failed())?;
            writer.finish().map(drop).map_err(failed())
        }),
        Some("csv") => write_whole(path, |part| write_csv(part, snapshot, placed, count)),
        _ => Err(Failure::Message(format!(
            "{} is neither .npy nor .csv; name the file by what it should be",
            path.display()
        ))),
    }
}

fn write_csv(path: &Path, snapshot: &Snapshot, placed: &Projected, count: usize) -> Result<()> {
    let failed = || Failure::io(format!("writing {}", path.display()));
    let mut out = BufWriter::new(File::create(path).map_err(failed())?);
    let head: Vec<String> = (1..=count).map(|number| format!("pc{number}")).collect();
    writeln!(out, "image,{}", head.join(",")).map_err(failed())?;
    for (row, values) in placed.rows.iter().zip(placed.values.chunks(count.max(1))) {
        let key = rows::image(snapshot, *row)?.key()?.replace('"', "\"\"");
        let quote = if key.contains(['"', ',', '\n', '\r']) { "\"" } else { "" };
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        writeln!(out, "{quote}{key}{quote},{}", values.join(",")).map_err(failed())?;
    }
    out.flush().map_err(failed())
}
