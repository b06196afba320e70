//! Pairs of duplicates, within a container and between two.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};
use vesalius::{DuplicatePair, Error, FieldDef, FieldKind, Snapshot};

use super::Query;
use crate::commands::feature::write_whole;
use crate::commands::{names, open, rows};
use crate::output::csv::line;
use crate::output::json::{ListWriter, float};
use crate::output::progress::{Progress, Unit};
use crate::output::{Cell, Out, Table, count, score};
use crate::{Failure, Result};

/// Most pairs that are held to be put in order; more are told as they are found.
const ORDERED: usize = 1 << 20;

/// What gets a pair: the keys and the score. False ends the work.
type Each<'e> = &'e mut dyn FnMut(&str, &str, f32) -> Result<bool>;

/// Finds pairs, and shows or writes them.
pub(super) fn run(query: &Query<'_>, out: &mut Out) -> Result<()> {
    let other = query.args.with.as_deref().map(open).transpose()?;
    let other = match &other {
        Some(snapshot) => Some((snapshot, other_field(query, snapshot)?)),
        None => None,
    };
    let pairs = Pairs { query, other };
    if let Some(path) = &query.args.csv {
        let mut found = 0;
        write_whole(path, |part| {
            found = pairs.csv(part)?;
            Ok(())
        })?;
        if !out.is_json() {
            return out.line(&format!("{}: {} pairs", path.display(), count(found)));
        }
        let mut all = pairs.head();
        all.insert("count".into(), found.into());
        return out.json(&all.into());
    }
    if out.is_json() { pairs.json(out) } else { pairs.text(out) }
}

/// The field of the other container, which must mean the same by the region.
fn other_field<'s>(query: &Query<'_>, other: &'s Snapshot) -> Result<&'s FieldDef> {
    let kinds: &[FieldKind] = &[query.field.kind];
    let same = other.field(&query.field.name).is_ok().then_some(query.field.name.as_str());
    let wish = query.args.other_field.as_deref().or(same);
    let field = names::field(other, wish, kinds)?;
    if let Some(region) = query.region {
        let (here, there) =
            (names::region_name(query.field, region), names::region_name(field, region));
        if here != there {
            return Err(Failure::Message(format!(
                "region {region} is {here:?} here and {there:?} there; the lists of regions must agree"
            )));
        }
    }
    Ok(field)
}

/// A comparison for pairs.
struct Pairs<'q> {
    query: &'q Query<'q>,
    /// The other container, and its field.
    other: Option<(&'q Snapshot, &'q FieldDef)>,
}

impl Pairs<'_> {
    fn head(&self) -> serde_json::Map<String, Value> {
        let mut head = self.query.head();
        let with = self.query.args.with.as_ref().map(|path| path.display().to_string());
        head.insert("with".into(), with.into());
        let field = self.other.map(|(_, field)| field.name.clone());
        head.insert("other_field".into(), field.into());
        head
    }

    /// Tells all pairs, in the order of rows where they are not too many for that; their number.
    fn run(&self, each: Each<'_>) -> Result<u64> {
        let query = self.query;
        let progress = Progress::new("comparing", Unit::Items);
        let (mut held, mut failed, mut told) = (Vec::new(), None, false);
        let mut take = |pairs: &[DuplicatePair]| {
            held.extend_from_slice(pairs);
            if held.len() < ORDERED {
                return Ok(());
            }
            told = true;
            let step = self.tell(&mut held, &mut *each);
            // The engine knows nothing of failures of the command; the outer one is told instead.
            step.map_err(|failure| {
                failed = Some(failure);
                Error::Cancelled
            })
        };
        let (name, options) = (&query.field.name, query.options());
        let (across, mut tell) = (query.args.across.as_deref(), progress.callback());
        let found = if let Some((other, field)) = self.other {
            let there = (other, field.name.as_str());
            query.snapshot.duplicates_between(name, there, &options, &mut take, &mut tell)
        } else {
            query.snapshot.duplicate_pairs(name, &options, across, &mut take, &mut tell)
        };
        drop(tell);
        drop(progress);
        if let Some(failure) = failed {
            return Err(failure);
        }
        let found = found?;
        if !told {
            held.sort_unstable_by_key(|pair| (pair.first, pair.second));
        }
        self.tell(&mut held, each)?;
        Ok(found)
    }

    fn tell(&self, held: &mut Vec<DuplicatePair>, each: Each<'_>) -> Result<()> {
        let second = self.other.map_or(self.query.snapshot, |(other, _)| other);
        for pair in held.drain(..) {
            let (a, b) =
                (rows::image(self.query.snapshot, pair.first)?, rows::image(second, pair.second)?);
            if !each(a.key()?, b.key()?, pair.score)? {
                break;
            }
        }
        Ok(())
    }

    fn json(&self, out: &mut Out) -> Result<()> {
        let mut list = ListWriter::begin(out, &self.head(), "pairs")?;
        let found = self.run(&mut |first, second, score| {
            list.push(&json!({ "first": first, "second": second, "score": float(score) }))
        })?;
        let tail = [("count".to_owned(), found.into())];
        list.end_with(&tail.into_iter().collect())
    }

    fn text(&self, out: &mut Out) -> Result<()> {
        let head = [Cell::text("first"), Cell::text("second"), Cell::number("score")];
        let mut table = Table::new(head);
        let found = self.run(&mut |first, second, value| {
            let cells = [Cell::text(first), Cell::text(second), Cell::number(score(value))];
            table.row(out, cells)?;
            Ok(!out.is_closed())
        })?;
        if found == 0 {
            return out.line("no duplicates");
        }
        table.end(out)?;
        if out.is_terminal() {
            out.line(&format!("{} pairs", count(found)))?;
        }
        Ok(())
    }

    /// Writes a line for each pair; their number.
    fn csv(&self, path: &Path) -> Result<u64> {
        let failed = || Failure::io(format!("writing {}", path.display()));
        let mut out = BufWriter::new(File::create(path).map_err(failed())?);
        line(&mut out, ["first", "second", "score"]).map_err(failed())?;
        let found = self.run(&mut |first, second, score| {
            line(&mut out, [first, second, &score.to_string()]).map_err(failed())?;
            Ok(true)
        })?;
        out.flush().map_err(failed())?;
        Ok(found)
    }
}
