//! Names of segments as names of files.

use std::collections::HashMap;

use vesalius::Segment;

use crate::masks::volumes::shorten;

/// The longest name without its ending, so that with it, and with the sign of an unfinished file, it is allowed
/// everywhere.
const STEM_BYTES: usize = 200;

/// Names that are taken, in small letters, for some systems know no others; and the number that the next segment
/// of that name gets.
#[derive(Default)]
pub(super) struct FileNames(HashMap<String, u64>);

impl FileNames {
    /// A name that no segment before has: that of the segment, else `group_name`, else with a number. Characters
    /// that some system forbids become `_`.
    pub(super) fn settle(&mut self, segment: &Segment) -> String {
        let mut name = clean(&segment.name);
        if name.is_empty() {
            name = format!("label_{}", segment.label);
        }
        if !segment.group.is_empty() && self.0.contains_key(&name.to_lowercase()) {
            name = clean(&format!("{}_{name}", segment.group));
        }
        let stem = name.clone();
        while self.0.contains_key(&name.to_lowercase()) {
            let number = self.0.entry(stem.to_lowercase()).or_insert(2);
            name = format!("{stem}_{number}");
            *number = number.saturating_add(1);
        }
        self.0.insert(name.to_lowercase(), 2);
        name
    }
}

fn clean(name: &str) -> String {
    let allowed = |c: char| if c.is_control() || r#"/\<>:"|?*"#.contains(c) { '_' } else { c };
    let name: String = name.trim().chars().map(allowed).collect();
    // A leading dot hides a file, and dots or spaces at the end are lost on some systems.
    let name = name.trim_start_matches('.').trim_end_matches(['.', ' ']);
    shorten(name, STEM_BYTES)
}
