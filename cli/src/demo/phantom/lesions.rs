//! The findings, painted into the beam.

use super::anatomy::Anatomy;
use super::build::Build;
use super::draw::blank;
use super::finding::Finding;
use super::plane::Plane;
use super::rng::Rng;
use super::shapes::{Point, curve, ellipse};

/// A finding that can be painted.
pub(super) struct Lesion {
    /// Its name among the segments.
    pub(super) name: &'static str,
    /// How much of it each pixel meets, 0 to 1, before it is blurred.
    pub(super) cover: Plane,
    /// A pixel belongs to it from here on.
    pub(super) inside: f32,
    blur: usize,
    density: f32,
}

/// Adds what the patient suffers from; an enlarged heart is part of the anatomy already.
pub(super) fn paint(build: &Build, anatomy: &Anatomy, seed: u64, lungs: &Plane, beam: &mut Plane) {
    if let Some(lesion) = lesion(build, anatomy, seed, lungs) {
        let soft = lesion.cover.blurred(lesion.blur);
        beam.blend(&soft, |tissue, more| tissue + lesion.density * more);
    }
}

/// What the patient suffers from, where that is something of its own.
pub(super) fn lesion(build: &Build, anatomy: &Anatomy, seed: u64, lungs: &Plane) -> Option<Lesion> {
    let mut rng = Rng::new(seed, 4);
    match build.finding {
        Finding::None | Finding::Cardiomegaly => None,
        Finding::RightLowerOpacity => Some(opacity(build, &mut rng, lungs)),
        Finding::LeftEffusion => Some(effusion(build, anatomy, &mut rng)),
        Finding::LeftUpperNodule => Some(nodule(build, &mut rng)),
    }
}

/// Air spaces filled with fluid: soft, confluent patches.
fn opacity(build: &Build, rng: &mut Rng, lungs: &Plane) -> Lesion {
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
    Lesion { name: "opacity", cover: patches, inside: 0.5, blur: 4, density }
}

/// Free fluid: it climbs along the chest wall, so that its upper edge is a meniscus.
fn effusion(build: &Build, anatomy: &Anatomy, rng: &mut Rng) -> Lesion {
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
    Lesion { name: "effusion", cover: fluid, inside: 0.5, blur: 1, density: 0.78 }
}

/// A solid ball.
fn nodule(build: &Build, rng: &mut Rng) -> Lesion {
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
    // All that a ray meets belongs to the ball.
    Lesion { name: "nodule", cover: ball, inside: f32::MIN_POSITIVE, blur: 1, density }
}
