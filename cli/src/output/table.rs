//! Tables of plain text.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::{Out, escape, style};
use crate::exit::Result;

/// Rows that decide the widths of the columns. Longer tables are written while they are made.
const MEASURED_ROWS: usize = 1000;
/// Widest column that the others are moved aside for, in characters of a terminal.
const WIDTH_MAX: usize = 60;

/// A cell: escaped text, and to which side it goes.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    text: String,
    right: bool,
    style: Style,
}

impl Cell {
    /// A text, on the left.
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self { text: escape(text.as_ref()).into_owned(), right: false, style: style::PLAIN }
    }

    /// A number, on the right.
    #[expect(clippy::needless_pass_by_value, reason = "mostly numbers, which are copied")]
    pub(crate) fn number(text: impl ToString) -> Self {
        Self { text: escape(&text.to_string()).into_owned(), right: true, style: style::PLAIN }
    }

    /// Nothing.
    pub(crate) fn empty() -> Self {
        Self::text("")
    }

    /// Sets the style.
    pub(crate) fn style(self, style: Style) -> Self {
        Self { style, ..self }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

/// A table under a heading, its columns two blanks apart.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<Cell>,
    rows: Vec<Vec<Cell>>,
    widths: Vec<usize>,
    begun: bool,
}

impl Table {
    /// A table with these headings; the heading of a column of numbers is a number cell itself.
    pub(crate) fn new(head: impl IntoIterator<Item = Cell>) -> Self {
        let head: Vec<Cell> = head.into_iter().map(|cell| cell.style(style::HEADING)).collect();
        Self { head, rows: Vec::new(), widths: Vec::new(), begun: false }
    }

    /// Adds a row.
    pub(crate) fn row(
        &mut self,
        out: &mut Out,
        cells: impl IntoIterator<Item = Cell>,
    ) -> Result<()> {
        self.rows.push(cells.into_iter().collect());
        if self.rows.len() >= MEASURED_ROWS { self.write(out) } else { Ok(()) }
    }

    /// Writes what is left.
    pub(crate) fn end(mut self, out: &mut Out) -> Result<()> {
        self.write(out)
    }

    fn write(&mut self, out: &mut Out) -> Result<()> {
        let head = std::iter::once(self.head.clone()).filter(|_| !self.begun);
        let lines: Vec<Vec<Cell>> = head.chain(std::mem::take(&mut self.rows)).collect();
        if !self.begun {
            self.measure(&lines);
            self.begun = true;
        }
        for line in &lines {
            self.line(out, line)?;
        }
        Ok(())
    }

    fn measure(&mut self, lines: &[Vec<Cell>]) {
        self.widths = vec![0; self.head.len()];
        for line in lines {
            for (width, cell) in self.widths.iter_mut().zip(line) {
                *width = (*width).max(cell.width().min(WIDTH_MAX));
            }
        }
    }

    fn line(&self, out: &mut Out, cells: &[Cell]) -> Result<()> {
        let mut parts = Vec::with_capacity(cells.len() * 2);
        let last = cells.iter().rposition(|cell| !cell.text.is_empty());
        for (place, (cell, width)) in cells.iter().zip(&self.widths).enumerate() {
            if last.is_none_or(|last| place > last) {
                break;
            }
            let gap = if place == 0 { 0 } else { 2 };
            let fill = width.saturating_sub(cell.width());
            let (before, after) = if cell.right { (gap + fill, 0) } else { (gap, fill) };
            let after = if Some(place) == last { 0 } else { after };
            parts.push((style::PLAIN, " ".repeat(before)));
            parts.push((cell.style, cell.text.clone()));
            parts.push((style::PLAIN, " ".repeat(after)));
        }
        let parts: Vec<(Style, &str)> =
            parts.iter().map(|(style, text)| (*style, text.as_str())).collect();
        out.styled(&parts)
    }
}
