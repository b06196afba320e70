//! The masks of one patient: organs, lobes and lesions as the drawing has them.
//!
//! A radiograph sees through the patient: what lies behind something else overlaps it. The lower lobes reach up
//! behind the upper ones, and the heart lies before both lungs.

use vesalius::{Runs, Segment, SegmentValue, VoxelShape};

use super::anatomy::{Anatomy, Lung};
use super::build::{Build, SIDE};
use super::draw::{blank, lungs};
use super::lesions::lesion;
use super::plane::{Plane, Profile};
use super::shapes::{Bounds, Point};

/// A pixel belongs to what covers this share of it.
const INSIDE: f32 = 0.5;
/// The colour of lesions; the others get theirs from their labels.
const LESION: [u8; 4] = [230, 40, 40, 255];
/// Radius of the trachea, in pixels.
const TRACHEA: f32 = 6.0;
/// Half the width of the spine, in pixels.
const SPINE: f32 = 9.0;

/// Lobes as parts of a lung, from its apex (0) to its base (1): name, whether of the right one, from, to.
const LOBES: [(&str, bool, f32, f32); 5] = [
    ("right_upper_lobe", true, 0.0, 0.5),
    ("right_middle_lobe", true, 0.5, 0.9),
    ("right_lower_lobe", true, 0.3, 1.0),
    ("left_upper_lobe", false, 0.0, 0.8),
    ("left_lower_lobe", false, 0.36, 1.0),
];

/// All segments of a patient; `seed` as of the picture. Cost: a millisecond or so.
pub(super) fn segments(build: &Build, anatomy: &Anatomy, seed: u64) -> Vec<SegmentValue> {
    let mut all = Masks::default();
    organs(build, anatomy, &mut all);
    for (name, right, from, to) in LOBES {
        let lung = if right { &anatomy.right } else { &anatomy.left };
        all.add("lobes", name, &lobe(lung, from, to), INSIDE);
    }
    if let Some(found) = lesion(build, anatomy, seed, &lungs(anatomy)) {
        all.add("lesions", found.name, &found.cover, found.inside);
        if let Some(value) = all.segments.last_mut() {
            value.segment.colour = Some(LESION);
        }
    }
    all.segments
}

fn organs(build: &Build, anatomy: &Anatomy, all: &mut Masks) {
    let mut add = |name, outline: &[Point]| {
        let mut plane = blank();
        plane.fill(outline);
        all.add("organs", name, &plane, INSIDE);
    };
    add("right_lung", &anatomy.right.outline);
    add("left_lung", &anatomy.left.outline);
    add("heart", &anatomy.heart);
    add("mediastinum", &anatomy.mediastinum);
    let (mut abdomen, mut body) = (blank(), blank());
    abdomen.fill(&anatomy.abdomen);
    body.fill(&anatomy.body);
    abdomen.blend(&body, f32::min);
    all.add("organs", "abdomen", &abdomen, INSIDE);
    let line = |radius: f32, parts: &[&[Point]]| {
        let mut plane = blank();
        for part in parts {
            plane.stroke(part, (radius, radius), 1.0, Profile::Round);
        }
        plane
    };
    // A stroke fades to a fifth at its edge.
    let trachea = line(TRACHEA, &[&anatomy.trachea]);
    all.add("organs", "trachea", &trachea, 0.1);
    let mut aorta = line(build.arch - 3.0, &[&anatomy.aorta]);
    aorta.fill(&anatomy.arch);
    all.add("organs", "aorta", &aorta, 0.1);
    all.add("organs", "spine", &line(SPINE, &[&anatomy.spine]), 0.1);
}

/// A part of a lung.
fn lobe(lung: &Lung, from: f32, to: f32) -> Plane {
    let whole = Bounds::of(&lung.outline);
    let at = |share: f32| whole.top + whole.height() * share;
    let (top, bottom) = (at(from), at(to));
    let mut plane = blank();
    plane.fill(&lung.outline);
    plane.for_each_row(|row, values| {
        let middle = row as f32 + 0.5;
        // Apex and base are borders of the lung, not cuts.
        if (middle < top && from > 0.0) || (middle >= bottom && to < 1.0) {
            values.fill(0.0);
        }
    });
    plane
}

/// Segments with their labels, counted from 1.
#[derive(Default)]
struct Masks {
    segments: Vec<SegmentValue>,
}

impl Masks {
    fn add(&mut self, group: &str, name: &str, plane: &Plane, inside: f32) {
        let side = SIDE as u64;
        let covered: Vec<bool> = plane.values().iter().map(|value| *value >= inside).collect();
        let runs =
            VoxelShape::new(1, [1, side, side]).and_then(|shape| Runs::from_bools(shape, &covered));
        let label = u32::try_from(self.segments.len()).unwrap_or(0).saturating_add(1);
        let segment = Segment { group: group.to_owned(), ..Segment::new(name, label) };
        // The plane has the pixels of the shape.
        self.segments.extend(runs.ok().map(|runs| SegmentValue { segment, runs }));
    }
}

#[cfg(test)]
mod tests {
    use vesalius::{MaskExpr, Runs, SegmentValue};

    use super::super::anatomy::Anatomy;
    use super::super::build::Build;
    use super::super::finding::Finding;
    use super::{LOBES, segments};

    fn of(index: usize, finding: Finding) -> Vec<SegmentValue> {
        let build = Build::of(index, finding);
        segments(&build, &Anatomy::new(&build), index as u64)
    }

    fn runs<'a>(segments: &'a [SegmentValue], name: &str) -> &'a Runs {
        &segments.iter().find(|value| value.segment.name == name).unwrap().runs
    }

    #[test]
    fn lobes_make_up_the_lungs_and_overlap_each_other() {
        for index in 0..20 {
            let all = of(index, Finding::None);
            assert_eq!(all.len(), 13);
            for side in ["right", "left"] {
                let lobes = LOBES.map(|(name, ..)| name);
                let lobes: Vec<&Runs> = lobes
                    .into_iter()
                    .filter(|name| name.starts_with(side))
                    .map(|name| runs(&all, name))
                    .collect();
                let lung = runs(&all, &format!("{side}_lung"));
                let union = MaskExpr::any(lung.shape(), lobes.iter().copied()).runs().unwrap();
                assert!(&union == lung, "{side} of {index}");
                let sum: u64 = lobes.iter().map(|lobe| lobe.voxels()).sum();
                assert!(sum > lung.voxels());
            }
        }
    }

    #[test]
    fn lesions_lie_where_the_finding_says() {
        for index in 0..40 {
            for (finding, lesion, lobe) in [
                (Finding::LeftUpperNodule, "nodule", "left_upper_lobe"),
                (Finding::LeftEffusion, "effusion", "left_lower_lobe"),
                (Finding::RightLowerOpacity, "opacity", "right_lower_lobe"),
            ] {
                let all = of(index, finding);
                let overlap = runs(&all, lesion).overlap(runs(&all, lobe)).unwrap();
                assert!(overlap.left > 150, "{lesion} of {index}: {overlap:?}");
                assert!(overlap.left_in_right() > 0.9, "{lesion} of {index}: {overlap:?}");
            }
        }
    }
}
