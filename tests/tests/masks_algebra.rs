//! The algebra of masks against plain arrays, on real segmentations.
#![cfg(test)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use vesalius::{
    Axis, MaskExpr, OverlapMatrix, Runs, RunsError, Space, VoxelBox, VoxelShape, flatten,
    split_labels,
};
use vesalius_convert::nifti::{self, Geometry, Limits, Values};

fn masks() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/masks");
    if !path.is_dir() {
        println!("SKIPPED: ../shared/data absent ({})", path.display());
        return None;
    }
    Some(path)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "labels are small whole numbers"
)]
fn labels(values: &Values) -> Vec<u32> {
    match values {
        Values::U8(v) => v.iter().map(|v| u32::from(*v)).collect(),
        Values::U16(v) => v.iter().map(|v| u32::from(*v)).collect(),
        other => {
            let rounded = other.to_f64(&nifti::Scaling::NONE);
            rounded.iter().map(|v| *v as u32).collect()
        }
    }
}

fn space(g: &Geometry) -> Space {
    Space {
        shape: g.shape_zyx,
        frames: g.frames,
        spacing: g.spacing_zyx,
        origin: g.origin_lps,
        direction: g.direction,
        ..Space::default()
    }
}

/// Every label map: its name, space and values.
fn maps() -> Vec<(String, Space, Vec<u32>)> {
    let Some(root) = masks() else { return Vec::new() };
    let mut maps = Vec::new();
    for folder in ["brain", "totalseg"] {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "gz")) {
            let volume = nifti::read(path, &Limits::default()).unwrap();
            let values = labels(&volume.values);
            maps.push((path.display().to_string(), space(&volume.geometry), values));
        }
    }
    assert!(maps.len() >= 8, "{}", maps.len());
    maps
}

/// The map moved by a voxel along z and two along y and x.
fn moved(shape: VoxelShape, values: &[u32]) -> Vec<u32> {
    let mut out = vec![0; values.len()];
    for (voxel, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
        let [t, z, y, x] = shape.position(voxel as u64);
        if let Some(to) = shape.index([t, z + 1, y + 2, x + 2]) {
            out[usize::try_from(to).unwrap()] = *value;
        }
    }
    out
}

fn bools(values: &[u32], label: u32) -> Vec<bool> {
    values.iter().map(|v| *v == label).collect()
}

fn count(values: &[bool]) -> u64 {
    values.iter().filter(|v| **v).count() as u64
}

#[test]
fn label_maps_go_and_come_back() {
    for (name, space, values) in maps() {
        let shape = VoxelShape::of_space(&space).unwrap();
        let parts = split_labels(shape, &values).unwrap();
        let mut painted = vec![0_u32; values.len()];
        let segments: Vec<(u32, i32, &Runs)> = parts.iter().map(|(l, r)| (*l, 0, r)).collect();
        let flat = flatten(shape, &segments).unwrap();
        assert_eq!(flat.covered(), 0, "{name}");
        flat.paint(&mut painted).unwrap();
        assert!(painted == values, "{name}");
        let any = Runs::from_dense(shape, &values).unwrap();
        let union = Runs::union(shape, parts.iter().map(|(_, runs)| runs)).unwrap();
        assert_eq!(any, union, "{name}");
        let lazy = MaskExpr::any(shape, parts.iter().map(|(_, runs)| runs));
        assert_eq!(lazy.voxels().unwrap(), any.voxels(), "{name}");
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for value in values.iter().filter(|v| **v > 0) {
            *counts.entry(*value).or_default() += 1;
        }
        let sizes: BTreeMap<u32, u64> = parts.iter().map(|(l, r)| (*l, r.voxels())).collect();
        assert_eq!(sizes, counts, "{name}");
        let sets: Vec<&Runs> = parts.iter().map(|(_, runs)| runs).collect();
        assert!(OverlapMatrix::new(&sets).unwrap().pairs().is_empty(), "{name}");
    }
}

#[test]
fn operations_agree_with_arrays() {
    for (name, space, values) in maps() {
        let shape = VoxelShape::of_space(&space).unwrap();
        let parts = split_labels(shape, &values).unwrap();
        let shifted = split_labels(shape, &moved(shape, &values)).unwrap();
        // A few of each map, small and large.
        for (label, a) in parts.iter().step_by(parts.len().div_ceil(4)) {
            let Some((_, b)) = shifted.iter().find(|(l, _)| l == label) else { continue };
            let x = bools(&values, *label);
            let y = b.to_bools().unwrap();
            let zip = |f: fn(bool, bool) -> bool| -> Vec<bool> {
                x.iter().zip(&y).map(|(x, y)| f(*x, *y)).collect()
            };
            let dense = |runs: Result<Runs, RunsError>| runs.unwrap().to_bools().unwrap();
            assert!(dense(a.and(b)) == zip(|x, y| x & y), "{name} {label}");
            assert!(dense(a.or(b)) == zip(|x, y| x | y), "{name} {label}");
            assert!(dense(a.minus(b)) == zip(|x, y| x && !y), "{name} {label}");
            assert!(dense(a.xor(b)) == zip(|x, y| x ^ y), "{name} {label}");
            assert!(dense(a.complement()) == zip(|x, _| !x), "{name} {label}");
            assert_eq!((a ^ b).runs().unwrap(), ((a | b) - (a & b)).runs().unwrap());
            let overlap = a.overlap(b).unwrap();
            assert_eq!(overlap.both, count(&zip(|x, y| x & y)), "{name} {label}");
            assert_eq!(overlap.either(), count(&zip(|x, y| x | y)), "{name} {label}");
        }
    }
}

#[test]
fn parts_and_measures_agree_with_arrays() {
    for (name, space, values) in maps() {
        let shape = VoxelShape::of_space(&space).unwrap();
        let parts = split_labels(shape, &values).unwrap();
        for (label, runs) in parts.iter().step_by(parts.len().div_ceil(3)) {
            let measures = runs.measures();
            let part = measures.bounds.unwrap();
            assert_eq!(runs.crop(&part).unwrap().voxels(), runs.voxels(), "{name} {label}");
            assert_eq!(&runs.within(&VoxelBox::of_shape(shape)).unwrap(), runs);
            let mut sums = [0_u128; 4];
            for (voxel, _) in values.iter().enumerate().filter(|(_, v)| *v == label) {
                let at = shape.position(voxel as u64);
                sums.iter_mut().zip(at).for_each(|(sum, at)| *sum += u128::from(at));
            }
            assert_eq!(measures.sums, sums, "{name} {label}");
            let world = measures.centroid_world(&space).unwrap();
            let around = part.world(&space);
            for ((low, at), high) in around.min.iter().zip(world).zip(around.max) {
                assert!(*low < at && at < high, "{name} {label}");
            }
            let middle = [0, 1, 2, 3].map(|axis: usize| part.start[axis].midpoint(part.end[axis]));
            for (axis, place) in [(Axis::Z, 1_usize), (Axis::Y, 2), (Axis::X, 3)] {
                let mut flat = VoxelBox::of_shape(shape);
                flat.start[place] = middle[place];
                flat.end[place] = middle[place] + 1;
                let slice = runs.slice(0, axis, middle[place]).unwrap();
                let boxed = runs.crop(&flat).unwrap();
                assert!(slice.to_bools().unwrap() == boxed.to_bools().unwrap(), "{name} {label}");
            }
        }
    }
}

/// Twice as fine and back is the same set: each voxel becomes two along each axis.
#[test]
fn resampling_there_and_back_loses_nothing() {
    for (name, space, values) in maps() {
        let shape = VoxelShape::of_space(&space).unwrap();
        let parts = split_labels(shape, &values).unwrap();
        let mut fine = space.clone();
        fine.shape = space.shape.map(|n| n * 2);
        fine.spacing = space.spacing.map(|s| s / 2.0);
        fine.origin = space.to_world([-0.25; 3]);
        for (label, runs) in parts.iter().step_by(parts.len().div_ceil(3)) {
            let twice = runs.resample(&space, &fine).unwrap();
            assert_eq!(twice.voxels(), runs.voxels() * 8, "{name} {label}");
            let back = twice.resample(&fine, &space).unwrap();
            assert_eq!(&back, runs, "{name} {label}");
            let volume = runs.volume_mm3(&space);
            assert!((twice.volume_mm3(&fine) - volume).abs() <= volume * 1e-12);
        }
    }
}

/// Files of one structure each overlap, and a label map of them hides voxels.
#[test]
fn a_label_map_tells_what_it_hides() {
    let Some(root) = masks() else { return };
    let entries = std::fs::read_dir(root.join("ts_s0000")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "gz"));
    paths.sort();
    // Most structures are not in the picture, and files without voxels are the shortest: 21 are left.
    let bytes = |path: &PathBuf| std::fs::metadata(path).unwrap().len();
    let least = paths.iter().map(bytes).min().unwrap();
    paths.retain(|path| bytes(path) > least + 40);
    let mut sets: Vec<(String, Runs)> = Vec::new();
    for path in paths {
        let volume = nifti::read(&path, &Limits::default()).unwrap();
        let shape = VoxelShape::of_space(&space(&volume.geometry)).unwrap();
        let runs = Runs::from_dense(shape, &labels(&volume.values)).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().replace(".nii.gz", "");
        sets.push((name, runs));
    }
    assert_eq!(sets.len(), 21);
    let shape = sets[0].1.shape();
    let segments: Vec<(u32, i32, &Runs)> =
        (1..).zip(&sets).map(|(label, (_, runs))| (label, 0, runs)).collect();
    let mut wanted = vec![0_u8; usize::try_from(shape.voxels()).unwrap()];
    let mut voxels = 0;
    for (label, _, runs) in &segments {
        runs.paint(&mut wanted, u8::try_from(*label).unwrap()).unwrap();
        voxels += runs.voxels();
    }
    let flat = flatten(shape, &segments).unwrap();
    let mut painted = vec![0_u8; wanted.len()];
    flat.paint(&mut painted).unwrap();
    assert!(painted == wanted);
    let seen = wanted.iter().filter(|v| **v > 0).count() as u64;
    assert_eq!(flat.covered(), voxels - seen);
    let all: Vec<&Runs> = sets.iter().map(|(_, runs)| runs).collect();
    let matrix = OverlapMatrix::new(&all).unwrap();
    assert!(!matrix.pairs().is_empty());
    for (i, j, both) in matrix.pairs() {
        assert_eq!((&sets[*i].1 & &sets[*j].1).voxels().unwrap(), *both);
    }
    // The rib of 13 voxels that lies within the sacrum is lost from every label map.
    let place = |name: &str| sets.iter().position(|(n, _)| n == name).unwrap();
    let (rib, sacrum) = (place("rib_right_12"), place("sacrum"));
    let overlap = matrix.get(rib, sacrum).unwrap();
    assert_eq!((overlap.left, overlap.both), (13, 13));
    assert_eq!(flat.segments[rib].covered, 13);
}
