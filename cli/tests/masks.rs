//! Masks: tables, overlaps.

#![cfg(test)]

mod support;

use serde_json::{Value, json};
use support::masks::masks;
use support::{EVIL_KEY, column, sample, shared_data, vesalius};
use vesalius::{Database, Definition, Field};
use vesalius_convert::masks::nifti::read_label_map;
use vesalius_convert::masks::volumes::Limits;
use vesalius_convert::nifti;

fn run(args: &[&str]) -> Value {
    vesalius(&[args, &["--json"]].concat()).json()
}

fn refused(args: &[&str], says: &str) {
    let ran = vesalius(args);
    assert_eq!(ran.code, 1, "{args:?}: {}", ran.stdout);
    assert!(ran.stderr.contains(says), "{args:?}: {}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1);
}

#[test]
fn the_segments_of_an_image() {
    let (_dir, file) = masks();
    let told = run(&["masks", &file, "a"]);
    assert_eq!((&told["image"], &told["field"]), (&json!("a"), &json!("masks")));
    assert_eq!(told["space"]["shape"], json!([4, 10, 12]));
    let segments = told["segments"].as_array().unwrap();
    assert_eq!(column(&told["segments"], "name"), ["liver", "spleen", "one", "none", "one"]);
    let liver = &segments[0];
    assert_eq!(liver["group"], "organs");
    assert_eq!(liver["voxels"], 144);
    assert_eq!(liver["volume_mm3"], 144.0);
    assert_eq!(liver["box"], json!([0, 2, 1, 3, 8, 9]));
    assert_eq!(liver["centroid"], json!([1.0, 4.5, 4.5]));
    // Origin plus spacing times centroid; x is left, y posterior.
    assert_eq!(liver["centroid_mm"], json!([9.5, -0.75, 102.0]));
    assert_eq!(liver["colour"], json!([200, 30, 10, 255]));
    assert_eq!(liver["codes"][0]["meaning"], "Liver");
    assert_eq!(liver["json"], json!({ "by": "hand" }));
    let none = &segments[3];
    assert_eq!(
        (&none["voxels"], &none["box"], &none["bytes"]),
        (&json!(0), &json!(null), &json!(0))
    );
    let total = &told["total"];
    assert_eq!((&total["segments"], &total["empty"]), (&json!(5), &json!(1)));
    assert_eq!((&total["voxels"], &total["volume_mm3"]), (&json!(187), &json!(187.0)));
    assert!(total["bytes"].as_u64().unwrap() > 0);
    assert_eq!(run(&["get", &file, "a", "--field", "masks"]), told);

    let words = vesalius(&["masks", &file, "a"]);
    let lines = words.lines();
    assert!(
        lines[0].starts_with("group    segment  label  voxels     volume  box"),
        "{}",
        lines[0]
    );
    assert!(lines[1].contains("144.0 mm3  0 2 1 3 8 9"), "{}", lines[1]);
    assert!(lines[4].ends_with("none         4       0      empty"), "{}", lines[4]);
    assert!(
        lines[7].starts_with("5 segments, 1 of them empty; together 187 voxels"),
        "{}",
        lines[7]
    );

    let lesions = run(&["masks", &file, "a", "--group", "lesions"]);
    assert_eq!(column(&lesions["segments"], "name"), ["one", "none"]);
    let loose = run(&["masks", &file, "a", "--group", ""]);
    assert_eq!(loose["total"]["segments"], 1);
    refused(&["masks", &file, "a", "--group", "bones"], "lesions");
    assert!(vesalius(&["masks", &file, "bare"]).stdout.contains("no segments"));
    let dot = run(&["masks", &file, "t"]);
    assert_eq!(dot["segments"][0]["frames"], json!([0, 3]));
    assert!(vesalius(&["masks", &file, "t"]).lines()[0].contains("frames"));
    let evil = vesalius(&["masks", &file, EVIL_KEY]).stdout;
    assert!(!evil.contains(['\u{1b}', '\u{9b}']), "{evil}");
}

#[test]
fn the_segments_of_all_images() {
    let (_dir, file) = masks();
    let told = run(&["masks", &file]);
    assert_eq!(column(&told["images"], "image"), ["a", "b", "t", EVIL_KEY]);
    assert_eq!(
        (&told["images"][0]["segments"], &told["images"][0]["empty"]),
        (&json!(5), &json!(1))
    );
    let liver = told["names"].as_array().unwrap().iter().find(|n| n["name"] == "liver").unwrap();
    assert_eq!((&liver["group"], &liver["images"]), (&json!("organs"), &json!(2)));
    assert_eq!(liver["volume_mm3"], json!({ "mean": 77.0, "min": 10.0, "max": 144.0 }));
    let none = told["names"].as_array().unwrap().iter().find(|n| n["name"] == "none").unwrap();
    assert_eq!((&none["empty"], &none["volume_mm3"]), (&json!(1), &json!(null)));
    let large = run(&["masks", &file, "--where", "volume('organs/liver') > 100"]);
    assert_eq!(column(&large["images"], "image"), ["a"]);
    let lesions = run(&["masks", &file, "--group", "lesions"]);
    assert_eq!(column(&lesions["images"], "image"), ["a"]);
    assert_eq!(column(&lesions["names"], "name"), ["none", "one"]);
    let words = vesalius(&["masks", &file]);
    assert!(words.lines()[1].starts_with("a   "), "{}", words.stdout);
    assert!(words.stdout.contains("8 segments, 2 of them empty, in 4 images"), "{}", words.stdout);
    let overlapping = "overlaps('lesions/one', 'liver') and not has_segment('dot')";
    let list = run(&["list", &file, "--where", overlapping]);
    assert_eq!(column(&list["images"], "image"), ["a"]);

    let (_dir, without) = sample();
    refused(&["masks", &without], "no field of kind masks");
    refused(&["masks", &without, "a", "--field", "regions"], "regions");
}

#[test]
fn masks_in_the_other_commands() {
    let (_dir, file) = masks();
    let info = run(&["info", &file]);
    assert_eq!(info["fields"][0]["segments"], 8);
    let bytes = info["fields"][0]["mask_bytes"].as_u64().unwrap();
    assert!(vesalius(&["info", &file]).stdout.contains("8 segments, "));
    let get = run(&["get", &file, "a"]);
    assert_eq!(get["fields"][0]["segments"], 5);
    assert!(vesalius(&["get", &file, "a"]).stdout.contains("5 segments"));
    let stats = run(&["stats", &file]);
    assert_eq!((&stats["images"], &stats["with_value"]), (&json!(5), &json!(4)));
    assert_eq!((&stats["segments"], &stats["empty"]), (&json!(8), &json!(2)));
    assert_eq!(stats["bytes"], bytes);
    assert_eq!(stats["names"], run(&["masks", &file])["names"]);
    assert!(vesalius(&["stats", &file]).stdout.contains("segments  8, 2 of them empty"));
    refused(&["get", &file, "a", "--field", "masks", "--npy", "x.npy"], "mask get");
}

#[test]
fn two_segments() {
    let (_dir, file) = masks();
    let told = run(&["overlap", &file, "a", "lesions/one", "liver"]);
    assert_eq!((&told["a"]["voxels"], &told["b"]["voxels"]), (&json!(6), &json!(144)));
    assert_eq!((&told["both"], &told["both_mm3"]), (&json!(4), &json!(4.0)));
    assert_eq!(told["iou"], 4.0 / 146.0);
    assert_eq!(told["dice"], 8.0 / 150.0);
    assert_eq!(
        (&told["a"]["inside"], &told["b"]["inside"]),
        (&json!(4.0 / 6.0), &json!(4.0 / 144.0))
    );
    // Liver and spleen share the face x = 9 of 3 x 6 voxels of 2 x 0.5 mm.
    let beside = run(&["overlap", &file, "a", "organs/liver", "organs/spleen"]);
    let contact = json!({ "touching": true, "faces": [0, 0, 18], "area_mm2": 18.0 });
    assert_eq!((&beside["both"], &beside["contact"]), (&json!(0), &contact));
    // The far side of the liver is eight voxels of 1 mm from the spleen.
    assert_eq!(beside["surface"]["hausdorff_mm"], 8.0);
    let same = run(&["overlap", &file, "a", "liver", "organs/liver"]);
    assert_eq!((&same["iou"], &same["surface"]["mean_mm"]), (&json!(1.0), &json!(0.0)));
    let empty = run(&["overlap", &file, "a", "liver", "none"]);
    assert_eq!((&empty["iou"], &empty["surface"]), (&json!(0.0), &json!(null)));
    assert!(vesalius(&["overlap", &file, "a", "liver", "none"]).stdout.contains("no distance"));
    assert!(vesalius(&["overlap", &file, "a", "none", "none"]).stdout.contains("both are empty"));
    let words = vesalius(&["overlap", &file, "a", "lesions/one", "liver"]);
    assert!(words.lines().contains(&"a in b     66.7 %"), "{}", words.stdout);

    // A name alone is the one without a group, where there is one.
    assert_eq!(run(&["overlap", &file, "a", "one", "liver"])["a"]["voxels"], 1);
    refused(&["overlap", &file, "a", "liver", "tail"], "organs/liver");
    assert_eq!(vesalius(&["overlap", &file, "a", "liver"]).code, 2);

    let frames = run(&["overlap", &file, "t", "dot", "dot"]);
    assert_eq!((&frames["both"], &frames["surface"]), (&json!(3), &json!(null)));
    let one = run(&["overlap", &file, "t", "dot", "dot", "--frame", "2"]);
    assert_eq!((&one["both"], &one["surface"]["mean_mm"]), (&json!(2), &json!(0.0)));
    refused(&["overlap", &file, "t", "dot", "dot", "--frame", "3"], "3..4");
}

#[test]
fn all_pairs() {
    let (_dir, file) = masks();
    let told = run(&["overlap", &file, "a"]);
    let pairs = told["pairs"].as_array().unwrap();
    let places =
        |p: &Value| (p["a"].as_u64().unwrap(), p["b"].as_u64().unwrap(), p["both"].clone());
    let found: Vec<_> = pairs.iter().map(places).collect();
    assert_eq!(found, [(0, 2, json!(4)), (1, 2, json!(2))]);
    assert_eq!(pairs[1]["b_in_a"], 2.0 / 6.0);
    assert_eq!(column(&told["segments"], "group"), ["organs", "organs", "lesions", "lesions", ""]);
    let words = vesalius(&["overlap", &file, "a"]);
    assert!(words.stdout.contains("2 of 10 pairs of 5 segments overlap"), "{}", words.stdout);
    assert_eq!(run(&["overlap", &file, "a", "--group", "lesions"])["pairs"], told["pairs"]);
    assert_eq!(run(&["overlap", &file, "a", "--group", ""])["pairs"], json!([]));
    refused(&["overlap", &file, "a", "--group", "bones"], "bones");
    assert_eq!(run(&["overlap", &file, "bare"])["pairs"], json!([]));
}

#[test]
fn a_real_label_map_has_the_volumes_of_its_voxels() {
    let Some(shared) = shared_data() else { return };
    let path = shared.join("masks/totalseg/example_seg.nii.gz");
    let set = read_label_map(&path, &Limits::default()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = support::text(&dir.path().join("real.vsl"));
    let db = Database::create(&file, Definition::new().field(Field::masks("masks"))).unwrap();
    let mut txn = db.begin_write().unwrap();
    let image = txn.put("ct").unwrap().in_space(&set.space).unwrap();
    image.segments("masks", &set.segments).unwrap();
    txn.commit().unwrap();
    db.close().unwrap();
    // The slow way: every voxel of the file.
    let volume = nifti::read(&path, &nifti::Limits::default()).unwrap();
    let mut counts = std::collections::BTreeMap::<u64, u64>::new();
    for value in volume.values.to_f64(&volume.scaling) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "labels")]
        counts.entry(value as u64).and_modify(|n| *n += 1).or_insert(1);
    }
    let voxel: f64 = set.space.spacing.iter().product();
    let told = run(&["masks", &file, "ct"]);
    for segment in told["segments"].as_array().unwrap() {
        let voxels = counts.get(&segment["label"].as_u64().unwrap()).copied().unwrap_or(0);
        assert_eq!(segment["voxels"], voxels, "{segment}");
        let off = segment["volume_mm3"].as_f64().unwrap() - voxels as f64 * voxel;
        assert!(off.abs() < 1e-6 * voxel * voxels.max(1) as f64, "{segment}");
    }
    assert_eq!(run(&["overlap", &file, "ct"])["pairs"], json!([]));
    println!("{} segments, {}", set.segments.len(), told["total"]);
}
