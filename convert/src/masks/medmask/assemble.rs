//! Names and voxels together as segments.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;
use vesalius::{Runs, Segment, SegmentValue, VoxelShape};

use super::super::naming::listed;
use super::error::MedMaskErrorKind;

/// Names and labels, in the order of the file.
pub(super) type Mapping = Vec<(String, u32)>;

/// What a label without a name is called.
pub(super) fn unnamed(label: u32) -> String {
    format!("label_{label}")
}

/// The mapping that a JSON value is.
pub(super) fn mapping(value: &Value) -> Result<Mapping, MedMaskErrorKind> {
    let Some(object) = value.as_object() else {
        return Err(MedMaskErrorKind::Json("a mapping", "it is no object".into()));
    };
    let pair = |(name, label): (&String, &Value)| {
        let number = label.as_u64().and_then(|label| u32::try_from(label).ok());
        let bad = || {
            let shown: String = label.to_string().chars().take(40).collect();
            MedMaskErrorKind::Label(name.clone(), shown)
        };
        Ok((name.clone(), number.ok_or_else(bad)?))
    };
    object.iter().map(pair).collect()
}

/// The segments of one array: those with a name in the order of the mapping, then those without by label.
/// Names without voxels are kept, for the voxels that names share see the notes.
pub(super) fn segments(
    mapping: Mapping,
    mut voxels: BTreeMap<u32, Runs>,
    group: &str,
    shape: VoxelShape,
    notes: &mut Vec<String>,
) -> Vec<SegmentValue> {
    let place = if group.is_empty() { String::new() } else { format!(" of {group:?}") };
    let mut taken: HashSet<String> = mapping.iter().map(|(name, _)| name.clone()).collect();
    let mut labels = HashSet::new();
    let (mut out, mut empty) = (Vec::new(), Vec::new());
    for (name, label) in mapping {
        if label == 0 {
            notes.push(format!(
                "{name:?}{place} has label 0, the background: its voxels are not kept"
            ));
        } else if !labels.insert(label) {
            notes.push(format!("{name:?}{place} shares label {label} with another name"));
        } else if !voxels.contains_key(&label) {
            empty.push(format!("{name:?}"));
        }
        let runs = voxels.get(&label).cloned().unwrap_or_else(|| Runs::empty(shape));
        let segment = Segment { group: group.into(), ..Segment::new(name, label) };
        out.push(SegmentValue { segment, runs });
    }
    voxels.retain(|label, _| !labels.contains(label));
    if !empty.is_empty() {
        notes.push(format!("{} names{place} have no voxels: {}", empty.len(), listed(&empty)));
    }
    if !voxels.is_empty() {
        let labels: Vec<String> = voxels.keys().map(u32::to_string).collect();
        let called = "have no name and are called label_N:";
        notes.push(format!("{} labels{place} {called} {}", labels.len(), listed(&labels)));
    }
    for (label, runs) in voxels {
        let mut name = unnamed(label);
        while !taken.insert(name.clone()) {
            name.push('_');
        }
        let segment = Segment { group: group.into(), ..Segment::new(name, label) };
        out.push(SegmentValue { segment, runs });
    }
    out
}
