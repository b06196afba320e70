//! Groups of duplicates.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::{Map, Value, json};
use vesalius::DuplicateGroup;

use super::Query;
use crate::commands::feature::write_whole;
use crate::commands::rows;
use crate::output::csv::line;
use crate::output::json::ListWriter;
use crate::output::progress::{Progress, Unit};
use crate::output::{Cell, Out, Table, count, print_note};
use crate::{Failure, Result};

/// The attribute that says where the file of an image is.
const PATH: &str = "image_path";

/// Images of a group from which on it may be worth a remark.
const CHAINED: usize = 100;

/// Finds groups, and shows or writes them.
pub(super) fn run(query: &Query<'_>, out: &mut Out) -> Result<()> {
    let (args, snapshot) = (query.args, query.snapshot);
    let progress = Progress::new("comparing", Unit::Items);
    let groups = snapshot.duplicates(
        &query.field.name,
        &query.options(),
        args.groups.of_engine(),
        args.across.as_deref(),
        &mut progress.callback(),
    )?;
    drop(progress);
    let found = Found { query, shown: shown(query), groups };
    if let Some(path) = &args.csv {
        write_whole(path, |part| found.csv(part))?;
    }
    if out.is_json() { found.json(out) } else { found.text(out) }
}

/// The attributes to show: those asked for, or what tells the images of a group apart.
fn shown(query: &Query<'_>) -> Vec<String> {
    if !query.args.show.is_empty() {
        return query.args.show.clone();
    }
    let path = query.snapshot.schema().attribute(PATH).map(|attribute| attribute.name.clone());
    query.args.across.iter().cloned().chain(path).collect()
}

/// Groups, and what is shown of their images.
struct Found<'q> {
    query: &'q Query<'q>,
    shown: Vec<String>,
    groups: Vec<DuplicateGroup>,
}

impl Found<'_> {
    fn images(&self) -> usize {
        self.groups.iter().map(|group| group.rows.len()).sum()
    }

    fn json(&self, out: &mut Out) -> Result<()> {
        let mut head = self.query.head();
        head.insert("grouping".into(), self.query.args.groups.name().into());
        head.insert("count".into(), self.groups.len().into());
        head.insert("images".into(), self.images().into());
        if self.query.args.csv.is_some() {
            return out.json(&head.into());
        }
        let mut list = ListWriter::begin(out, &head, "groups")?;
        for group in &self.groups {
            let images = group.rows.iter().map(|row| self.image_json(*row));
            let images = images.collect::<Result<Vec<_>>>()?;
            if !list.push(&json!({ "images": images }))? {
                break;
            }
        }
        list.end()
    }

    fn image_json(&self, row: u64) -> Result<Value> {
        let image = rows::image(self.query.snapshot, row)?;
        let mut entry = Map::new();
        entry.insert("image".into(), image.key()?.into());
        if !self.shown.is_empty() {
            entry.insert("attributes".into(), rows::shown(&image, &self.shown)?);
        }
        Ok(entry.into())
    }

    fn text(&self, out: &mut Out) -> Result<()> {
        let (groups, images) = (count(self.groups.len() as u64), count(self.images() as u64));
        if let Some(path) = &self.query.args.csv {
            let path = path.display();
            return out.line(&format!("{path}: {images} images in {groups} groups"));
        }
        if self.groups.is_empty() {
            return out.line("no duplicates");
        }
        let largest = self.groups.iter().map(|group| group.rows.len()).max().unwrap_or(0);
        if largest >= CHAINED && largest as u64 > self.query.snapshot.len() / 2 {
            print_note(
                "most images are in one group: a higher --threshold or `--groups stars` parts them",
            );
        }
        let head = [Cell::number("group"), Cell::text("image")];
        let snapshot = self.query.snapshot;
        let shown = self.shown.iter().map(|name| rows::heading(snapshot, name));
        let mut table = Table::new(head.into_iter().chain(shown));
        for (place, group) in self.groups.iter().enumerate() {
            for row in &group.rows {
                let image = rows::image(snapshot, *row)?;
                let mut cells = vec![Cell::number(place + 1), Cell::text(image.key()?)];
                for name in &self.shown {
                    cells.push(rows::cell(image.attribute(name)?));
                }
                table.row(out, cells)?;
            }
            if out.is_closed() {
                break;
            }
        }
        table.end(out)?;
        if out.is_terminal() {
            out.line(&format!("{images} images in {groups} groups"))?;
        }
        Ok(())
    }

    fn csv(&self, path: &Path) -> Result<()> {
        let failed = || Failure::io(format!("writing {}", path.display()));
        let mut out = BufWriter::new(File::create(path).map_err(failed())?);
        let head = ["group", "image"].into_iter().chain(self.shown.iter().map(String::as_str));
        line(&mut out, head).map_err(failed())?;
        for (place, group) in self.groups.iter().enumerate() {
            for row in &group.rows {
                let image = rows::image(self.query.snapshot, *row)?;
                let mut cells = vec![(place + 1).to_string(), image.key()?.to_owned()];
                cells.extend(rows::texts(&image, &self.shown)?);
                line(&mut out, cells).map_err(failed())?;
            }
        }
        out.flush().map_err(failed())
    }
}
