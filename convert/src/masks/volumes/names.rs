//! Names of segments: there is one, it is not too long, and it is unique in its group.

use std::collections::{HashMap, HashSet};

use vesalius::Segment;
use vesalius::format::limits::NAME_BYTES_MAX;

/// What is kept of a name that gets a number of up to 11 digits.
const STEM_BYTES: usize = 240;

/// Names that are taken, and notes of those that had to change.
#[derive(Default)]
pub(in crate::masks) struct Names {
    taken: HashSet<(String, String)>,
    /// The number that a name of a group gets next, so that many equal names cost no more than others.
    next: HashMap<(String, String), u64>,
    changed: u64,
}

impl Names {
    /// Gives the segment a name that its group does not have yet: its own, or `label_N` if it has none, with
    /// `_2`, `_3` behind it where it is taken.
    pub(in crate::masks) fn settle(&mut self, segment: &mut Segment) {
        let given = std::mem::take(&mut segment.name);
        let mut name = shorten(given.trim(), usize::try_from(NAME_BYTES_MAX).unwrap_or(255));
        if name.is_empty() {
            name = format!("label_{}", segment.label);
        }
        let stem = shorten(&name, STEM_BYTES);
        while !self.taken.insert((segment.group.clone(), name.clone())) {
            let number = self.next.entry((segment.group.clone(), stem.clone())).or_insert(2);
            name = format!("{stem}_{number}");
            *number = number.saturating_add(1);
        }
        if !given.is_empty() && name != given {
            self.changed = self.changed.saturating_add(1);
        }
        segment.name = name;
    }

    /// What the user should know.
    pub(in crate::masks) fn note(&self) -> Option<String> {
        let text = "names were empty, too long or taken, and were changed";
        (self.changed > 0).then(|| format!("{} {text}", self.changed))
    }
}

/// The beginning of a text, at most this many bytes of it.
pub(in crate::masks) fn shorten(text: &str, most: usize) -> String {
    let end = (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default().to_owned()
}
