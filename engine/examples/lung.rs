//! A lung in one file: lobes, their segments, lesions and the whole, over one slice of 64 x 64 pixels.
//!
//! A label map gives a pixel one label, so that a lesion takes its pixels from the lobe that it lies in. Here each
//! of them is a set of pixels of its own, and any two may overlap:
//!
//! * group `lobes`: the five lobes, which do not overlap;
//! * group `segments`: parts of the lobes, pixel for pixel within them;
//! * group `lesions`: a nodule across the border of two lobes, and a mass that reaches out of the lung;
//! * `whole_lung`: the union of the lobes.
//!
//! All are stored, asked about, flattened to a label map, and a lesion is deleted again. Each count is compared
//! with the same count on plain arrays of pixels.
//!
//! ```text
//! cargo run -p vesalius --example lung
//! ```

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use vesalius::{
    Database, Definition, Field, MaskExpr, Runs, Segment, SegmentRef, SegmentValue, Snapshot,
    Space, VoxelShape, flatten,
};

type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

const SIDE: usize = 64;
const IMAGE: &str = "slice";
const FIELD: &str = "masks";

/// Group, name, label, rows from and to, columns from and to.
type Rectangle = (&'static str, &'static str, u32, [usize; 4]);

const RECTANGLES: [Rectangle; 17] = [
    ("lobes", "right_upper", 1, [8, 26, 6, 28]),
    ("lobes", "right_middle", 2, [26, 38, 6, 28]),
    ("lobes", "right_lower", 3, [38, 58, 6, 28]),
    ("lobes", "left_upper", 4, [8, 34, 36, 58]),
    ("lobes", "left_lower", 5, [34, 58, 36, 58]),
    ("segments", "right_apical", 11, [8, 16, 6, 28]),
    ("segments", "right_anterior", 12, [16, 26, 6, 17]),
    ("segments", "right_posterior", 13, [16, 26, 17, 28]),
    ("segments", "right_lateral", 14, [26, 38, 6, 17]),
    ("segments", "right_medial", 15, [26, 38, 17, 28]),
    ("segments", "right_superior", 16, [38, 45, 6, 28]),
    ("segments", "left_apicoposterior", 17, [8, 22, 36, 58]),
    ("segments", "lingula", 18, [22, 34, 36, 58]),
    ("segments", "left_superior", 19, [34, 42, 36, 58]),
    ("segments", "left_basal", 20, [42, 58, 36, 58]),
    ("lesions", "nodule", 31, [22, 30, 12, 20]),
    ("lesions", "mass", 32, [44, 60, 50, 62]),
];
const WHOLE: &str = "whole_lung";

/// The same as arrays: by full name, a bool for each pixel.
type Arrays = BTreeMap<String, Vec<bool>>;

fn main() -> Result {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("lung.vsl");
    let arrays = arrays();
    store(&path, &arrays)?;
    let db = Database::open(&path)?;
    ask(&db.snapshot()?, &arrays)?;
    label_map(&db.snapshot()?, &arrays)?;

    // A lesion goes, in a transaction of its own; the lobe under it was never touched.
    let mut txn = db.begin_write()?;
    txn.update(IMAGE)?.delete_segment(FIELD, ("lesions", "mass"))?;
    txn.commit()?;
    db.close()?;
    again(&path, &arrays)
}

/// Paints the rectangles and their union into arrays.
fn arrays() -> Arrays {
    let mut arrays = Arrays::new();
    let mut whole = vec![false; SIDE * SIDE];
    for (group, name, _, [top, bottom, left, right]) in RECTANGLES {
        let inside = |at: usize| {
            (top..bottom).contains(&(at / SIDE)) && (left..right).contains(&(at % SIDE))
        };
        let pixels: Vec<bool> = (0..SIDE * SIDE).map(inside).collect();
        if group == "lobes" {
            whole.iter_mut().zip(&pixels).for_each(|(whole, lobe)| *whole |= lobe);
        }
        arrays.insert(format!("{group}/{name}"), pixels);
    }
    arrays.insert(WHOLE.to_owned(), whole);
    arrays
}

fn shape() -> Result<VoxelShape> {
    Ok(VoxelShape::new(1, [1, SIDE as u64, SIDE as u64])?)
}

/// Writes all segments of the slice in one transaction.
fn store(path: &Path, arrays: &Arrays) -> Result {
    let space = Space::new([1, SIDE as u64, SIDE as u64], [5.0, 1.5, 1.5]);
    let db = Database::create(path, Definition::new().field(Field::masks(FIELD)))?;
    let mut segments = Vec::new();
    for (group, name, label, _) in RECTANGLES {
        // In a label map a lesion is seen above what it lies in, and a segment above its lobe.
        let priority = match group {
            "lesions" => 2,
            "segments" => 1,
            _ => 0,
        };
        let segment = Segment { group: group.into(), priority, ..Segment::new(name, label) };
        let runs = Runs::from_bools(shape()?, pixels(arrays, group, name))?;
        segments.push(SegmentValue { segment, runs });
    }
    let lobes = segments.iter().filter(|value| value.segment.group == "lobes");
    let whole = MaskExpr::any(shape()?, lobes.map(|value| &value.runs)).runs()?;
    let segment = Segment { priority: -1, ..Segment::new(WHOLE, 100) };
    segments.push(SegmentValue { segment, runs: whole });
    let mut txn = db.begin_write()?;
    txn.put(IMAGE)?.in_space(&space)?.segments(FIELD, &segments)?;
    txn.commit()?;
    Ok(db.close()?)
}

fn pixels<'a>(arrays: &'a Arrays, group: &str, name: &str) -> &'a [bool] {
    let key = if group.is_empty() { name.to_owned() } else { format!("{group}/{name}") };
    arrays.get(&key).map_or(&[], Vec::as_slice)
}

fn counted(array: &[bool]) -> u64 {
    array.iter().filter(|inside| **inside).count() as u64
}

/// Counts, overlaps, and what is at a pixel.
fn ask(snapshot: &Snapshot, arrays: &Arrays) -> Result {
    let image = snapshot.image(IMAGE)?;
    println!("{:<28}{:>6}  volume", "segment", "pixels");
    for segment in image.segments(FIELD)? {
        let array = pixels(arrays, segment.group(), segment.name());
        assert_eq!(segment.voxels(), counted(array), "{}", segment.name());
        assert_eq!(segment.runs()?.to_bools()?, array, "{}", segment.name());
        let name = [segment.group(), segment.name()].join("/");
        let name = name.trim_start_matches('/');
        println!("{name:<28}{:>6}  {:.1} mm3", segment.voxels(), segment.volume_mm3());
    }

    println!("\nlesion   lobe           both     IoU  of the lesion in the lobe");
    for lesion in ["nodule", "mass"] {
        let of = image.segment(FIELD, ("lesions", lesion))?.runs()?;
        for lobe in image.segments(FIELD)?.iter().filter(|segment| segment.group() == "lobes") {
            let overlap = of.overlap(&lobe.runs()?)?;
            let both = pixels(arrays, "lesions", lesion).iter();
            let both = both.zip(pixels(arrays, "lobes", lobe.name())).filter(|(a, b)| **a && **b);
            assert_eq!(overlap.both, both.count() as u64);
            if overlap.both > 0 {
                let (iou, share) = (overlap.iou(), overlap.left_in_right());
                let (name, both) = (lobe.name(), overlap.both);
                println!("{lesion:<9}{name:<13}{both:>6}  {iou:.4}  {:.1} %", share * 100.0);
            }
        }
    }

    println!();
    for (y, x) in [(24, 15), (50, 54), (59, 60), (0, 0)] {
        let found = image.segments_at(FIELD, [0, 0, y, x])?;
        let names: Vec<&str> = found.iter().map(SegmentRef::name).collect();
        let at = usize::try_from(y * SIDE as u64 + x)?;
        let there = arrays.values().filter(|array| array.get(at) == Some(&true)).count();
        assert_eq!(names.len(), there);
        let names = if names.is_empty() { "none".into() } else { names.join(", ") };
        println!("labels at row {y}, column {x}: {names}");
    }
    Ok(())
}

/// One label a pixel, by priority, and what that covers up.
fn label_map(snapshot: &Snapshot, arrays: &Arrays) -> Result {
    let segments = snapshot.image(IMAGE)?.segments(FIELD)?;
    let runs: Vec<Runs> = segments.iter().map(SegmentRef::runs).collect::<vesalius::Result<_>>()?;
    let layers = segments.iter().zip(&runs).map(|(s, runs)| (s.label(), s.priority(), runs));
    let flat = flatten(shape()?, &layers.collect::<Vec<_>>())?;
    let mut map = vec![0_u8; SIDE * SIDE];
    flat.paint(&mut map)?;

    // The same on arrays: in the order of priority, each over those before it.
    let mut plain = vec![0_u8; SIDE * SIDE];
    let mut order: Vec<_> = segments.iter().collect();
    order.sort_by_key(|segment| segment.priority());
    for segment in order {
        let label = u8::try_from(segment.label())?;
        let array = pixels(arrays, segment.group(), segment.name());
        plain.iter_mut().zip(array).filter(|(_, inside)| **inside).for_each(|(to, _)| *to = label);
    }
    assert_eq!(map, plain);
    let all: u64 = runs.iter().map(Runs::voxels).sum();
    let seen = map.iter().filter(|label| **label != 0).count() as u64;
    assert_eq!(flat.covered(), all - seen);
    println!("\nas a label map {seen} pixels have a label; {} are covered up", flat.covered());
    Ok(())
}

/// Opens the file again: all but the deleted lesion is there, and the file is sound.
fn again(path: &Path, arrays: &Arrays) -> Result {
    let snapshot = Database::open_read_only(path)?.snapshot()?;
    let image = snapshot.image(IMAGE)?;
    let left = image.segments(FIELD)?;
    assert_eq!(left.len(), arrays.len() - 1);
    for segment in &left {
        assert_eq!(segment.runs()?.to_bools()?, pixels(arrays, segment.group(), segment.name()));
    }
    assert!(image.segment(FIELD, ("lesions", "mass")).is_err());
    let report = Database::verify_file(path, &mut |_, _| true)?;
    assert!(report.is_ok(), "{:?}", report.problems);
    let bytes: u64 = left.iter().map(SegmentRef::encoded_bytes).sum();
    println!(
        "the mass is deleted; {} segments in {bytes} bytes, and the file verifies",
        left.len()
    );
    Ok(())
}
