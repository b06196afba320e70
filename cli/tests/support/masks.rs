//! A container with masks.

use vesalius::{
    Database, Definition, Field, Run, Runs, Segment, SegmentValue, Space, TermCode, VoxelShape,
};

use super::{EVIL_KEY, text};

/// Voxels along z, y, x of image `a` of [`masks`].
pub const SHAPE: [u64; 3] = [4, 10, 12];

/// The space of image `a`: 2 x 0.5 x 1 mm, at (5, -3, 100) mm.
pub fn space() -> Space {
    Space { origin: [5.0, -3.0, 100.0], ..Space::new(SHAPE, [2.0, 0.5, 1.0]) }
}

/// All voxels of a box in a frame: t, then z, y, x from and to.
pub fn block(shape: VoxelShape, t: u64, [z, y, x]: [[u64; 2]; 3]) -> Runs {
    let mut runs = Vec::new();
    for at_z in z[0]..z[1] {
        for at_y in y[0]..y[1] {
            let start = shape.index([t, at_z, at_y, x[0]]).unwrap();
            runs.push(Run { start, end: start + x[1] - x[0] });
        }
    }
    Runs::new(shape, runs).unwrap()
}

/// A segment of one box; of none when the box is.
fn value(group: &str, name: &str, label: u32, of: [[u64; 2]; 3]) -> SegmentValue {
    let shape = VoxelShape::new(1, SHAPE).unwrap();
    let segment = Segment { group: group.into(), ..Segment::new(name, label) };
    SegmentValue { segment, runs: block(shape, 0, of) }
}

/// A folder with a container of images with a masks field. A voxel of `a` and `b` is 1 mm3.
///
/// | key | group | segment | box z, y, x | voxels |
/// |---|---|---|---|---|
/// | a | organs | liver | 0..3, 2..8, 1..9 | 144 |
/// | a | organs | spleen | 0..3, 2..8, 9..11 | 36 |
/// | a | lesions | one | 1..2, 4..6, 7..10 | 6: four in the liver, two in the spleen |
/// | a | lesions | none | | 0 |
/// | a | | one | 3..4, 0..1, 0..1 | 1 |
/// | b | organs | liver | 0..1, 0..1, 0..10 | 10 |
/// | t | | dot | frame 0: one voxel, frame 2: two | 3; frames of 2 x 2 x 2 |
/// | `EVIL_KEY` | | `EVIL_KEY` | | 0; as in b |
pub fn masks() -> (tempfile::TempDir, String) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("masks.vsl");
    let db = Database::create(&file, Definition::new().field(Field::masks("masks"))).unwrap();
    let mut txn = db.begin_write().unwrap();
    let mut liver = value("organs", "liver", 1, [[0, 3], [2, 8], [1, 9]]);
    liver.segment.colour = Some([200, 30, 10, 255]);
    let code = ["SCT", "10200004", "Liver"].map(str::to_owned);
    let [scheme, value_of, meaning] = code;
    liver.segment.codes = vec![TermCode { scheme, value: value_of, meaning }];
    liver.segment.json = "{\"by\": \"hand\"}".into();
    let mut one = value("lesions", "one", 3, [[1, 2], [4, 6], [7, 10]]);
    one.segment.priority = 5;
    let nothing = [[0, 0]; 3];
    let all = [
        liver,
        value("organs", "spleen", 2, [[0, 3], [2, 8], [9, 11]]),
        one,
        value("lesions", "none", 4, nothing),
        value("", "one", 5, [[3, 4], [0, 1], [0, 1]]),
    ];
    txn.put("a").unwrap().in_space(&space()).unwrap().segments("masks", &all).unwrap();
    let small = [value("organs", "liver", 1, [[0, 1], [0, 1], [0, 10]])];
    txn.put("b").unwrap().in_space(&space()).unwrap().segments("masks", &small).unwrap();
    let shape = VoxelShape::new(3, [2, 2, 2]).unwrap();
    let first = block(shape, 0, [[0, 1], [0, 1], [1, 2]]);
    let dot = first.or(&block(shape, 2, [[1, 2], [1, 2], [0, 2]])).unwrap();
    let dot = [SegmentValue { segment: Segment::new("dot", 1), runs: dot }];
    let timed = Space { frames: 3, ..Space::new([2, 2, 2], [1.0; 3]) };
    txn.put("t").unwrap().in_space(&timed).unwrap().segments("masks", &dot).unwrap();
    let evil = [value("", EVIL_KEY, 7, nothing)];
    txn.put(EVIL_KEY).unwrap().in_space(&space()).unwrap().segments("masks", &evil).unwrap();
    txn.put("bare").unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    let file = text(&file);
    (dir, file)
}
