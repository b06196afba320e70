//! Masks through the engine: spaces, names, predicates, and questions across the kinds of fields.
#![cfg(test)]

use vesalius::storage::MemoryStorage;
use vesalius::{
    Database, Definition, Error, Field, MakeRegions, Pooling, Predicate, Probe, Run, Runs, Segment,
    SegmentKey, SegmentValue, ShapeMetric, Space, VoxelShape,
};

fn space() -> Space {
    Space::new([2, 8, 8], [3.0, 0.5, 0.5])
}

/// A box of voxels (z, y, x), half open.
fn cuboid(space: &Space, low: [u64; 3], high: [u64; 3]) -> Runs {
    let shape = VoxelShape::of_space(space).unwrap();
    let mut runs = Vec::new();
    for z in low[0]..high[0] {
        for y in low[1]..high[1] {
            let start = shape.index([0, z, y, low[2]]).unwrap();
            runs.push(Run { start, end: start + high[2] - low[2] });
        }
    }
    // A run that fills its row touches the next one, which is not an error.
    Runs::new(shape, runs).unwrap()
}

fn segment(group: &str, name: &str, label: u32, runs: Runs) -> SegmentValue {
    let segment = Segment { group: group.into(), ..Segment::new(name, label) };
    SegmentValue { segment, runs }
}

fn database() -> Database {
    let definition = Definition::new()
        .space(space())
        .field(Field::tokens("patches", [0, 4, 4], 2))
        .field(Field::masks("masks"));
    Database::create_on(MemoryStorage::new(), definition).unwrap()
}

/// Case 0 has a liver of 64 voxels, case 1 of 32, case 2 none; a lesion overlaps the liver in case 0 only.
fn filled() -> Database {
    let db = database();
    let space = space();
    let mut txn = db.begin_write().unwrap();
    let tokens: Vec<f32> =
        (0..16_u8).flat_map(|i| [f32::from(i), if i < 8 { 1.0 } else { 0.0 }]).collect();
    let liver = |z| segment("", "liver", 1, cuboid(&space, [0, 0, 0], [z, 4, 8]));
    let lesion = |y| segment("lesions", "lesion", 9, cuboid(&space, [0, y, 2], [1, y + 1, 4]));
    let case = txn.put("case-0").unwrap().tokens("patches", &tokens[..]).unwrap();
    case.segments("masks", &[liver(2), lesion(3)]).unwrap();
    let case = txn.put("case-1").unwrap().tokens("patches", &tokens[..]).unwrap();
    case.segments("masks", &[liver(1), lesion(6)]).unwrap();
    txn.put("case-2").unwrap().segment("masks", &lesion(3)).unwrap();
    txn.commit().unwrap();
    db
}

/// Regions of all segments, each the mean of its tokens.
const ORGANS: MakeRegions<'static> = MakeRegions {
    masks: "masks",
    tokens: "patches",
    regions: "organs",
    group: None,
    pooling: Pooling::Mean,
};

#[test]
fn another_space_is_refused_by_name_and_values() {
    let db = filled();
    let mut txn = db.begin_write().unwrap();
    let other = Space { spacing: [3.0, 0.5, 0.6], ..space() };
    let error = txn.update("case-0").unwrap().in_space(&other).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::SpaceMismatch { .. }), "{text}");
    assert!(text.contains("spacing") && text.contains("0.5") && text.contains("0.6"), "{text}");
    let close = Space { origin: [0.0, 0.0, 1e-5], ..space() };
    txn.update("case-0").unwrap().in_space(&close).unwrap();

    let wide = Space::new([2, 8, 9], [1.0; 3]);
    let runs = cuboid(&wide, [0, 0, 0], [1, 1, 1]);
    let add = txn.update("case-0").unwrap().segment("masks", &segment("", "x", 1, runs));
    let text = add.unwrap_err().to_string();
    assert!(text.contains("[2, 8, 9]") && text.contains("[2, 8, 8]"), "{text}");
    // The image may not move to a space of another shape under its masks.
    let id = txn.add_space(&wide).unwrap();
    assert!(matches!(
        txn.update("case-0").unwrap().space(id).unwrap_err(),
        Error::SpaceMismatch { .. } | Error::GridMismatch { .. }
    ));
    let id = txn.add_space(&wide).unwrap();
    let error = txn.update("case-2").unwrap().space(id).unwrap_err();
    assert!(matches!(error, Error::SpaceMismatch { .. }), "{error}");
}

#[test]
fn names_are_unique_in_their_group() {
    let db = filled();
    let runs = || cuboid(&space(), [0, 0, 0], [1, 1, 1]);
    let mut txn = db.begin_write().unwrap();
    let add = txn.update("case-0").unwrap().add_segment("masks", &segment("", "liver", 2, runs()));
    assert!(matches!(add.unwrap_err(), Error::SegmentExists { .. }));
    txn.update("case-0")
        .unwrap()
        .add_segment("masks", &segment("other", "liver", 2, runs()))
        .unwrap()
        .change_segment("masks", ("other", "liver"), |s| s.name = "spleen".into())
        .unwrap();
    let taken = txn.update("case-0").unwrap().change_segment("masks", "spleen", |s| {
        (s.group, s.name) = (String::new(), "liver".into());
    });
    assert!(matches!(taken.unwrap_err(), Error::SegmentExists { .. }));
    let gone = txn.update("case-0").unwrap().delete_segment("masks", "kidney").unwrap_err();
    assert!(gone.to_string().contains("lesions/lesion"), "{gone}");
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    let image = snapshot.image("case-0").unwrap();
    let names: Vec<String> = image
        .segments("masks")
        .unwrap()
        .iter()
        .map(|s| format!("{}/{}={}", s.group(), s.name(), s.label()))
        .collect();
    assert_eq!(names, ["/liver=1", "lesions/lesion=9", "other/spleen=2"]);
}

#[test]
fn deleting_and_adding_again_does_not_use_numbers_up() {
    let db = database();
    let one = |name| segment("", name, 1, cuboid(&space(), [0, 0, 0], [1, 1, 1]));
    let orders = || {
        let snapshot = db.snapshot().unwrap();
        let segments = snapshot.image("case-0").unwrap().segments("masks").unwrap();
        let listed = segments.iter().map(|s| (s.name().to_owned(), s.order()));
        listed.collect::<Vec<_>>()
    };
    let mut txn = db.begin_write().unwrap();
    txn.put("case-0").unwrap().segments("masks", &[one("a"), one("b"), one("c")]).unwrap();
    txn.commit().unwrap();
    for _ in 0..5 {
        let mut txn = db.begin_write().unwrap();
        let image = txn.update("case-0").unwrap().delete_segment("masks", "c").unwrap();
        image.segment("masks", &one("c")).unwrap();
        txn.commit().unwrap();
        assert_eq!(orders(), [("a".into(), 0), ("b".into(), 1), ("c".into(), 2)]);
    }
    for _ in 0..2 {
        let mut txn = db.begin_write().unwrap();
        let image = txn.update("case-0").unwrap().delete_segment("masks", "b").unwrap();
        let image = image.delete_segment("masks", "c").unwrap();
        let image = image.segment("masks", &one("d")).unwrap();
        // What was behind it is gone, then it is renamed and goes too.
        let image = image.change_segment("masks", "d", |s| s.name = "e".into()).unwrap();
        let image = image.delete_segment("masks", "e").unwrap();
        image.segments("masks", &[one("c"), one("b")]).unwrap();
        txn.commit().unwrap();
        assert_eq!(orders(), [("a".into(), 0), ("c".into(), 1), ("b".into(), 2)]);
    }
    // The number of a name that is left alone is not given away.
    let mut txn = db.begin_write().unwrap();
    let image = txn.update("case-0").unwrap().delete_segment("masks", "c").unwrap();
    image.segment("masks", &one("f")).unwrap();
    txn.commit().unwrap();
    assert_eq!(orders(), [("a".into(), 0), ("b".into(), 2), ("f".into(), 3)]);
}

#[test]
fn names_with_slashes_are_found_as_they_are_written() {
    let db = database();
    let runs = || cuboid(&space(), [0, 0, 0], [1, 1, 1]);
    let segments = [("", "left/right"), ("organs/upper", "liver"), ("a", "b"), ("", "a/b")];
    let values = segments.map(|(group, name)| segment(group, name, 1, runs()));
    let mut txn = db.begin_write().unwrap();
    txn.put("case-0").unwrap().segments("masks", &values).unwrap();
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    let image = snapshot.image("case-0").unwrap();
    let found = |text: &str| {
        let found = image.segment("masks", SegmentKey::parse(text));
        found.map(|s| (s.group(), s.name())).map_err(|e| e.to_string())
    };
    assert_eq!(found("left/right").unwrap(), ("", "left/right"));
    assert_eq!(found("/left/right").unwrap(), ("", "left/right"));
    assert_eq!(found("organs/upper/liver").unwrap(), ("organs/upper", "liver"));
    assert_eq!(found("a/b").unwrap(), ("a", "b"));
    assert_eq!(found("/a/b").unwrap(), ("", "a/b"));
    // What an error lists can be asked for.
    let text = found("a/c").unwrap_err();
    assert!(text.contains("/left/right") && text.contains("organs/upper/liver"), "{text}");
    // A pair means what it says.
    assert!(image.segment("masks", ("organs", "upper/liver")).is_err());
    let mut txn = db.begin_write().unwrap();
    let change = txn.update("case-0").unwrap();
    let change = change.delete_segment("masks", SegmentKey::parse("left/right")).unwrap();
    change.delete_segment("masks", SegmentKey::parse("/a/b")).unwrap();
    txn.commit().unwrap();
    assert_eq!(db.snapshot().unwrap().image("case-0").unwrap().segments("masks").unwrap().len(), 2);
}

#[test]
fn predicates_ask_about_segments() {
    let db = filled();
    let snapshot = db.snapshot().unwrap();
    let select = |text: &str| -> Vec<u64> {
        let rows = snapshot.select(&Predicate::parse(text).unwrap());
        (&rows.unwrap_or_else(|e| panic!("{text}: {e}"))).into_iter().collect()
    };
    // A voxel is 0.75 cubic millimetres.
    assert_eq!(select("volume('liver') > 47.9"), [0]);
    assert_eq!(select("volume('liver') = 24"), [1]);
    assert_eq!(select("voxels('masks', 'liver') between 32 and 64"), [0, 1]);
    assert_eq!(select("volume('liver') is null"), [2]);
    assert_eq!(select("not volume('liver') > 30"), [1]);
    assert_eq!(select("has_segment('lesions/lesion')"), [0, 1, 2]);
    assert_eq!(select("has_segment('masks', 'liver') and not overlaps('liver', 'lesion')"), [1]);
    assert_eq!(select("overlaps('masks', 'lesions/lesion', 'liver')"), [0]);
    assert_eq!(select("has_segment('/lesion')"), [0_u64; 0]);
    assert_eq!(select("has_field('masks')"), [0, 1, 2]);
}

#[test]
fn labels_here_and_label_maps() {
    let db = filled();
    let snapshot = db.snapshot().unwrap();
    let image = snapshot.image("case-0").unwrap();
    let names = |found: Vec<vesalius::SegmentRef<'_>>| -> Vec<String> {
        found.iter().map(|segment| segment.name().to_owned()).collect()
    };
    assert_eq!(names(image.segments_at("masks", [0, 0, 3, 3]).unwrap()), ["liver", "lesion"]);
    assert_eq!(names(image.segments_at("masks", [0, 1, 3, 3]).unwrap()), ["liver"]);
    // L, P, S of voxel (0, 3, 3).
    let there = image.space().unwrap().to_world([0.0, 3.0, 3.0]);
    assert_eq!(names(image.segments_at_point("masks", 0, there).unwrap()), ["liver", "lesion"]);
    assert!(image.segments_at_point("masks", 0, [-9.0; 3]).unwrap().is_empty());

    let (map, flat) = image.label_map::<u8>("masks").unwrap();
    let covered: Vec<u64> = flat.segments.iter().map(|segment| segment.covered).collect();
    assert_eq!((covered, map.len()), (vec![2, 0], 128));
    let mut slice = vec![0_u8; 64];
    image.paint_labels("masks", 0..1, &mut slice).unwrap();
    assert_eq!(slice, map[..64]);
    // Seen the other way round where the priority says so.
    let mut txn = db.begin_write().unwrap();
    txn.update("case-0").unwrap().change_segment("masks", "liver", |s| s.priority = 1).unwrap();
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    let image = snapshot.image("case-0").unwrap();
    let (map, flat) = image.label_map::<u8>("masks").unwrap();
    assert_eq!((flat.segments[1].covered, map[3 * 8 + 3]), (2, 1));
    image.paint_labels("masks", 0..1, &mut slice).unwrap();
    assert_eq!(slice, map[..64]);
}

#[test]
fn tokens_under_a_segment_become_regions() {
    let db = filled();
    let snapshot = db.snapshot().unwrap();
    let image = snapshot.image("case-0").unwrap();
    let (liver, tokens) =
        (image.segment("masks", "liver").unwrap(), image.tokens("patches").unwrap().unwrap());
    // Cells are 2 x 2 voxels: the liver covers the upper two rows of cells.
    let coverage = liver.coverage(&tokens, 0).unwrap();
    assert_eq!(coverage.covered().count(), 8);
    assert_eq!(liver.mean_token(&tokens, 0).unwrap().unwrap(), [3.5, 1.0]);
    let lesion = image.segment("masks", "lesion").unwrap();
    assert_eq!(lesion.mean_token(&tokens, 0).unwrap().unwrap(), [5.0, 1.0]);
    let map = tokens.heat_map(&Probe::new(vec![0.0, 1.0])).unwrap();
    let heat = liver.heat(&map, 0, 0.5).unwrap().unwrap();
    assert!((heat.max - 1.0).abs() < 1e-6 && heat.cells == 8, "{heat:?}");

    assert_eq!(db.make_regions(&ORGANS, &mut |_, _| true).unwrap(), 2);
    let snapshot = db.snapshot().unwrap();
    let image = snapshot.image("case-1").unwrap();
    let regions = image.regions("organs").unwrap().unwrap();
    let names: Vec<&str> = regions.iter().map(|r| r.name).collect();
    assert_eq!(names, ["liver", "lesions/lesion"]);
    assert_eq!(regions[0].bbox, Some([0.0, 0.0, 0.0, 1.0, 4.0, 8.0]));
    let overlap =
        image.segment("masks", "liver").unwrap().box_overlap(0, &[0.0, 0.0, 0.0, 1.0, 2.0, 8.0]);
    assert!((overlap.unwrap().of_set - 0.5).abs() < 1e-9);
    // Once more: values are replaced, names stay.
    assert_eq!(db.make_regions(&ORGANS, &mut |_, _| true).unwrap(), 2);
    assert_eq!(db.snapshot().unwrap().field("organs").unwrap().regions.len(), 2);
}

#[test]
fn regions_are_made_of_segments_with_long_names_and_slashes() {
    let db = database();
    let long = "n".repeat(255);
    let runs = || cuboid(&space(), [0, 0, 0], [1, 2, 2]);
    let names = [("", "a/b"), ("a", "b"), ("a/b", "c"), ("a", "b/c"), ("group", &*long)];
    let values = names.map(|(group, name)| segment(group, name, 1, runs()));
    let mut txn = db.begin_write().unwrap();
    let case = txn.put("case").unwrap().tokens("patches", &[1.0; 32][..]).unwrap();
    case.segments("masks", &values).unwrap();
    txn.commit().unwrap();
    assert_eq!(db.make_regions(&ORGANS, &mut |_, _| true).unwrap(), 1);
    let snapshot = db.snapshot().unwrap();
    let regions = snapshot.image("case").unwrap().regions("organs").unwrap().unwrap();
    let names: Vec<&str> = regions.iter().map(|r| r.name).collect();
    assert_eq!(names[..2], ["/a/b", "a/b"]);
    assert_eq!(names[3], "a/b/c");
    assert!(names[2].starts_with("a/b/c#") && names[4].starts_with("group/nnn"), "{names:?}");
}

#[test]
fn shapes_are_found_exactly() {
    let db = database();
    let mut txn = db.begin_write().unwrap();
    let sizes = [8, 4, 7, 8, 1, 6, 0];
    for (number, size) in sizes.iter().enumerate() {
        let mut value = segment("", "organ", 1, cuboid(&space(), [0, 0, 0], [1, *size, 8]));
        if number == 3 {
            // The same number of voxels at another place.
            value.runs = cuboid(&space(), [1, 0, 0], [2, 8, 8]);
        }
        txn.put(&format!("{number}")).unwrap().segment("masks", &value).unwrap();
    }
    let other = txn.add_space(&Space { origin: [5.0, 0.0, 0.0], ..space() }).unwrap();
    let value = segment("", "organ", 1, cuboid(&space(), [0, 0, 0], [1, 8, 8]));
    txn.put("moved").unwrap().space(other).unwrap().segment("masks", &value).unwrap();
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    for (metric, k) in [(ShapeMetric::Jaccard, 2), (ShapeMetric::Dice, 2), (ShapeMetric::Dice, 9)] {
        let found = snapshot.search_shape("masks", "0", "organ", metric, k, None).unwrap();
        assert_eq!((found.compared, found.other_space), (6, 1));
        // The slow twin.
        let mut slow = Vec::new();
        let query = snapshot.image("0").unwrap().segment("masks", "organ").unwrap().runs().unwrap();
        for row in 1..7 {
            let image = snapshot.image_at(row).unwrap().unwrap();
            let runs = image.segment("masks", "organ").unwrap().runs().unwrap();
            let overlap = query.overlap(&runs).unwrap();
            let score =
                if metric == ShapeMetric::Dice { overlap.dice() } else { overlap.jaccard() };
            slow.push((score, row));
        }
        slow.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let hits: Vec<u64> = found.hits.iter().map(|hit| hit.row).collect();
        let wanted: Vec<u64> = slow.iter().take(k).map(|hit| hit.1).collect();
        assert_eq!(hits, wanted, "{metric:?} {k}");
        if k == 2 {
            assert!(found.decoded < found.compared, "{found:?}");
        }
    }
}

#[test]
fn a_deleted_image_takes_its_segments_along() {
    let db = filled();
    let mut txn = db.begin_write().unwrap();
    txn.delete("case-0").unwrap();
    let liver = segment("", "liver", 1, cuboid(&space(), [0, 0, 0], [1, 1, 1]));
    txn.put("case-0").unwrap().segment("masks", &liver).unwrap();
    txn.commit().unwrap();
    for _ in 0..2 {
        let snapshot = db.snapshot().unwrap();
        let image = snapshot.image("case-0").unwrap();
        let segments = image.segments("masks").unwrap();
        assert_eq!(segments.iter().map(vesalius::SegmentRef::voxels).collect::<Vec<_>>(), [1]);
        assert_eq!(snapshot.segments_named("masks", "lesion").unwrap().len(), 2);
        let report = db.verify(&mut |_, _| true).unwrap();
        assert!(report.is_ok(), "{:?}", report.problems);
        db.compact(vesalius::CompactOptions::new(), &mut |_, _| true).unwrap();
    }
}

#[test]
fn boxes_of_made_regions_are_those_of_the_first_frame() {
    let space = Space { frames: 2, ..space() };
    let definition = Definition::new()
        .space(space.clone())
        .field(Field::tokens("patches", [0, 4, 4], 2))
        .field(Field::masks("masks"));
    let db = Database::create_on(MemoryStorage::new(), definition).unwrap();
    let shape = VoxelShape::of_space(&space).unwrap();
    let row = |t: u64, y: u64| {
        let start = shape.index([t, 1, y, 0]).unwrap();
        Run { start, end: start + 8 }
    };
    let both = Runs::new(shape, vec![row(0, 2), row(1, 6), row(1, 7)]).unwrap();
    let later = Runs::new(shape, vec![row(1, 0)]).unwrap();
    let mut txn = db.begin_write().unwrap();
    let tokens = [1.0_f32; 32];
    let case = txn.put("case").unwrap().tokens("patches", &tokens[..]).unwrap();
    let values = [segment("", "both", 1, both), segment("", "later", 2, later)];
    case.segments("masks", &values).unwrap();
    txn.commit().unwrap();
    assert_eq!(db.make_regions(&ORGANS, &mut |_, _| true).unwrap(), 1);
    let snapshot = db.snapshot().unwrap();
    let regions = snapshot.image("case").unwrap().regions("organs").unwrap().unwrap();
    assert_eq!(regions.len(), 1, "what comes later covers no token of the first frame");
    assert_eq!(regions[0].bbox, Some([1.0, 2.0, 0.0, 2.0, 3.0, 8.0]));
}
