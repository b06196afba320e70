//! The vessels of the lungs: two hila and the branches they send into the lung fields.

use super::anatomy::Lung;
use super::plane::{Plane, Profile};
use super::rng::Rng;
use super::shapes::{Bounds, Point, curve};

/// Half the size of a hilum, in pixels.
pub(super) const HILUM_REACH: (f32, f32) = (13.0, 19.0);

/// Paints the vessels of one lung, 1 for the densest.
pub(super) fn paint(lung: &Lung, rng: &mut Rng, plane: &mut Plane) {
    let field = Bounds::of(&lung.outline);
    let outwards = if field.centre().x < lung.hilum.x { -1.0 } else { 1.0 };
    trunk(lung.hilum, outwards, plane);
    // Ends of the main branches, in the frame of the lung: 0 medial to 1 lateral, 0 apex to 1 base.
    let ends = [
        (0.35, 0.10),
        (0.62, 0.20),
        (0.80, 0.36),
        (0.86, 0.52),
        (0.84, 0.68),
        (0.74, 0.82),
        (0.58, 0.86),
        (0.40, 0.84),
        (0.26, 0.80),
    ];
    let medial = if outwards < 0.0 { field.right } else { field.left };
    for (share, down) in ends {
        let end = Point::new(
            medial + outwards * field.width() * (share + 0.05 * rng.bell()),
            field.top + field.height() * (down + 0.03 * rng.bell()),
        );
        branch(lung.hilum, end, rng, plane);
    }
}

/// The pulmonary artery, which bends downwards at the hilum.
fn trunk(hilum: Point, outwards: f32, plane: &mut Plane) {
    let at = |x: f32, y: f32| Point::new(hilum.x + outwards * x, hilum.y + y);
    let down = curve(&[at(-9.0, -6.0), at(-1.0, -6.0), at(4.0, 2.0), at(5.0, 16.0), at(6.0, 26.0)]);
    plane.stroke(&down, (5.0, 2.6), 1.0, Profile::Round);
    let up = curve(&[at(-6.0, -4.0), at(3.0, -12.0), at(7.0, -22.0)]);
    plane.stroke(&up, (3.6, 1.8), 0.8, Profile::Round);
    plane.stroke(&[at(-6.0, 10.0), at(4.0, 8.0)], (3.0, 2.4), 0.7, Profile::Round);
}

/// A bent branch that forks three times on its way.
fn branch(start: Point, end: Point, rng: &mut Rng, plane: &mut Plane) {
    let (dx, dy) = (end.x - start.x, end.y - start.y);
    let beside = |share: f32, bend: f32| {
        let on = start.towards(end, share);
        Point::new(on.x - dy * bend, on.y + dx * bend)
    };
    let bend = 0.1 * rng.bell();
    let line = curve(&[start, beside(0.33, bend), beside(0.66, bend + 0.03 * rng.bell()), end]);
    plane.stroke(&line, (2.2, 0.5), 0.55, Profile::Round);
    for share in [0.34_f32, 0.52, 0.7] {
        let from = beside(share, bend);
        let away = if rng.unit() < 0.5 { -1.0 } else { 1.0 } * rng.range(0.14, 0.26);
        let twig = beside(share + rng.range(0.18, 0.3), bend + away);
        let middle = from.towards(twig, 0.5);
        let bow = Point::new(middle.x + 1.2 * rng.bell(), middle.y + 1.2 * rng.bell());
        plane.stroke(&curve(&[from, bow, twig]), (1.4 - share, 0.4), 0.4, Profile::Round);
    }
}
