//! Pictures of segments.

#![cfg(test)]

mod support;

use std::path::Path;

use serde_json::{Value, json};
use support::masks::{SHAPE, block, masks, space};
use support::{EVIL_KEY, column, text, vesalius};
use vesalius::{Axis, Runs, VoxelShape};
use vesalius_convert::nifti::{Geometry, Values, Volume, write};
use vesalius_convert::picture::{
    Channels, Image, Samples, SegmentStyle, Slice, SliceSegment, read_png, segments_picture,
    write_png,
};

fn run(args: &[&str]) -> Value {
    vesalius(&[args, &["--json"]].concat()).json()
}

fn refused(args: &[&str], says: &str) {
    let ran = vesalius(args);
    assert_eq!(ran.code, 1, "{args:?}: {}", ran.stdout);
    assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1);
}

/// Name, detail, label and colour of the segments of image a in the order of drawing: by priority, then the larger
/// first.
type Entry = (&'static str, &'static str, u32, Option<[u8; 3]>, Runs);

fn expected(axis: Axis, at: u64) -> Vec<Entry> {
    let shape = VoxelShape::new(1, SHAPE).unwrap();
    let of = |edges| block(shape, 0, edges).slice(0, axis, at).unwrap();
    let all = vec![
        ("liver", "144.0 mm3", 1, Some([200, 30, 10]), of([[0, 3], [2, 8], [1, 9]])),
        ("spleen", "36.0 mm3", 2, None, of([[0, 3], [2, 8], [9, 11]])),
        ("one", "1.0 mm3", 5, None, of([[3, 4], [0, 1], [0, 1]])),
        ("lesions/one", "6.0 mm3", 3, None, of([[1, 2], [4, 6], [7, 10]])),
    ];
    all.into_iter().filter(|(.., runs)| !runs.is_empty()).collect()
}

/// Value of each voxel of the volume below.
fn grey(index: u64) -> u8 {
    u8::try_from(index * 7 % 251).unwrap()
}

/// The slice drawn by hand, over the volume where `over` says so.
fn by_hand(axis: Axis, at: u64, title: &str, over: bool) -> Image {
    let [depth, height, width] = SHAPE;
    let shape = VoxelShape::new(1, SHAPE).unwrap();
    let (rows, columns, spacing) = match axis {
        Axis::Z => (height, width, [0.5, 1.0]),
        Axis::Y => (depth, width, [2.0, 1.0]),
        Axis::X => (depth, height, [2.0, 0.5]),
    };
    let mut values = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let place = match axis {
                Axis::Z => [0, at, row, column],
                Axis::Y => [0, row, at, column],
                Axis::X => [0, row, column, at],
            };
            values.push(f32::from(grey(shape.index(place).unwrap())));
        }
    }
    let side = |n: u64| usize::try_from(n).unwrap();
    let slice = Slice {
        height: side(rows),
        width: side(columns),
        spacing,
        // z ascends to the head: slices across y and x are turned, so that the head is up.
        flip: [axis != Axis::Z, false],
        background: over.then_some(&values[..]),
    };
    let entries = expected(axis, at);
    let mut segments = Vec::new();
    for (name, detail, label, colour, runs) in &entries {
        let runs = runs.as_slice();
        segments.push(SliceSegment { name, detail, label: *label, colour: *colour, runs });
    }
    let style = SegmentStyle { title: Some(title.into()), ..SegmentStyle::default() };
    (&segments_picture(&slice, &segments, &style).unwrap()).into()
}

/// The volume of image a as a file.
fn volume(path: &Path, change: impl FnOnce(&mut Geometry)) -> String {
    let mut geometry = Geometry::from(&space());
    change(&mut geometry);
    let [z, y, x] = geometry.shape_zyx;
    let values = Values::U8((0..z * y * x * geometry.frames).map(grey).collect());
    write(path, &Volume::new(geometry, values)).unwrap();
    text(path)
}

#[test]
fn slices_are_those_drawn_by_hand() {
    let (dir, file) = masks();
    let out = text(&dir.path().join("out.png"));
    let over = volume(&dir.path().join("over.nii.gz"), |_| {});
    for (axis, name, slices) in [(Axis::Z, "z", 4), (Axis::Y, "y", 10), (Axis::X, "x", 12)] {
        for at in 0..slices {
            let slice = format!("{name}={at}");
            let title = format!("a, {name} = {at} of {slices}");
            let told = run(&["render", &file, "a", "--slice", &slice, "--out", &out]);
            let read = read_png(Path::new(&out)).unwrap();
            assert!(read == by_hand(axis, at, &title, false), "{slice}");
            let drawn = expected(axis, at);
            assert_eq!((&told["axis"], &told["slice"]), (&json!(name), &json!(at)));
            let pixels: Vec<u64> = drawn.iter().map(|entry| entry.4.voxels()).collect();
            let segments = told["segments"].as_array().unwrap();
            let counted: Vec<&Value> = segments.iter().map(|s| &s["pixels"]).collect();
            assert_eq!(
                counted,
                pixels.iter().map(|n| json!(n)).collect::<Vec<_>>().iter().collect::<Vec<_>>()
            );

            run(&["render", &file, "a", "--slice", &slice, "--over", &over, "--out", &out]);
            let read = read_png(Path::new(&out)).unwrap();
            assert!(read == by_hand(axis, at, &title, true), "{slice} over the volume");
        }
    }
}

#[test]
fn the_fullest_slice_and_the_chosen_segments() {
    let (dir, file) = masks();
    let out = text(&dir.path().join("out.png"));
    let render = |args: &[&str]| run(&[&["render", &file, "a", "--out", &out], args].concat());
    // The lesion lies on slice 1, and makes it the fullest: 180 / 3 + 6.
    assert_eq!(render(&[])["slice"], 1);
    assert_eq!(render(&["--slice", "y"])["slice"], 4);
    assert_eq!(render(&["--slice", "x"])["slice"], 7);
    assert_eq!(render(&["--group", ""])["slice"], 3);
    let chosen = render(&["--segments", "spleen,lesions/one"]);
    assert_eq!(column(&chosen["segments"], "name"), ["spleen", "one"]);
    assert_eq!(chosen["segments"][1]["pixels"], 6);
    let wide = read_png(Path::new(&out)).unwrap().width();
    render(&["--segments", "spleen,lesions/one", "--no-legend"]);
    assert!(read_png(Path::new(&out)).unwrap().width() < wide);
    // Nothing to see is a picture, too: of the middle slice.
    let none = render(&["--segments", "none"]);
    assert_eq!((&none["slice"], &none["segments"]), (&json!(2), &json!([])));
    let words = vesalius(&["render", &file, "a", "--out", &out]);
    assert_eq!(words.lines()[0], "slice     z = 1 of 4");
    assert_eq!(words.lines()[1], "segments  3: organs/liver, organs/spleen, lesions/one");
    let evil = vesalius(&["render", &file, EVIL_KEY, "--out", &out]).stdout;
    assert!(!evil.contains('\u{1b}'), "{evil}");
}

#[test]
fn frames_are_chosen() {
    let (dir, file) = masks();
    let out = text(&dir.path().join("out.png"));
    let frame = |t: &str| run(&["render", &file, "t", "--frame", t, "--out", &out]);
    assert_eq!(
        (&frame("0")["slice"], &frame("0")["segments"][0]["pixels"]),
        (&json!(0), &json!(1))
    );
    assert_eq!(frame("1")["segments"], json!([]));
    assert_eq!(
        (&frame("2")["slice"], &frame("2")["segments"][0]["pixels"]),
        (&json!(1), &json!(2))
    );
    refused(&["render", &file, "t", "--frame", "3", "--out", &out], "3 frames, no 3");
    // A volume with as many frames, or with one for all of them.
    let timed = |frames: u64| {
        volume(&dir.path().join("t.nii"), |g| {
            let (shape, origin) = ([2, 2, 2], [0.0; 3]);
            *g = Geometry { frames, origin_lps: origin, ..Geometry::new(shape, [1.0; 3]) };
        })
    };
    for frames in [1, 3] {
        let over = timed(frames);
        run(&["render", &file, "t", "--frame", "2", "--over", &over, "--out", &out]);
    }
    let over = timed(2);
    refused(&["render", &file, "t", "--over", &over, "--out", &out], "frames of");
}

#[test]
fn what_does_not_fit_is_refused() {
    let (dir, file) = masks();
    let path = |name: &str| dir.path().join(name);
    let out = text(&path("out.png"));
    let over = |over: &str, says: &str| {
        refused(&["render", &file, "a", "--over", over, "--out", &out], says);
    };
    over(&volume(&path("shape.nii.gz"), |g| g.shape_zyx = [4, 10, 13]), "[4, 10, 12]");
    over(&volume(&path("spacing.nii"), |g| g.spacing_zyx = [2.0, 0.6, 1.0]), "spacing of");
    over(&volume(&path("origin.nii"), |g| g.origin_lps = [5.0, -3.0, 101.0]), "origin of");
    over("no-such.nii.gz", "no-such.nii.gz");
    over("ct.mha", ".png, .nii");
    let grey = |name: &str, width: usize| {
        let samples = Samples::Eight((0..10 * width).map(|v| u8::try_from(v).unwrap()).collect());
        write_png(&path(name), &Image::new(10, width, Channels::Grey, samples).unwrap()).unwrap();
        text(&path(name))
    };
    over(&grey("wide.png", 13), "10 x 13 pixels");
    run(&["render", &file, "a", "--over", &grey("fits.png", 12), "--out", &out]);
    let plain = std::fs::read(&out).unwrap();
    let window = ["--window=0,60", "--out", &out];
    run(&[&["render", &file, "a", "--over", &grey("fits.png", 12)], &window[..]].concat());
    assert_ne!(plain, std::fs::read(&out).unwrap());

    refused(&["render", &file, "a", "--out", &text(&path("x.jpg"))], ".png");
    refused(&["render", &file, "a", "--slice", "z=4", "--out", &out], "4 slices across z, no 4");
    refused(&["render", &file, "a", "--segments", "tail", "--out", &out], "liver");
    refused(&["render", &file, "bare", "--out", &out], "space");
    assert_eq!(vesalius(&["render", &file, "a", "--slice", "t=1", "--out", &out]).code, 2);
    assert_eq!(vesalius(&["render", &file, "a", "--window", "0,1", "--out", &out]).code, 2);
}
