//! Tables of every kind, the data, and mutants.

use std::path::Path;

use super::*;
use crate::masks::SegmentSet;
use vesalius::{Segment, SegmentValue, Space, VoxelShape};

const SNAP: &str = "################################################
# ITK-SnAP Label Description File
# IDX   -R-  -G-  -B-  -A--  VIS MSH  LABEL
################################################
    0     0    0    0        0  0  0    \"Clear Label\"
    1   255    0    0        1  1  1    \"label one (l1)\"
    2   204   10    0      0.5  1  1    \"two\"
";
const FREESURFER: &str = "#$Id: FreeSurferColorLUT.txt\n\n#No. Label Name:   R   G   B   A

0   Unknown                                 0   0   0   0
2   Left-Cerebral-White-Matter              245 245 245 0
10  Left-Thalamus                           0   118 14  0
";
const SLICER: &str = "# Color table file Segmentation-label_ColorTable.ctbl\n# 4 values
0 Background 0 0 0 0
1 artery 216 101 79 255
3 connective_tissue 111 184 210 128
";
const SLICER_CSV: &str = "LabelValue,Name,Color_R,Color_G,Color_B,Color_A,Category_CodingScheme,\
Category_CodeValue,Category_CodeMeaning,Type_CodingScheme,Type_CodeValue,Type_CodeMeaning\r
1,\"liver, right\",221,130,101,255,SCT,123037004,Anatomical Structure,SCT,10200004,Liver\r
2,mass,144,238,144,,SCT,49755003,Morphologically Altered Structure,,,\r
";
const BIDS: &str = "index\tname\tabbreviation\tcolor\tmapping
1\tGray Matter\tGM\t#ff53bb\t1
2\tWhite Matter\tWM\tn/a\t2
";

fn names(text: &str) -> Vec<(u32, String, Option<[u8; 4]>)> {
    let table = LabelTable::parse(text).unwrap();
    table.entries.into_iter().map(|e| (e.label, e.name, e.colour)).collect()
}

fn entry(label: u32, name: &str, colour: Option<[u8; 4]>) -> (u32, String, Option<[u8; 4]>) {
    (label, name.to_owned(), colour)
}

#[test]
fn every_kind_is_recognised() {
    assert_eq!(
        names(SNAP),
        [
            entry(0, "Clear Label", Some([0, 0, 0, 0])),
            entry(1, "label one (l1)", Some([255, 0, 0, 255])),
            entry(2, "two", Some([204, 10, 0, 128])),
        ]
    );
    assert_eq!(
        names(FREESURFER),
        [
            entry(0, "Unknown", Some([0, 0, 0, 255])),
            entry(2, "Left-Cerebral-White-Matter", Some([245, 245, 245, 255])),
            entry(10, "Left-Thalamus", Some([0, 118, 14, 255])),
        ]
    );
    assert_eq!(
        names(SLICER),
        [
            entry(0, "Background", Some([0, 0, 0, 0])),
            entry(1, "artery", Some([216, 101, 79, 255])),
            entry(3, "connective_tissue", Some([111, 184, 210, 128])),
        ]
    );
    assert_eq!(
        names(BIDS),
        [entry(1, "Gray Matter", Some([255, 83, 187, 255])), entry(2, "White Matter", None),]
    );
    let table = LabelTable::parse(SLICER_CSV).unwrap();
    assert_eq!(table.entries[0].name, "liver, right");
    assert_eq!(table.entries[1].colour, Some([144, 238, 144, 255]));
    let codes: Vec<_> = table.entries[0].codes.iter().map(|c| c.value.as_str()).collect();
    assert_eq!(codes, ["123037004", "10200004"]);
    assert_eq!((table.entries[1].codes.len(), table.get(2).unwrap().label), (1, 2));
    for text in [
        "1 left lung\n2 right lung\n",
        "1\tleft lung\n2\tright lung",
        "1, left lung\r\n2, right lung\r\n",
        "\u{feff}1: \"left lung\"\n2 = \"right lung\"",
        "left lung 1\nright lung 2",
        "left lung,1\nright lung,2",
        "{\"left lung\": 1, \"right lung\": 2}",
        "{\"1\": \"left lung\", \"2\": \"right lung\"}",
        "{\"labels\": {\"left lung\": 1, \"right lung\": 2}, \"numTraining\": 3}",
        "[{\"label\": 1, \"name\": \"left lung\"}, {\"label\": 2, \"name\": \"right lung\"}]",
        "{\"left lung\": {\"id\": 1}, \"right lung\": {\"id\": 2}}",
        "label,structure\n1,left lung\n2,right lung",
    ] {
        assert_eq!(
            names(text),
            [entry(1, "left lung", None), entry(2, "right lung", None)],
            "{text}"
        );
    }
    let coloured = r#"{"1": {"name": "a", "color": [255, 0, 1]},
        "2": {"name": "b", "color": [0.5, 0, 1.0]}}"#;
    assert_eq!(
        names(coloured),
        [entry(1, "a", Some([255, 0, 1, 255])), entry(2, "b", Some([128, 0, 255, 255]))]
    );
}

#[test]
fn what_is_no_table_is_refused_with_its_line() {
    for (text, line) in [
        ("", 0),
        ("# nothing\n", 0),
        ("{}", 0),
        ("[1]", 0),
        ("{\"a\": -1}", 0),
        ("{\"a\": 1.5}", 0),
        ("{\"a\": [1]}", 0),
        ("{\n\"a\": }", 2),
        ("1 a\n2 b\nc d\n", 3),
        ("index\tname\n1\ta\n-2\tb\n", 3),
        ("1 a 0 0 0 0\n2 b 0 0 999 0\n-", 3),
        ("a\0b", 0),
    ] {
        let error = LabelTable::parse(text).unwrap_err();
        assert_eq!(error.line, line, "{text:?}: {error}");
    }
    let long = format!("1 {}", "x".repeat(2000));
    assert!(matches!(
        LabelTable::parse(&long).unwrap_err().kind,
        LabelTableErrorKind::Name(1, 2000)
    ));
    let deep = "[".repeat(100_000);
    assert!(LabelTable::parse(&deep).is_err());
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.txt");
    std::fs::write(&path, b"1 caf\xe9\n2 b\n").unwrap();
    let read = |limits: &Limits| LabelTable::read(&path, limits);
    assert_eq!(read(&Limits::default()).unwrap().entries[0].name, "caf\u{e9}");
    assert!(read(&Limits { max_text_bytes: 9, ..Limits::default() }).is_err());
    assert!(read(&Limits { max_labels: 1, ..Limits::default() }).is_err());
}

#[test]
fn the_atlases_of_the_data() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/masks/brain");
    if !root.exists() {
        println!("SKIPPED: ../shared/data absent");
        return;
    }
    let read = |name: &str| LabelTable::read(&root.join(name), &Limits::default());
    let aal = read("AAL.json").unwrap();
    assert_eq!(aal.get(1).unwrap().name, "L_Precentral_gyrus");
    println!("AAL: {} labels", aal.entries.len());
    assert!(aal.entries.len() >= 116);
    let tissue = read("Tissue.json").unwrap();
    assert_eq!(tissue.get(3).unwrap().name, "White_Matter");
    assert_eq!(read("Yeo-7.json").unwrap().get(1).unwrap().name, "1_Visual_Area");
    // These have no names.
    for name in ["DKT.json", "Schaefer200.json"] {
        assert!(matches!(read(name).unwrap_err().kind, LabelTableErrorKind::Empty), "{name}");
    }
}

#[test]
fn tables_name_and_colour_segments() {
    let space = Space::new([1, 2, 3], [1.0; 3]);
    let shape = VoxelShape::of_space(&space).unwrap();
    let segment = |label| SegmentValue {
        segment: Segment { group: "g".into(), ..Segment::new(format!("label_{label}"), label) },
        runs: vesalius::Runs::full(shape),
    };
    let mut set =
        SegmentSet { space, segments: [1, 2, 3, 7].map(segment).to_vec(), notes: Vec::new() };
    let table =
        LabelTable::parse("0 nothing\n1 liver\n2 spleen\n3 liver\n9 heart\n1 other\n").unwrap();
    let mut same = set.clone();
    assert_eq!(table.apply(&mut same, false).len(), 2);
    assert_eq!(same.segments.len(), 4);
    let notes = table.apply(&mut set, true);
    let found: Vec<_> = set.segments.iter().map(|v| v.segment.name.as_str()).collect();
    assert_eq!(found, ["liver", "spleen", "liver_3", "label_7", "heart"], "{notes:?}");
    assert!(set.segments[4].runs.is_empty() && set.segments[4].segment.group == "g");
    let slicer = LabelTable::parse(SLICER_CSV).unwrap();
    assert!(slicer.apply(&mut set, false).iter().any(|note| note.contains("not in the table: 3")));
    assert_eq!(set.segments[0].segment.colour, Some([221, 130, 101, 255]));
    assert_eq!(set.segments[0].segment.codes.len(), 2);
    assert_eq!(set.segments[4].segment.name, "heart");
}

#[test]
fn changed_tables_give_errors_or_values() {
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
    let mut state: u64 = seed.unwrap_or(11);
    println!("VESALIUS_SEED={state}");
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(99);
        usize::try_from(state >> 33).unwrap() % limit
    };
    let json =
        "{\"rois\": {\"0\": {\"label\": null}, \"1\": {\"label\": \"a\", \"color\": [1, 2, 3]}}}";
    for text in [SNAP, FREESURFER, SLICER, SLICER_CSV, BIDS, json] {
        for _ in 0..600 {
            let mut bytes = text.as_bytes().to_vec();
            for _ in 0..=below(4) {
                let at = below(bytes.len());
                match below(3) {
                    0 => bytes[at] = u8::try_from(below(256)).unwrap(),
                    1 => bytes.truncate(at.max(1)),
                    _ => bytes[at] = b" ,\t\"#0-{}[]:\n"[below(13)],
                }
            }
            let changed = String::from_utf8(bytes).unwrap_or_else(|e| latin(e.as_bytes()));
            drop(LabelTable::parse(&changed));
        }
    }
}
