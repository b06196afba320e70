//! Whether two spaces are one, and in what they differ.

use crate::format::space::Space;

/// Corners of two spaces that are one are at most this far apart, in voxels.
pub const CORNER_TOLERANCE: f64 = 1e-4;

/// In what two spaces differ: the name of a field, its value in the one, its value in the other. `None` when their
/// corners agree to [`CORNER_TOLERANCE`] voxels.
pub fn space_difference(have: &Space, given: &Space) -> Option<(&'static str, String, String)> {
    if have.shape != given.shape {
        return Some(("shape", format!("{:?}", have.shape), format!("{:?}", given.shape)));
    }
    if have.frames != given.frames {
        return Some(("frames", have.frames.to_string(), given.frames.to_string()));
    }
    let apart = |other: &Space| have.corner_distance(other).unwrap_or(f64::INFINITY);
    let distance = apart(given);
    if distance <= CORNER_TOLERANCE {
        return None;
    }
    // What moves the corners most when it alone is taken from the other space.
    let spacing = apart(&Space { spacing: given.spacing, ..have.clone() });
    let direction = apart(&Space { direction: given.direction, ..have.clone() });
    let origin = apart(&Space { origin: given.origin, ..have.clone() });
    let text = |space: &Space, values: &dyn Fn(&Space) -> String| values(space);
    let (name, values): (_, &dyn Fn(&Space) -> String) =
        if spacing >= direction && spacing >= origin {
            ("spacing", &|s| format!("{:?}", s.spacing))
        } else if direction >= origin {
            ("direction", &|s| format!("{:?}", s.direction))
        } else {
            ("origin", &|s| format!("{:?}", s.origin))
        };
    Some((name, text(have, values), text(given, values)))
}

#[cfg(test)]
mod tests {
    use super::space_difference;
    use crate::format::space::Space;

    #[test]
    fn the_field_that_differs_is_named_with_both_values() {
        let base = Space::new([10, 20, 30], [5.0, 1.0, 1.0]);
        let name = |other: &Space| space_difference(&base, other).map(|(name, ..)| name);
        assert_eq!(name(&base), None);
        assert_eq!(name(&Space { origin: [1e-5, 0.0, 0.0], ..base.clone() }), None);
        assert_eq!(name(&Space { origin: [0.1, 0.0, 0.0], ..base.clone() }), Some("origin"));
        assert_eq!(name(&Space { spacing: [5.0, 1.0, 1.01], ..base.clone() }), Some("spacing"));
        assert_eq!(name(&Space { frames: 2, ..base.clone() }), Some("frames"));
        assert_eq!(name(&Space { shape: [10, 20, 31], ..base.clone() }), Some("shape"));
        let flipped = [[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]];
        let other = Space { direction: flipped, ..base.clone() };
        let (name, have, given) = space_difference(&base, &other).unwrap();
        assert_eq!((name, have == given), ("direction", false));
    }
}
