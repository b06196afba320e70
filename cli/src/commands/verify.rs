//! `vesalius verify`: looks for damage.

use std::path::PathBuf;

use clap::ValueHint;
use serde_json::json;
use vesalius::{Database, Report};

use crate::output::progress::{Progress, Unit};
use crate::output::{Cell, Out, Table, bytes, count, style};
use crate::{Outcome, Result};

/// Check every checksum and every rule of the format
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius verify cases.vsl && echo sound")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let progress = Progress::new("verifying", Unit::Bytes);
    let report = Database::verify_file(&args.file, &mut progress.callback())?;
    drop(progress);
    if out.is_json() {
        let problems = report.problems.iter().map(|problem| {
            json!({
                "rule": problem.rule.to_string(), "offset": problem.offset,
                "message": problem.message,
            })
        });
        out.json(&json!({
            "ok": report.is_ok(),
            "problems": problems.collect::<Vec<_>>(),
            "notes": report.notes,
            "images": report.images,
            "bytes_checked": report.bytes_checked,
            "extents": report.extents,
            "row_groups": report.groups,
        }))?;
    } else {
        as_text(&report, out)?;
    }
    Ok(if report.is_ok() { Outcome::Done } else { Outcome::Damaged })
}

fn as_text(report: &Report, out: &mut Out) -> Result<()> {
    for note in &report.notes {
        out.line(&format!("note: {note}"))?;
    }
    if !report.is_ok() {
        let head = [Cell::text("rule"), Cell::number("offset"), Cell::text("found")];
        let mut table = Table::new(head);
        for problem in &report.problems {
            let cells = [
                Cell::text(problem.rule.to_string()),
                Cell::number(problem.offset),
                Cell::text(&problem.message),
            ];
            table.row(out, cells)?;
        }
        table.end(out)?;
    }
    let (size, images) = (bytes(report.bytes_checked), count(report.images));
    let tail = format!(": {size} checked, {images} images");
    let problems = format!("damaged, {} problems", count(report.problems.len() as u64));
    let (style, verdict) =
        if report.is_ok() { (style::GOOD, "sound") } else { (style::BAD, problems.as_str()) };
    out.styled(&[(style, verdict), (style::PLAIN, &tail)])
}
