//! The skeleton of one patient.

use super::build::{Build, MIDLINE, Side};
use super::plane::{Plane, Profile};
use super::shapes::{Point, curve, ellipse, loop_through};

/// Half the width of a clavicle, in pixels.
pub(super) const CLAVICLE_RADIUS: f32 = 3.6;

/// The centre line of a clavicle, from the sternum outwards.
pub(super) fn clavicle(build: &Build, side: Side) -> Vec<Point> {
    let chart = side.mirror([
        (117.0, 60.0),
        (103.0, 53.0),
        (84.0, 49.0),
        (62.0, 42.0),
        (40.0, 33.0),
        (22.0, 31.0),
    ]);
    let turned = chart.map(|(x, y)| {
        let medial = 1.0 - ((x - MIDLINE).abs() - 11.0) / 95.0;
        (x + build.rotation * medial, y)
    });
    curve(&build.place(&turned))
}

/// Paints ribs, shoulder blades, upper arms, collar bones and spine, each with its density; the
/// plane holds the densest bone at each pixel, 1 for the densest.
pub(super) fn skeleton(build: &Build, plane: &mut Plane) {
    for side in [Side::Right, Side::Left] {
        shoulder(build, side, plane);
        for number in 0_u8..10 {
            rib(build, side, f32::from(number), plane);
        }
        plane.stroke(
            &clavicle(build, side),
            (CLAVICLE_RADIUS + 0.6, CLAVICLE_RADIUS - 0.3),
            0.8,
            Profile::Tube,
        );
    }
    spine(build, plane);
}

/// The chart abscissa of the chest wall of the right side at height `y`.
fn wall(y: f32) -> f32 {
    let knots =
        [(26.0, 84.0), (42.0, 66.0), (66.0, 52.0), (100.0, 42.0), (140.0, 36.0), (180.0, 33.0)];
    let mut at = 33.0;
    for pair in knots.windows(2) {
        let &[(y0, x0), (y1, x1)] = pair else { continue };
        if y <= y1 {
            at = x0 + (x1 - x0) * ((y - y0) / (y1 - y0)).max(0.0);
            break;
        }
    }
    at
}

/// A rib leaves the spine, rises a little, falls to the chest wall and comes forward fainter and
/// broader.
fn rib(build: &Build, side: Side, number: f32, plane: &mut Plane) {
    let start = 37.0 + 15.6 * number;
    let fall = 8.0 + 3.2 * number - 0.1 * number * number;
    let outer = wall(start + fall) - 1.0;
    let inner = 118.0;
    let at = |share: f32| inner + (outer - inner) * share;
    let back = [
        (inner, start + 1.0),
        (at(0.22), start - 3.0),
        (at(0.5), start - 2.0 + 0.12 * fall),
        (at(0.8), start + 0.5 * fall),
        (at(0.96), start + 0.86 * fall),
        (at(1.0), start + 1.35 * fall),
    ];
    let line = curve(&build.place(&side.mirror(back)));
    let fade = if number > 8.0 { 0.7 } else { 1.0 };
    plane.stroke(&line, (2.9, 3.3), 0.42 * fade, Profile::Tube);
    if number > 6.0 {
        return;
    }
    let reach = (0.62 - 0.03 * number).max(0.35);
    let front = [
        (at(1.0), start + 1.35 * fall),
        (at(0.97), start + 1.8 * fall + 4.0),
        (at(1.0 - 0.35 * reach), start + 2.3 * fall + 9.0),
        (at(1.0 - 0.7 * reach), start + 2.5 * fall + 13.0),
        (at(1.0 - reach), start + 2.5 * fall + 14.0),
    ];
    plane.stroke(&curve(&build.place(&side.mirror(front))), (3.4, 4.2), 0.25, Profile::Tube);
}

/// Shoulder blade and head of the upper arm.
fn shoulder(build: &Build, side: Side, plane: &mut Plane) {
    let mut soft = super::draw::blank();
    let blade = side.mirror([
        (30.0, 46.0),
        (44.0, 50.0),
        (53.0, 66.0),
        (50.0, 96.0),
        (40.0, 130.0),
        (35.0, 132.0),
        (28.0, 104.0),
        (18.0, 72.0),
    ]);
    soft.fill(&loop_through(&build.place(&blade)));
    plane.blend(&soft, |bone, cover| bone.max(0.2 * cover.min(1.0)));
    plane.stroke(
        &build.place(&side.mirror([(53.0, 66.0), (51.0, 96.0), (40.0, 130.0)])),
        (1.0, 1.0),
        0.3,
        Profile::Round,
    );
    let mut arm = super::draw::blank();
    arm.fill(&ellipse(build.at(side.x(5.0), 54.0), 14.0, 15.0));
    arm.stroke(
        &build.place(&side.mirror([(2.0, 56.0), (-16.0, 100.0)])),
        (10.0, 9.0),
        1.0,
        Profile::Tube,
    );
    plane.blend(&arm, |bone, cover| bone.max(0.6 * cover.min(1.0)));
}

/// Vertebral bodies with the pedicles and the spinous process of each.
fn spine(build: &Build, plane: &mut Plane) {
    let centre = MIDLINE - 0.3 * build.rotation;
    let mut bodies = super::draw::blank();
    for number in 0_u8..23 {
        let level = f32::from(number);
        let top = -20.0 + 12.4 * level + 0.12 * level * level;
        let half = 8.2 + 0.22 * level;
        let tall = 10.0 + 0.23 * level;
        let corners = [
            (centre - half, top),
            (centre - half + 1.4, top + 0.5 * tall),
            (centre - half, top + tall),
            (centre + half, top + tall),
            (centre + half - 1.4, top + 0.5 * tall),
            (centre + half, top),
        ];
        bodies.fill(&build.place(&corners));
        for side in [-0.62_f32, 0.62] {
            let x = centre + side * half;
            let pedicle = build.place(&[(x, top + 3.6), (x, top + 5.6)]);
            plane.stroke(&pedicle, (1.7, 1.7), 0.85, Profile::Tube);
        }
        let process = build.place(&[(centre, top + 0.62 * tall), (centre, top + 0.95 * tall)]);
        plane.stroke(&process, (1.5, 1.9), 0.9, Profile::Round);
    }
    plane.blend(&bodies, |bone, cover| bone.max(0.62 * cover.min(1.0)));
}
