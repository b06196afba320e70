//! Axes and where they lie.

use super::*;

fn space(given: &[(&str, &str)], values: usize) -> Space {
    parse(file(given, &vec![0; values])).unwrap().space
}

#[test]
fn the_same_place_in_three_spaces() {
    let wanted = space(&[], 6);
    let ras = [
        ("space", "right-anterior-superior"),
        ("space directions", "(-1,0,0) (0,-2,0) (0,0,3)"),
        ("space origin", "(-10,-20,30)"),
    ];
    let las = [
        ("space", "LAS"),
        ("space directions", "(1,0,0) (0,-2,0) (0,0,3)"),
        ("space origin", "(10,-20,30)"),
    ];
    let centimetres = [
        ("space units", "\"cm\" \"cm\" \"cm\""),
        ("space directions", "(.1,0,0) (0,.2,0) (0,0,.3)"),
        ("space origin", "(1,2,3)"),
    ];
    for given in [&ras[..], &las, &centimetres] {
        assert!(wanted.corner_distance(&space(given, 6)).unwrap() < 1e-12, "{given:?}");
    }
}

#[test]
fn spacings_alone_and_unknown_spaces_are_noted() {
    let given = [
        ("space", "-"),
        ("space origin", "-"),
        ("space directions", "-"),
        ("spacings", "0.5 nan 4"),
    ];
    let set = parse(file(&given, &[0; 6])).unwrap();
    assert_eq!(set.space, Space::new([1, 2, 3], [4.0, 1.0, 0.5]));
    assert_eq!(set.notes.len(), 1);
    let set = parse(file(&[("space", "scanner-xyz")], &[0; 6])).unwrap();
    assert_eq!((set.space.origin, set.notes.len()), ([10.0, 20.0, 30.0], 1));
}

#[test]
fn pictures_have_one_slice() {
    let given = [
        ("dimension", "2"),
        ("sizes", "3 2"),
        ("space", "-"),
        ("space dimension", "2"),
        ("space directions", "(0,2) (3,0)"),
        ("space origin", "(5,6)"),
    ];
    let found = space(&given, 6);
    assert_eq!(found.shape, [1, 2, 3]);
    assert_eq!(found.to_world([0.0, 1.0, 2.0]), [8.0, 10.0, 0.0]);
    let given = [("dimension", "2"), ("sizes", "3 2"), ("space directions", "(0,0,2) (3,0,0)")];
    let found = space(&given, 6);
    assert_eq!(found.to_world([1.0, 0.0, 0.0]), [10.0, 21.0, 30.0]);
}

#[test]
fn layers_and_frames_on_either_side_of_space() {
    // Values at voxels 0, 1 of x: in layer 0 they are 1 and 0, in layer 1 they are 0 and 7.
    let base = [("dimension", "4"), ("space directions", "none (1,0,0) (0,1,0) (0,0,1)")];
    let fast = [base[0], base[1], ("sizes", "2 2 1 1"), ("kinds", "list domain domain domain")];
    let wanted = [row("layer_0/label_1", 1, 1), row("layer_1/label_7", 7, 1)];
    let set = parse(file(&fast, &[1, 0, 0, 7])).unwrap();
    assert_eq!(table_of(&set), wanted);
    let directions = ("space directions", "(1,0,0) (0,1,0) (0,0,1) none");
    let slow = [base[0], directions, ("sizes", "2 1 1 2"), ("kinds", "domain domain domain list")];
    assert_eq!(table_of(&parse(file(&slow, &[1, 0, 0, 7])).unwrap()), wanted);
    for (kinds, values) in
        [("time domain domain domain", [1, 0, 0, 7]), ("domain domain domain time", [1, 0, 0, 7])]
    {
        let (sizes, directions) =
            if kinds.starts_with("time") { ("2 2 1 1", base[1]) } else { ("2 1 1 2", directions) };
        let given = [
            base[0],
            directions,
            ("sizes", sizes),
            ("kinds", kinds),
            ("spacings", "0.5 nan nan 0.5"),
        ];
        let set = parse(file(&given, &values)).unwrap();
        assert_eq!(table_of(&set), [row("/label_1", 1, 1), row("/label_7", 7, 1)], "{kinds}");
        assert_eq!((set.space.frames, set.space.frame_spacing), (2, 0.5));
        assert_eq!(set.segments[1].runs.as_slice()[0].start, 3);
    }
    // Frames behind layers, and without a word of kinds.
    let both = [
        ("dimension", "5"),
        ("sizes", "2 2 1 1 2"),
        ("kinds", "list domain domain domain time"),
        ("space directions", "none (1,0,0) (0,1,0) (0,0,1) none"),
    ];
    let set = parse(file(&both, &[1, 0, 0, 7, 0, 0, 1, 7])).unwrap();
    assert_eq!(table_of(&set), [row("layer_0/label_1", 1, 2), row("layer_1/label_7", 7, 2)]);
    let none = [
        ("dimension", "4"),
        ("sizes", "2 1 1 2"),
        ("space directions", "-"),
        ("space", "-"),
        ("space origin", "-"),
    ];
    assert_eq!(space(&none, 4).frames, 2);
}

#[test]
fn axes_that_are_not_known_are_refused() {
    let odd: [&[(&str, &str)]; 7] = [
        &[("space directions", "(1,0,0) none (0,1,0)")],
        &[("space directions", "none none (0,1,0)")],
        &[("space directions", "none none none")],
        &[("space directions", "(1,0,0) (0,1,0)")],
        &[("dimension", "1"), ("sizes", "6"), ("space directions", "(1,0,0)")],
        &[("kinds", "RGB-color domain domain"), ("space directions", "none (1,0,0) (0,1,0)")],
        &[
            ("dimension", "5"),
            ("sizes", "1 3 2 1 1"),
            ("space directions", "none (1,0,0) (0,1,0) (0,0,1) none"),
            ("kinds", "list domain domain domain list"),
        ],
    ];
    for given in odd {
        let kind = refused(given);
        assert!(matches!(kind, NrrdErrorKind::Unsupported(_)), "{given:?}: {kind}");
    }
}
