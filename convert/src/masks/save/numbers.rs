//! Labels of label maps, which differ.

use std::borrow::Cow;
use std::collections::HashSet;

use vesalius::{Segment, SegmentValue};

use crate::masks::SegmentSet;
use crate::masks::naming::listed;

/// All segments are in one label map.
#[expect(clippy::unnecessary_wraps, reason = "a choice like the one below")]
pub(super) fn one_map(_: &Segment) -> Option<&str> {
    Some("")
}

/// The segments of a group are in a label map; one without a group is truth values, whatever its label.
pub(super) fn map_of_group(segment: &Segment) -> Option<&str> {
    Some(segment.group.as_str()).filter(|group| !group.is_empty())
}

/// A note of labels that a file has and the segments have not.
pub(super) fn new_labels(parts: &[String]) -> String {
    format!("{} labels were 0 or taken, and are new: {}", parts.len(), listed(parts))
}

/// Segments whose labels differ within each label map, which `map` names. A label that is 0 or taken becomes the
/// smallest free one.
pub(super) fn numbered<'s>(
    set: &'s SegmentSet,
    map: for<'a> fn(&'a Segment) -> Option<&'a str>,
    notes: &mut Vec<String>,
) -> Cow<'s, SegmentSet> {
    let mut taken: HashSet<(&str, u32)> = HashSet::new();
    let mut wrong = Vec::new();
    for (place, SegmentValue { segment, .. }) in set.segments.iter().enumerate() {
        if let Some(map) = map(segment)
            && (segment.label == 0 || !taken.insert((map, segment.label)))
        {
            wrong.push((place, map));
        }
    }
    if wrong.is_empty() {
        return Cow::Borrowed(set);
    }
    let mut own = set.clone();
    let mut parts = Vec::new();
    for (place, map) in wrong {
        let free = (1..=u32::MAX).find(|label| taken.insert((map, *label)));
        if let (Some(value), Some(label)) = (own.segments.get_mut(place), free) {
            value.segment.label = label;
            parts.push(format!("{:?} is {label}", value.segment.name));
        }
    }
    notes.push(new_labels(&parts));
    Cow::Owned(own)
}
