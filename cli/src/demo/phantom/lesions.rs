//! The findings, painted into the beam.

use super::anatomy::Anatomy;
use super::build::Build;
use super::draw::blank;
use super::finding::Finding;
use super::plane::Plane;
use super::rng::Rng;
use super::shapes::{Point, curve, ellipse};

/// Adds what the patient suffers from; an enlarged heart is part of the anatomy already.
pub(super) fn paint(build: &Build, anatomy: &Anatomy, seed: u64, lungs: &Plane, beam: &mut Plane) {
    let mut rng = Rng::new(seed, 4);
    match build.finding {
        Finding::None | Finding::Cardiomegaly => {}
        Finding::RightLowerOpacity => opacity(build, &mut rng, lungs, beam),
        Finding::LeftEffusion => effusion(build, anatomy, &mut rng, beam),
        Finding::LeftUpperNodule => nodule(build, &mut rng, beam),
    }
}

/// Air spaces filled with fluid: soft, confluent patches.
fn opacity(build: &Build, rng: &mut Rng, lungs: &Plane, beam: &mut Plane) {
    let centre = (76.0 + 4.0 * rng.bell(), 164.0 + 3.0 * rng.bell());
    let mut patches = blank();
    for _ in 0..9 {
        let (x, y) = (centre.0 + 12.0 * rng.bell(), centre.1 + 8.0 * rng.bell());
        let mut patch = blank();
        patch.fill(&ellipse(build.at(x, y), rng.range(9.0, 17.0), rng.range(8.0, 13.0)));
        patches.blend(&patch, |sum, cover| sum + 0.5 * cover);
    }
    patches.blend(lungs, |cover, air| cover.min(1.0) * (1.25 * air).min(1.0));
    let density = rng.range(0.5, 0.66);
    beam.blend(&patches.blurred(4), |tissue, fluid| tissue + density * fluid);
}

/// Free fluid: it climbs along the chest wall, so that its upper edge is a meniscus.
fn effusion(build: &Build, anatomy: &Anatomy, rng: &mut Rng, beam: &mut Plane) {
    let level = rng.range(160.0, 182.0);
    let mut pool = curve(&build.place(&[
        (226.0, level - 12.0),
        (219.0, level - 2.0),
        (212.0, level + 9.0),
        (198.0, level + 19.0),
        (176.0, level + 25.0),
        (150.0, level + 27.0),
    ]));
    pool.extend(build.place(&[(150.0, 226.0), (226.0, 226.0)]));
    let mut chest = blank();
    chest.fill(&anatomy.left.outline);
    let mut fluid = blank();
    fluid.fill(&pool);
    fluid.blend(&chest, |water, inside| water.min(1.0) * inside.min(1.0));
    beam.blend(&fluid.blurred(1), |tissue, water| tissue + 0.78 * water);
}

/// A solid ball.
fn nodule(build: &Build, rng: &mut Rng, beam: &mut Plane) {
    let centre = build.at(180.0 + 5.0 * rng.bell(), 72.0 + 4.0 * rng.bell());
    let radius = rng.range(7.5, 10.0);
    let mut ball = blank();
    ball.for_each_row(|row, values| {
        let y = (row as f32 + 0.5 - centre.y) / radius;
        for (column, value) in values.iter_mut().enumerate() {
            let x = (column as f32 + 0.5 - centre.x) / radius;
            // The length of the ray within a sphere.
            *value = (1.0 - Point::new(x, y).square()).max(0.0).sqrt();
        }
    });
    let density = rng.range(0.36, 0.46);
    beam.blend(&ball.blurred(1), |tissue, solid| tissue + density * solid);
}
