//! Archives that `MedMask` broke itself, and what is saved of them.

use super::medmask::python;
use super::*;

fn salvage(path: &std::path::Path) -> SegmentSet {
    let error = read_mska(path, &Limits::default(), false).unwrap_err();
    println!("{error}");
    assert!(
        matches!(error.kind, MedMaskErrorKind::Overflowed(_)) || error.entry.is_some(),
        "{error}"
    );
    assert!(error.to_string().contains("--salvage"), "{error}");
    let set = read_mska(path, &Limits::default(), true).unwrap();
    for note in
        set.notes.iter().filter(|note| !note.contains("no name") && !note.contains("no voxels"))
    {
        println!("  {note}");
    }
    set
}

/// Label maps by group, as the script made them: label i + k at the voxels of number i, i below `count`.
fn check(set: &SegmentSet, group: &str, count: usize) {
    let map = painted(set, group);
    let wanted: Vec<u32> =
        (0..map.len()).map(|i| if i < count { u32::try_from(i).unwrap() + 1 } else { 0 }).collect();
    assert_eq!(map, wanted, "{group}");
}

fn named(set: &SegmentSet, group: &str) -> usize {
    let own = |v: &&SegmentValue| v.segment.group == group && !v.segment.name.starts_with("label_");
    set.segments.iter().filter(own).count()
}

#[test]
fn archives_that_overflowed_are_saved() {
    let dir = tempfile::tempdir().unwrap();
    if python("breaks.py", dir.path()).is_none() {
        return;
    }
    let file = |name: &str| dir.path().join(name);

    // The first mask has a mapping that is too long: the array lies over the middle of the text.
    let set = salvage(&file("first.mska"));
    check(&set, "organs", 255);
    let names = named(&set, "organs");
    assert!(names > 80, "{names} of 255 names");
    assert!(set.notes.iter().any(|n| n.contains("\"organs\" is saved; names")), "{:?}", set.notes);

    // The second has: the text lies over the first array, and the new array over a little of the text.
    let set = salvage(&file("second.mska"));
    check(&set, "organs 2", 117);
    assert!(named(&set, "organs 2") > 100);
    assert!(set.notes.iter().any(|n| n.contains("\"organs 1\" is lost")), "{:?}", set.notes);

    // Many small masks, then a long one: the first few are lost, the others saved.
    let set = salvage(&file("many.mska"));
    check(&set, "long", 117);
    let saved = (0..20).filter(|i| named(&set, &format!("small {i}")) > 0).count();
    let lost = set.notes.iter().filter(|n| n.contains("is lost")).count();
    assert_eq!((saved + lost, lost < 12), (20, true), "{:?}", set.notes);

    // Adding a mask stopped after the arrays were moved.
    let set = salvage(&file("moved.mska"));
    for number in 0..39 {
        check(&set, &format!("mask number {number:03}"), number + 200);
        assert_eq!(named(&set, &format!("mask number {number:03}")), 1);
    }

    // Cut off in the middle of the data.
    let set = salvage(&file("cut.mska"));
    check(&set, "mask number 003", 203);
    assert!(set.notes.iter().any(|n| n.contains("\"mask number 048\" is lost")));
}
