//! Names of segments, of which an image has each once.

use std::collections::{HashMap, HashSet};

/// Names without a repetition. Where a name stands more than once, each gets `_` and its own mark, the id or
/// number it has in its file; where that is taken too, `_2`, `_3`, ... follow.
pub(crate) fn distinct(names: &[String], marks: &[String]) -> Vec<String> {
    let mut count: HashMap<&str, usize> = HashMap::new();
    for name in names {
        let seen = count.entry(name).or_default();
        *seen = seen.saturating_add(1);
    }
    // Those that keep their names have them before any other is made.
    let single = |name: &str| count.get(name) == Some(&1);
    let mut taken: HashSet<String> = names.iter().filter(|name| single(name)).cloned().collect();
    let mut next: HashMap<String, u64> = HashMap::new();
    let mut out = Vec::with_capacity(names.len());
    for (name, mark) in names.iter().zip(marks) {
        if single(name) {
            out.push(name.clone());
            continue;
        }
        let wanted = format!("{name}_{mark}");
        let mut given = wanted.clone();
        // Kept for each name, so that many equal ids take no quadratic time.
        let number = next.entry(wanted.clone()).or_insert(1);
        while !taken.insert(given.clone()) {
            *number = number.saturating_add(1);
            given = format!("{wanted}_{number}");
        }
        out.push(given);
    }
    out
}

/// How many things a note names.
const NAMED: usize = 8;

/// The first few of some names, and how many there are more.
pub(crate) fn listed(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let shown = names.get(..NAMED).unwrap_or(names).join(", ");
    if more > 0 { format!("{shown} and {more} more") } else { shown }
}
