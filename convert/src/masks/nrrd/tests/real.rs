//! Files of 3D Slicer.

use super::*;

#[test]
fn slicer_files_read_with_names_codes_and_overlaps() {
    let Some(folder) = data("nrrd") else { return };
    let read = |name: &str| read_nrrd(&folder.join(name), &Limits::default()).unwrap();
    let plain = read("Segmentation.seg.nrrd");
    let over = read("SegmentationOverlapping.seg.nrrd");
    assert_eq!((plain.segments.len(), over.segments.len()), (7, 8));
    assert_eq!(
        plain.segments[..7].iter().map(|v| &v.runs).collect::<Vec<_>>(),
        over.segments[..7].iter().map(|v| &v.runs).collect::<Vec<_>>()
    );
    let lung = &plain.segments[4].segment;
    assert_eq!(
        (lung.name.as_str(), lung.label, lung.colour),
        ("right lung", 5, Some([22, 197, 71, 255]))
    );
    assert_eq!(lung.codes[1].meaning, "Lung");
    let sphere = &over.segments[7];
    assert_eq!((sphere.segment.name.as_str(), sphere.segment.label), ("overlapping sphere", 1));
    assert_eq!(plain.space.shape, [34, 128, 128]);
    let origin = [193.095_993_041_992_22, 216.395_996_093_749_94, -340.249_999_999_999_94];
    assert_eq!(plain.space.origin, origin);
    let [left, _, superior] = plain.space.to_world([33.0, 0.0, 127.0]);
    let wanted = [193.095_993_041_992_2 - 127.0 * 3.046_875_953_674_32, -10.25];
    assert!(
        (left - wanted[0]).abs() < 1e-6 && (superior - wanted[1]).abs() < 1e-6,
        "{left} {superior}"
    );
}

#[test]
fn slicer_files_are_written_as_they_were() {
    let Some(folder) = data("nrrd") else { return };
    for (name, layers) in [("Segmentation.seg.nrrd", 1), ("SegmentationOverlapping.seg.nrrd", 2)] {
        let set = read_nrrd(&folder.join(name), &Limits::default()).unwrap();
        println!("{name}: notes {:?}", set.notes);
        let out = tempfile::tempdir().unwrap();
        let path = out.path().join(name);
        assert_eq!(write_seg_nrrd(&set, &path, true).unwrap().layers, layers);
        let back = read_nrrd(&path, &Limits::default()).unwrap();
        assert_eq!(back.segments, set.segments);
        assert!(back.space.corner_distance(&set.space).unwrap() < 1e-12);
        // Every key of every segment is as it was, but for boxes, which were those of the whole layer.
        let lines = |path: &std::path::Path| {
            let bytes = std::fs::read(path).unwrap();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let keys = text
                .lines()
                .filter(|line| line.starts_with("Segment") && !line.starts_with("Segmentation"));
            let mut keys: Vec<String> = keys
                .filter(|l| !l.contains("_Color:=") && !l.contains("_Extent:="))
                .map(str::to_owned)
                .collect();
            keys.sort();
            keys
        };
        assert_eq!(lines(&path), lines(&folder.join(name)));
    }
}
