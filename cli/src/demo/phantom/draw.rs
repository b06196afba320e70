//! From outlines to grey values: attenuation along the beam, then the film curve.

use super::anatomy::{Anatomy, Lung};
use super::bones;
use super::build::{Build, SIDE};
use super::image::Image;
use super::lesions;
use super::plane::{Plane, Profile};
use super::rng::Rng;
use super::vessels;

/// The picture of one patient; `seed` chooses the vessels and the grain. Cost: some milliseconds.
pub(super) fn draw(build: &Build, anatomy: &Anatomy, seed: u64) -> Image {
    let grain = grain(seed);
    let lungs = lungs(anatomy);
    let mut beam = soft_tissue(build, anatomy, &lungs);
    heart_and_vessels(build, anatomy, seed, &lungs, &mut beam);
    lesions::paint(build, anatomy, seed, &lungs, &mut beam);
    airway(anatomy, &mut beam);
    skeleton(build, anatomy, &mut beam);
    marker(&mut beam);
    expose(build, &grain, &mut beam);
    Image::from_plane(&beam, SIDE, SIDE)
}

/// An empty plane of the size of the picture.
pub(super) fn blank() -> Plane {
    Plane::new(SIDE, SIDE)
}

/// How much air each pixel's ray meets, 0 to 1: a soft edge on a dome that is thickest in the
/// middle.
pub(super) fn lungs(anatomy: &Anatomy) -> Plane {
    let mut cover = blank();
    for Lung { outline, .. } in [&anatomy.right, &anatomy.left] {
        cover.fill(outline);
    }
    let mut air = cover.blurred(1);
    air.blend(&cover.blurred(13), |edge, dome| edge.min(1.0) * (0.5 + 0.5 * dome));
    air
}

fn soft_tissue(build: &Build, anatomy: &Anatomy, lungs: &Plane) -> Plane {
    let mut skin = blank();
    skin.fill(&anatomy.body);
    let mut beam = skin.blurred(1);
    beam.blend(&skin.blurred(10), |edge, deep| edge.min(1.0) * deep * deep);
    let thickness = 0.66 + 0.42 * build.habitus;
    beam.blend(lungs, |tissue, air| tissue * thickness * (1.0 - 0.74 * air));
    let mut belly = blank();
    belly.fill(&anatomy.abdomen);
    let mut gas = blank();
    gas.fill(&anatomy.bubble);
    belly.blend(&gas.blurred(2), |organ, air| organ.min(1.0) * (1.0 - 0.55 * air));
    let mut inside = belly.blurred(1);
    let mut flanks = blank();
    flanks.fill(&build.place(&[(30.0, 150.0), (226.0, 150.0), (226.0, 340.0), (30.0, 340.0)]));
    inside.blend(&flanks.blurred(12), |organ, within| organ * within);
    beam.blend(&inside, |tissue, organ| tissue + 0.52 * organ);
    beam
}

fn heart_and_vessels(build: &Build, anatomy: &Anatomy, seed: u64, lungs: &Plane, beam: &mut Plane) {
    let mut heart = blank();
    heart.fill(&anatomy.heart);
    let mut muscle = heart.blurred(1);
    muscle.blend(&heart.blurred(10), |edge, deep| edge.min(1.0) * (0.45 + 0.55 * deep));
    let mut middle = blank();
    middle.fill(&anatomy.mediastinum);
    let mut soft = middle.blurred(2);
    soft.blend(&middle.blurred(8), |edge, deep| edge.min(1.0) * (0.4 + 0.6 * deep));
    soft.blend(&muscle, |vessels, organ| (0.6 * vessels).max(0.8 * organ));
    beam.blend(&soft, |tissue, organ| tissue + organ);

    let mut aorta = blank();
    aorta.stroke(&anatomy.aorta, (build.arch - 2.0, build.arch - 4.0), 0.5, Profile::Round);
    let mut arch = blank();
    arch.fill(&anatomy.arch);
    aorta.blend(&arch, |vessel, knob| vessel.max(knob.min(1.0)));
    beam.blend(&aorta.blurred(1), |tissue, vessel| tissue + 0.24 * vessel);

    let mut tree = blank();
    let mut rng = Rng::new(seed, 2);
    vessels::paint(&anatomy.right, &mut rng, &mut tree);
    vessels::paint(&anatomy.left, &mut rng, &mut tree);
    tree.blend(lungs, |vessel, air| vessel * (1.4 * air).min(1.0));
    tree.blend(&muscle, |vessel, organ| vessel * (1.0 - 0.75 * organ));
    // A congested circulation goes with a failing heart.
    let filling = 0.24 + 0.12 * (build.heart - 1.03).max(0.0);
    beam.blend(&tree, |tissue, vessel| tissue + filling * vessel);
}

fn airway(anatomy: &Anatomy, beam: &mut Plane) {
    let mut air = blank();
    air.stroke(&anatomy.trachea, (6.2, 6.4), 1.0, Profile::Round);
    for bronchus in &anatomy.bronchi {
        air.stroke(bronchus, (4.6, 2.8), 0.8, Profile::Round);
    }
    beam.blend(&air.blurred(1), |tissue, hollow| tissue * (1.0 - 0.42 * hollow));
}

fn skeleton(build: &Build, anatomy: &Anatomy, beam: &mut Plane) {
    let mut skin = blank();
    skin.fill(&anatomy.body);
    let mut bone = blank();
    bones::skeleton(build, &mut bone);
    bone.blend(&skin, |calcium, body| calcium * body.min(1.0));
    let strength = 0.36 * build.bone;
    // Dense surroundings scatter: bones stand out less in the abdomen.
    beam.blend(&bone, |tissue, calcium| tissue + strength * calcium / (0.8 + 0.4 * tissue));
}

/// The lead letter that marks the patient's right.
fn marker(beam: &mut Plane) {
    let line = |points: &[(f32, f32)]| {
        points
            .iter()
            .map(|&(x, y)| super::shapes::Point::new(14.0 + x, 10.0 + y))
            .collect::<Vec<_>>()
    };
    let mut lead = blank();
    let bowl = line(&[(0.0, 0.0), (5.0, 0.0), (7.0, 1.5), (7.0, 4.5), (5.0, 6.0), (0.0, 6.0)]);
    for stroke in [line(&[(0.0, 0.0), (0.0, 12.0)]), bowl, line(&[(3.5, 6.0), (7.5, 12.0)])] {
        lead.stroke(&stroke, (0.9, 0.9), 1.0, Profile::Round);
    }
    beam.blend(&lead, |tissue, metal| tissue + 3.0 * metal);
}

/// Quantum noise, a little of it correlated as in a digital detector, standard deviation about 1.
fn grain(seed: u64) -> Plane {
    let mut rng = Rng::new(seed, 3);
    let mut noise = blank();
    noise.for_each_row(|_, row| row.fill_with(|| rng.range(-1.7, 1.7)));
    let soft = noise.blurred(1);
    noise.blend(&soft, |sharp, soft| 0.45 * sharp + 1.6 * soft);
    noise
}

/// The film curve: a toe in air, a steep middle in the lungs, a shoulder in bone, as film has.
fn expose(build: &Build, grain: &Plane, beam: &mut Plane) {
    beam.blend(grain, |tissue, noise| {
        let dose = tissue / build.exposure;
        let grey = dose * dose / (dose * dose + 0.3 * dose + 0.25);
        (1.1 * grey + 0.012 + 0.010 * noise * (0.4 + grey)).clamp(0.0, 1.0)
    });
}
