//! `vesalius list`: the images and their attributes.

use std::path::PathBuf;

use clap::ValueHint;
use serde_json::{Map, json};

use super::{open, rows};
use crate::output::json::ListWriter;
use crate::output::{Cell, Out, Table, count};
use crate::{Outcome, Result};

/// List images and their attributes
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vesalius list cases.vsl --limit 20\n  \
    vesalius list cases.vsl --where \"split = 'train' and has_region('carina')\"\n  \
    vesalius list cases.vsl --where \"volume('liver') > 1e6 and overlaps('lesions/a', 'liver')\"")]
pub(crate) struct Args {
    /// The container
    #[arg(value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Only images for which this is true
    #[arg(long = "where", value_name = "PREDICATE")]
    predicate: Option<String>,
    /// At most this many
    #[arg(long, value_name = "N")]
    limit: Option<u64>,
}

pub(crate) fn run(args: &Args, out: &mut Out) -> Result<Outcome> {
    let snapshot = open(&args.file)?;
    let found = rows::selected(&snapshot, args.predicate.as_deref())?;
    let matched = found.count();
    let shown = args.limit.unwrap_or(u64::MAX).min(matched);
    let wanted = found.iter().take(usize::try_from(shown).unwrap_or(usize::MAX));
    if out.is_json() {
        let mut head = Map::new();
        head.insert("matched".into(), matched.into());
        let mut list = ListWriter::begin(out, &head, "images")?;
        for row in wanted {
            let image = rows::image(&snapshot, row)?;
            let attributes = rows::attributes(&image)?;
            let entry = json!({ "image": image.key()?, "attributes": attributes });
            if !list.push(&entry)? {
                break;
            }
        }
        list.end()?;
        return Ok(Outcome::Done);
    }
    let names = snapshot.schema().attributes.iter();
    let names = names.map(|attribute| rows::heading(&snapshot, &attribute.name));
    let mut table = Table::new(std::iter::once(Cell::text("image")).chain(names));
    for row in wanted {
        let image = rows::image(&snapshot, row)?;
        let mut cells = vec![Cell::text(image.key()?)];
        for attribute in &snapshot.schema().attributes {
            cells.push(rows::cell(image.attribute(&attribute.name)?));
        }
        table.row(out, cells)?;
        if out.is_closed() {
            break;
        }
    }
    table.end(out)?;
    if out.is_terminal() && shown < matched {
        out.line(&format!("{} of {} images", count(shown), count(matched)))?;
    }
    Ok(Outcome::Done)
}
