//! Drawn chest radiographs, deterministic to the bit: the cohort that `vesalius demo` stores and
//! searches.
//!
//! Patient `i` depends on `i` alone, so a larger cohort begins with the smaller one. Arithmetic is
//! restricted to operations that IEEE 754 rounds alike everywhere; no library function of the
//! platform takes part. Nothing here is a real patient.

mod anatomy;
mod bones;
mod build;
mod descriptor;
mod draw;
mod finding;
mod image;
mod lesions;
mod patches;
mod plane;
mod regions;
mod rng;
mod segments;
mod shapes;
mod structures;
#[cfg(test)]
mod tests;
mod vessels;
mod whiten;

use vesalius::SegmentValue;

use anatomy::Anatomy;
use build::Build;
pub(crate) use finding::Finding;
pub(crate) use image::{Image, ascii};
pub(crate) use patches::{Lesson, PATCHES};
pub(crate) use regions::REGION_NAMES;

/// One drawn patient.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Patient {
    /// `demo-0000`, `demo-0001`, ...
    pub(crate) key: String,
    /// `train`, `val` or `test`.
    pub(crate) split: &'static str,
    /// A name of [`Finding`].
    pub(crate) finding: &'static str,
    /// Years.
    pub(crate) age: u8,
    /// Width of the heart over that of the thorax, measured from the drawn outlines.
    pub(crate) heart_ratio: f64,
    /// 256 x 256 pixels.
    pub(crate) image: Image,
    /// The regions that were found, by ascending index; up to 29.
    pub(crate) regions: Vec<Region>,
    /// Organs, lobes and lesions; they overlap.
    pub(crate) segments: Vec<SegmentValue>,
    /// `[PATCHES, PATCHES, 64]`: what each patch looks like; compare by cosine.
    pub(crate) tokens: Vec<f32>,
}

/// A named region of one picture.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Region {
    /// Place in [`REGION_NAMES`].
    pub(crate) index: usize,
    /// The name at that place.
    pub(crate) name: &'static str,
    /// z0, y0, x0, z1, y1, x1 in voxels, half open; z is 0 to 1.
    pub(crate) bbox: [u16; 6],
    /// How sure a detector would be, 0 to 1.
    pub(crate) score: f32,
    /// 64 numbers computed from the pixels of the box, see [`descriptor`]; compare by cosine.
    pub(crate) descriptor: Vec<f32>,
}

/// The first `n` patients, their tokens as a lesson says. Cost: about 20 ms each on one core.
pub(crate) fn cohort(n: usize, lesson: &Lesson) -> Vec<Patient> {
    let typical = typical();
    (0..n).map(|index| patient(index, &typical, lesson)).collect()
}

fn patient(index: usize, typical: &[Vec<f32>], lesson: &Lesson) -> Patient {
    let (finding, split) = finding::assign(index);
    let build = Build::of(index, finding);
    let anatomy = Anatomy::new(&build);
    let image = draw::draw(&build, &anatomy, index as u64);
    let found = regions::find(&build, &anatomy, &image, index as u64);
    let regions = found.iter().filter_map(|found| region(found, &image, typical)).collect();
    Patient {
        key: format!("demo-{index:04}"),
        split,
        finding: finding.name(),
        age: build.age,
        heart_ratio: anatomy.heart_ratio(),
        segments: segments::segments(&build, &anatomy, index as u64),
        tokens: lesson.tokens(&image),
        image,
        regions,
    }
}

fn region(found: &regions::Found, image: &Image, typical: &[Vec<f32>]) -> Option<Region> {
    let [x0, y0, x1, y1] = found.pixels.map(|edge| u16::try_from(edge).unwrap_or(u16::MAX));
    Some(Region {
        index: found.index,
        name: REGION_NAMES.get(found.index)?,
        bbox: [0, y0, x0, 1, y1, x1],
        score: found.score,
        descriptor: descriptor::compare(
            &descriptor::measure(image, found.pixels),
            typical.get(found.index)?,
        ),
    })
}

/// The measured numbers of every region of the typical patient, by region index.
fn typical() -> Vec<Vec<f32>> {
    let build = Build::typical();
    let anatomy = Anatomy::new(&build);
    let image = draw::draw(&build, &anatomy, u64::MAX);
    let measured = |pixels| descriptor::measure(&image, pixels);
    regions::drawn(&build, &anatomy).into_iter().map(measured).collect()
}
