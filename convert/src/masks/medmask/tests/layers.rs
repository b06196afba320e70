//! What `MedMask` cannot say in one array.

use super::*;

fn shape() -> VoxelShape {
    VoxelShape::of_space(&space()).unwrap()
}

fn dense(voxels: std::ops::Range<usize>) -> Vec<u8> {
    (0..60).map(|i| u8::from(voxels.contains(&i))).collect()
}

fn sample() -> SegmentSet {
    let make = |group, name, label, voxels| segment(group, name, label, shape(), &dense(voxels));
    let segments = vec![
        make("", "liver", 5, 0..30),
        // A segment without a group that has the name of a group.
        make("", "lesions", 1, 20..40),
        make("lesions", "a", 1, 0..10),
        make("lesions", "b", 2, 5..15),
        make("lesions", "c", 70_000, 20..25),
        make("lesions", "nothing", 4, 0..0),
        make("lesions", "same as a", 1, 0..10),
        make("lesions", "other of that label", 1, 30..31),
        make("", "\u{e4} \"#2\"", 300, 59..60),
    ];
    SegmentSet { space: space(), segments, notes: Vec::new() }
}

#[test]
fn overlaps_groups_and_names_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mska");
    let set = sample();
    assert!(write_mska(&set, &path).unwrap().is_empty());
    let back = read_mska(&path, &Limits::default(), false).unwrap();
    assert_eq!(back.space, set.space);
    for value in &set.segments {
        assert!(back.segments.contains(value), "{:?} of {:?}", value.segment, back.segments);
    }
    assert_eq!(back.segments.len(), set.segments.len());
}

#[test]
fn one_map_refuses_what_overlaps() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.msk");
    let mut set = sample();
    let text = write_msk(&set, &path).unwrap_err().to_string();
    assert!(text.contains("overlap") && text.contains("liver"), "{text}");
    assert!(!path.exists());
    set.segments
        .retain(|v| ["liver", "nothing", "other of that label"].contains(&v.segment.name.as_str()));
    set.segments[0].segment.colour = Some([1, 2, 3, 4]);
    set.segments.pop();
    let notes = write_msk(&set, &path).unwrap();
    assert!(
        notes.iter().any(|n| n.contains("colours")) && notes.iter().any(|n| n.contains("groups"))
    );
    let back = read_msk(&path, &Limits::default()).unwrap();
    assert_eq!(painted(&back, "")[..31], [[5; 30].as_slice(), &[0]].concat());
    assert!(back.notes.iter().any(|n| n.contains("no voxels")), "{:?}", back.notes);
}

#[test]
fn what_medmask_refuses_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mska");
    let mut set = sample();
    set.segments[0].segment.label = 0;
    let text = write_mska(&set, &path).unwrap_err().to_string();
    assert!(text.contains("label 0"), "{text}");
    set.segments.clear();
    assert!(write_mska(&set, &path).is_err());
    let mut set = sample();
    set.space.shape = [3, 4, 6];
    assert!(write_mska(&set, &path).unwrap_err().to_string().contains("shape"));
    assert!(!path.exists());
}
