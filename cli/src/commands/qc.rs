//! `vesalius qc`: values that deserve a look.

use std::path::PathBuf;

use clap::ValueHint;
use serde_json::{Map, Value, json};
use vesalius::search::quality::{Listed, QualityReport};
use vesalius::{FieldDef, FieldKind, Snapshot};

use super::{names, open, rows, tokens};
use crate::output::json::float;
use crate::output::{Cell, Out, Table, count};
use crate::{Outcome, Result};

/// Look for values that deserve a look: zero vectors, outliers, duplicates
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius qc cases.vsl --field regions")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The field; without it, all that have features
    #[arg(long)]
    field: Option<String>,
    /// List at most this many findings of a kind
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Threads; 0 leaves it to the engine
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let kinds = [FieldKind::Regions, FieldKind::Vector, FieldKind::Tokens];
    let fields: Vec<&FieldDef> = match &args.field {
        Some(name) => vec![names::field(&snapshot, Some(name), &kinds)?],
        None => snapshot.schema().fields.iter().filter(|f| kinds.contains(&f.kind)).collect(),
    };
    let mut reports = Vec::new();
    for (place, field) in fields.into_iter().enumerate() {
        if tokens::is_tokens(field) {
            let odd = tokens::Odd::of(&snapshot, field)?;
            if out.is_json() {
                reports.push(odd.as_json(field, args.limit));
                continue;
            }
            if place > 0 {
                out.line("")?;
            }
            odd.as_text(field, args.limit, out)?;
            continue;
        }
        let report = snapshot.quality(&field.name, args.limit, args.threads)?;
        let findings = Findings { snapshot: &snapshot, field, report: &report };
        if out.is_json() {
            reports.push(findings.as_json()?);
            continue;
        }
        if place > 0 {
            out.line("")?;
        }
        findings.as_text(out)?;
    }
    if out.is_json() {
        out.json(&json!({ "fields": reports }))?;
    }
    Ok(Outcome::Done)
}

/// The report on a field, with what gives its rows their names.
struct Findings<'a> {
    snapshot: &'a Snapshot,
    field: &'a FieldDef,
    report: &'a QualityReport,
}

impl Findings<'_> {
    fn key(&self, row: u64) -> Result<&str> {
        Ok(rows::image(self.snapshot, row)?.key()?)
    }

    fn region(&self, region: Option<u16>) -> Option<&str> {
        region.map(|region| names::region_name(self.field, region))
    }

    fn as_json(&self) -> Result<Value> {
        let report = self.report;
        let short = listed(&report.short, |found| {
            Ok(json!({
                "image": self.key(found.row)?, "region": self.region(found.region),
                "norm": float(found.norm), "median_norm": float(found.median),
            }))
        })?;
        let far = listed(&report.far, |found| {
            Ok(json!({
                "image": self.key(found.row)?, "region": self.region(found.region),
                "distance": found.distance, "z": found.z,
            }))
        })?;
        let counts = listed(&report.unusual_counts, |found| {
            Ok(json!({ "image": self.key(found.row)?, "regions": found.regions }))
        })?;
        let duplicates = listed(&report.duplicates, |found| {
            let images = found.rows.iter().map(|row| self.key(*row));
            Ok(json!({
                "region": self.region(found.region), "count": found.count,
                "images": images.collect::<Result<Vec<_>>>()?,
            }))
        })?;
        Ok(json!({
            "field": self.field.name, "kind": self.field.kind.as_str(),
            "features": report.features, "short": short, "far": far,
            "unusual_counts": counts,
            "usual_counts": report.usual_counts.map(|(least, most)| [least, most]),
            "duplicates": duplicates,
        }))
    }

    fn as_text(&self, out: &mut Out) -> Result<()> {
        let report = self.report;
        let name = &self.field.name;
        out.line(&format!("{name}: {} features looked at", count(report.features)))?;
        let head = ["finding", "image", "region", "what"].map(Cell::text);
        let mut table = Table::new(head);
        let mut add = |out: &mut Out, kind: &str, row: u64, region: Option<u16>, what: String| {
            let region = Cell::text(self.region(region).unwrap_or_default());
            let image = Cell::text(self.key(row)?);
            table.row(out, [Cell::text(kind), image, region, Cell::text(what)])
        };
        for found in &report.short.items {
            let what = format!("norm {:.3e}, the median is {:.3e}", found.norm, found.median);
            add(out, "short", found.row, found.region, what)?;
        }
        for found in &report.far.items {
            let what = format!("cosine distance {:.4}, z {:.1}", found.distance, found.z);
            add(out, "far", found.row, found.region, what)?;
        }
        for found in &report.unusual_counts.items {
            let what = format!("{} regions{}", found.regions, self.usual());
            add(out, "count", found.row, None, what)?;
        }
        for found in &report.duplicates.items {
            let Some(row) = found.rows.first() else { continue };
            let what = format!("the same in {} images", found.count);
            add(out, "duplicate", *row, found.region, what)?;
        }
        let total = [
            ("short", report.short.count),
            ("far", report.far.count),
            ("unusual count", report.unusual_counts.count),
            ("duplicates", report.duplicates.count),
        ];
        if total.iter().any(|(_, count)| *count > 0) {
            table.end(out)?;
        }
        let total = total.map(|(kind, found)| format!("{} {kind}", count(found)));
        out.line(&format!("found: {}", total.join(", ")))
    }

    fn usual(&self) -> String {
        let Some((least, most)) = self.report.usual_counts else { return String::new() };
        format!(", usual are {least} to {most}")
    }
}

/// Findings of a kind: `{"count", "items"}`.
fn listed<T>(all: &Listed<T>, each: impl FnMut(&T) -> Result<Value>) -> Result<Value> {
    let mut entry = Map::new();
    entry.insert("count".into(), all.count.into());
    let items = all.items.iter().map(each).collect::<Result<Vec<_>>>()?;
    entry.insert("items".into(), items.into());
    Ok(entry.into())
}
