//! Tables of labels: which number is which structure, in which colour.
//!
//! Read are the label descriptions of ITK-SNAP (`.txt`), the colour tables of `FreeSurfer` (`.txt`) and Slicer
//! (`.ctbl`, `.txt`, `.csv` with its codes), the `dseg.tsv` of BIDS and other tables with a line of column names,
//! JSON that maps names to labels or labels to names, also inside `labels` or `rois`, and lines of a label and
//! a name. Which of them a file is, is seen from what is in it.
//!
//! ```
//! use vesalius_convert::masks::label_table::LabelTable;
//!
//! let table = LabelTable::parse("index\tname\tcolor\n1\tGray Matter\t#ff5330\n")?;
//! assert_eq!(table.entries[0].name, "Gray Matter");
//! assert_eq!(table.entries[0].colour, Some([255, 83, 48, 255]));
//! # Ok::<(), vesalius_convert::masks::label_table::LabelTableError>(())
//! ```

#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

mod apply;
mod columns;
mod error;
mod json;
mod lines;
mod split;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::Read;
use std::path::Path;

use vesalius::TermCode;

use super::limits::Limits;
pub use error::{LabelTableError, LabelTableErrorKind};

/// The longest name of a label in bytes.
pub const NAME_MAX: usize = 1024;

/// The labels of a table, in its order. Labels and names may be there twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelTable {
    /// The labels.
    pub entries: Vec<LabelEntry>,
}

/// One label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelEntry {
    /// Its value in a label map. 0 is the background.
    pub label: u32,
    /// Its name.
    pub name: String,
    /// Red, green, blue, opacity.
    pub colour: Option<[u8; 4]>,
    /// What it is, in the codes of terminologies: category, type, region, with their modifiers behind them.
    pub codes: Vec<TermCode>,
}

impl LabelTable {
    /// Reads a table of at most [`Limits::max_text_bytes`]. Text that is not UTF-8 is taken as Latin-1.
    ///
    /// # Errors
    /// No table of any kind, more than the limits allow, or the medium failed.
    pub fn read(path: &Path, limits: &Limits) -> Result<Self, LabelTableError> {
        let mut bytes = Vec::new();
        let limit = limits.max_text_bytes;
        File::open(path)?.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
        let length = bytes.len() as u64;
        if length > limit {
            return Err(LabelTableErrorKind::OverLimit("text in bytes", length, limit).at(0));
        }
        let table = match String::from_utf8(bytes) {
            Ok(text) => Self::parse(&text)?,
            Err(error) => Self::parse(&latin(error.as_bytes()))?,
        };
        let (found, limit) = (table.entries.len() as u64, limits.max_labels);
        if found > limit {
            return Err(LabelTableErrorKind::OverLimit("labels", found, limit).at(0));
        }
        Ok(table)
    }

    /// Reads a table from text. Memory: a small multiple of the text.
    ///
    /// # Errors
    /// No table of any kind: what is wrong with it as the kind that it is most like.
    pub fn parse(text: &str) -> Result<Self, LabelTableError> {
        let text = text.trim_start_matches('\u{feff}');
        if text.contains('\0') {
            return Err(LabelTableErrorKind::NotText.at(0));
        }
        let entries = if text.trim_start().starts_with(['{', '[']) {
            json::parse(text)?
        } else {
            lines::parse(text)?
        };
        match entries.iter().find(|entry| entry.name.len() > NAME_MAX) {
            Some(entry) => {
                let kind = LabelTableErrorKind::Name(entry.label, entry.name.len());
                Err(kind.at(0))
            }
            None if entries.is_empty() => Err(LabelTableErrorKind::Empty.at(0)),
            None => Ok(Self { entries }),
        }
    }

    /// The first entry of a label.
    pub fn get(&self, label: u32) -> Option<&LabelEntry> {
        self.entries.iter().find(|entry| entry.label == label)
    }
}

/// Every byte is a character.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}
