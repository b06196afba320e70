//! Keys of segments.

use super::super::tags;
use super::*;

const TAGS: &str = "Segmentation.Status:inprogress|TerminologyEntry:Segmentation category and type - 3D Slicer \
    General Anatomy list~SCT^123037004^Anatomical Structure~SCT^39607008^Lung~SCT^24028007^Right~Anatomic codes - \
    DICOM master list~^^~^^|";

fn code(scheme: &str, value: &str, meaning: &str) -> TermCode {
    TermCode { scheme: scheme.into(), value: value.into(), meaning: meaning.into() }
}

#[test]
fn keys_become_fields_codes_and_json() {
    let given = [
        ("Segment0_Name", "lung \\\\ right"),
        ("Segment0_ID", "Segment_9"),
        ("Segment0_LabelValue", "2"),
        ("Segment0_Color", "1 0.5 0"),
        ("Segment0_Tags", TAGS),
        ("Segment0_Extent", "0 1 0 1 0 0"),
        ("Segment0_Mystery", "kept"),
        ("Segment7_LabelValue", "5"),
        ("Segment7_ID", "named by this"),
        ("Segmentation_MasterRepresentation", "Binary labelmap"),
    ];
    let set = parse(file(&given, &[0, 1, 0, 0, 2, 2])).unwrap();
    assert_eq!(
        table_of(&set),
        [row("/lung \\ right", 2, 2), row("/named by this", 5, 0), row("/label_1", 1, 1)]
    );
    let lung = &set.segments[0].segment;
    assert_eq!(lung.colour, Some([255, 128, 0, 255]));
    assert_eq!(
        lung.codes,
        [
            code("SCT", "123037004", "Anatomical Structure"),
            code("SCT", "39607008", "Lung"),
            code("SCT", "24028007", "Right"),
        ]
    );
    let json: serde_json::Value = serde_json::from_str(&lung.json).unwrap();
    assert_eq!(json["nrrd"]["Mystery"], "kept");
    assert_eq!(json["nrrd"]["ID"], "Segment_9");
    assert!(json["nrrd"].get("Extent").is_none());
    assert_eq!(set.notes.len(), 1, "{:?}", set.notes);
}

#[test]
fn old_files_have_a_layer_for_each_segment() {
    let given = [
        ("dimension", "4"),
        ("sizes", "2 3 1 1"),
        ("kinds", "list domain domain domain"),
        ("space directions", "none (1,0,0) (0,1,0) (0,0,1)"),
        ("Segment0_Name", "a"),
        ("Segment1_Name", "b"),
    ];
    let set = parse(file(&given, &[1, 0, 1, 1, 0, 1])).unwrap();
    assert_eq!(table_of(&set), [row("/a", 1, 2), row("/b", 1, 2)]);
    assert_eq!(set.notes, [""; 0]);
}

#[test]
fn odd_keys_are_noted() {
    let given = [
        ("Segment0_LabelValue", "1"),
        ("Segment1_LabelValue", "1"),
        ("Segment2_LabelValue", "x"),
        ("Segment3_Layer", "5"),
        ("Segment4_LabelValue", "99999999999"),
        ("Segment5_Name", "  "),
        ("Segmentx_Name", "?"),
    ];
    let set = parse(file(&given, &[0, 1, 0, 0, 2, 2])).unwrap();
    let wanted = [
        row("/label_1", 1, 1),
        row("/label_1_2", 1, 1),
        row("/label_1_3", 1, 1),
        row("/label_1_4", 1, 0),
        row("/label_0", 0, 0),
        row("/label_1_5", 1, 1),
        row("/label_2", 2, 2),
    ];
    assert_eq!(table_of(&set), wanted);
    assert!(set.notes.len() >= 5, "{:?}", set.notes);
}

#[test]
fn copies_of_runs_count() {
    let keys: Vec<String> = (0..50).map(|i| format!("Segment{i}_LabelValue")).collect();
    let mut given: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    given.extend([("sizes", "3 2 1")]);
    let bytes = file(&given, &[1; 6]);
    let read = |max_runs| {
        let limits = Limits { max_runs, ..Limits::default() };
        read_nrrd_stream(std::io::Cursor::new(bytes.clone()), &limits)
    };
    assert!(read(100).is_ok());
    assert!(matches!(read(99).unwrap_err().kind, VolumeErrorKind::OverLimit { .. }));
}

#[test]
fn codes_of_tags_change_without_the_rest() {
    let lung = tags::codes(TAGS);
    assert_eq!(tags::with_codes(TAGS, &lung), TAGS);
    let other = [code("A", "1", "x|y~z^w")];
    let text = tags::with_codes(TAGS, &other);
    assert!(text.starts_with("Segmentation.Status:inprogress|TerminologyEntry:"), "{text}");
    assert_eq!(tags::codes(&text), [code("A", "1", "x y z w")]);
    assert_eq!(tags::with_codes(TAGS, &[]), "Segmentation.Status:inprogress|");
    for count in 0..=5_usize {
        let codes: Vec<TermCode> = (0..count).map(|i| code("S", &i.to_string(), "m")).collect();
        assert_eq!(tags::codes(&tags::with_codes("", &codes)), codes);
    }
    for text in ["", "|||", "TerminologyEntry:", "TerminologyEntry:~^^^^^~~~~~~~~~~|", "~^|"] {
        assert!(tags::codes(text).len() <= 1, "{text}");
    }
}

#[test]
fn nothing_of_a_segment_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random::new();
    for i in 0..40_u32 {
        let mut set = random.set(1 + u64::from(i % 2), i % 8);
        for (value, number) in set.segments.iter_mut().zip(0_u32..) {
            let segment = &mut value.segment;
            segment.group = ["", "lobes"][random.place(2)].into();
            segment.label = u32::try_from(random.below(4)).unwrap() * 300;
            segment.colour = [None, Some([1, 2, 3, 4]), Some([9, 200, 255, 255])][random.place(3)];
            segment.json =
                ["", "{\"a\":[1,2]}", "not json", "{\"nrrd\":{\"Mystery\":\"m\\nn\"},\"b\":1}"]
                    [random.place(4)]
                .into();
            segment.codes = (0..number % 6).map(|n| code("S", &n.to_string(), "meaning")).collect();
        }
        let path = folder.path().join("a.seg.nrrd");
        write_seg_nrrd(&set, &path, i % 3 > 0).unwrap();
        let mut back = read_nrrd(&path, &Limits::default()).unwrap();
        // Keys that the writer adds.
        for (value, was) in back.segments.iter_mut().zip(&set.segments) {
            let mut json: serde_json::Map<_, _> =
                serde_json::from_str(&value.segment.json).unwrap_or_default();
            if was.segment.json == "not json" {
                assert_eq!(json["text"], "not json");
                json = serde_json::Map::new();
            }
            if let Some(keys) = json.get_mut("nrrd").and_then(|v| v.as_object_mut()) {
                keys.retain(|key, _| key == "Mystery");
                if keys.is_empty() {
                    json.remove("nrrd");
                }
            }
            let parsed: serde_json::Map<_, _> =
                serde_json::from_str(&was.segment.json).unwrap_or_default();
            assert_eq!(json, parsed);
            value.segment.json.clone_from(&was.segment.json);
        }
        assert_eq!(back.segments, set.segments);
        assert_eq!((back.space.shape, back.space.frames), (set.space.shape, set.space.frames));
        assert!(back.space.corner_distance(&set.space).unwrap() < 1e-9);
    }
}
