//! What each patch of a picture looks like, and what patches of a structure look like.
//!
//! A patch is a square window; neighbours overlap. Its token is the descriptor of its pixels,
//! whitened by how patches of one structure vary ([`Whitening`]), so that the angle between two
//! tokens says how alike they look. What stands for a text is a mean of tokens. The patients that
//! all this is learned from are not in the cohort.

use super::anatomy::Anatomy;
use super::build::{Build, SIDE};
use super::descriptor;
use super::draw;
use super::finding::Finding;
use super::image::Image;
use super::structures::{ELSEWHERE, FINDINGS, STRUCTURES, structure};
use super::whiten::{Whitening, own_part, unit};

/// Patches along each side of a picture.
pub(crate) const PATCHES: usize = 32;
/// Pixels from a patch to the next.
const STRIDE: usize = SIDE / PATCHES;
/// Pixels of the window along each side.
const WINDOW: usize = 24;
/// Patients that prompts are made from; of each finding an equal number.
const TEACHERS: usize = 40;
/// The first of them, far behind any cohort.
const FIRST_TEACHER: usize = 1_000_000;

/// What was learned from other patients.
#[derive(Debug, Clone)]
pub(crate) struct Lesson {
    whitening: Whitening,
    /// The name of a structure, and the direction of its mean token; for a finding, of the part of that
    /// mean that those of the others do not have.
    pub(crate) prompts: Vec<(&'static str, Vec<f32>)>,
    /// Patients it was learned from.
    pub(crate) teachers: usize,
}

impl Lesson {
    /// Draws the patients and looks at their patches. Cost: about 20 ms a patient.
    pub(crate) fn learn() -> Self {
        let teachers: Vec<Teacher> = (0..TEACHERS).map(Teacher::new).collect();
        let inside = |name| teachers.iter().flat_map(move |teacher| teacher.inside(name)).collect();
        let groups: Vec<Vec<&[f32]>> = STRUCTURES.into_iter().map(inside).collect();
        let whitening = Whitening::learn(descriptor::LENGTH, &groups);
        let mean = |group: &Vec<&[f32]>| {
            let mut sum = vec![0.0; descriptor::LENGTH];
            for patch in group {
                let token = whitening.apply(patch);
                sum.iter_mut().zip(token).for_each(|(sum, x)| *sum += f64::from(x));
            }
            sum
        };
        let means: Vec<Vec<f64>> = groups.iter().map(mean).collect();
        // What is everywhere is found by its looks, what is rare by what nothing else has.
        let direction = |(place, name): (usize, &'static str)| {
            let rare = FINDINGS.contains(&name);
            let mean = means.get(place).map_or_else(Vec::new, |mean| unit(mean));
            (name, if rare { own_part(&means, place) } else { mean })
        };
        let prompts = STRUCTURES.into_iter().filter(|name| *name != ELSEWHERE).enumerate();
        let prompts = prompts.map(direction).collect();
        Self { whitening, prompts, teachers: TEACHERS }
    }

    /// The tokens of a picture, `[PATCHES, PATCHES, D]`.
    pub(super) fn tokens(&self, image: &Image) -> Vec<f32> {
        measured(image).iter().flat_map(|patch| self.whitening.apply(patch)).collect()
    }
}

/// A patient that is learned from.
struct Teacher {
    /// Measured numbers of each patch.
    patches: Vec<Vec<f32>>,
    /// The structure that each patch lies in.
    structures: Vec<&'static str>,
}

impl Teacher {
    fn new(number: usize) -> Self {
        let index = FIRST_TEACHER + number;
        let finding = Finding::ALL.get(number % Finding::ALL.len()).copied();
        let build = Build::of(index, finding.unwrap_or(Finding::None));
        let anatomy = Anatomy::new(&build);
        let image = draw::draw(&build, &anatomy, index as u64);
        let structures = structure(&build, &anatomy, &image, index as u64, STRIDE);
        Self { patches: measured(&image), structures }
    }

    /// The patches that lie in a structure.
    fn inside(&self, name: &'static str) -> impl Iterator<Item = &[f32]> {
        let all = self.patches.iter().zip(&self.structures);
        all.filter(move |(_, inside)| **inside == name).map(|(patch, _)| patch.as_slice())
    }
}

/// The measured numbers of each patch, row by row. Windows end at the edge of the picture.
fn measured(image: &Image) -> Vec<Vec<f32>> {
    let margin = (WINDOW - STRIDE) / 2;
    let ends = |place: usize| {
        let start = (place * STRIDE).saturating_sub(margin);
        (start, (place * STRIDE + STRIDE + margin).min(SIDE))
    };
    let places = (0..PATCHES).flat_map(|y| (0..PATCHES).map(move |x| (ends(y), ends(x))));
    places
        .map(|((top, bottom), (left, right))| {
            descriptor::measure(image, [left, top, right, bottom])
        })
        .collect()
}
