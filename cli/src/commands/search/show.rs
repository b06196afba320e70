//! The hits of a search, for people and for programs.

use serde_json::{Map, Value, json};
use vesalius::{FieldDef, Image, Snapshot};

use super::query::Query;
use super::way::work_json;
use super::{Answer, Args, Hit};
use crate::Result;
use crate::commands::{names, rows};
use crate::output::{Cell, Out, Table, count, json, print_note, score};

/// Whether several regions may be behind a score.
fn is_over_several(answer: &Answer, args: &Args) -> bool {
    answer.regions.is_some() && args.region.len() != 1
}

/// Shows the answer.
pub(super) fn answer(
    snapshot: &Snapshot,
    field: &FieldDef,
    answer: &Answer,
    query: &Query<'_>,
    out: &mut Out,
) -> Result<()> {
    let args = query.args;
    if out.is_json() {
        let mut all = as_json(snapshot, field, answer, args)?;
        if let (Some(all), true) = (all.as_object_mut(), args.explain) {
            all.insert("work".into(), work_json(&query.work));
        }
        return out.json(&all);
    }
    if answer.regions.as_ref().is_some_and(Vec::is_empty) {
        print_note("the query has none of the regions that are asked for");
    }
    let shown = answer.hits.len() as u64;
    if args.k.is_none() && args.threshold.is_some() && answer.matched > shown {
        let (shown, matched) = (count(shown), count(answer.matched));
        print_note(&format!(
            "the best {shown} of {matched} hits are shown, a search holds no more"
        ));
    }
    let several = is_over_several(answer, args);
    let parts = args.explain && answer.regions.is_some();
    let mut head = vec![Cell::number("rank"), Cell::text("image"), Cell::number("score")];
    if several {
        head.push(Cell::number("shared"));
    }
    head.extend(args.show.iter().map(|name| rows::heading(snapshot, name)));
    if parts {
        head.push(Cell::text("regions"));
    }
    let mut table = Table::new(head);
    for (place, hit) in answer.hits.iter().enumerate() {
        let image = rows::image(snapshot, hit.row)?;
        let mut cells = vec![Cell::number(place + 1), Cell::text(image.key()?)];
        cells.push(Cell::number(score(hit.score)));
        if several {
            cells.push(hit.shared.map_or_else(Cell::empty, Cell::number));
        }
        for name in &args.show {
            cells.push(rows::cell(image.attribute(name)?));
        }
        if parts {
            cells.push(Cell::text(explained(field, hit, !args.weight.is_empty())));
        }
        table.row(out, cells)?;
    }
    table.end(out)?;
    if args.explain {
        out.line(&format!("work: {}", query.work))?;
    }
    if out.is_terminal() {
        let (shown, matched) = (count(answer.hits.len() as u64), count(answer.matched));
        out.line(&format!("{shown} of {matched} matching images"))?;
    }
    Ok(())
}

/// The scores behind a score, by region, with the weights where there are any.
fn explained(field: &FieldDef, hit: &Hit, weighted: bool) -> String {
    let parts = hit.parts.iter().map(|(region, value, weight)| {
        let times = if weighted { format!(" x{weight}") } else { String::new() };
        format!("{} {}{times}", names::region_name(field, *region), score(*value))
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn as_json(snapshot: &Snapshot, field: &FieldDef, answer: &Answer, args: &Args) -> Result<Value> {
    let metric = super::text::metric(args, field);
    let compared = answer.regions.as_ref().map(|regions| {
        let names = regions.iter().map(|region| names::region_name(field, *region));
        names.collect::<Vec<_>>()
    });
    let several = is_over_several(answer, args);
    let hits = answer.hits.iter().enumerate();
    let hits = hits.map(|(place, hit)| {
        let image = rows::image(snapshot, hit.row)?;
        hit_json(field, place + 1, hit, &image, several, args)
    });
    Ok(json!({
        "field": field.name,
        "metric": metric,
        "like": args.like,
        "text": args.text,
        "regions": compared,
        "matched": answer.matched,
        "hits": hits.collect::<Result<Vec<_>>>()?,
    }))
}

fn hit_json(
    field: &FieldDef,
    rank: usize,
    hit: &Hit,
    image: &Image<'_>,
    several: bool,
    args: &Args,
) -> Result<Value> {
    let mut entry = Map::new();
    entry.insert("rank".into(), rank.into());
    entry.insert("image".into(), image.key()?.into());
    entry.insert("score".into(), json::float(hit.score));
    if several {
        entry.insert("shared".into(), hit.shared.into());
    }
    if args.explain && hit.shared.is_some() {
        let parts = hit.parts.iter().map(|(region, score, weight)| {
            json!({
                "index": region, "name": names::region_name(field, *region),
                "score": json::float(*score), "weight": weight,
            })
        });
        entry.insert("regions".into(), parts.collect());
    }
    if !args.show.is_empty() {
        entry.insert("attributes".into(), rows::shown(image, &args.show)?);
    }
    Ok(entry.into())
}
