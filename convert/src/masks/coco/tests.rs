//! Masks against dense twins, and what is refused.

use proptest::prelude::*;
use vesalius::{Run, Runs, VoxelShape};

use super::columns::turned;
use super::*;

const DATASET: &str = include_str!("../../../tests/data/coco/dataset.json");

fn dense(runs: &[Run], voxels: u64) -> Vec<u8> {
    let mut out = vec![0; usize::try_from(voxels).unwrap()];
    for run in runs {
        out[usize::try_from(run.start).unwrap()..usize::try_from(run.end).unwrap()].fill(1);
    }
    out
}

/// Counts of the columns of a dense array, pixel by pixel.
fn slow_counts(values: &[u8], height: usize, width: usize) -> Vec<u64> {
    let (mut counts, mut now) = (vec![0], 0);
    for x in 0..width {
        for y in 0..height {
            if values[y * width + x] != now {
                now ^= 1;
                counts.push(0);
            }
            *counts.last_mut().unwrap() += 1;
        }
    }
    counts
}

fn slow_box(values: &[u8], width: usize) -> [u64; 4] {
    let set = (0..values.len()).filter(|&i| values[i] == 1);
    let (xs, ys): (Vec<usize>, Vec<usize>) = set.map(|i| (i % width, i / width)).unzip();
    let range = |v: &[usize]| Some((*v.iter().min()?, v.iter().max()? - v.iter().min()? + 1));
    let [x, y] = [&xs, &ys].map(|v| range(v).unwrap_or((0, 0)));
    [x.0, y.0, x.1, y.1].map(|v| v as u64)
}

fn picture() -> impl Strategy<Value = (usize, usize, Vec<u8>)> {
    let value = prop_oneof![Just(0.0_f64), Just(1.0), Just(0.5), Just(0.05), Just(0.95)];
    (1..20_usize, 1..20_usize, value).prop_flat_map(|(h, w, density)| {
        let pixel = prop::bool::weighted(density).prop_map(u8::from);
        (Just(h), Just(w), prop::collection::vec(pixel, h * w))
    })
}

proptest! {
    #[test]
    fn masks_are_those_of_the_dense_array((h, w, values) in picture()) {
        let shape = VoxelShape::new(1, [1, h as u64, w as u64]).unwrap();
        let runs = Runs::from_dense(shape, &values).unwrap();
        let rle = Rle::from_runs(&runs).unwrap();
        prop_assert_eq!(rle.counts(), slow_counts(&values, h, w));
        prop_assert_eq!(&rle.runs().unwrap(), &runs);
        prop_assert_eq!(rle.area(), runs.voxels());
        prop_assert_eq!(rle.bounding_box(), slow_box(&values, w));
        let text = rle.text();
        let back = Rle::from_text(h as u64, w as u64, &text).unwrap();
        prop_assert_eq!(back.counts(), rle.counts());
    }

    #[test]
    fn runs_that_touch_and_counts_of_zero_change_nothing(
        h in 1..9_u64,
        counts in prop::collection::vec(0..7_u64, 1..60),
    ) {
        let sum: u64 = counts.iter().sum();
        let w = sum.div_ceil(h).max(1);
        let mut counts = counts;
        if counts.len() % 2 == 0 { counts.push(0); }
        *counts.last_mut().unwrap() += h * w - sum;
        let rle = Rle::new(h, w, counts.clone()).unwrap();
        let (mut columns, mut value) = (Vec::new(), 0);
        for count in counts {
            columns.extend(std::iter::repeat_n(value, usize::try_from(count).unwrap()));
            value ^= 1;
        }
        let rows = dense(rle.runs().unwrap().as_slice(), h * w);
        for (i, value) in columns.into_iter().enumerate() {
            let (x, y) = (i as u64 / h, i as u64 % h);
            prop_assert_eq!(rows[usize::try_from(y * w + x).unwrap()], value);
        }
        prop_assert_eq!(rle.bounding_box(), slow_box(&rows, usize::try_from(w).unwrap()));
    }

    #[test]
    fn any_counts_survive_as_text(counts in prop::collection::vec(0..1_u64 << 58, 0..40)) {
        let text = super::counts::encode(&counts);
        prop_assert_eq!(super::counts::decode(&text).unwrap(), counts);
    }

    #[test]
    fn any_text_is_taken_or_refused(text in "[ -~]{0,40}", h in 1..40_u64, w in 1..40_u64) {
        if let Ok(rle) = Rle::from_text(h, w, &text) {
            prop_assert_eq!(rle.runs().unwrap().voxels(), rle.area());
        }
    }

    #[test]
    fn any_polygon_is_taken_or_refused(
        points in prop::collection::vec(-50.0..90.0_f64, 0..30), h in 1..40_u64, w in 1..40_u64,
    ) {
        let rle = Rle::from_polygons(h, w, std::slice::from_ref(&points));
        prop_assert_eq!(rle.is_ok(), points.len() >= 6 && points.len() % 2 == 0);
        if let Ok(rle) = rle {
            prop_assert_eq!(rle.runs().unwrap().voxels(), rle.area());
        }
    }

    #[test]
    fn changed_files_are_taken_or_refused(
        changes in prop::collection::vec((0..DATASET.len(), any::<u8>()), 1..4),
        cut in 0..DATASET.len() * 4,
    ) {
        let mut bytes = DATASET.as_bytes().to_vec();
        for (place, value) in changes {
            bytes[place] = if value < 128 { b"0123456789-\"[]{},:eo"[usize::from(value % 20)] } else { value };
        }
        bytes.truncate(cut.max(1));
        if let Ok(file) = CocoFile::parse(&bytes) {
            for image in 0..file.images().len() {
                drop(file.segments(image).map_err(|error| error.to_string()));
            }
        }
    }
}

#[test]
fn hostile_texts_are_refused_with_their_place() {
    let text = |text: &str| super::counts::decode(text).map_err(|error| error.to_string());
    assert!(text("7 4").unwrap_err().contains("character 1"));
    assert!(text("7p").unwrap_err().contains("character 1"));
    assert!(text("o").unwrap_err().contains("cut off"));
    assert!(text(&"o".repeat(30)).unwrap_err().contains("60 bits"));
    assert!(text("O").unwrap_err().contains("below zero"));
    assert_eq!(text("").unwrap(), [0_u64; 0]);
}

#[test]
fn sums_and_sizes_are_checked() {
    let refused = |h, w, counts: &[u64]| Rle::new(h, w, counts.to_vec()).unwrap_err().to_string();
    assert!(refused(3, 4, &[5, 6]).contains("add up to 11"));
    assert!(refused(3, 4, &[5, 8]).contains("add up to 13"));
    assert!(refused(3, 4, &[u64::MAX, 13]).contains("add up to"));
    assert!(refused(0, 4, &[]).contains("2^31"));
    assert!(refused(1 << 32, 4, &[]).contains("2^31"));
}

#[test]
fn a_text_that_stands_for_very_many_stripes_is_refused() {
    let (height, width) = (1 << 20, 1 << 12);
    let counts = vec![height; 1 << 12];
    let rle = Rle::new(height, width, counts).unwrap();
    assert!(matches!(rle.runs(), Err(CocoError::Runs)));
    assert!(rle.text().len() < 5000);
}

#[test]
fn very_long_lines_cost_nothing() {
    let side = 1 << 31;
    let whole = Rle::new(1, side, vec![0, side]).unwrap();
    assert_eq!(whole.runs().unwrap().as_slice(), [Run { start: 0, end: side }]);
    let column = turned(1, side, [Run { start: 5, end: 6 }]).unwrap();
    assert_eq!(column, [Run { start: 5, end: 6 }]);
    let far = Rle::new(1, side, vec![side - 1, 1]).unwrap();
    assert_eq!(far.bounding_box(), [side - 1, 0, 1, 1]);
}

#[test]
fn polygons_far_away_are_refused() {
    let refused =
        |points: &[f64]| Rle::from_polygons(9, 9, &[points.to_vec()]).unwrap_err().to_string();
    assert!(refused(&[0.0, 0.0, 1e8, 0.0, 0.0, 1e8]).contains("outlines longer"));
    assert!(refused(&[0.0, 0.0, 1e300, 0.0, 0.0, 1.0]).contains("not finite"));
    assert!(refused(&[0.0, 0.0, f64::NAN, 0.0, 0.0, 1.0]).contains("not finite"));
    assert!(refused(&[0.0, 0.0, 1.0, 1.0]).contains("less than three"));
}

#[test]
fn the_forms_of_a_file() {
    let one = CocoFile::parse(br#"{"size": [3, 4], "counts": "714"}"#).unwrap();
    let set = one.segments(0).unwrap();
    assert_eq!((one.images()[0].key.as_str(), set.space.shape), ("image", [1, 3, 4]));
    assert_eq!((set.segments[0].segment.name.as_str(), set.segments[0].segment.label), ("mask", 1));
    let list = br#"[{"size": [3, 4], "counts": [7, 1, 4]}, {"size": [3, 4], "counts": "<"}]"#;
    let list = CocoFile::parse(list).unwrap().segments(0).unwrap();
    let names: Vec<&str> = list.segments.iter().map(|s| s.segment.name.as_str()).collect();
    assert_eq!(names, ["mask_1", "mask_2"]);
    assert_eq!(list.segments[0].runs, set.segments[0].runs);
    assert!(list.segments[1].runs.is_empty());
    let results = br#"[{"image_id": 42, "category_id": 18, "score": 0.7,
        "segmentation": {"size": [3, 4], "counts": "714"}}]"#;
    let results = CocoFile::parse(results).unwrap();
    let set = results.segments(0).unwrap();
    assert_eq!(results.images()[0].key, "42");
    assert_eq!(set.segments[0].segment.json, r#"{"score":0.7}"#);
    assert_eq!(set.notes, ["category 18 has no name in the file"]);
}

#[test]
fn what_does_not_fit_together_is_named() {
    let refused = |json: &str| match CocoFile::parse(json.as_bytes()) {
        Ok(file) => file.segments(0).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    let polygon = r#"[{"image_id": 1, "category_id": 1, "segmentation": [[0,0,1,0,1,1]]}]"#;
    assert!(refused(polygon).contains("without the size of the picture"));
    let stray = r#"{"images": [], "annotations": [{"id": 9, "image_id": 1, "segmentation": []}]}"#;
    assert!(refused(stray).contains("annotation 9") && refused(stray).contains("image_id 1"));
    let size = r#"[{"size": [3, 4], "counts": "<"}, {"size": [4, 3], "counts": "<"}]"#;
    assert!(refused(size).contains("number 2") && refused(size).contains("must agree"));
    let below = r#"[{"size": [1, 1], "counts": [1], "category_id": -1}]"#;
    assert!(refused(below).contains("no label"));
    let twice =
        r#"{"images": [{"id": 1, "height": 1, "width": 1}, {"id": 1, "height": 1, "width": 1}]}"#;
    assert!(refused(twice).contains("two pictures"));
    let deep = format!("{{\"x\": {}", "[".repeat(100_000));
    assert!(refused(&deep).contains("recursion"), "{}", refused(&deep));
    assert!(refused(r#"{"size": [1, 1], "counts": [-1, 2]}"#).contains("COCO"));
}

#[test]
fn names_that_meet_by_chance_stay_distinct() {
    let names = ["a", "a", "a_1", "a"].map(String::from);
    let marks = ["1", "1", "7", "2"].map(String::from);
    assert_eq!(crate::masks::naming::distinct(&names, &marks), ["a_1_2", "a_1_3", "a_1", "a_2"]);
}
