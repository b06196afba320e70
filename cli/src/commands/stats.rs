//! `vesalius stats`: what is found how often, and what the features are like.

use std::path::PathBuf;

use clap::ValueHint;
use serde_json::{Value, json};
use vesalius::search::statistics::{CoOccurrence, FeatureStatistics, RegionsStatistics};
use vesalius::{FieldDef, FieldKind, IndexInfo, Snapshot};

use super::masks::Overview;
use super::{index, names, open, rows, segments, tokens};
use crate::output::{Cell, Out, Table, bytes, count, json, percent};
use crate::{Outcome, Result};

/// Show how often each region is found, and what features are like
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius stats cases.vsl --field regions")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The field; needed when there are several
    #[arg(long)]
    field: Option<String>,
    /// Also count how often each pair of regions is found in one image (with --json)
    #[arg(long, requires = "json")]
    cooccurrence: bool,
    /// Also print the mean feature of each region (with --json)
    #[arg(long, requires = "json")]
    means: bool,
    /// Threads; 0 leaves it to the engine
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let kinds = [FieldKind::Regions, FieldKind::Vector, FieldKind::Tokens, FieldKind::Masks];
    let field = names::field(&snapshot, args.field.as_deref(), &kinds)?;
    if tokens::is_tokens(field) {
        tokens::stats(&snapshot, field, out)?;
        return Ok(Outcome::Done);
    }
    if field.kind == FieldKind::Masks {
        masks(&snapshot, field, out)?;
        return Ok(Outcome::Done);
    }
    if field.kind == FieldKind::Vector {
        vectors(&snapshot, field, args, out)?;
        return Ok(Outcome::Done);
    }
    let statistics = snapshot.region_statistics(&field.name, args.threads)?;
    let indexes = snapshot.indexes(Some(&field.name))?;
    if out.is_json() {
        let pairs = if args.cooccurrence {
            Some(snapshot.region_cooccurrence(&field.name, args.threads)?)
        } else {
            None
        };
        let mut all = regions_json(field, &statistics, pairs.as_ref(), args);
        if let Some(all) = all.as_object_mut() {
            all.insert("indexes".into(), indexes.iter().map(index::as_json).collect());
        }
        out.json(&all)?;
    } else {
        regions_text(field, &statistics, &indexes, out)?;
    }
    Ok(Outcome::Done)
}

fn regions_json(
    field: &FieldDef,
    statistics: &RegionsStatistics,
    pairs: Option<&CoOccurrence>,
    args: &Args,
) -> Value {
    let regions = statistics.regions.iter().map(|region| {
        let mut entry = json!({
            "index": region.region,
            "name": names::region_name(field, region.region),
            "images": region.features.count,
            "detection_rate": region.rate,
        });
        if let Some(entry) = entry.as_object_mut() {
            entry.extend(norms_json(&region.features, args.means));
        }
        entry
    });
    let mut all = json!({
        "field": field.name,
        "kind": field.kind.as_str(),
        "images": statistics.images,
        "with_value": statistics.with_value,
        "detected": {
            "mean": statistics.mean_detected,
            "min": statistics.min_detected,
            "max": statistics.max_detected,
            "histogram": statistics.histogram,
        },
        "regions": regions.collect::<Vec<_>>(),
    });
    if let (Some(pairs), Some(all)) = (pairs, all.as_object_mut()) {
        let rows = pairs.counts().chunks(pairs.regions().max(1)).map(Value::from);
        all.insert("cooccurrence".into(), rows.collect());
    }
    all
}

fn norms_json(features: &FeatureStatistics, means: bool) -> serde_json::Map<String, Value> {
    let norm = json!({
        "mean": features.mean_norm,
        "min": json::float(features.min_norm),
        "max": json::float(features.max_norm),
    });
    let mut entry = serde_json::Map::new();
    entry.insert("norm".into(), norm);
    if means {
        entry.insert("mean".into(), json::floats(&features.mean));
    }
    entry
}

fn indexes_text(indexes: &[IndexInfo], out: &mut Out) -> Result<()> {
    indexes.iter().try_for_each(|info| out.line(&format!("index    {}", index::line(info))))
}

fn regions_text(
    field: &FieldDef,
    statistics: &RegionsStatistics,
    indexes: &[IndexInfo],
    out: &mut Out,
) -> Result<()> {
    let (images, with) = (count(statistics.images), count(statistics.with_value));
    out.line(&format!("images   {images}, {with} with a value in {:?}", field.name))?;
    let (least, most) = (statistics.min_detected, statistics.max_detected);
    let mean = statistics.mean_detected;
    out.line(&format!(
        "regions  {mean:.1} of {} an image, {least} to {most}",
        field.regions.len()
    ))?;
    indexes_text(indexes, out)?;
    out.line("")?;
    let head = [Cell::number("index"), Cell::text("region"), Cell::number("images")];
    let head = head.into_iter().chain(["rate", "mean norm"].map(Cell::number));
    let mut table = Table::new(head);
    for region in &statistics.regions {
        let cells = [
            Cell::number(region.region),
            Cell::text(names::region_name(field, region.region)),
            Cell::number(count(region.features.count)),
            Cell::number(percent(region.rate)),
            Cell::number(format!("{:.4}", region.features.mean_norm)),
        ];
        table.row(out, cells)?;
    }
    table.end(out)
}

fn masks(snapshot: &Snapshot, field: &FieldDef, out: &mut Out) -> Result<()> {
    let overview = Overview::of(snapshot, field, &rows::selected(snapshot, None)?, None)?;
    let total = segments::Total::of_field(snapshot, field)?;
    let with = snapshot.rows_of_field(&field.name)?.count();
    if out.is_json() {
        return out.json(&json!({
            "field": field.name, "kind": field.kind.as_str(),
            "images": snapshot.len(), "with_value": with,
            "segments": total.segments, "empty": total.empty, "bytes": total.bytes,
            "names": overview.names_json(),
        }));
    }
    let (images, with) = (count(snapshot.len()), count(with));
    out.line(&format!("images    {images}, {with} with a value in {:?}", field.name))?;
    let (segments, empty) = (count(total.segments), count(total.empty));
    out.line(&format!("segments  {segments}, {empty} of them empty; {}", bytes(total.bytes)))?;
    out.line("")?;
    overview.tell_names(out)
}

fn vectors(snapshot: &Snapshot, field: &FieldDef, args: &Args, out: &mut Out) -> Result<()> {
    let statistics = snapshot.vector_statistics(&field.name)?;
    let indexes = snapshot.indexes(Some(&field.name))?;
    if out.is_json() {
        let mut all = json!({
            "field": field.name,
            "kind": field.kind.as_str(),
            "images": snapshot.len(),
            "with_value": statistics.count,
        });
        if let Some(all) = all.as_object_mut() {
            all.extend(norms_json(&statistics, args.means));
            all.insert("indexes".into(), indexes.iter().map(index::as_json).collect());
        }
        return out.json(&all);
    }
    let (images, with) = (count(snapshot.len()), count(statistics.count));
    out.line(&format!("images   {images}, {with} with a value in {:?}", field.name))?;
    let (mean, least, most) = (statistics.mean_norm, statistics.min_norm, statistics.max_norm);
    out.line(&format!("norm     mean {mean:.4}, {least:.4} to {most:.4}"))?;
    indexes_text(&indexes, out)
}
