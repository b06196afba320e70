//! Geometry of real masks against slow twins that look at each voxel.
#![cfg(test)]
#![expect(clippy::float_cmp, reason = "what is exact is compared exactly")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "labels are small whole numbers, and sides of boxes are stored in f32"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use vesalius::{
    CellCoverage, GridMapping, Neighbours, Ring, Runs, VoxelShape, contacts, split_labels,
    surface_distances,
};
use vesalius_convert::nifti::{self, Limits, Scaling};

/// A label map, its labels and their voxels.
struct Labels {
    shape: VoxelShape,
    spacing: [f64; 3],
    values: Vec<u32>,
    parts: Vec<(u32, Runs)>,
}

fn read(name: &str) -> Option<Labels> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/masks");
    let path = root.join(name);
    if !path.exists() {
        println!("SKIPPED: ../shared/data absent ({})", path.display());
        return None;
    }
    let volume = nifti::read(&path, &Limits::default()).unwrap();
    let shape = VoxelShape::new(volume.geometry.frames, volume.geometry.shape_zyx).unwrap();
    let values: Vec<u32> =
        volume.values.to_f64(&Scaling::NONE).into_iter().map(|v| v as u32).collect();
    let parts = split_labels(shape, &values).unwrap();
    Some(Labels { shape, spacing: volume.geometry.spacing_zyx, values, parts })
}

impl Labels {
    fn at(&self, [z, y, x]: [i64; 3]) -> u32 {
        let at = [z, y, x].map(|n| u64::try_from(n).unwrap_or(u64::MAX));
        let index = self.shape.index([0, at[0], at[1], at[2]]);
        index.map_or(0, |index| self.values[usize::try_from(index).unwrap()])
    }
}

fn voxels(runs: &Runs) -> Vec<[i64; 3]> {
    let shape = runs.shape();
    let all = runs.as_slice().iter().flat_map(|run| run.start..run.end);
    let place = |index| shape.position(index).map(|n| i64::try_from(n).unwrap());
    all.map(place).map(|[_, z, y, x]| [z, y, x]).collect()
}

fn moved([z, y, x]: [i64; 3], [dz, dy, dx]: [i64; 3]) -> [i64; 3] {
    [z + dz, y + dy, x + dx]
}

fn around(faces_only: bool) -> Vec<[i64; 3]> {
    let one = || -1..=1_i64;
    let all = one().flat_map(|z| one().flat_map(move |y| one().map(move |x| [z, y, x])));
    let near = |by: &[i64; 3]| match by.iter().map(|d| d.abs()).sum::<i64>() {
        0 => false,
        1 => true,
        _ => !faces_only,
    };
    all.filter(near).collect()
}

/// Numbers of voxels of the parts that a flood finds, largest first.
fn flooded(runs: &Runs, steps: &[[i64; 3]]) -> Vec<u64> {
    let mut left: BTreeSet<[i64; 3]> = voxels(runs).into_iter().collect();
    let mut sizes = Vec::new();
    while let Some(first) = left.pop_first() {
        let (mut open, mut size) = (vec![first], 0);
        while let Some(at) = open.pop() {
            size += 1;
            open.extend(steps.iter().map(|by| moved(at, *by)).filter(|at| left.remove(at)));
        }
        sizes.push(size);
    }
    sizes.sort_by_key(|size| std::cmp::Reverse(*size));
    sizes
}

#[test]
fn components_of_organs_and_regions() {
    for name in ["totalseg/example_seg.nii.gz", "ts_s0000/iliac_artery_left.nii.gz"] {
        let Some(labels) = read(name) else { return };
        for (label, runs) in &labels.parts {
            for (kind, faces_only) in [(Neighbours::Six, true), (Neighbours::TwentySix, false)] {
                let found = runs.components(kind);
                let sizes: Vec<u64> = found.iter().map(Runs::voxels).collect();
                assert_eq!(sizes, flooded(runs, &around(faces_only)), "{name} {label} {kind:?}");
            }
        }
    }
}

#[test]
fn contacts_of_the_regions_of_a_brain() {
    for name in ["brain/AAL.nii.gz", "totalseg/example_seg.nii.gz"] {
        let Some(labels) = read(name) else { return };
        let mut faces: BTreeMap<(u32, u32), [u64; 3]> = BTreeMap::new();
        let mut touching = BTreeSet::new();
        for (label, runs) in &labels.parts {
            for at in voxels(runs) {
                for by in around(false) {
                    let other = labels.at(moved(at, by));
                    // Each pair is met from both sides; it counts from the lower label.
                    if other <= *label {
                        continue;
                    }
                    touching.insert((*label, other));
                    let axis = by.iter().position(|d| *d != 0).unwrap();
                    if by.iter().map(|d| d.abs()).sum::<i64>() == 1 {
                        faces.entry((*label, other)).or_default()[axis] += 1;
                    }
                }
            }
        }
        let sets: Vec<&Runs> = labels.parts.iter().map(|(_, runs)| runs).collect();
        let found = contacts(&sets).unwrap();
        let pair = |a: usize, b: usize| (labels.parts[a].0, labels.parts[b].0);
        let pairs: BTreeSet<_> = found.iter().map(|each| pair(each.a, each.b)).collect();
        assert_eq!(pairs, touching, "{name}");
        for each in &found {
            let wanted = faces.get(&pair(each.a, each.b)).copied().unwrap_or_default();
            assert_eq!(each.contact.faces, wanted, "{name}");
        }
    }
}

#[test]
fn surfaces_and_outlines_of_organs() {
    let Some(labels) = read("totalseg/example_seg.nii.gz") else { return };
    for (label, runs) in &labels.parts {
        let outside =
            |at: &[i64; 3]| around(true).iter().any(|by| labels.at(moved(*at, *by)) != *label);
        let wanted: Vec<[i64; 3]> = voxels(runs).into_iter().filter(outside).collect();
        assert_eq!(voxels(&runs.surface()), wanted, "{label}");
        for (axis, slices) in labels.shape.zyx().into_iter().enumerate() {
            let mut voxels = 0.0;
            for index in 0..slices {
                let outline = runs.outline(0, axis, index).unwrap();
                voxels += outline.area();
                let parts = outline.rings.iter().map(Ring::area).filter(|a| *a > 0.0);
                assert!(parts.sum::<f64>() >= outline.area());
            }
            assert_eq!(voxels, runs.voxels() as f64, "{label} across {axis}");
        }
    }
}

#[test]
fn distances_between_vessels() {
    let Some(artery) = read("ts_s0000/iliac_artery_left.nii.gz") else { return };
    let Some(vein) = read("ts_s0000/iliac_vena_left.nii.gz") else { return };
    let (artery, vein, native) = (&artery.parts[0].1, &vein.parts[0].1, artery.spacing);
    for spacing in [native, [5.0, 0.7, 0.9]] {
        let found = surface_distances(artery, vein, spacing, 0).unwrap();
        let (from, to) = (voxels(&artery.surface()), voxels(&vein.surface()));
        let apart = |a: &[i64; 3], b: &[i64; 3]| {
            let gap = |axis: usize| (a[axis] - b[axis]) as f64 * spacing[axis];
            let [z, y, x] = [gap(0), gap(1), gap(2)];
            (z * z + y * y + x * x).sqrt()
        };
        let nearest = |a: &[i64; 3], all: &[[i64; 3]]| {
            all.iter().map(|b| apart(a, b)).fold(f64::INFINITY, f64::min)
        };
        let forward: Vec<f64> = from.iter().map(|a| nearest(a, &to)).collect();
        let backward: Vec<f64> = to.iter().map(|b| nearest(b, &from)).collect();
        let both = || forward.iter().chain(&backward).copied();
        assert!(from.len() > 500 && to.len() > 500);
        assert_eq!(found.hausdorff(), both().fold(0.0, f64::max));
        let mean = both().sum::<f64>() / (from.len() + to.len()) as f64;
        assert!((found.mean() - mean).abs() < 1e-9);
    }
}

#[test]
fn cells_and_boxes_of_organs() {
    let Some(labels) = read("totalseg/example_seg.nii.gz") else { return };
    let shape = labels.shape.zyx();
    let mapping = GridMapping {
        offset: [-2.5, 3.25, shape[2] as f64 + 4.0],
        stride: [4.5, 7.0, -6.75],
        extent: [4.5, 7.0, 6.75],
        ..GridMapping::regular([1.0; 3])
    };
    let grid = [7_u32, 13, 19];
    let part = |at: i64, low: f64, high: f64| ((at + 1) as f64).min(high) - (at as f64).max(low);
    for (label, runs) in &labels.parts {
        let coverage = CellCoverage::new(runs, 0, grid.map(|n| n as usize), &mapping).unwrap();
        let voxels = voxels(runs);
        let mut place = 0;
        for d in 0..grid[0] {
            for h in 0..grid[1] {
                for w in 0..grid[2] {
                    let (low, high) = mapping.cell([d, h, w]);
                    let volume = |at: &[i64; 3]| -> f64 {
                        (0..3).map(|a| part(at[a], low[a], high[a]).max(0.0)).product()
                    };
                    let wanted: f64 = voxels.iter().map(volume).sum();
                    let found = coverage.voxels()[place];
                    assert!((found - wanted).abs() < 1e-9, "{label}: {found} is not {wanted}");
                    // The cell as a box has the same voxels, but for its sides in f32.
                    let sides = [low[0], low[1], low[2], high[0], high[1], high[2]];
                    let overlap = runs.box_overlap(0, &sides.map(|side| side as f32)).unwrap();
                    assert!((overlap.voxels - wanted).abs() < 1e-3);
                    place += 1;
                }
            }
        }
    }
}
