//! Swatches with names beside a picture.

use super::slice::SliceSegment;
use super::{INK, PAPER, label_colour};
use crate::picture::frame::edged;
use crate::picture::image::{Colour, Rgb};
use crate::picture::text;

/// Lengths in pixels, before they are multiplied by the scale of the text.
const LINE: usize = 14;
const SWATCH: usize = 9;
const GAP: usize = 12;
const SPACE: usize = 6;
/// The longest line, in characters.
const LONGEST: usize = 44;
/// The most columns. What has no place in them is counted in the last line.
const COLUMNS: usize = 3;
const SOFT: Colour = [110; 3];

struct Entry {
    colour: Option<Colour>,
    name: String,
    detail: String,
}

pub(super) struct Legend {
    entries: Vec<Entry>,
    scale: usize,
    /// Entries of a column.
    rows: usize,
    /// Characters of the longest name, and of the longest detail.
    name: usize,
    detail: usize,
}

impl Legend {
    pub(super) fn of(shown: &[&SliceSegment<'_>], height: usize, scale: usize) -> Self {
        let line = LINE.saturating_mul(scale);
        let rows = height.checked_div(line).unwrap_or(0).max(12).min(shown.len().max(1));
        let most = rows.saturating_mul(COLUMNS);
        let kept = if shown.len() > most { most.saturating_sub(1) } else { shown.len() };
        let entry = |segment: &&SliceSegment<'_>| Entry {
            colour: Some(segment.colour.unwrap_or_else(|| label_colour(segment.label))),
            name: text::fitted(segment.name, LONGEST, LONGEST),
            detail: text::fitted(segment.detail, LONGEST / 2, LONGEST),
        };
        let mut entries: Vec<Entry> = shown.iter().take(kept).map(entry).collect();
        let more = shown.len().saturating_sub(kept);
        if more > 0 {
            let name = format!("and {more} more");
            entries.push(Entry { colour: None, name, detail: String::new() });
        }
        let longest = |of: fn(&Entry) -> &String| {
            entries.iter().map(|entry| of(entry).chars().count()).max().unwrap_or(0)
        };
        let (name, detail) = (longest(|entry| &entry.name), longest(|entry| &entry.detail));
        Self { entries, scale, rows, name, detail }
    }

    fn px(&self, length: usize) -> usize {
        length.saturating_mul(self.scale)
    }

    fn column(&self) -> usize {
        let names = self.px(SWATCH.saturating_add(SPACE));
        let names = names.saturating_add(text::width(self.name, self.scale));
        let details = match self.detail {
            0 => 0,
            longest => self.px(GAP).saturating_add(text::width(longest, self.scale)),
        };
        self.px(GAP).saturating_add(names).saturating_add(details)
    }

    pub(super) fn width(&self) -> usize {
        let columns = self.entries.len().div_ceil(self.rows.max(1));
        columns.saturating_mul(self.column())
    }

    pub(super) fn height(&self) -> usize {
        self.rows.min(self.entries.len()).saturating_mul(self.px(LINE))
    }

    pub(super) fn draw(&self, page: &mut Rgb, [top, left]: [usize; 2]) {
        let columns = (0_usize..).zip(self.entries.chunks(self.rows.max(1)));
        for (column, entries) in columns {
            let x = column.saturating_mul(self.column()).saturating_add(self.px(GAP));
            let x = x.saturating_add(left);
            for (row, entry) in (0_usize..).zip(entries) {
                let y = row.saturating_mul(self.px(LINE)).saturating_add(top);
                self.entry(page, [y, x], entry);
            }
        }
    }

    fn entry(&self, page: &mut Rgb, [y, x]: [usize; 2], entry: &Entry) {
        let side = self.px(SWATCH);
        if let Some(swatch) = entry.colour.and_then(|colour| Rgb::new(side, side, colour).ok()) {
            edged(page, [y.saturating_add(1), x.saturating_add(1)], &swatch);
        } else {
            page.fill([y, x], [side, side], PAPER);
        }
        // Letters of seven rows in the middle of a swatch of eleven with its line.
        let line = y.saturating_add(self.px(2));
        let names = x.saturating_add(self.px(SWATCH.saturating_add(SPACE)));
        text::draw(page, [line, names], self.scale, INK, &entry.name);
        // Details stand at the right of their column: they are mostly numbers.
        let details = text::width(entry.detail.chars().count(), self.scale);
        let right = x.saturating_add(self.column()).saturating_sub(self.px(GAP));
        let details = right.saturating_sub(details);
        text::draw(page, [line, details], self.scale, SOFT, &entry.detail);
    }
}
