//! What cannot be answered is said.

use crate::format::mapping::GridMapping;
use crate::mask::{
    CELLS_MAX, CellCoverage, GeometryError, Runs, RunsError, VoxelShape, contact, contacts,
    surface_distances,
};

fn full(shape: [u64; 3]) -> Runs {
    Runs::full(VoxelShape::new(2, shape).unwrap())
}

#[test]
fn sets_of_other_shapes_are_refused() {
    let (a, b) = (full([1, 2, 3]), full([1, 3, 2]));
    let shapes = |error| matches!(error, GeometryError::Runs(RunsError::Shapes { .. }));
    assert!(shapes(contact(&a, &b).unwrap_err()));
    assert!(shapes(contacts(&[&a, &a, &b]).unwrap_err()));
    assert!(shapes(surface_distances(&a, &b, [1.0; 3], 0).unwrap_err()));
}

#[test]
fn frames_slices_and_spacings_are_checked() {
    let a = full([4, 3, 2]);
    let frame = GeometryError::Frame { frame: 2, frames: 2 };
    assert_eq!(a.outline(2, 0, 0).unwrap_err(), frame);
    assert_eq!(a.box_overlap(2, &[0.0; 6]).unwrap_err(), frame);
    assert_eq!(surface_distances(&a, &a, [1.0; 3], 2).unwrap_err(), frame);
    let mapping = GridMapping::regular([1.0; 3]);
    assert_eq!(CellCoverage::new(&a, 2, [1; 3], &mapping).unwrap_err(), frame);
    for (axis, index) in [(0, 4), (1, 3), (2, 2), (3, 0)] {
        let slice = GeometryError::Slice { axis, index, shape: [4, 3, 2] };
        assert_eq!(a.outline(0, axis, index).unwrap_err(), slice);
    }
    for bad in [0.0, -1.0, f64::INFINITY, f64::NAN] {
        let error = surface_distances(&a, &a, [1.0, bad, 1.0], 0).unwrap_err();
        assert!(matches!(error, GeometryError::Spacing(_)), "{error}");
    }
    let error = a.box_overlap(0, &[0.0, 0.0, f32::NAN, 1.0, 1.0, 1.0]).unwrap_err();
    assert!(matches!(error, GeometryError::Box(_)), "{error}");
}

#[test]
fn grids_and_mappings_are_checked() {
    let a = full([4, 3, 2]);
    let mapping = GridMapping::regular([1.0; 3]);
    for grid in [[0, 1, 1], [1, CELLS_MAX, 2], [usize::MAX, 2, 2]] {
        let error = CellCoverage::new(&a, 0, grid, &mapping).unwrap_err();
        assert_eq!(error, GeometryError::Grid(grid));
    }
    let bad = [
        GridMapping { axes: [0, 0, 1], ..mapping },
        GridMapping { stride: [1.0, 0.0, 1.0], ..mapping },
        GridMapping { extent: [1.0, -1.0, 1.0], ..mapping },
        GridMapping { offset: [f64::NAN, 0.0, 0.0], ..mapping },
        GridMapping { stride: [f64::MAX; 3], ..mapping },
    ];
    for mapping in bad {
        let error = CellCoverage::new(&a, 0, [3; 3], &mapping).unwrap_err();
        assert!(matches!(error, GeometryError::Mapping(_)), "{error}");
    }
}

#[test]
fn wide_sparse_arrays_cost_what_they_hold() {
    let shape = VoxelShape::new(1, [1 << 8, 1 << 9, 1 << 31]).unwrap();
    let run = |start| crate::mask::Run { start, end: start + 3 };
    let far = shape.voxels() - 3;
    let a = Runs::new(shape, vec![run(0), run(far)]).unwrap();
    let b = Runs::new(shape, vec![run(3), run(far - 3)]).unwrap();
    assert_eq!(contact(&a, &b).unwrap().faces, [0, 0, 2]);
    assert_eq!(a.components(crate::mask::Neighbours::TwentySix).len(), 2);
    assert_eq!(surface_distances(&a, &b, [1.0; 3], 0).unwrap().hausdorff(), 3.0);
    assert_eq!(a.outline(0, 2, (1 << 31) - 1).unwrap().area(), 1.0);
    let mapping = GridMapping::covering([2; 3], shape.zyx());
    let coverage = CellCoverage::new(&a, 0, [2; 3], &mapping).unwrap();
    assert_eq!(coverage.voxels(), [3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0]);
}
