//! Headers with known corners.

use super::*;

/// A header of (x, y, z) = (5, 6, 7) voxels without sform and qform.
fn bare() -> Vec<u8> {
    let mut bytes = bytes_of(&zeros(&Geometry::new([7, 6, 5], [4.0, 3.0, 2.0])));
    patch(&mut bytes, 252, &[0; 4]);
    bytes
}

fn put(bytes: &mut [u8], at: usize, values: &[f32]) {
    let stored: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    patch(bytes, at, &stored);
}

fn code(bytes: &mut [u8], at: usize, value: i16) {
    patch(bytes, at, &value.to_le_bytes());
}

/// World positions of the first voxel, and of the last one along each of z, y, x.
fn check(bytes: Vec<u8>, wanted: [[f64; 3]; 4]) {
    let geometry = parse(bytes).unwrap().geometry;
    let ends = [[0.0; 3], [6.0, 0.0, 0.0], [0.0, 5.0, 0.0], [0.0, 0.0, 4.0]];
    for (index, wanted) in ends.into_iter().zip(wanted) {
        let found = geometry.to_world(index);
        for (found, wanted) in found.into_iter().zip(wanted) {
            assert!((found - wanted).abs() < 1e-6, "{index:?}: {geometry:?}");
        }
    }
}

#[test]
fn permuted_sform_turns_rows_not_columns() {
    // Axis x runs left, y inferior, z anterior. The pixdim say something else and do not count.
    let mut bytes = bare();
    put(&mut bytes, 280, &[-1.5, 0.0, 0.0, 90.0]);
    put(&mut bytes, 296, &[0.0, 0.0, 1.25, -126.0]);
    put(&mut bytes, 312, &[0.0, -2.0, 0.0, 72.0]);
    code(&mut bytes, 254, 2);
    check(
        bytes,
        [[-90.0, 126.0, 72.0], [-90.0, 118.5, 72.0], [-90.0, 126.0, 62.0], [-84.0, 126.0, 72.0]],
    );
}

#[test]
fn oblique_sheared_sform_is_kept_whole() {
    let mut bytes = bare();
    put(&mut bytes, 280, &[1.0, 0.5, 0.0, 10.0]);
    put(&mut bytes, 296, &[0.25, 2.0, -0.5, 20.0]);
    put(&mut bytes, 312, &[0.0, 0.125, 3.0, 30.0]);
    code(&mut bytes, 254, 1);
    check(
        bytes,
        [[-10.0, -20.0, 30.0], [-10.0, -17.0, 48.0], [-12.5, -30.0, 30.625], [-14.0, -21.0, 30.0]],
    );
}

#[test]
fn qform_counts_when_there_is_no_sform() {
    // A third of a turn about the diagonal: x runs anterior, y superior, z right.
    let mut bytes = bare();
    put(&mut bytes, 256, &[0.5, 0.5, 0.5, 10.0, 20.0, 30.0]);
    code(&mut bytes, 252, 1);
    let turned =
        [[-10.0, -20.0, 30.0], [-34.0, -20.0, 30.0], [-10.0, -20.0, 45.0], [-10.0, -28.0, 30.0]];
    check(bytes.clone(), turned);
    // A negative first pixdim mirrors the third axis.
    put(&mut bytes, 76, &[-1.0]);
    let [origin, _, y, x] = turned;
    check(bytes.clone(), [origin, [14.0, -20.0, 30.0], y, x]);
    // An sform without a code does not count, one with a code does.
    put(&mut bytes, 280, &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    check(bytes.clone(), [origin, [14.0, -20.0, 30.0], y, x]);
    code(&mut bytes, 254, 1);
    check(bytes, [[0.0; 3], [0.0, 0.0, 6.0], [0.0, -5.0, 0.0], [-4.0, 0.0, 0.0]]);
}

#[test]
fn without_either_the_centre_is_the_origin() {
    // Spacing x 2, y 3, z 4; x to the left.
    let wanted = [[-4.0, 7.5, -12.0], [-4.0, 7.5, 12.0], [-4.0, -7.5, -12.0], [4.0, 7.5, -12.0]];
    check(bare(), wanted);
    // A code outside the standard is none.
    let mut bytes = bare();
    code(&mut bytes, 254, 77);
    check(bytes, wanted);
    // Metres.
    let mut bytes = bare();
    patch(&mut bytes, 123, &[1]);
    check(bytes, wanted.map(|row| row.map(|v| v * 1000.0)));
}

#[test]
fn affines_that_cannot_be_inverted_are_refused() {
    let rows: [[f32; 12]; 3] = [
        [0.0; 12],
        [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0],
    ];
    for row in rows {
        let mut bytes = bare();
        put(&mut bytes, 280, &row);
        code(&mut bytes, 254, 1);
        let error = parse(bytes).unwrap_err();
        assert!(matches!(error.kind, NiftiErrorKind::SingularAffine), "{error}");
    }
    let mut bytes = bare();
    put(&mut bytes, 280, &[f32::NAN]);
    code(&mut bytes, 254, 1);
    assert!(matches!(parse(bytes).unwrap_err().kind, NiftiErrorKind::NotFinite(_)));
    let mut bytes = bare();
    put(&mut bytes, 256, &[0.9, 0.9, 0.0]);
    code(&mut bytes, 252, 1);
    assert!(matches!(parse(bytes).unwrap_err().kind, NiftiErrorKind::Quaternion(_)));
}

#[test]
fn qform_and_sform_of_a_written_file_say_the_same() {
    let mut random = Random::new();
    let mut worst = 0.0_f64;
    for round in 0..400 {
        let mut geometry = random.geometry();
        geometry.shape_zyx = [64, 63, 62];
        if round % 2 == 0 {
            // Tilted, and nearly half a turn: the case where the stored components say least.
            let tilt = random.unit() * 0.5;
            let whole = (1.0 - (random.unit() * 2e-3).powi(2)).sqrt();
            let bcd = [0.0, tilt.sin() * whole, tilt.cos() * whole];
            let [x, y, z] = super::super::quaternion::rotation(bcd, true).unwrap();
            let row = |[i, j, k]: [f64; 3], t| [0.9 * i, 0.9 * j, 2.0 * k, t];
            let affine = [row(x, 249.5), row(y, -61.5), row(z, -804.5)];
            geometry = Geometry::from_affine([64, 63, 62], &affine).unwrap();
        }
        let mut bytes = bytes_of(&zeros(&geometry));
        assert!(apart(&parse(bytes.clone()).unwrap().geometry, &geometry) < 2e-4);
        code(&mut bytes, 254, 0);
        worst = worst.max(apart(&parse(bytes).unwrap().geometry, &geometry));
    }
    println!("largest distance between qform and geometry: {worst} mm in 64 voxels");
    // What single precision leaves of a rotation that near to half a turn. The sform is exact.
    assert!(worst < 0.1, "{worst}");
}
