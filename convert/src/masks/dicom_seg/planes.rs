//! From the positions of frames to slices of one space.

use vesalius::Space;

use super::error::DicomSegError;
use super::frames::{Frame, Shared};
use super::limits::SLICES_MAX;
use super::tags::IMAGE_ORIENTATION;
use super::text::wrong;

/// Directions are unit vectors at right angles to within this.
const SQUARE: f64 = 1e-3;
/// Slices are off their places by less than this part of the distance between them, and of a pixel.
const OFF: f64 = 0.01;
/// Positions nearer than this (mm) are of one slice.
const SAME: f64 = 1e-3;

/// The space, and the slice that each frame is on.
pub(super) struct Stack {
    pub(super) space: Space,
    pub(super) slices: Vec<u64>,
    pub(super) notes: Vec<String>,
}

type Vector = [f64; 3];

fn dot(a: Vector, b: Vector) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

fn cross([a, b, c]: Vector, [d, e, f]: Vector) -> Vector {
    [b * f - c * e, c * d - a * f, a * e - b * d]
}

/// Slices along the normal of the planes, the lowest first, so that x, y and z are right-handed. Slices that no
/// frame is on are empty.
pub(super) fn stack(
    shared: &Shared,
    frames: &[Frame],
    [rows, columns]: [u64; 2],
) -> Result<Stack, DicomSegError> {
    let [a, b, c, d, e, f] = shared.orientation;
    let (x, y) = ([a, b, c], [d, e, f]);
    let skewed = [dot(x, x) - 1.0, dot(y, y) - 1.0, dot(x, y)].iter().any(|v| v.abs() > SQUARE);
    if skewed {
        let what =
            format!("is {:?}; two unit vectors at right angles are needed", shared.orientation);
        return Err(wrong(IMAGE_ORIENTATION, what));
    }
    let z = cross(x, y);
    let length = dot(z, z).sqrt();
    let z = z.map(|v| v / length);
    let heights: Vec<f64> = frames.iter().map(|frame| dot(frame.position, z)).collect();
    let first = heights.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(i, _)| i);
    let origin = frames.get(first).map_or([0.0; 3], |frame| frame.position);
    let lowest = heights.get(first).copied().unwrap_or(0.0);
    let mut notes = Vec::new();
    let distances: Vec<f64> = heights.iter().map(|height| height - lowest).collect();
    let step = distance(shared, &distances, &mut notes)?;
    let mut slices = Vec::with_capacity(frames.len());
    for ((number, frame), height) in (1..).zip(frames).zip(&distances) {
        let place = (height / step).round();
        let mut aside = frame.position;
        for ((v, o), n) in aside.iter_mut().zip(origin).zip(z) {
            *v -= o + n * height;
        }
        let shift = dot(aside, aside).sqrt();
        let [dy, dx] = shared.spacing;
        if shift > OFF * dx.min(dy) {
            let what =
                format!("shifted by {shift} mm in its plane; only stacks of slices are read");
            return Err(DicomSegError::Frame(number, what));
        }
        slices.push(index(place));
    }
    let depth = slices.iter().max().copied().unwrap_or(0).saturating_add(1);
    if depth > SLICES_MAX {
        return Err(DicomSegError::Limit("slices between the outer frames", depth, SLICES_MAX));
    }
    let mut seen = slices.clone();
    seen.sort_unstable();
    seen.dedup();
    let gaps = depth.saturating_sub(seen.len() as u64);
    if gaps > 0 {
        notes.push(format!("{gaps} of {depth} slices have no frame; they are empty"));
    }
    let [dy, dx] = shared.spacing;
    let mut space = Space::new([depth, rows, columns], [step, dy, dx]);
    space.origin = origin;
    for ((row, z), (y, x)) in space.direction.iter_mut().zip(z).zip(y.into_iter().zip(x)) {
        *row = [z, y, x];
    }
    if let Err(error) = space.check(0) {
        return Err(DicomSegError::Planes(error.to_string()));
    }
    Ok(Stack { space, slices, notes })
}

/// Millimetres from slice to slice: what the file says, if the frames are at such steps, else the smallest
/// distance of two frames; in both cases corrected to the outer frames.
fn distance(
    shared: &Shared,
    distances: &[f64],
    notes: &mut Vec<String>,
) -> Result<f64, DicomSegError> {
    let mut sorted = distances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let steps = sorted.iter().zip(sorted.iter().skip(1)).map(|(a, b)| b - a);
    let smallest = steps.filter(|step| *step > SAME).fold(f64::INFINITY, f64::min);
    if smallest.is_infinite() {
        return Ok(single(shared, notes));
    }
    let extent = sorted.last().copied().unwrap_or(0.0);
    let fitted = |step: f64| {
        let count = (extent / step).round();
        let step = if (extent / count - step).abs() <= 1e-6 * step { step } else { extent / count };
        let off = |distance: &f64| (distance / step - (distance / step).round()).abs();
        (count >= 1.0 && sorted.iter().all(|distance| off(distance) <= OFF)).then_some(step)
    };
    // A step far below the smallest distance fits anything.
    let said = shared.between.filter(|between| *between > smallest * 1e-3);
    if let Some(step) = said.and_then(fitted) {
        return Ok(step);
    }
    let Some(step) = fitted(smallest) else {
        return Err(DicomSegError::Planes(format!(
            "the slices are not equally spaced: the smallest distance is {smallest} mm, and others are no \
             multiples of it; resample the image"
        )));
    };
    if let Some(between) = said {
        notes.push(format!(
            "Spacing Between Slices is {between} mm, but frames are {step} mm apart"
        ));
    }
    Ok(step)
}

/// The distance for a single slice.
fn single(shared: &Shared, notes: &mut Vec<String>) -> f64 {
    let said = shared.between.or(shared.thick);
    if said.is_none() {
        notes.push("a single slice without a thickness; 1 mm is taken".into());
    }
    said.unwrap_or(1.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped; checked after"
)]
fn index(place: f64) -> u64 {
    place.clamp(0.0, 1e15) as u64
}
