//! What the files cannot say of the segments.

use std::path::PathBuf;

use vesalius::SegmentValue;

use super::numbers::new_labels;
use crate::masks::SegmentSet;
use crate::masks::naming::listed;
use crate::masks::nifti::Flattened;

/// What a label map shows of segments that overlap.
pub(super) fn hidden(set: &SegmentSet, flat: &Flattened) -> Option<String> {
    let all = set.segments.iter().zip(&flat.covered).filter(|(_, covered)| **covered > 0);
    let parts = all.map(|(value, covered)| format!("{covered} of {:?}", value.segment.name));
    let parts: Vec<String> = parts.collect();
    let total = flat.total();
    (total > 0).then(|| {
        let text = "voxels are under other segments and not in the file:";
        format!("{total} {text} {}", listed(&parts))
    })
}

pub(super) fn renumbered(set: &SegmentSet, flat: &Flattened) -> Option<String> {
    let all = set.segments.iter().zip(&flat.labels);
    let new = all.filter(|(value, label)| value.segment.label != **label);
    let parts: Vec<String> =
        new.map(|(value, label)| format!("{:?} is {label}", value.segment.name)).collect();
    (!parts.is_empty()).then(|| new_labels(&parts))
}

pub(super) fn renamed(set: &SegmentSet, paths: &[PathBuf]) -> Option<String> {
    let named =
        |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let all = set.segments.iter().zip(paths.iter().map(named));
    let other = all.filter(|(value, file)| *file != format!("{}.nii.gz", value.segment.name));
    let parts: Vec<String> =
        other.map(|(value, file)| format!("{:?} is {file}", value.segment.name)).collect();
    let text = "names are no names of files:";
    (!parts.is_empty()).then(|| format!("{} {text} {}", parts.len(), listed(&parts)))
}

/// What is known of the segments and has no place in the file.
pub(super) fn left_out(set: &SegmentSet, file: &str, kinds: &[&str]) -> Option<String> {
    let any = |has: &dyn Fn(&SegmentValue) -> bool| set.segments.iter().any(has);
    let there = |kind: &&&str| match **kind {
        "groups" => any(&|value| !value.segment.group.is_empty()),
        "colours" => any(&|value| value.segment.colour.is_some()),
        "codes" => any(&|value| !value.segment.codes.is_empty()),
        _ => any(&|value| !value.segment.json.is_empty()),
    };
    let kinds: Vec<&str> = kinds.iter().filter(there).copied().collect();
    (!kinds.is_empty()).then(|| format!("{file} has no {}: they are left out", kinds.join(", ")))
}
