//! `vesalius get`: one image, or a feature of it.

use std::path::{Path, PathBuf};

use clap::ValueHint;
use serde_json::{Value, json};
use vesalius::{FieldDef, FieldKind, Image, RegionRef, Snapshot};

use super::{feature, masks, names, open, rows, tokens};
use crate::output::{Cell, Out, Table, json, score};
use crate::{Failure, Outcome, Result};

/// Features of this many values are shown on a terminal; of longer ones, their beginning.
const SHOWN_VALUES: usize = 8;

/// Show an image, or write a feature of it as an array
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius get cases.vsl case-1\n  \
    vesalius get cases.vsl case-1 --field regions --region carina --npy carina.npy")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// The key of the image
    image: String,
    /// The field to read
    #[arg(long)]
    field: Option<String>,
    /// The region to read, by its name or its index
    #[arg(long)]
    region: Option<String>,
    /// Write the feature as stored: [D] for a vector or one region, [N, D] for all regions,
    /// [d, h, w, D] for tokens
    #[arg(long, value_name = "OUT", value_hint = ValueHint::FilePath)]
    npy: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let image = snapshot.image(&args.image)?;
    if args.field.is_none() && args.region.is_none() && args.npy.is_none() {
        whole(&snapshot, &image, out)?;
        return Ok(Outcome::Done);
    }
    let kinds: &[FieldKind] = match args.region {
        Some(_) => &[FieldKind::Regions],
        // Masks are shown where they are named, and are no feature to choose from else.
        None if args.field.is_none() => &[FieldKind::Vector, FieldKind::Regions, FieldKind::Tokens],
        None => &[FieldKind::Vector, FieldKind::Regions, FieldKind::Tokens, FieldKind::Masks],
    };
    let field = names::field(&snapshot, args.field.as_deref(), kinds)?;
    let npy = args.npy.as_deref();
    if let (FieldKind::Masks, Some(_)) = (field.kind, npy) {
        let text = "masks are no features; `vesalius mask get` writes them as arrays";
        return Err(Failure::Message(text.into()));
    }
    match (field.kind, &args.region) {
        (FieldKind::Masks, _) => masks::show_image(&image, field, None, out)?,
        (FieldKind::Tokens, _) => tokens::get(&image, field, npy, out)?,
        (FieldKind::Vector, _) => vector(&image, field, npy, out)?,
        (_, Some(region)) => one_region(&image, field, names::region(field, region)?, npy, out)?,
        (_, None) => all_regions(&image, field, npy, out)?,
    }
    Ok(Outcome::Done)
}

fn no_value(image: &Image<'_>, what: &str) -> Failure {
    let key = image.key().unwrap_or_default();
    Failure::Message(format!("image {key:?} has no {what}"))
}

/// What the image is, without the features.
fn whole(snapshot: &Snapshot, image: &Image<'_>, out: &mut Out) -> Result<()> {
    let mut fields = Vec::new();
    for field in &snapshot.schema().fields {
        if image.has_field(&field.name)? {
            let regions = match field.kind {
                FieldKind::Regions => image.regions(&field.name)?.map(|regions| regions.len()),
                _ => None,
            };
            let grid = match field.kind {
                FieldKind::Tokens => image.tokens(&field.name)?.map(|tokens| tokens.grid()),
                _ => None,
            };
            let segments = match field.kind {
                FieldKind::Masks => Some(image.segments(&field.name)?.len()),
                _ => None,
            };
            fields.push((field, regions, grid, segments));
        }
    }
    let metadata = image.metadata()?;
    if out.is_json() {
        let fields = fields.iter().map(|(field, regions, grid, segments)| {
            let (name, kind) = (&field.name, field.kind.as_str());
            let mut entry = json!({ "name": name, "kind": kind, "regions": regions });
            if let (Some(entry), Some(grid)) = (entry.as_object_mut(), grid) {
                entry.insert("grid".into(), json!(grid));
            }
            if let (Some(entry), Some(segments)) = (entry.as_object_mut(), segments) {
                entry.insert("segments".into(), json!(segments));
            }
            entry
        });
        return out.json(&json!({
            "image": image.key()?,
            "attributes": rows::attributes(image)?,
            "metadata": metadata.map_or(Value::Null, json::embedded),
            "fields": fields.collect::<Vec<_>>(),
        }));
    }
    let mut table = Table::new([Cell::text("image"), Cell::text(image.key()?)]);
    for (name, value) in image.attributes()? {
        table.row(out, [Cell::text(name), Cell::text(value.to_string())])?;
    }
    for (field, regions, grid, segments) in fields {
        let what = match (regions, grid, segments) {
            (Some(count), _, _) => format!("{count} of {} regions", field.regions.len()),
            (_, Some([d, h, w]), _) => format!("{d} x {h} x {w} tokens of {}", field.dim),
            (_, _, Some(count)) => format!("{count} segments"),
            (None, None, None) => field.kind.to_string(),
        };
        table.row(out, [Cell::text(&field.name), Cell::text(what)])?;
    }
    if let Some(metadata) = metadata {
        table.row(out, [Cell::text("metadata"), Cell::text(metadata)])?;
    }
    table.end(out)
}

fn vector(image: &Image<'_>, field: &FieldDef, npy: Option<&Path>, out: &mut Out) -> Result<()> {
    let found = image.vector(&field.name)?;
    let found = found.ok_or_else(|| no_value(image, &format!("vector {:?}", field.name)))?;
    if let Some(path) = npy {
        feature::write_npy(path, &[found], true)?;
    }
    let values = feature::values(&found);
    if out.is_json() {
        return out.json(&json!({
            "image": image.key()?, "field": field.name, "kind": field.kind.as_str(),
            "dim": field.dim, "dtype": field.dtype.as_str(), "norm": feature::norm(&values),
            "feature": json::floats(&values), "npy": npy.map(|path| path.display().to_string()),
        }));
    }
    show_feature(field, &values, npy, out)
}

fn one_region(
    image: &Image<'_>,
    field: &FieldDef,
    region: u16,
    npy: Option<&Path>,
    out: &mut Out,
) -> Result<()> {
    let name = names::region_name(field, region);
    let found = image.region(&field.name, region)?;
    let found = found.ok_or_else(|| no_value(image, &format!("region {name:?}")))?;
    if let Some(path) = npy {
        feature::write_npy(path, &[found.feature], true)?;
    }
    if out.is_json() {
        return out.json(&json!({
            "image": image.key()?, "field": field.name, "kind": field.kind.as_str(),
            "dim": field.dim, "dtype": field.dtype.as_str(),
            "regions": [region_json(&found)], "npy": npy.map(|path| path.display().to_string()),
        }));
    }
    out.line(&format!("region   {} {name}", found.index))?;
    if let Some(bbox) = found.bbox {
        out.line(&format!("box      {} (z0, y0, x0, z1, y1, x1)", bbox_text(bbox)))?;
    }
    if let Some(value) = found.score {
        out.line(&format!("score    {}", score(value)))?;
    }
    show_feature(field, &feature::values(&found.feature), npy, out)
}

fn all_regions(
    image: &Image<'_>,
    field: &FieldDef,
    npy: Option<&Path>,
    out: &mut Out,
) -> Result<()> {
    let found = image.regions(&field.name)?;
    let found = found.ok_or_else(|| no_value(image, &format!("regions {:?}", field.name)))?;
    if let Some(path) = npy {
        let features: Vec<_> = found.iter().map(|region| region.feature).collect();
        feature::write_npy(path, &features, false)?;
    }
    if out.is_json() {
        return out.json(&json!({
            "image": image.key()?, "field": field.name, "kind": field.kind.as_str(),
            "dim": field.dim, "dtype": field.dtype.as_str(),
            "regions": found.iter().map(region_json).collect::<Vec<_>>(),
            "npy": npy.map(|path| path.display().to_string()),
        }));
    }
    let head = [Cell::number("index"), Cell::text("region"), Cell::number("score")];
    let head =
        head.into_iter().chain([Cell::number("norm"), Cell::text("box (z0 y0 x0 z1 y1 x1)")]);
    let mut table = Table::new(head);
    for region in &found {
        let norm = feature::norm(&feature::values(&region.feature));
        let cells = [
            Cell::number(region.index),
            Cell::text(region.name),
            rows::score_cell(region.score),
            Cell::number(format!("{norm:.4}")),
            Cell::text(region.bbox.map(bbox_text).unwrap_or_default()),
        ];
        table.row(out, cells)?;
    }
    table.end(out)?;
    written(npy, out)
}

fn region_json(region: &RegionRef<'_>) -> Value {
    let values = feature::values(&region.feature);
    json!({
        "index": region.index,
        "name": region.name,
        "score": region.score.map(json::float),
        "bbox": region.bbox.map(|bbox| json::floats(&bbox)),
        "norm": feature::norm(&values),
        "feature": json::floats(&values),
    })
}

fn bbox_text(bbox: [f32; 6]) -> String {
    bbox.map(|edge| edge.to_string()).join(" ")
}

fn show_feature(field: &FieldDef, values: &[f32], npy: Option<&Path>, out: &mut Out) -> Result<()> {
    let shown: Vec<String> = values.iter().take(SHOWN_VALUES).map(f32::to_string).collect();
    let more = if values.len() > SHOWN_VALUES { " ..." } else { "" };
    out.line(&format!(
        "feature  [{}] {}, norm {:.6}",
        field.dim,
        field.dtype,
        feature::norm(values)
    ))?;
    out.line(&format!("         {}{more}", shown.join(" ")))?;
    written(npy, out)
}

fn written(npy: Option<&Path>, out: &mut Out) -> Result<()> {
    npy.map_or(Ok(()), |path| out.line(&format!("written  {}", path.display())))
}
