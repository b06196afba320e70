//! The named regions: boxes derived from the drawn anatomy, and how surely a detector sees them.

use super::anatomy::{Anatomy, Lung};
use super::bones::{CLAVICLE_RADIUS, clavicle};
use super::build::{Build, SIDE, Side};
use super::image::Image;
use super::plane::cell;
use super::rng::Rng;
use super::shapes::{Bounds, Point};
use super::vessels::HILUM_REACH;

/// The regions, in the order of their indices.
pub(crate) use vesalius_convert::regions::CHEST_REGIONS as REGION_NAMES;

/// Boxes with less than this share inside the picture count as missing.
const LEAST_VISIBLE: f32 = 0.7;

/// Detections below this score are dropped, as a detector would.
const LEAST_SCORE: f32 = 0.55;

/// A region that was found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    /// Place in [`REGION_NAMES`].
    pub(super) index: usize,
    /// Columns and rows: left, top, right, bottom, half open.
    pub(super) pixels: [usize; 4],
    /// 0 to 1.
    pub(super) score: f32,
}

/// The regions that lie in the picture and stand out in it, in the order of [`REGION_NAMES`]. As
/// with a real detector, the score of a region now and then drops for no visible reason (by
/// `seed`), and faint regions are missed then.
pub(super) fn find(build: &Build, anatomy: &Anatomy, image: &Image, seed: u64) -> Vec<Found> {
    let mut rng = Rng::new(seed, 5);
    boxes(build, anatomy)
        .iter()
        .enumerate()
        .filter_map(|(index, &(_, bounds))| detect(index, bounds, image, rng.unit()))
        .collect()
}

/// The boxes of all regions in [`Found::pixels`]'s form, found or not.
pub(super) fn drawn(build: &Build, anatomy: &Anatomy) -> [[usize; 4]; 29] {
    boxes(build, anatomy).map(|(_, bounds)| pixels(bounds))
}

/// The pixels that a box touches.
fn pixels(bounds: Bounds) -> [usize; 4] {
    let inside = bounds.within(SIDE as f32, SIDE as f32);
    [
        cell(inside.left),
        cell(inside.top),
        cell(inside.right + 0.999).min(SIDE),
        cell(inside.bottom + 0.999).min(SIDE),
    ]
}

fn detect(index: usize, whole: Bounds, image: &Image, mood: f32) -> Option<Found> {
    let visible = whole.within(SIDE as f32, SIDE as f32).area() / whole.area().max(1.0);
    let pixels = pixels(whole);
    let clear = {
        let contrast = contrast(image, pixels);
        0.45 + 0.54 * contrast / (contrast + 0.03)
    };
    let score = visible * clear * (1.0 - 0.35 * mood * mood * mood * mood);
    let found = visible >= LEAST_VISIBLE && score >= LEAST_SCORE;
    found.then_some(Found { index, pixels, score })
}

/// The standard deviation of the means of a 6 x 6 grid over the box, in grey values of `[0, 1]`.
fn contrast(image: &Image, [left, top, right, bottom]: [usize; 4]) -> f32 {
    const GRID: usize = 6;
    let edge = |from: usize, to: usize, step: usize| from + (to - from) * step / GRID;
    let (mut sum, mut squares) = (0.0, 0.0);
    for row in 0..GRID {
        for column in 0..GRID {
            let mean = image.mean(
                edge(left, right, column),
                edge(top, bottom, row),
                edge(left, right, column + 1),
                edge(top, bottom, row + 1),
            );
            sum += mean;
            squares += mean * mean;
        }
    }
    let count = (GRID * GRID) as f32;
    (squares / count - (sum / count) * (sum / count)).max(0.0).sqrt()
}

/// The box of each region, in the order of [`REGION_NAMES`].
fn boxes(build: &Build, anatomy: &Anatomy) -> [(&'static str, Bounds); 29] {
    let (right, left) = (&anatomy.right, &anatomy.left);
    let heart = Bounds::of(&anatomy.heart);
    let middle = Bounds::of(&anatomy.mediastinum);
    let arch = Bounds::of(&anatomy.arch);
    let junction = Point::new(heart.left + 0.16 * heart.width(), heart.top + 0.3 * heart.height());
    let bone = |side| Bounds::of(&clavicle(build, side)).grown(CLAVICLE_RADIUS);
    [
        ("left hemidiaphragm", Bounds::of(&left.dome).grown(4.0)),
        ("right atrium", right_atrium(heart, junction)),
        ("right hilar structures", around(right.hilum, HILUM_REACH)),
        ("cardiac silhouette", heart.grown(2.0)),
        ("abdomen", abdomen(anatomy)),
        ("trachea", trachea(anatomy)),
        ("right apical zone", zone(right, 0.0, 0.17)),
        ("right lung", Bounds::of(&right.outline)),
        ("right upper lung zone", zone(right, 0.0, 0.36)),
        ("right costophrenic angle", corner(right, -1.0)),
        ("svc", svc(middle, arch, junction)),
        ("left lung", Bounds::of(&left.outline)),
        ("right mid lung zone", zone(right, 0.36, 0.64)),
        ("cavoatrial junction", around(junction, (8.0, 8.0))),
        ("left costophrenic angle", corner(left, 1.0)),
        ("left hilar structures", around(left.hilum, HILUM_REACH)),
        ("mediastinum", Bounds { bottom: heart.bottom, ..middle.union(heart) }),
        ("right lower lung zone", zone(right, 0.64, 1.0)),
        ("left mid lung zone", zone(left, 0.36, 0.64)),
        ("spine", spine(anatomy)),
        ("left upper lung zone", zone(left, 0.0, 0.36)),
        ("right hemidiaphragm", Bounds::of(&right.dome).grown(4.0)),
        ("left clavicle", bone(Side::Left)),
        ("aortic arch", arch.grown(2.0)),
        ("right clavicle", bone(Side::Right)),
        ("left apical zone", zone(left, 0.0, 0.17)),
        ("left lower lung zone", zone(left, 0.64, 1.0)),
        ("carina", around(carina(anatomy), (11.0, 9.0))),
        ("upper mediastinum", Bounds { bottom: heart.top.max(arch.bottom), ..middle }),
    ]
}

/// A horizontal part of a lung, `from` and `to` as shares of the way from apex to costophrenic
/// angle.
fn zone(lung: &Lung, from: f32, to: f32) -> Bounds {
    let whole = Bounds::of(&lung.outline);
    let at = |share: f32| whole.top + whole.height() * share;
    Bounds::of_slab(&lung.outline, at(from), at(to))
}

fn around(centre: Point, reach: (f32, f32)) -> Bounds {
    Bounds::new(centre.x - reach.0, centre.y - reach.1, centre.x + reach.0, centre.y + reach.1)
}

/// The costophrenic angle, `outwards` -1 on the left of the picture and 1 on the right.
fn corner(lung: &Lung, outwards: f32) -> Bounds {
    around(Point::new(lung.angle.x - outwards * 13.0, lung.angle.y - 12.0), (19.0, 19.0))
}

fn right_atrium(heart: Bounds, junction: Point) -> Bounds {
    let right = heart.left + 0.4 * heart.width();
    Bounds { top: junction.y, right, bottom: heart.bottom - 0.06 * heart.height(), ..heart }
}

/// The superior vena cava: the right border of the mediastinum, from the arch to the atrium.
fn svc(middle: Bounds, arch: Bounds, junction: Point) -> Bounds {
    let right = middle.left + 0.45 * middle.width();
    Bounds::new(middle.left - 2.0, arch.top - 10.0, right, junction.y)
}

fn carina(anatomy: &Anatomy) -> Point {
    anatomy.trachea.last().copied().unwrap_or(Point::new(0.0, 0.0))
}

/// The trachea from the upper edge of the picture, or the neck, to the carina.
fn trachea(anatomy: &Anatomy) -> Bounds {
    let tube = Bounds::of(&anatomy.trachea).grown(7.0);
    Bounds { top: tube.top.max(0.0), bottom: tube.bottom - 5.0, ..tube }
}

/// The spine runs through the picture; its box ends where the picture does.
fn spine(anatomy: &Anatomy) -> Bounds {
    let line = Bounds::of(&anatomy.spine).grown(12.0);
    Bounds { top: line.top.max(0.0), bottom: line.bottom.min(SIDE as f32), ..line }
}

/// Below the higher dome, as wide as the thorax, down to the edge of the picture.
fn abdomen(anatomy: &Anatomy) -> Bounds {
    let domes = Bounds::of(&anatomy.right.dome).union(Bounds::of(&anatomy.left.dome));
    Bounds { bottom: SIDE as f32, ..domes }
}

#[cfg(test)]
mod tests {
    use super::super::build::Build;
    use super::{Anatomy, REGION_NAMES, boxes};

    #[test]
    fn boxes_stand_in_the_order_of_the_names() {
        let build = Build::typical();
        let named = boxes(&build, &Anatomy::new(&build)).map(|(name, _)| name);
        assert_eq!(named, REGION_NAMES);
    }

    #[test]
    fn the_patients_right_is_on_the_left_of_the_picture() {
        let build = Build::typical();
        let boxes = boxes(&build, &Anatomy::new(&build));
        for (right, left) in [(7, 11), (17, 26), (24, 22), (9, 14), (2, 15), (21, 0)] {
            assert!(boxes[right].1.right < boxes[left].1.left, "{}", boxes[right].0);
        }
    }
}
