//! What many queries have found: a table, JSON, CSV.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use vesalius::{Found, ScoredRow};

use super::batch::Batch;
use super::{text, way};
use crate::commands::feature::write_whole;
use crate::commands::rows;
use crate::output::csv::line;
use crate::output::json::{ListWriter, float};
use crate::output::{Cell, Out, Table, count, score};
use crate::{Failure, Result};

/// Searches, and shows or writes what is found.
pub(super) fn show(batch: &Batch<'_>, out: &mut Out) -> Result<()> {
    if let Some(path) = &batch.args.csv {
        let mut hits = 0;
        write_whole(path, |part| {
            hits = csv(part, batch)?;
            Ok(())
        })?;
        return summary(path, hits, batch, out);
    }
    if !out.is_json() {
        return table(batch, out);
    }
    let mut list = ListWriter::begin(out, &head(batch), "answers")?;
    batch.run(&mut |query, found| {
        let hits = found.hits.iter().enumerate().map(|(place, hit)| hit_json(batch, place, hit));
        let hits = hits.collect::<Result<Vec<_>>>()?;
        list.push(&json!({ "query": query, "matched": found.matched, "hits": hits }))
    })?;
    list.end_with(&tail(batch))
}

fn head(batch: &Batch<'_>) -> Map<String, Value> {
    let csv = batch.args.csv.as_ref().map(|path| path.display().to_string());
    let entries = [
        ("field", batch.field.name.clone().into()),
        ("metric", text::metric(batch.args, batch.field).into()),
        ("vectors", batch.path.display().to_string().into()),
        ("region", batch.region().into()),
        ("queries", batch.len().into()),
        ("csv", csv.into()),
    ];
    entries.into_iter().map(|(name, value): (&str, Value)| (name.to_owned(), value)).collect()
}

/// What is known when all is done.
fn tail(batch: &Batch<'_>) -> Map<String, Value> {
    let work = batch.args.explain.then(|| ("work".to_owned(), way::work_json(&batch.work)));
    work.into_iter().collect()
}

fn hit_json(batch: &Batch<'_>, place: usize, hit: &ScoredRow) -> Result<Value> {
    let image = rows::image(batch.snapshot, hit.row)?;
    let mut entry = Map::new();
    entry.insert("rank".into(), (place + 1).into());
    entry.insert("image".into(), image.key()?.into());
    entry.insert("score".into(), float(hit.score));
    if !batch.args.show.is_empty() {
        entry.insert("attributes".into(), rows::shown(&image, &batch.args.show)?);
    }
    Ok(entry.into())
}

fn table(batch: &Batch<'_>, out: &mut Out) -> Result<()> {
    let head = [Cell::number("query"), Cell::number("rank"), Cell::text("image")];
    let head = head.into_iter().chain([Cell::number("score")]);
    let shown = batch.args.show.iter().map(|name| rows::heading(batch.snapshot, name));
    let mut table = Table::new(head.chain(shown));
    batch.run(&mut |query, found| {
        for (place, hit) in found.hits.iter().enumerate() {
            let image = rows::image(batch.snapshot, hit.row)?;
            let mut cells = vec![Cell::number(query), Cell::number(place + 1)];
            cells.extend([Cell::text(image.key()?), Cell::number(score(hit.score))]);
            for name in &batch.args.show {
                cells.push(rows::cell(image.attribute(name)?));
            }
            table.row(out, cells)?;
        }
        Ok(!out.is_closed())
    })?;
    table.end(out)?;
    if batch.args.explain {
        out.line(&format!("work: {}", batch.work))?;
    }
    Ok(())
}

/// Writes a line for each hit; their number.
fn csv(path: &Path, batch: &Batch<'_>) -> Result<u64> {
    let failed = || Failure::io(format!("writing {}", path.display()));
    let mut out = BufWriter::new(File::create(path).map_err(failed())?);
    let shown = batch.args.show.iter().map(String::as_str);
    let head = ["query", "rank", "image", "score"].into_iter().chain(shown);
    line(&mut out, head).map_err(failed())?;
    let mut hits = 0;
    batch.run(&mut |query, found: &Found<ScoredRow>| {
        for (place, hit) in found.hits.iter().enumerate() {
            let image = rows::image(batch.snapshot, hit.row)?;
            let mut cells = vec![query.to_string(), (place + 1).to_string()];
            cells.extend([image.key()?.to_owned(), hit.score.to_string()]);
            cells.extend(rows::texts(&image, &batch.args.show)?);
            line(&mut out, cells).map_err(failed())?;
            hits += 1;
        }
        Ok(true)
    })?;
    out.flush().map_err(failed())?;
    Ok(hits)
}

fn summary(path: &Path, hits: u64, batch: &Batch<'_>, out: &mut Out) -> Result<()> {
    if out.is_json() {
        let mut all = head(batch);
        all.insert("hits".into(), hits.into());
        all.extend(tail(batch));
        return out.json(&all.into());
    }
    let (queries, hits) = (count(batch.len()), count(hits));
    out.line(&format!("{}: {hits} hits of {queries} queries", path.display()))?;
    if batch.args.explain {
        out.line(&format!("work: {}", batch.work))?;
    }
    Ok(())
}
