//! Which structure each patch of a drawn picture lies in: the drawing knows.

use super::anatomy::Anatomy;
use super::build::{Build, SIDE};
use super::draw::{blank, draw};
use super::finding::Finding;
use super::image::Image;
use super::plane::Plane;
use super::shapes::Point;

/// The structures, in the order of the prompts, and what is none of them.
pub(super) const STRUCTURES: [&str; 9] = [
    "lung",
    "heart",
    "spine",
    "abdomen",
    "air around the patient",
    "nodule",
    "pleural effusion",
    "lung opacity",
    ELSEWHERE,
];

/// Those that not every patient has.
pub(super) const FINDINGS: [&str; 3] = ["nodule", "pleural effusion", "lung opacity"];

/// Where several meet, and what has no name here. No prompt is made of it.
pub(super) const ELSEWHERE: &str = "elsewhere";

/// Half the width of the spine, in pixels.
const SPINE_REACH: f32 = 9.0;
/// A patch lies in a structure when this share of it does.
const INSIDE: f32 = 0.9;
/// A patch is ill when it is brighter by this than in the healthy patient.
const ILL: f32 = 0.1;

/// The structure of each patch of `stride` pixels, row by row.
pub(super) fn structure(
    build: &Build,
    anatomy: &Anatomy,
    image: &Image,
    seed: u64,
    stride: usize,
) -> Vec<&'static str> {
    // The same patient without the finding: where the pictures differ, the finding is.
    let mut well = build.clone();
    well.finding = Finding::None;
    let healthy = draw(&well, anatomy, seed);
    let ill = match build.finding {
        Finding::None | Finding::Cardiomegaly => None,
        Finding::RightLowerOpacity => Some("lung opacity"),
        Finding::LeftEffusion => Some("pleural effusion"),
        Finding::LeftUpperNodule => Some("nodule"),
    };
    let planes = planes(build, anatomy);
    let patches = SIDE / stride;
    let places = (0..patches).flat_map(|y| (0..patches).map(move |x| (y * stride, x * stride)));
    let of = |(top, left): (usize, usize)| {
        let (bottom, right) = (top + stride, left + stride);
        let change = image.mean(left, top, right, bottom) - healthy.mean(left, top, right, bottom);
        if let Some(ill) = ill.filter(|_| change >= ILL) {
            return ill;
        }
        let share = |plane: &Plane| mean(plane, top, left, stride);
        let [body, lungs, middle, heart, abdomen, spine] = planes.each_ref().map(share);
        if body <= 1.0 - INSIDE {
            return "air around the patient";
        }
        let free = change.abs() < 0.02;
        match (lungs, middle.max(heart), abdomen) {
            (lungs, other, _) if free && lungs >= INSIDE && other < 0.1 => "lung",
            (_, _, abdomen) if abdomen >= INSIDE && spine < 0.1 => "abdomen",
            _ if spine >= INSIDE && heart < 0.5 => "spine",
            _ if heart >= INSIDE && spine < 0.1 && abdomen < 0.1 => "heart",
            _ => ELSEWHERE,
        }
    };
    places.map(of).collect()
}

/// Body, lungs, great vessels, heart, abdomen, spine.
fn planes(build: &Build, anatomy: &Anatomy) -> [Plane; 6] {
    let filled = |outlines: &[&[Point]]| {
        let mut plane = blank();
        for outline in outlines {
            plane.fill(outline);
        }
        plane
    };
    let middle = build.at(128.0 - 0.3 * build.rotation, 128.0);
    let (left, right) = (middle.x - SPINE_REACH, middle.x + SPINE_REACH);
    let side = SIDE as f32;
    let spine = [(left, 0.0), (right, 0.0), (right, side), (left, side)];
    let spine = spine.map(|(x, y)| Point::new(x, y));
    [
        filled(&[&anatomy.body]),
        filled(&[&anatomy.right.outline, &anatomy.left.outline]),
        filled(&[&anatomy.mediastinum]),
        filled(&[&anatomy.heart]),
        filled(&[&anatomy.abdomen]),
        filled(&[&spine]),
    ]
}

/// The mean of a patch of a plane, of at most 1 a pixel.
fn mean(plane: &Plane, top: usize, left: usize, stride: usize) -> f32 {
    let rows = plane.values().chunks_exact(SIDE).skip(top).take(stride);
    let pixels = rows.flat_map(|row| row.iter().skip(left).take(stride));
    let sum: f32 = pixels.map(|value| value.min(1.0)).sum();
    sum / (stride * stride) as f32
}
