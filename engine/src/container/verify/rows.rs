//! Each row is live at most once in a column, and only where there is an image.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::iter::Peekable;

use super::check::Check;
use super::groups::Sound;
use crate::container::column::GroupRef;
use crate::container::group::Rows;
use crate::error::Result;
use crate::format::bitmap::Bitmap;
use crate::format::group::Layout;
use crate::format::schema::{COLUMN_KEYS, Schema};
use crate::format::segment::image_of;
use crate::format::{Damage, Rule};

/// Checks rule V027 over the row groups whose own rows are sound.
///
/// The row groups of a column are merged, so that memory does not depend on how high rows are numbered:
/// O(rows log groups) time, O(groups) memory.
pub(super) fn check(
    check: &mut Check<'_>,
    schema: &Schema,
    columns: &BTreeMap<u32, Sound<'_>>,
) -> Result<()> {
    let none = Sound { groups: Vec::new(), complete: true };
    let keys = columns.get(&COLUMN_KEYS).unwrap_or(&none);
    if !keys.complete {
        check.note("keys are damaged: whether other columns have rows of no image was not checked");
    }
    for (&number, column) in columns {
        let masks = Layout::of_column(schema, number) == Some(Layout::Masks);
        let image = if masks { image_of } else { |row| row };
        let images = keys.complete.then(|| LiveRows::new(&keys.groups)).transpose()?;
        let found = count(LiveRows::new(&column.groups)?, images.map(Iterator::peekable), image);
        for (finding, what) in [(found.twice, "twice"), (found.orphans, "without an image")] {
            if let Some((row, more)) = finding {
                let text = format!("column {number}: row {row} and {more} more are live {what}");
                check.problem(Damage::new(Rule::RowLive, 0, text));
            }
        }
    }
    Ok(())
}

/// The first row that breaks a rule, and how many more do.
type Finding = Option<(u64, u64)>;

#[derive(Default)]
struct Found {
    twice: Finding,
    orphans: Finding,
}

fn add(finding: &mut Finding, row: u64) {
    let (first, more) = finding.map_or((row, 0), |(first, more)| (first, more.saturating_add(1)));
    *finding = Some((first, more));
}

fn count(
    rows: LiveRows<'_>,
    mut images: Option<Peekable<LiveRows<'_>>>,
    image_of: fn(u64) -> u64,
) -> Found {
    let mut found = Found::default();
    let mut before = None;
    for row in rows {
        if before == Some(row) {
            add(&mut found.twice, row);
        }
        before = Some(row);
        if let Some(images) = &mut images {
            let wanted = image_of(row);
            while images.next_if(|&image| image < wanted).is_some() {}
            if images.peek() != Some(&wanted) {
                add(&mut found.orphans, row);
            }
        }
    }
    found
}

/// The live rows of several row groups, ascending; a row that is live twice comes twice.
struct LiveRows<'a> {
    sources: Vec<Source<'a>>,
    next: BinaryHeap<Reverse<(u64, usize)>>,
}

struct Source<'a> {
    rows: Rows<'a>,
    dead: Option<&'a Bitmap>,
    position: usize,
}

impl<'a> LiveRows<'a> {
    fn new(groups: &[&'a GroupRef]) -> Result<Self> {
        let source = |group: &&'a GroupRef| {
            Ok(Source { rows: group.group().rows()?, dead: group.dead_bits()?, position: 0 })
        };
        let sources = groups.iter().map(source).collect::<Result<Vec<_>>>()?;
        let mut rows = Self { sources, next: BinaryHeap::new() };
        for index in 0..rows.sources.len() {
            rows.refill(index);
        }
        Ok(rows)
    }

    fn refill(&mut self, index: usize) {
        if let Some(row) = self.sources.get_mut(index).and_then(Source::next) {
            self.next.push(Reverse((row, index)));
        }
    }
}

impl Source<'_> {
    fn next(&mut self) -> Option<u64> {
        loop {
            let position = self.position;
            let row = self.rows.get(position)?;
            self.position = position.saturating_add(1);
            if !self.dead.is_some_and(|dead| dead.get(position as u64)) {
                return Some(row);
            }
        }
    }
}

impl Iterator for LiveRows<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let Reverse((row, index)) = self.next.pop()?;
        self.refill(index);
        Some(row)
    }
}
