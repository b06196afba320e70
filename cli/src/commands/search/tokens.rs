//! Tokens that were found.

use serde_json::{Value, json};
use vesalius::{FieldDef, Snapshot, TokenHit};

use super::Args;
use crate::Result;
use crate::commands::rows;
use crate::output::{Cell, Out, Table, json, score};

/// Shows the tokens, best first.
pub(super) fn show(
    snapshot: &Snapshot,
    field: &FieldDef,
    hits: &[TokenHit<'_>],
    args: &Args,
    out: &mut Out,
) -> Result<()> {
    if out.is_json() {
        let hits =
            hits.iter().enumerate().map(|(place, hit)| hit_json(snapshot, place + 1, hit, args));
        return out.json(&json!({
            "field": field.name, "metric": super::text::metric(args, field),
            "like": args.like, "at": args.at, "text": args.text,
            "tokens": hits.collect::<Result<Vec<_>>>()?,
        }));
    }
    let head = [Cell::number("rank"), Cell::text("image"), Cell::text("token (d,h,w)")];
    let head = head.into_iter().chain([Cell::number("score"), Cell::text("voxels (z, y, x)")]);
    let mut table =
        Table::new(head.chain(args.show.iter().map(|name| rows::heading(snapshot, name))));
    for (place, hit) in hits.iter().enumerate() {
        let [d, h, w] = hit.at;
        let voxels = voxels(snapshot, field, hit)?.map(|(low, high)| {
            let edges = low.iter().zip(high).map(|(low, high)| format!("{low:.0}-{high:.0}"));
            edges.collect::<Vec<_>>().join(" ")
        });
        let mut cells = vec![
            Cell::number(place + 1),
            Cell::text(hit.key),
            Cell::text(format!("{d},{h},{w}")),
            Cell::number(score(hit.score)),
            Cell::text(voxels.unwrap_or_default()),
        ];
        let image = rows::image(snapshot, hit.row)?;
        for name in &args.show {
            cells.push(rows::cell(image.attribute(name)?));
        }
        table.row(out, cells)?;
    }
    table.end(out)
}

fn hit_json(snapshot: &Snapshot, rank: usize, hit: &TokenHit<'_>, args: &Args) -> Result<Value> {
    let mut entry = json!({
        "rank": rank, "image": hit.key, "at": hit.at, "token": hit.token,
        "score": json::float(hit.score),
    });
    if let (Some(entry), false) = (entry.as_object_mut(), args.show.is_empty()) {
        let image = rows::image(snapshot, hit.row)?;
        entry.insert("attributes".into(), rows::shown(&image, &args.show)?);
    }
    Ok(entry)
}

/// The voxels that the token covers, where that is known.
fn voxels(
    snapshot: &Snapshot,
    field: &FieldDef,
    hit: &TokenHit<'_>,
) -> Result<Option<([f64; 3], [f64; 3])>> {
    let tokens = rows::image(snapshot, hit.row)?.tokens(&field.name)?;
    let Some(mapping) = tokens.map(|tokens| tokens.mapping()).transpose()?.flatten() else {
        return Ok(None);
    };
    Ok(Some(mapping.cell(hit.at.map(|side| u32::try_from(side).unwrap_or(u32::MAX)))))
}
