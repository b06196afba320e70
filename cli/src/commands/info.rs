//! `vesalius info`: what a container holds.

use std::path::PathBuf;

use clap::ValueHint;
use serde_json::{Value, json};
use vesalius::{FieldDef, FieldKind, Snapshot, Space};

use super::segments::Total;
use super::{index, open, prompts, tokens};
use crate::output::{Cell, Out, Table, bytes, count, json, utc};
use crate::{Failure, Outcome, Result};

/// Show what a container holds
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vesalius info cases.vsl")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let what = format!("reading {}", args.file.display());
    let size = std::fs::metadata(&args.file).map_err(Failure::io(what))?.len();
    if out.is_json() {
        out.json(&as_json(args, &snapshot, size)?)?;
    } else {
        as_text(args, &snapshot, size, out)?;
    }
    Ok(Outcome::Done)
}

fn as_json(args: &Args, snapshot: &Snapshot, size: u64) -> Result<Value> {
    let schema = snapshot.schema();
    let fields = schema.fields.iter().map(|field| field_json(snapshot, field));
    let attributes = schema.attributes.iter();
    let attributes = attributes.map(|a| json!({ "name": a.name, "type": a.kind.as_str() }));
    let cursors = snapshot.cursors().map(|c| {
        json!({
            "ingest": c.ingest, "split": c.split, "position": c.position,
            "fingerprint": c.fingerprint,
        })
    });
    Ok(json!({
        "file": args.file.display().to_string(),
        "bytes": size,
        "uuid": uuid(snapshot.uuid()),
        "created": utc(snapshot.created_ms()),
        "epoch": snapshot.epoch(),
        "images": snapshot.len(),
        "row_groups": snapshot.row_groups(),
        "attributes": attributes.collect::<Vec<_>>(),
        "fields": fields.collect::<Result<Vec<_>>>()?,
        "indexes": snapshot.indexes(None)?.iter().map(index::as_json).collect::<Vec<_>>(),
        "prompt_sets": snapshot.prompt_sets().map(prompts::as_json).collect::<Vec<_>>(),
        "spaces": snapshot.spaces().len(),
        "space": snapshot.spaces().first().map(space_json),
        "cursors": cursors.collect::<Vec<_>>(),
        "metadata": json::embedded(snapshot.metadata()),
    }))
}

fn field_json(snapshot: &Snapshot, field: &FieldDef) -> Result<Value> {
    let has_features = field.kind != FieldKind::Masks;
    let p = &field.provenance;
    let total = match field.kind {
        FieldKind::Tokens => Some(tokens::size(snapshot, field)?),
        _ => None,
    };
    let masks = match field.kind {
        FieldKind::Masks => Some(Total::of_field(snapshot, field)?),
        _ => None,
    };
    Ok(json!({
        "name": field.name,
        "kind": field.kind.as_str(),
        "dim": has_features.then_some(field.dim),
        "dtype": has_features.then(|| field.dtype.as_str()),
        "metric": field.metric.as_str(),
        "normalized": field.normalized,
        "images": snapshot.rows_of_field(&field.name)?.count(),
        "bytes": snapshot.field_bytes(&field.name)?,
        "grid": total.map(|_| field.grid),
        "tokens": total.map(|(tokens, _)| tokens),
        "token_bytes": total.map(|(_, bytes)| bytes),
        "regions": (field.kind == FieldKind::Regions).then_some(&field.regions),
        "segments": masks.as_ref().map(|total| total.segments),
        "mask_bytes": masks.as_ref().map(|total| total.bytes),
        "provenance": {
            "model": p.model, "version": p.version, "checkpoint": p.checkpoint,
            "preprocessing": p.preprocessing, "extra": json::embedded(&p.json),
        },
    }))
}

/// A space; null where nothing is known of it.
pub(super) fn space_json(space: &Space) -> Value {
    if !space.is_known() {
        return Value::Null;
    }
    json!({
        "shape": space.shape, "spacing": space.spacing, "origin": space.origin,
        "direction": space.direction,
    })
}

fn as_text(args: &Args, snapshot: &Snapshot, size: u64, out: &mut Out) -> Result<()> {
    out.line(&format!("file     {} ({})", args.file.display(), bytes(size)))?;
    out.line(&format!("images   {}", count(snapshot.len())))?;
    out.line(&format!("created  {}", utc(snapshot.created_ms())))?;
    out.line(&format!("uuid     {}", uuid(snapshot.uuid())))?;
    if let Some(space) = snapshot.spaces().first().filter(|space| space.is_known()) {
        let [z, y, x] = space.shape;
        let [dz, dy, dx] = space.spacing;
        out.line(&format!("space    {z} x {y} x {x} voxels of {dz} x {dy} x {dx} mm (z, y, x)"))?;
    }
    for cursor in snapshot.cursors() {
        let split = if cursor.split.is_empty() { "" } else { ":" };
        let (name, at) = (&cursor.ingest, count(cursor.position));
        out.line(&format!("ingest   {name}{split}{}, {at} rows are in", cursor.split))?;
    }
    fields(snapshot, out)?;
    let indexes = snapshot.indexes(None)?;
    if !indexes.is_empty() {
        out.line("")?;
        index::table(&indexes, out)?;
    }
    attributes(snapshot, out)?;
    if snapshot.prompt_sets().next().is_none() {
        return Ok(());
    }
    out.line("")?;
    prompts::table(snapshot, out)
}

fn fields(snapshot: &Snapshot, out: &mut Out) -> Result<()> {
    if snapshot.schema().fields.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let head = ["field", "kind"].map(Cell::text);
    let head = head.into_iter().chain([Cell::number("dim")]);
    let head = head.chain(["dtype", "metric"].map(Cell::text));
    let mut table = Table::new(head.chain([
        Cell::number("images"),
        Cell::number("regions"),
        Cell::text("contents"),
        Cell::text("model"),
    ]));
    for field in &snapshot.schema().fields {
        let features = field.kind != FieldKind::Masks;
        let of_features = |text: &str| Cell::text(if features { text } else { "" });
        let regions = field.regions.len() as u64;
        table.row(
            out,
            [
                Cell::text(&field.name),
                Cell::text(field.kind.as_str()),
                if features { Cell::number(field.dim) } else { Cell::empty() },
                of_features(field.dtype.as_str()),
                of_features(field.metric.as_str()),
                Cell::number(count(snapshot.rows_of_field(&field.name)?.count())),
                if regions == 0 { Cell::empty() } else { Cell::number(count(regions)) },
                Cell::text(contents(snapshot, field)?),
                Cell::text(&field.provenance.model),
            ],
        )?;
    }
    table.end(out)
}

/// The size of the values; before it the grid of a tokens field, or the number of segments of a masks field.
fn contents(snapshot: &Snapshot, field: &FieldDef) -> Result<String> {
    Ok(match field.kind {
        FieldKind::Tokens => {
            let size = bytes(tokens::size(snapshot, field)?.1);
            format!("{}, {size}", tokens::shape_text(field))
        }
        FieldKind::Masks => {
            let total = Total::of_field(snapshot, field)?;
            format!("{} segments, {}", count(total.segments), bytes(total.bytes))
        }
        FieldKind::Vector | FieldKind::Regions => bytes(snapshot.field_bytes(&field.name)?),
    })
}

fn attributes(snapshot: &Snapshot, out: &mut Out) -> Result<()> {
    if snapshot.schema().attributes.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let mut table = Table::new(["attribute", "type"].map(Cell::text));
    for attribute in &snapshot.schema().attributes {
        table.row(out, [Cell::text(&attribute.name), Cell::text(attribute.kind.as_str())])?;
    }
    table.end(out)
}

/// The text form of RFC 9562.
fn uuid(bytes: [u8; 16]) -> String {
    let hex = bytes.map(|byte| format!("{byte:02x}")).concat();
    let parts =
        [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| hex.get(range).unwrap_or_default());
    parts.join("-")
}
