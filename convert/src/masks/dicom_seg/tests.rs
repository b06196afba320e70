//! Segmentations that other programs wrote, and what is refused.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/dicom_seg");
const NAMES: [&str; 8] = [
    "binary",
    "implicit",
    "marked",
    "deflated",
    "fraction",
    "fraction_rle",
    "labels",
    "labels_rle",
];

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{DATA}/{name}.dcm")).unwrap()
}

fn near(left: &[f64], right: &Value) {
    let right: Vec<f64> = right.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
    assert_eq!(left.len(), right.len());
    for (a, b) in left.iter().zip(right) {
        assert!((a - b).abs() < 1e-9, "{a} {b}");
    }
}

#[test]
fn voxels_and_space_are_those_of_pydicom() {
    let expected: Value =
        serde_json::from_slice(&std::fs::read(format!("{DATA}/expected.json")).unwrap()).unwrap();
    for name in NAMES {
        let set = read_dicom_seg(&file(name)).unwrap();
        let wanted = &expected[name];
        assert_eq!(Value::from(set.space.shape.to_vec()), wanted["shape"], "{name}");
        near(&set.space.spacing, &wanted["spacing"]);
        near(&set.space.origin, &wanted["origin"]);
        for (row, wanted) in set.space.direction.iter().zip(wanted["direction"].as_array().unwrap())
        {
            near(row, wanted);
        }
        for value in &set.segments {
            let runs: Vec<_> = value.runs.as_slice().iter().map(|r| vec![r.start, r.end]).collect();
            let label = value.segment.label.to_string();
            assert_eq!(Value::from(runs), wanted["runs"][&label], "{name} {label}");
        }
        assert_eq!(set.segments.len(), wanted["runs"].as_object().unwrap().len());
    }
}

#[test]
fn names_codes_and_colours() {
    let set = read_dicom_seg(&file("binary")).unwrap();
    let names: Vec<&str> = set.segments.iter().map(|s| s.segment.name.as_str()).collect();
    assert_eq!(names, ["lobe_1", "lobe_2", "tumour \u{e9}"]);
    let codes = &set.segments[1].segment.codes;
    let meanings: Vec<&str> = codes.iter().map(|code| code.meaning.as_str()).collect();
    assert_eq!(meanings, ["Organ", "Liver", "Abdomen"]);
    assert_eq!((codes[1].scheme.as_str(), codes[1].value.as_str()), ("SCT", "10200004"));
    assert_eq!(set.segments[0].segment.colour, Some([128, 174, 128, 255]));
    let json: Value = serde_json::from_str(&set.segments[2].segment.json).unwrap();
    assert_eq!(
        (&json["algorithm_type"], &json["tracking_id"]),
        (&"MANUAL".into(), &"track 3".into())
    );
    assert_eq!(read_dicom_seg(&file("fraction")).unwrap().notes.len(), 1);
}

#[test]
fn colours_of_real_files_come_out_whole() {
    // Display values and colours of the generic anatomy table of Slicer.
    assert_eq!(colour::of_cielab([43803, 26565, 37722]), [128, 174, 128]);
    assert_eq!(colour::of_cielab([37064, 44082, 41620]), [216, 101, 79]);
    assert_eq!(colour::of_cielab([45062, 38660, 25486]), [183, 156, 220]);
    assert_eq!(colour::of_cielab([38399, 29410, 23264]), [0, 151, 206]);
    assert_eq!(colour::of_cielab([0, 32896, 32896]), [0; 3]);
    assert_eq!(colour::of_cielab([65535, 32896, 32896]), [255; 3]);
}

#[test]
fn a_real_file_with_overlap() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/masks/dicom/partial_overlaps.dcm");
    let Ok(bytes) = std::fs::read(path) else {
        eprintln!("SKIPPED: {path} is not there");
        return;
    };
    let set = read_dicom_seg(&bytes).unwrap();
    assert_eq!(set.space.shape, [3, 512, 512]);
    near(&set.space.spacing, &vec![1.0, 0.810_547, 0.810_547].into());
    near(&set.space.origin[..2], &vec![-235.199_997, -226.800_003].into());
    let found: Vec<(&str, u64)> =
        set.segments.iter().map(|s| (s.segment.name.as_str(), s.runs.voxels())).collect();
    println!("{found:?} {:?} {:?}", set.space, set.notes);
    assert_eq!(found.len(), 5);
    let covered: u64 = found.iter().map(|(_, voxels)| voxels).sum();
    let mut all = vec![false; 3 << 18];
    for value in &set.segments {
        value.runs.paint(&mut all, true).unwrap();
    }
    assert!(covered > all.iter().filter(|v| **v).count() as u64);
}

/// An element with its type named.
fn element(tag: tags::Tag, kind: [u8; 2], value: &[u8]) -> Vec<u8> {
    let mut out = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    out.extend(kind);
    if matches!(&kind, b"SQ" | b"OB" | b"UN") {
        out.extend([0, 0]);
        out.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
    } else {
        out.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
    }
    out.extend(value);
    out
}

fn with_syntax(uid: &[u8], body: &[u8]) -> Vec<u8> {
    let mut out = vec![0; 128];
    out.extend(b"DICM");
    out.extend(element(tags::TRANSFER_SYNTAX.0, *b"UI", uid));
    out.extend(body);
    out
}

fn refused(bytes: &[u8]) -> String {
    read_dicom_seg(bytes).unwrap_err().to_string()
}

const EXPLICIT: &[u8] = b"1.2.840.10008.1.2.1\0";

#[test]
fn nesting_without_end_is_refused() {
    let mut body = Vec::new();
    for _ in 0..200_000 {
        body.extend([0x62, 0, 2, 0, b'S', b'Q', 0, 0, 255, 255, 255, 255]);
        body.extend([0xFE, 0xFF, 0, 0xE0, 255, 255, 255, 255]);
    }
    assert!(refused(&with_syntax(EXPLICIT, &body)).contains("more than 16 sequences"));
}

#[test]
fn lengths_over_the_end_are_refused_without_memory() {
    let body = [0x62, 0, 2, 0, b'O', b'B', 0, 0, 0xF0, 255, 255, 255, 1, 2, 3];
    assert!(refused(&with_syntax(EXPLICIT, &body)).contains("goes over the end"));
    assert!(refused(&[0; 200]).contains("DICM"));
    assert!(refused(b"DICM").contains("DICM"));
}

#[test]
fn other_files_are_named() {
    let jpeg = refused(&with_syntax(b"1.2.840.10008.1.2.4.90", &[]));
    assert!(jpeg.contains("JPEG 2000") && jpeg.contains("convert"), "{jpeg}");
    assert!(refused(&with_syntax(b"1.2.840.10008.1.2.2\0", &[])).contains("Big Endian"));
    let ct = element(tags::SOP_CLASS.0, *b"UI", b"1.2.840.10008.5.1.4.1.1.2\0");
    assert!(refused(&with_syntax(EXPLICIT, &ct)).contains("no segmentation"));
    assert!(refused(&with_syntax(EXPLICIT, &[])).contains("SOP Class UID (0008,0016) is missing"));
}

/// The file with the value of one text replaced by one of the same length, all over.
fn changed(name: &str, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = file(name);
    let places: Vec<usize> = (0..bytes.len() - from.len())
        .filter(|&i| &bytes[i..i + from.len()] == from.as_bytes())
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place..place + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

#[test]
fn values_that_are_not_possible_are_named() {
    let cases = [
        (changed("binary", "BINARY", "BINORY"), "Segmentation Type (0062,0001) is \"BINORY\""),
        (changed("binary", "0.96\\0.28", "0.96\\0.38"), "two unit vectors"),
        (changed("binary", "0.96\\0.28", "0.96\\0.x8"), "6 numbers are needed"),
        (changed("binary", "0.75\\0.5", "0.00\\0.5"), "above zero"),
    ];
    for (bytes, what) in cases {
        let said = refused(&bytes);
        assert!(said.contains(what), "{said}");
    }
}

#[test]
fn rle_planes_are_unpacked_or_refused() {
    let mut fragment = vec![0; 64];
    fragment[0] = 2;
    fragment[4] = 64;
    fragment[8] = 68;
    fragment.extend([1, 7, 8, 128, 255, 9]);
    assert_eq!(rle::decoded(&fragment, 2, 2).unwrap(), [9, 7, 9, 8]);
    assert!(rle::decoded(&fragment, 4, 2).unwrap_err().contains("cut off"));
    assert!(rle::decoded(&fragment, 2, 1).unwrap_err().contains("planes"));
    assert!(rle::decoded(&fragment[..60], 2, 2).unwrap_err().contains("header"));
    assert!(rle::decoded(&fragment, 1 << 40, 2).unwrap_err().contains("larger"));
    fragment[8] = 3;
    assert!(rle::decoded(&fragment, 2, 2).unwrap_err().contains("outside"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn changed_files_are_taken_or_refused(
        which in 0..NAMES.len(),
        changes in prop::collection::vec((0.0..1.0_f64, any::<u8>()), 1..5),
        cut in prop::option::weighted(0.2, 0.0..1.0_f64),
    ) {
        let mut bytes = file(NAMES[which]);
        let at = |bytes: &[u8], part: f64| {
            (0..bytes.len()).rev().find(|i| *i as f64 <= part * bytes.len() as f64).unwrap_or(0)
        };
        for (part, value) in changes {
            let place = at(&bytes, part);
            bytes[place] = value;
        }
        if let Some(part) = cut {
            bytes.truncate(at(&bytes, part));
        }
        match read_dicom_seg(&bytes) {
            Ok(set) => for value in set.segments {
                prop_assert_eq!(value.runs.shape().zyx(), set.space.shape);
            },
            Err(error) => prop_assert!(error.to_string().starts_with("DICOM SEG: ")),
        }
    }
}
