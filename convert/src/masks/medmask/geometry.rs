//! The space of a file as JSON, and ours.

use serde_json::{Map, Value, json};
use vesalius::Space;

use super::error::MedMaskErrorKind;

/// How far `MedMask` lets an axis be from length one.
const UNIT_TOLERANCE: f64 = 1e-6;
/// How far it lets two axes be from right angles: the cosine between them.
const RIGHT_TOLERANCE: f64 = 1e-2;

/// The space that a file tells. What it does not tell is as `MedMask` has it: no origin, 1 mm, axes along the
/// world's in the order of the file.
pub(super) fn decode(text: &[u8]) -> Result<Space, MedMaskErrorKind> {
    let bad = |why: String| MedMaskErrorKind::Json("the space", why);
    let value: Value = serde_json::from_slice(text).map_err(|error| bad(error.to_string()))?;
    let object = value.as_object().ok_or_else(|| bad("it is no object".into()))?;
    let shape = object.get("shape").ok_or_else(|| bad("it has no shape".into()))?;
    let shape = three(shape, Value::as_u64).ok_or_else(|| bad(format!("shape {shape}")))?;
    let vector = |name: &str, otherwise: [f64; 3]| match object.get(name) {
        None => Ok(otherwise),
        Some(value) => three(value, Value::as_f64).ok_or_else(|| bad(format!("{name} {value}"))),
    };
    let [width, height, depth] = shape;
    let [dx, dy, dz] = vector("spacing", [1.0; 3])?;
    let x = vector("x_orientation", [1.0, 0.0, 0.0])?;
    let y = vector("y_orientation", [0.0, 1.0, 0.0])?;
    let z = vector("z_orientation", [0.0, 0.0, 1.0])?;
    let ([xl, xp, xs], [yl, yp, ys], [zl, zp, zs]) = (x, y, z);
    let space = Space {
        origin: vector("origin", [0.0; 3])?,
        direction: [[zl, yl, xl], [zp, yp, xp], [zs, ys, xs]],
        ..Space::new([depth, height, width], [dz, dy, dx])
    };
    space.check(0).map_err(|damage| MedMaskErrorKind::Space(damage.to_string()))?;
    Ok(space)
}

/// The JSON of a space, as `MedMask` writes it.
///
/// # Errors
/// A space that it refuses to read: several frames, axes that are not of length one at right angles.
pub(super) fn encode(space: &Space) -> Result<Value, MedMaskErrorKind> {
    let refuse = |why: &str| Err(MedMaskErrorKind::Unwritable(why.into()));
    if space.frames != 1 {
        return refuse("a MedMask file has no frames in time: write one file for each frame");
    }
    if !space.is_known() {
        return refuse("the masks have no shape: give them a space");
    }
    if !is_rotation(&space.direction) {
        return refuse("MedMask refuses axes that are not at right angles: resample the masks");
    }
    let [depth, height, width] = space.shape;
    let [dz, dy, dx] = space.spacing;
    let [[zl, yl, xl], [zp, yp, xp], [zs, ys, xs]] = space.direction;
    let mut object = Map::new();
    object.insert("shape".into(), json!([width, height, depth]));
    object.insert("origin".into(), json!(space.origin));
    object.insert("spacing".into(), json!([dx, dy, dz]));
    object.insert("x_orientation".into(), json!([xl, xp, xs]));
    object.insert("y_orientation".into(), json!([yl, yp, ys]));
    object.insert("z_orientation".into(), json!([zl, zp, zs]));
    Ok(Value::Object(object))
}

fn is_rotation(direction: &[[f64; 3]; 3]) -> bool {
    let [l, p, s] = direction;
    let column = |i: usize| [l, p, s].map(|row| row.get(i).copied().unwrap_or(0.0));
    let dot = |a: usize, b: usize| column(a).iter().zip(column(b)).map(|(x, y)| x * y).sum::<f64>();
    let unit = (0..3).all(|a| (dot(a, a).sqrt() - 1.0).abs() <= UNIT_TOLERANCE);
    unit && [(0, 1), (0, 2), (1, 2)].iter().all(|&(a, b)| dot(a, b).abs() <= RIGHT_TOLERANCE)
}

fn three<T>(value: &Value, number: impl Fn(&Value) -> Option<T>) -> Option<[T; 3]> {
    match value.as_array()?.as_slice() {
        [a, b, c] => Some([number(a)?, number(b)?, number(c)?]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_come_back_bit_for_bit() {
        let (sin, cos) = 0.3_f64.sin_cos();
        let space = Space {
            origin: [0.1 + 0.2, -1e-17, 123.456_789_012_345_67],
            // Left-handed and oblique.
            direction: [[0.0, -sin, cos], [0.0, cos, sin], [-1.0, 0.0, 0.0]],
            ..Space::new([3, 64, 48], [2.5, 0.1 * 7.0, 1.0 / 3.0])
        };
        let text = encode(&space).unwrap().to_string();
        assert!(text.starts_with("{\"shape\":[48,64,3],\"origin\":"), "{text}");
        assert_eq!(decode(text.as_bytes()).unwrap(), space);
    }

    #[test]
    fn a_default_space_has_its_first_axis_to_the_left() {
        let text = br#"{"shape": [4, 3, 2], "x_orientation": [0, 0, 1], "y_orientation": [0, 1, 0],
            "z_orientation": [1, 0, 0]}"#;
        let space = decode(text).unwrap();
        assert_eq!(space.shape, [2, 3, 4]);
        let direction = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        assert_eq!(space, Space { direction, ..Space::new([2, 3, 4], [1.0; 3]) });
    }

    #[test]
    fn impossible_spaces_are_refused() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"shape":[1,2]}"#,
            r#"{"shape":[1,2,0]}"#,
            r#"{"shape":[1,2,-3]}"#,
            r#"{"shape":[1,2,3],"spacing":[1,1,0]}"#,
            r#"{"shape":[1,2,3],"origin":[1,1,"0"]}"#,
            r#"{"shape":[1,2,3],"spacing":[1,1,1e999]}"#,
            r#"{"shape":[1,2,3],"x_orientation":[0,1,0]}"#,
        ] {
            assert!(decode(text.as_bytes()).is_err(), "{text}");
        }
        let shear = [[0.0, 0.0, 1.0], [0.0, 1.0, 0.1], [1.0, 0.0, 0.0]];
        let sheared = Space { direction: shear, ..Space::new([1, 1, 1], [1.0; 3]) };
        assert!(encode(&sheared).is_err());
        let moving = Space { frames: 2, ..Space::new([1, 1, 1], [1.0; 3]) };
        assert!(encode(&moving).is_err());
    }
}
