//! Which segments go into one array.

use std::collections::{HashMap, HashSet};

use vesalius::{Run, SegmentValue};

use super::error::MedMaskErrorKind;

/// An entry of an archive that is to be written.
pub(super) struct Planned<'a> {
    pub(super) name: String,
    /// The group of its segments, if that is not the name.
    pub(super) group: Option<&'a str>,
    pub(super) segments: Vec<&'a SegmentValue>,
}

/// The entries for some segments: one for a group, one for each segment without a group, more than one for a
/// group that overlaps itself.
///
/// # Errors
/// A segment with voxels and label 0.
pub(super) fn entries(segments: &[SegmentValue]) -> Result<Vec<Planned<'_>>, MedMaskErrorKind> {
    let mut groups: Vec<(&str, Vec<&SegmentValue>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for value in segments {
        check_label(value)?;
        let group = value.segment.group.as_str();
        let place = (!group.is_empty()).then(|| places.get(group).copied()).flatten();
        if let Some((_, members)) = place.and_then(|place| groups.get_mut(place)) {
            members.push(value);
        } else {
            places.insert(group, groups.len());
            groups.push((group, vec![value]));
        }
    }
    let mut taken: HashSet<String> = places.keys().map(|name| (*name).to_owned()).collect();
    let mut out = Vec::new();
    for (group, members) in groups {
        for (number, layer) in layers(&members).into_iter().enumerate() {
            let alone = layer.first().filter(|_| group.is_empty());
            let wanted = alone.map_or(group, |value| value.segment.name.as_str());
            let named = !group.is_empty() && number == 0;
            let name = if named { group.to_owned() } else { free(wanted, &mut taken) };
            let group = (name != group).then_some(group);
            out.push(Planned { name, group, segments: layer });
        }
    }
    Ok(out)
}

/// Refuses what cannot be one array.
///
/// # Errors
/// Two segments that overlap or share a label, or a segment with voxels and label 0.
pub(super) fn one(segments: &[SegmentValue]) -> Result<Vec<&SegmentValue>, MedMaskErrorKind> {
    segments.iter().try_for_each(check_label)?;
    let all: Vec<&SegmentValue> = segments.iter().collect();
    match layers(&all).as_slice() {
        [] => Ok(Vec::new()),
        [_] => Ok(all),
        [first, second, ..] => {
            let clash = second.first().and_then(|value| {
                let other = first.iter().find(|other| !together(other, value))?;
                Some((other.segment.name.as_str(), value.segment.name.as_str()))
            });
            let (a, b) = clash.unwrap_or_default();
            Err(MedMaskErrorKind::Unwritable(format!(
                "segments {a:?} and {b:?} overlap or share a label or name, which a .msk cannot say: write a .mska"
            )))
        }
    }
}

fn check_label(value: &SegmentValue) -> Result<(), MedMaskErrorKind> {
    if value.segment.label != 0 || value.runs.is_empty() {
        return Ok(());
    }
    let name = &value.segment.name;
    let why =
        format!("segment {name:?} has label 0, which is the background: give it another label");
    Err(MedMaskErrorKind::Unwritable(why))
}

/// A name that no other entry has.
fn free(wanted: &str, taken: &mut HashSet<String>) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2_u64;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}#{number}");
        number = number.saturating_add(1);
    }
    name
}

/// The segments in as few arrays as a simple look finds: each goes into the first that it fits.
fn layers<'a>(segments: &[&'a SegmentValue]) -> Vec<Vec<&'a SegmentValue>> {
    if segments.is_empty() {
        return Vec::new();
    }
    if apart(segments) {
        return vec![segments.to_vec()];
    }
    let mut out: Vec<Vec<&SegmentValue>> = Vec::new();
    for value in segments {
        let fits =
            |layer: &&mut Vec<&SegmentValue>| layer.iter().all(|other| together(other, value));
        match out.iter_mut().find(fits) {
            Some(layer) => layer.push(value),
            None => out.push(vec![value]),
        }
    }
    out
}

/// Whether no two segments share a name, a label or a voxel. O(runs log runs).
fn apart(segments: &[&SegmentValue]) -> bool {
    let mut names = HashSet::new();
    let mut labels = HashSet::new();
    for value in segments {
        if !names.insert(value.segment.name.as_str()) || !labels.insert(value.segment.label) {
            return false;
        }
    }
    let mut runs: Vec<Run> = segments.iter().flat_map(|v| v.runs.as_slice()).copied().collect();
    runs.sort_unstable_by_key(|run| run.start);
    runs.windows(2).all(|pair| matches!(pair, [a, b] if a.end <= b.start))
}

/// Whether two segments can be in one array.
fn together(a: &SegmentValue, b: &SegmentValue) -> bool {
    if a.segment.name == b.segment.name {
        return false;
    }
    if a.segment.label == b.segment.label {
        return a.runs == b.runs;
    }
    let (mut left, mut right) = (a.runs.as_slice(), b.runs.as_slice());
    while let (Some((x, behind_x)), Some((y, behind_y))) = (left.split_first(), right.split_first())
    {
        if x.end <= y.start {
            left = behind_x;
        } else if y.end <= x.start {
            right = behind_y;
        } else {
            return false;
        }
    }
    true
}
