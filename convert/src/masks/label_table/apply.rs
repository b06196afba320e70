//! A table put to segments.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use vesalius::{Runs, Segment, SegmentValue, VoxelShape};

use super::super::SegmentSet;
use super::super::naming::listed;
use super::{LabelEntry, LabelTable};

impl LabelTable {
    /// Names and colours segments by their labels, in every group. With `add_missing`, labels of the table
    /// without a segment become empty segments, of the group of the others if they are all of one.
    ///
    /// An entry without a name leaves the name, one without a colour or codes leaves those. Label 0 is the
    /// background. Of entries with one label the first counts. Returns what a user should know: labels that
    /// the table does not have, and names that two labels of a group have, one of which gets its label behind
    /// it.
    pub fn apply(&self, set: &mut SegmentSet, add_missing: bool) -> Vec<String> {
        let mut entries: BTreeMap<u32, &LabelEntry> = BTreeMap::new();
        for entry in self.entries.iter().filter(|entry| entry.label != 0) {
            entries.entry(entry.label).or_insert(entry);
        }
        let mut notes = Vec::new();
        let mut present = HashSet::new();
        let mut missing = BTreeSet::new();
        for value in &mut set.segments {
            let segment = &mut value.segment;
            present.insert(segment.label);
            match entries.get(&segment.label) {
                Some(entry) => put(entry, segment),
                None => {
                    missing.insert(segment.label);
                }
            }
        }
        if !missing.is_empty() {
            let labels: Vec<String> = missing.iter().map(u32::to_string).collect();
            let count = labels.len();
            notes.push(format!("{count} labels are not in the table: {}", listed(&labels)));
        }
        if add_missing && let Ok(shape) = VoxelShape::of_space(&set.space) {
            let group = common_group(set);
            for (label, entry) in entries.iter().filter(|(label, _)| !present.contains(*label)) {
                let name = format!("label_{label}");
                let mut segment = Segment { group: group.clone(), ..Segment::new(name, *label) };
                put(entry, &mut segment);
                set.segments.push(SegmentValue { segment, runs: Runs::empty(shape) });
            }
        }
        make_unique(set, &mut notes);
        notes
    }
}

fn put(entry: &LabelEntry, segment: &mut Segment) {
    if !entry.name.is_empty() {
        segment.name.clone_from(&entry.name);
    }
    if entry.colour.is_some() {
        segment.colour = entry.colour;
    }
    if !entry.codes.is_empty() {
        segment.codes.clone_from(&entry.codes);
    }
}

fn common_group(set: &SegmentSet) -> String {
    let mut groups = set.segments.iter().map(|value| value.segment.group.as_str());
    let first = groups.next().unwrap_or("");
    if groups.all(|group| group == first) { first.to_owned() } else { String::new() }
}

fn make_unique(set: &mut SegmentSet, notes: &mut Vec<String>) {
    let mut taken = HashSet::new();
    for value in &mut set.segments {
        let segment = &mut value.segment;
        if taken.insert((segment.group.clone(), segment.name.clone())) {
            continue;
        }
        let twice = segment.name.clone();
        while !taken.insert((segment.group.clone(), segment.name.clone())) {
            segment.name = format!("{}_{}", segment.name, segment.label);
        }
        notes.push(format!("{twice:?} is the name of two labels: one is {:?}", segment.name));
    }
}
