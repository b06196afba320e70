//! Rotations as three components of a unit quaternion, the way a qform stores them.

use super::error::NiftiErrorKind;

/// A 3 x 3 matrix by rows.
pub(super) type Matrix = [[f64; 3]; 3];

/// Below this, what the components leave of the fourth one is rounding: three steps of the
/// precision they are stored in.
const SINGLE_REST: f64 = 3.0 * f32::EPSILON as f64;
const DOUBLE_REST: f64 = 3.0 * f64::EPSILON;

/// The rotation of the stored components. `double` for components stored in 64 bits.
///
/// # Errors
/// Components longer than 1 by more than rounding, or not finite.
pub(super) fn rotation(bcd: [f64; 3], double: bool) -> Result<Matrix, NiftiErrorKind> {
    let [x, y, z] = bcd;
    let rest = 1.0 - (x * x + y * y + z * z);
    let rounding = if double { DOUBLE_REST } else { SINGLE_REST };
    let w = match rest {
        rest if rest.abs() < rounding => 0.0,
        rest if rest > 0.0 => rest.sqrt(),
        _ => return Err(NiftiErrorKind::Quaternion(bcd)),
    };
    let s = 2.0 / (w * w + x * x + y * y + z * z);
    Ok([
        [1.0 - s * (y * y + z * z), s * (x * y - w * z), s * (x * z + w * y)],
        [s * (x * y + w * z), 1.0 - s * (x * x + z * z), s * (y * z - w * x)],
        [s * (x * z - w * y), s * (y * z + w * x), 1.0 - s * (x * x + y * y)],
    ])
}

/// The components (b, c, d) of a proper rotation, the fourth being positive.
///
/// The largest of the four is computed first, from the diagonal: the others divide by it
/// (Shepperd, J. Guidance and Control 1, 1978).
pub(super) fn components(r: &Matrix) -> [f64; 3] {
    let [[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]] = *r;
    let (w2, x2) = (1.0 + xx + yy + zz, 1.0 + xx - yy - zz);
    let (y2, z2) = (1.0 - xx + yy - zz, 1.0 - xx - yy + zz);
    let largest = w2.max(x2).max(y2).max(z2);
    let s = 2.0 * largest.sqrt();
    let (w, bcd) = if w2 >= largest {
        (s / 4.0, [(zy - yz) / s, (xz - zx) / s, (yx - xy) / s])
    } else if x2 >= largest {
        ((zy - yz) / s, [s / 4.0, (xy + yx) / s, (xz + zx) / s])
    } else if y2 >= largest {
        ((xz - zx) / s, [(xy + yx) / s, s / 4.0, (yz + zy) / s])
    } else {
        ((yx - xy) / s, [(xz + zx) / s, (yz + zy) / s, s / 4.0])
    };
    if w < 0.0 { bcd.map(|v| -v) } else { bcd }
}

/// The components in single precision whose rotation, read back, is nearest to `r`.
///
/// Near half a turn the fourth component is the root of what little the others leave, and one step
/// of theirs turns the volume by up to 5e-4. Trying the neighbours halves the worst case.
pub(super) fn stored_components(r: &Matrix) -> [f32; 3] {
    let near = components(r).map(narrow);
    let mut best = (f64::INFINITY, near);
    for step in 0..125_u8 {
        let steps = [step % 5, step / 5 % 5, step / 25];
        let mut candidate = near;
        for (value, step) in candidate.iter_mut().zip(steps) {
            // Nearest first, so that an exact rotation keeps its exact components.
            *value = match step {
                0 => *value,
                1 => value.next_up(),
                2 => value.next_down(),
                3 => value.next_up().next_up(),
                _ => value.next_down().next_down(),
            };
        }
        if let Ok(found) = rotation(candidate.map(f64::from), false) {
            let error = distance(&found, r);
            if error < best.0 {
                best = (error, candidate);
            }
        }
    }
    best.1
}

/// The largest difference between elements.
pub(super) fn distance(a: &Matrix, b: &Matrix) -> f64 {
    let pairs = a.iter().flatten().zip(b.iter().flatten());
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

#[expect(clippy::cast_possible_truncation, reason = "rounds to nearest; the header stores f32")]
pub(super) fn narrow(value: f64) -> f32 {
    value as f32
}
