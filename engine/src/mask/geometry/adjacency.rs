//! Where segments touch each other.

use super::GeometryError;
use super::rows::{Rows, Step, touches};
use crate::mask::{Run, Runs};

/// How two sets touch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Faces of voxels, by the axis (z, y, x) that they are across, that have the one set without
    /// the other on one side and the other without the one on the other side.
    pub faces: [u64; 3],
    /// Whether a voxel of one set is a voxel of the other or one of the 26 around one.
    pub touching: bool,
}

impl Contact {
    /// The area of the faces in mm2, of voxels of `spacing` millimetres (z, y, x) and square
    /// corners.
    pub fn area_mm2(&self, [z, y, x]: [f64; 3]) -> f64 {
        let [across_z, across_y, across_x] = self.faces.map(|n| n as f64);
        across_z * y * x + across_y * z * x + across_x * z * y
    }
}

/// A pair of segments that touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PairContact {
    /// The place of the first one.
    pub a: usize,
    /// The place of the other, behind the first one's.
    pub b: usize,
    /// How they touch.
    pub contact: Contact,
}

/// How two sets touch. O(runs of both).
///
/// # Errors
///
/// [`GeometryError::Runs`] when they are of different shapes.
pub fn contact(a: &Runs, b: &Runs) -> Result<Contact, GeometryError> {
    a.same_shape(b)?;
    Ok(of_rows(&Part::new(a), &Part::new(b)))
}

/// The pairs that touch, of all pairs of `segments`, in the order of (a, b).
///
/// A comparison of bounding boxes a pair, and O(runs of both) where those are near.
///
/// # Errors
///
/// [`GeometryError::Runs`] when they are of different shapes.
pub fn contacts(segments: &[&Runs]) -> Result<Vec<PairContact>, GeometryError> {
    if let Some((first, others)) = segments.split_first() {
        others.iter().try_for_each(|other| first.same_shape(other))?;
    }
    let parts: Vec<Part<'_>> = segments.iter().map(|set| Part::new(set)).collect();
    let mut found = Vec::new();
    for (a, one) in parts.iter().enumerate() {
        for (b, other) in parts.iter().enumerate().skip(a.saturating_add(1)) {
            let contact = of_rows(one, other);
            if contact.touching {
                found.push(PairContact { a, b, contact });
            }
        }
    }
    Ok(found)
}

/// A set, and its lowest and highest (t, z, y, x).
struct Part<'a> {
    set: &'a Runs,
    extent: Option<[(u64, u64); 4]>,
}

impl<'a> Part<'a> {
    fn new(set: &'a Runs) -> Self {
        let mut extent: Option<[(u64, u64); 4]> = None;
        for row in Rows::of(set).iter() {
            let [t, z, y] = row.place;
            for span in row.spans() {
                let last = span.end.saturating_sub(1);
                let here = [(t, t), (z, z), (y, y), (span.start, last)];
                let all = extent.get_or_insert(here);
                for (all, here) in all.iter_mut().zip(here) {
                    *all = (all.0.min(here.0), all.1.max(here.1));
                }
            }
        }
        Self { set, extent }
    }

    /// The runs that can touch another set: no neighbour is further away in number than a slice, a
    /// row and one.
    fn beside(&self, other: &Self) -> &'a [Run] {
        let shape = self.set.shape();
        let reach = shape.slice_voxels().saturating_add(shape.width()).saturating_add(1);
        let (all, others) = (self.set.as_slice(), other.set.as_slice());
        let first = others.first().map_or(0, |run| run.start.saturating_sub(reach));
        let end = others.last().map_or(0, |run| run.end.saturating_add(reach));
        let first = all.partition_point(|run| run.end <= first);
        let end = all.partition_point(|run| run.start < end);
        all.get(first..end).unwrap_or(&[])
    }

    /// Whether the boxes are in a frame in common and not more than a voxel apart.
    fn is_near(&self, other: &Self) -> bool {
        let (Some(a), Some(b)) = (self.extent, other.extent) else { return false };
        let reach = [0, 1, 1, 1_u64];
        a.iter().zip(b).zip(reach).all(|((a, b), reach)| {
            a.0 <= b.1.saturating_add(reach) && b.0 <= a.1.saturating_add(reach)
        })
    }
}

fn of_rows(a: &Part<'_>, b: &Part<'_>) -> Contact {
    if !a.is_near(b) {
        return Contact::default();
    }
    let shape = a.set.shape();
    let (a, b) = (a.beside(b), b.beside(a));
    let (only_a, only_b) = (without(a, b), without(b, a));
    let (one, other) = (Rows::new(shape, &only_a), Rows::new(shape, &only_b));
    let shared = |step: Step| -> u64 {
        one.pairs(&other, step).flat_map(|(a, b)| touches(a, b, 0)).map(|touch| touch.shared).sum()
    };
    let both = |step: Step, back: Step| shared(step).saturating_add(shared(back));
    // The two have no voxel in common, so each touch in a row is one face.
    let across_x = one.pairs(&other, (0, 0)).map(|(a, b)| touches(a, b, 1).count() as u64).sum();
    let faces = [both((-1, 0), (1, 0)), both((0, -1), (0, 1)), across_x];
    let touching = faces != [0; 3] || touch_at_all(&Rows::new(shape, a), &Rows::new(shape, b));
    Contact { faces, touching }
}

fn touch_at_all<'a>(a: &Rows<'a>, b: &Rows<'a>) -> bool {
    let steps = (-1..=1).flat_map(|dz| (-1..=1).map(move |dy| (dz, dy)));
    let mut steps = steps.into_iter();
    steps.any(|step| a.pairs(b, step).any(|(a, b)| touches(a, b, 1).next().is_some()))
}

/// The voxels of `a` that are not of `b`. O(runs of both).
fn without(a: &[Run], b: &[Run]) -> Vec<Run> {
    let mut rest = b;
    let mut kept = Vec::with_capacity(a.len());
    for run in a {
        let passed = rest.iter().take_while(|cut| cut.end <= run.start).count();
        rest = rest.get(passed..).unwrap_or(&[]);
        let mut start = run.start;
        for cut in rest.iter().take_while(|cut| cut.start < run.end) {
            if start < cut.start {
                kept.push(Run { start, end: cut.start });
            }
            start = start.max(cut.end);
        }
        if start < run.end {
            kept.push(Run { start, end: run.end });
        }
    }
    kept
}
