//! Fields and their forms.

use super::super::header::{Header, escape, unescape};
use super::*;

#[test]
fn a_plain_file_is_a_label_map() {
    let set = parse(file(&[], &[0, 1, 0, 0, 2, 2])).unwrap();
    assert_eq!(table_of(&set), [row("/label_1", 1, 1), row("/label_2", 2, 2)]);
    assert_eq!(set.space.shape, [1, 2, 3]);
    assert_eq!(set.space.to_world([0.0, 1.0, 2.0]), [12.0, 22.0, 30.0]);
    assert_eq!(set.notes.len(), 1, "{:?}", set.notes);
}

#[test]
fn spellings_of_fields_and_types() {
    let text = "NRRD0001\r\nType: Unsigned   SHORT int\r\nDIMENSION:3\r\nsizes: 2 1 1\r\nENCODING: RAW\r\n\
                endian: Big\r\nspacedirections: (1,0,0) (0, 1 ,0)(0,0,1)\r\nspace: LPS\r\ncenters: cell cell cell\r\n\
                content: a: b\r\nkey:= v:=w\r\n\r\n";
    let set = parse([text.as_bytes(), &[1, 0, 0, 3]].concat()).unwrap();
    assert_eq!(table_of(&set), [row("/label_3", 3, 1), row("/label_256", 256, 1)]);
    assert!(set.notes.iter().any(|note| note.contains("\"key\"")), "{:?}", set.notes);
}

#[test]
fn every_type_in_both_orders() {
    let types = [
        ("int8", 1),
        ("uchar", 1),
        ("short", 2),
        ("ushort", 2),
        ("int", 4),
        ("uint", 4),
        ("long long int", 8),
        ("unsigned long long", 8),
    ];
    for (name, bytes) in types {
        for order in ["little", "big"] {
            let mut values = vec![0; 6 * bytes];
            let low = if order == "little" { 0 } else { bytes - 1 };
            values[4 * bytes + low] = 5;
            let set = parse(file(&[("type", name), ("endian", order)], &values)).unwrap();
            assert_eq!(table_of(&set), [row("/label_5", 5, 1)], "{name} {order}");
        }
    }
    let floats: Vec<u8> =
        [0.0_f32, 0.0, 1.0, 1.0, 0.0, 1.0].iter().flat_map(|v| v.to_le_bytes()).collect();
    let set = parse(file(&[("type", "float")], &floats)).unwrap();
    assert_eq!(table_of(&set), [row("/label_1", 1, 3)]);
    let mut halves = floats;
    halves[4..8].copy_from_slice(&0.5_f32.to_le_bytes());
    let error = parse(file(&[("type", "float")], &halves)).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::Value { voxel: [0, 0, 0, 1], .. }), "{error}");
}

#[test]
fn what_is_wrong_is_named() {
    for name in ["type", "dimension", "sizes", "encoding"] {
        let NrrdErrorKind::Missing(found) = refused(&[(name, "-")]) else { panic!("{name}") };
        assert_eq!(found, name);
    }
    let bad = [
        ("type", "block"),
        ("type", "uint7"),
        ("dimension", "17"),
        ("dimension", "0"),
        ("dimension", "x"),
        ("sizes", "3 2"),
        ("sizes", "3 2 1 1"),
        ("sizes", "3 2 0"),
        ("sizes", "3 2 -1"),
        ("sizes", "3 2 99999999999999999999"),
        ("encoding", "zip"),
        ("endian", "middle"),
        ("byte skip", "x"),
        ("line skip", "-1"),
        ("kinds", "domain domain"),
        ("spacings", "1 1"),
        ("space directions", "(1,0,0) (0,1,0)(0,0,1"),
        ("space directions", "(1,0) (0,1) (0,0)"),
        ("space directions", "(1,0,0,0) (0,1,0) (0,0,1)"),
        ("space origin", "(1,2)"),
        ("space origin", "(1,2,3) (1,2,3)"),
        ("space units", "\"mm\" \"m\" \"mm\""),
        ("space units", "inch"),
    ];
    for (name, text) in bad {
        let kind = refused(&[(name, text)]);
        let NrrdErrorKind::Field { name: found, .. } = kind else {
            panic!("{name} {text}: {kind}")
        };
        assert_eq!(found, name);
    }
    for (name, text) in
        [("encoding", "bz2"), ("encoding", "hex"), ("space", "right-anterior-superior-time")]
    {
        assert!(matches!(refused(&[(name, text)]), NrrdErrorKind::Unsupported(_)), "{text}");
    }
    let kind = refused(&[("space directions", "(1,0,0) (2,0,0) (0,0,1)")]);
    assert!(matches!(kind, NrrdErrorKind::Space(_)), "{kind}");
    for begin in ["", "NRRD0006\n", "NRRD00041\n", "nrrd0004\n", "\n"] {
        let error = parse(begin.into()).unwrap_err();
        assert!(matches!(error.kind, VolumeErrorKind::Nrrd(NrrdErrorKind::NotNrrd)), "{begin}");
    }
    let twice = header(&[]).replacen("type: uint8", "type: uint8\nType: uint8", 1);
    let error = parse(twice.into()).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::Nrrd(NrrdErrorKind::Twice(_))), "{error}");
    let error = parse(b"NRRD0001\ntype: uint8\nno sign\n\n".to_vec()).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::Nrrd(NrrdErrorKind::Line(3))), "{error}");
}

#[test]
fn values_of_keys_are_escaped() {
    for text in ["", "a\\b", "a\nb", "\\n", "\\\\n\n", "end\\"] {
        assert_eq!(unescape(&escape(text)), text);
        assert!(!escape(text).contains('\n'));
    }
    // What is no escape stays.
    assert_eq!(unescape("a\\tb\\"), "a\\tb\\");
}

#[test]
fn headers_without_end_are_refused_and_read_no_further() {
    let long = format!("NRRD0004\ncontent: {}", "x".repeat(17 << 20));
    let error = parse(long.into()).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::Nrrd(NrrdErrorKind::HeaderLength)), "{error}");
    let many = format!("NRRD0004\n{}", "#\n".repeat(9 << 20));
    let mut from = std::io::Cursor::new(many.into_bytes());
    assert!(Header::read(&mut from).is_err());
    assert_eq!(from.position(), 16 << 20);
}
