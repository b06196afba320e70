//! Where heat maps end up.

#![expect(clippy::float_cmp, reason = "values are copied, not computed")]

use vesalius::{GridMapping, HeatMap, Space};

use super::laid::Laid;
use super::*;
use crate::nifti::resample::Resampling;
use crate::nifti::{Geometry, Limits, Values, Volume, read, write};
use crate::npy::NpyFile;
use crate::picture::{Channels, Image, Samples};

/// A grid (d, h, w) whose d runs along x, h backwards along z, w along y.
fn turned() -> HeatMap {
    let mapping = GridMapping {
        axes: [2, 0, 1],
        offset: [1.0, 6.0, 0.0],
        stride: [4.0, -2.0, 3.0],
        extent: [4.0, 2.0, 3.0],
    };
    let values: Vec<f32> = (0_u8..2 * 4 * 3).map(f32::from).collect();
    HeatMap { grid: [2, 4, 3], values, mapping: Some(mapping) }
}

fn space() -> Space {
    let mut space = Space::new([8, 9, 9], [3.0, 1.0, 1.5]);
    space.origin = [-10.0, 4.0, 100.0];
    space
}

/// The slow twin: for each voxel every cell is asked.
fn by_cells(map: &HeatMap, shape: [u64; 3]) -> Vec<f32> {
    let mapping = map.mapping.unwrap();
    let mut out = Vec::new();
    for z in 0..shape[0] {
        for y in 0..shape[1] {
            for x in 0..shape[2] {
                let at = [z, y, x].map(|v| v as f64 + 0.5);
                let mut value = f32::NAN;
                let [d, h, w] = map.grid;
                for place in 0..d * h * w {
                    let cell = [place / (h * w), place / w % h, place % w];
                    let (low, high) = mapping.cell(cell.map(|c| u32::try_from(c).unwrap()));
                    if (0..3).all(|axis| low[axis] <= at[axis] && at[axis] < high[axis]) {
                        value = map.values[place];
                    }
                }
                out.push(value);
            }
        }
    }
    out
}

fn same(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
}

#[test]
fn volumes_have_each_cell_where_its_mapping_says() {
    let dir = tempfile::tempdir().unwrap();
    let (map, space) = (turned(), space());
    let expected = by_cells(&map, space.shape);
    assert!(expected.iter().any(|v| v.is_nan()) && expected.contains(&23.0));
    for name in ["map.nii", "map.nii.gz"] {
        let path = dir.path().join(name);
        write_volume(&map, &space, Resampling::Nearest, &path).unwrap();
        let volume = read(&path, &Limits::default()).unwrap();
        assert_eq!(Space::from(&volume.geometry), space);
        assert_eq!(Geometry::from(&space), volume.geometry);
        let Values::F32(values) = &volume.values else { panic!("not f32") };
        assert!(same(values, &expected));
    }
    let path = dir.path().join("map.npy");
    write_resampled_array(&map, &space, Resampling::Nearest, &path).unwrap();
    let file = NpyFile::open(&path).unwrap();
    assert_eq!(file.shape(), [8, 9, 9]);
    let mut values = Vec::new();
    file.read_rows_f32(0, 8, &mut values).unwrap();
    assert!(same(&values, &expected));
    write_array(&map, &path).unwrap();
    assert_eq!(NpyFile::open(&path).unwrap().shape(), [2, 4, 3]);
    // Nothing but the files.
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
}

#[test]
fn what_has_no_place_is_refused_with_advice() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("map.nii");
    let unmapped = HeatMap { mapping: None, ..turned() };
    let refused = write_volume(&unmapped, &space(), Resampling::Linear, &path).unwrap_err();
    assert!(refused.to_string().contains("mapping"), "{refused}");
    let nowhere = write_volume(&turned(), &Space::default(), Resampling::Linear, &path);
    assert!(nowhere.unwrap_err().to_string().contains("space"));
    let short = HeatMap { values: vec![1.0], ..turned() };
    assert!(picture(&short, &space(), &Under::Nothing, &Look::default()).is_err());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn cells_are_counted_along_the_axes_of_the_image() {
    let laid = Laid::of(&turned()).unwrap();
    assert_eq!(laid.shape, [4, 3, 2]);
    // Cell (z 0, y 2, x 1) is grid cell (d 1, h 0, w 2).
    assert_eq!(laid.values[5], 14.0);
    assert_eq!(laid.cover(), Some([0.0, 1.0, 9.0, 9.0]));
    assert_eq!(laid.hottest(), 3);
    // h runs backwards along z from [6, 8).
    assert_eq!((laid.cell_of_slice(7), laid.cell_of_slice(0)), (Some(0), Some(3)));
    assert_eq!(laid.slice_of_cell(3, 8), 1);
}

#[test]
fn pictures_show_the_hottest_slice_or_the_one_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let (map, space) = (turned(), space());
    let volume = dir.path().join("image.nii.gz");
    let voxels = (0_u16..8 * 81).map(|v| v.try_into().unwrap()).collect();
    write(&volume, &Volume::new(Geometry::from(&space), Values::I16(voxels))).unwrap();
    let under = Under::Volume(&volume);
    let drawn = picture(&map, &space, &under, &Look::default()).unwrap();
    assert_eq!(drawn.slice, Some(1));
    let other = Look { slice: Some(7), ..Look::default() };
    let shown = picture(&map, &space, &under, &other).unwrap();
    assert_eq!(shown.slice, Some(7));
    assert_ne!(shown.picture, drawn.picture);
    let beyond = Look { slice: Some(8), ..Look::default() };
    assert!(picture(&map, &space, &under, &beyond).is_err());
    let smaller = Space::new([8, 9, 8], [1.0; 3]);
    let refused = picture(&map, &smaller, &under, &Look::default()).unwrap_err();
    assert!(refused.to_string().contains("voxels"), "{refused}");
    let alone = picture(&map, &space, &Under::Nothing, &Look::default()).unwrap();
    assert!(alone.picture.height() > 400 && alone.slice == Some(1));
}

#[test]
fn a_map_lies_over_a_picture_of_any_size() {
    let space = Space::new([1, 4, 4], [1.0; 3]);
    let mapping = GridMapping::covering([1, 2, 2], space.shape);
    let values = vec![0.0, 0.0, 0.0, 1.0];
    let map = HeatMap { grid: [1, 2, 2], values, mapping: Some(mapping) };
    let look = Look { sampling: crate::picture::Sampling::Nearest, ..Look::default() };
    let of = |side: usize| {
        let samples = Samples::Eight(vec![100; side * side]);
        let image = Image::new(side, side, Channels::Grey, samples).unwrap();
        picture(&map, &space, &Under::Picture(&image), &look).unwrap()
    };
    assert_eq!(of(4).picture, of(16).picture);
    assert_eq!(of(4).slice, None);
}

/// How much of each cell of 8 x 8 x 8 voxels of a real label map is a label, as a heat map in its space.
#[test]
fn a_map_of_a_real_volume_lies_where_the_volume_lies() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/masks");
    let path = root.join("brain/Tissue.nii.gz");
    if !path.exists() {
        println!("SKIPPED: ../shared/data absent ({})", path.display());
        return;
    }
    let volume = read(&path, &Limits::default()).unwrap();
    let labels = volume.values.to_f32(&volume.scaling);
    let space = Space::from(&volume.geometry);
    let shape = space.shape.map(|n| usize::try_from(n).unwrap());
    let grid = shape.map(|n| n.div_ceil(8));
    let mut values = vec![0.0_f32; grid.iter().product()];
    for (place, label) in labels.iter().enumerate() {
        let at = [place / shape[2] / shape[1], place / shape[2] % shape[1], place % shape[2]];
        let [d, h, w] = at.map(|v| v / 8);
        values[(d * grid[1] + h) * grid[2] + w] += f32::from(u8::from(*label == 1.0)) / 512.0;
    }
    // The last cells reach past the volume, as those of a padded image do.
    let map = HeatMap { grid, values, mapping: Some(GridMapping::regular([8.0; 3])) };
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("map.nii.gz");
    write_volume(&map, &space, Resampling::Nearest, &out).unwrap();
    let written = read(&out, &Limits::default()).unwrap();
    let far = Space::from(&written.geometry).corner_distance(&space).unwrap();
    assert!(far < 1e-4, "{far} voxels apart");
    let voxels = written.values.to_f32(&written.scaling);
    assert!(same(&voxels, &by_cells_of(&map, shape)));
    let drawn = picture(&map, &space, &Under::Volume(&path), &Look::default()).unwrap();
    assert!(drawn.slice.is_some_and(|slice| slice < shape[0]));
}

/// The value of the cell of 8 x 8 x 8 voxels that each voxel lies in.
fn by_cells_of(map: &HeatMap, shape: [usize; 3]) -> Vec<f32> {
    let value = |place: usize| {
        let at = [place / shape[2] / shape[1], place / shape[2] % shape[1], place % shape[2]];
        let [d, h, w] = at.map(|v| v / 8);
        map.values[(d * map.grid[1] + h) * map.grid[2] + w]
    };
    (0..shape.iter().product()).map(value).collect()
}
