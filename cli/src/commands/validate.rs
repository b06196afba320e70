//! `vesalius validate`: what is in a feature store or a container, and what is wrong with it.

use std::path::PathBuf;

use clap::ValueHint;
use vesalius_convert::validate::{Validation, validate};

use crate::output::{Cell, Out, Table, count, style};
use crate::{Outcome, Result};

/// Show what is in an HDF5 feature store or a container, and everything that is wrong with it
///
/// Reads the whole file. Exits with 3 when values are missing or unreliable.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius validate conceptclip_features.h5\n  \
    vesalius validate cases.vsl")]
pub(crate) struct Args {
    /// An HDF5 file or a container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let found = validate(&args.file)?;
    if out.is_json() {
        out.json(&found.to_json())?;
    } else {
        as_text(&found, out)?;
    }
    Ok(if found.is_ok() { Outcome::Done } else { Outcome::Damaged })
}

fn as_text(found: &Validation, out: &mut Out) -> Result<()> {
    out.line(&format!("kind   {}, {} rows", found.kind, count(found.rows)))?;
    for (name, values) in [("ids   ", &found.ids), ("labels", &found.labels)] {
        if !values.is_empty() {
            let shown: Vec<String> = values.iter().map(i64::to_string).collect();
            out.line(&format!("{name} {} ...", shown.join(" ")))?;
        }
    }
    if !found.split_counts.is_empty() {
        let counts = found.split_counts.iter();
        let counts: Vec<String> = counts.map(|(name, n)| format!("{name} {}", count(*n))).collect();
        out.line(&format!("splits {}", counts.join(", ")))?;
    }
    for (name, value) in &found.constants {
        out.line(&format!("{name} {value}"))?;
    }
    datasets(found, out)?;
    templates(found, out)?;
    out.line("")?;
    for note in &found.notes {
        out.line(&format!("note: {note}"))?;
    }
    for what in &found.not_checked {
        out.line(&format!("not checked: {what}"))?;
    }
    for problem in &found.problems {
        out.styled(&[(style::BAD, "problem:"), (style::PLAIN, &format!(" {problem}"))])?;
    }
    if found.is_ok() {
        out.styled(&[(style::GOOD, "no problem found")])?;
    }
    Ok(())
}

fn shape(sides: &[u64]) -> String {
    let side = |n: &u64| if *n == 0 { "any".to_owned() } else { n.to_string() };
    sides.iter().map(side).collect::<Vec<_>>().join(" x ")
}

fn datasets(found: &Validation, out: &mut Out) -> Result<()> {
    if found.datasets.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let mut table = Table::new(["dataset", "type", "shape"].map(Cell::text));
    for dataset in &found.datasets {
        let shape = shape(&dataset.shape);
        let cells = [&dataset.name, &dataset.element, &shape].map(Cell::text);
        table.row(out, cells)?;
    }
    table.end(out)
}

fn templates(found: &Validation, out: &mut Out) -> Result<()> {
    if found.templates.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let head = [Cell::text("template")];
    let head = head.into_iter().chain(["K", "D", "T_txt"].map(Cell::number));
    let mut table = Table::new(head.chain(["hash", "texts"].map(Cell::text)));
    for template in &found.templates {
        let hash = match template.hash_ok {
            Some(true) => "ok",
            Some(false) => "differs",
            None => "none",
        };
        let cells = [
            Cell::text(&template.name),
            Cell::number(count(template.k)),
            Cell::number(count(template.d)),
            template.t_txt.map_or_else(Cell::empty, |tokens| Cell::number(count(tokens))),
            Cell::text(hash),
            Cell::text(template.texts.join(" | ")),
        ];
        table.row(out, cells)?;
    }
    table.end(out)
}
