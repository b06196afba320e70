//! The hits of a search, for people and for programs.

use serde_json::{Map, Value, json};
use vesalius::{FieldDef, Snapshot, Work};

use super::query::Query;
use super::way::work_json;
use super::{Answer, Args, Hit};
use crate::Result;
use crate::commands::{names, rows};
use crate::output::{Cell, Out, Table, count, json, print_note, score};

/// How hits are shown.
pub(super) struct Shown<'a> {
    snapshot: &'a Snapshot,
    field: &'a FieldDef,
    args: &'a Args,
    /// Whether several regions may be behind a score.
    several: bool,
    /// Whether these are told.
    parts: bool,
}

impl<'a> Shown<'a> {
    /// Hits of a search by these regions, or by vectors.
    pub(super) fn new(
        snapshot: &'a Snapshot,
        field: &'a FieldDef,
        args: &'a Args,
        regions: Option<&[u16]>,
    ) -> Self {
        let several = regions.is_some() && args.region.len() != 1;
        Self { snapshot, field, args, several, parts: args.explain && regions.is_some() }
    }

    /// An empty table.
    pub(super) fn table(&self) -> Table {
        let mut head = vec![Cell::number("rank"), Cell::text("image"), Cell::number("score")];
        if self.several {
            head.push(Cell::number("shared"));
        }
        head.extend(self.args.show.iter().map(|name| rows::heading(self.snapshot, name)));
        if self.parts {
            head.push(Cell::text("regions"));
        }
        Table::new(head)
    }

    /// A hit as a line of the table.
    pub(super) fn cells(&self, rank: u64, hit: &Hit) -> Result<Vec<Cell>> {
        let image = rows::image(self.snapshot, hit.row)?;
        let mut cells = vec![Cell::number(rank), Cell::text(image.key()?)];
        cells.push(Cell::number(score(hit.score)));
        if self.several {
            cells.push(hit.shared.map_or_else(Cell::empty, Cell::number));
        }
        for name in &self.args.show {
            cells.push(rows::cell(image.attribute(name)?));
        }
        if self.parts {
            cells.push(Cell::text(explained(self.field, hit, !self.args.weight.is_empty())));
        }
        Ok(cells)
    }

    /// What is told of a search before its hits.
    pub(super) fn about(&self, regions: Option<&[u16]>, matched: u64) -> Map<String, Value> {
        let compared = regions.map(|regions| {
            let names = regions.iter().map(|region| names::region_name(self.field, *region));
            names.collect::<Vec<_>>()
        });
        let entries = [
            ("field", json!(self.field.name)),
            ("metric", json!(super::text::metric(self.args, self.field))),
            ("like", json!(self.args.like)),
            ("text", json!(self.args.text)),
            ("regions", json!(compared)),
            ("matched", json!(matched)),
        ];
        entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// A hit for programs.
    pub(super) fn json(&self, rank: u64, hit: &Hit) -> Result<Value> {
        let image = rows::image(self.snapshot, hit.row)?;
        let mut entry = Map::new();
        entry.insert("rank".into(), rank.into());
        entry.insert("image".into(), image.key()?.into());
        entry.insert("score".into(), json::float(hit.score));
        if self.several {
            entry.insert("shared".into(), hit.shared.into());
        }
        if self.args.explain && hit.shared.is_some() {
            let parts = hit.parts.iter().map(|(region, score, weight)| {
                json!({
                    "index": region, "name": names::region_name(self.field, *region),
                    "score": json::float(*score), "weight": weight,
                })
            });
            entry.insert("regions".into(), parts.collect());
        }
        if !self.args.show.is_empty() {
            entry.insert("attributes".into(), rows::shown(&image, &self.args.show)?);
        }
        Ok(entry.into())
    }

    /// What comes below a table: what was looked at, and how many hits there are.
    pub(super) fn below(&self, hits: (u64, u64), work: &Work, out: &mut Out) -> Result<()> {
        if self.args.explain {
            out.line(&format!("work: {work}"))?;
        }
        if out.is_terminal() {
            let (shown, matched) = (count(hits.0), count(hits.1));
            out.line(&format!("{shown} of {matched} matching images"))?;
        }
        Ok(())
    }
}

/// Shows the answer.
pub(super) fn answer(
    snapshot: &Snapshot,
    field: &FieldDef,
    answer: &Answer,
    query: &Query<'_>,
    out: &mut Out,
) -> Result<()> {
    let (args, regions) = (query.args, answer.regions.as_deref());
    let shown = Shown::new(snapshot, field, args, regions);
    let hits = (1_u64..).zip(&answer.hits);
    if out.is_json() {
        let mut all = shown.about(regions, answer.matched);
        let hits = hits.map(|(rank, hit)| shown.json(rank, hit));
        all.insert("hits".into(), hits.collect::<Result<Vec<_>>>()?.into());
        if args.explain {
            all.insert("work".into(), work_json(&query.work));
        }
        return out.json(&all.into());
    }
    if regions.is_some_and(<[u16]>::is_empty) {
        print_note("the query has none of the regions that are asked for");
    }
    let number = answer.hits.len() as u64;
    if args.k.is_none() && args.threshold.is_some() && answer.matched > number {
        let (number, matched) = (count(number), count(answer.matched));
        print_note(&format!(
            "the best {number} of {matched} hits are shown, this search holds no more"
        ));
    }
    let mut table = shown.table();
    for (rank, hit) in hits {
        table.row(out, shown.cells(rank, hit)?)?;
    }
    table.end(out)?;
    shown.below((number, answer.matched), &query.work, out)
}

/// The scores behind a score, by region, with the weights where there are any.
fn explained(field: &FieldDef, hit: &Hit, weighted: bool) -> String {
    let parts = hit.parts.iter().map(|(region, value, weight)| {
        let times = if weighted { format!(" x{weight}") } else { String::new() };
        format!("{} {}{times}", names::region_name(field, *region), score(*value))
    });
    parts.collect::<Vec<_>>().join(", ")
}
