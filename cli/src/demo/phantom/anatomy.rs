//! The outlines of the organs of one patient, in the coordinates of the picture.
//!
//! The numbers are a chart: an average adult, posteroanterior projection, frame of 256 x 256.

use super::build::{Build, MIDLINE, Side};
use super::shapes::{Bounds, Point, curve, ellipse, loop_through};

/// One lung and what borders it.
#[derive(Debug, Clone)]
pub(super) struct Lung {
    /// Closed outline.
    pub(super) outline: Vec<Point>,
    /// The dome, from the costophrenic to the cardiophrenic angle.
    pub(super) dome: Vec<Point>,
    /// The costophrenic angle.
    pub(super) angle: Point,
    /// Where the vessels enter.
    pub(super) hilum: Point,
}

/// All soft parts.
#[derive(Debug, Clone)]
pub(super) struct Anatomy {
    /// Skin.
    pub(super) body: Vec<Point>,
    /// The patient's right lung.
    pub(super) right: Lung,
    /// The patient's left lung.
    pub(super) left: Lung,
    /// Heart.
    pub(super) heart: Vec<Point>,
    /// Great vessels and connective tissue above and behind the heart.
    pub(super) mediastinum: Vec<Point>,
    /// The arch of the aorta, seen end on.
    pub(super) arch: Vec<Point>,
    /// The descending aorta.
    pub(super) aorta: Vec<Point>,
    /// Centre line of the trachea, ending at the carina.
    pub(super) trachea: Vec<Point>,
    /// Centre lines of the main bronchi, starting at the carina.
    pub(super) bronchi: [Vec<Point>; 2],
    /// What lies below the domes.
    pub(super) abdomen: Vec<Point>,
    /// Air in the stomach.
    pub(super) bubble: Vec<Point>,
    /// Centre of the spine, top to bottom.
    pub(super) spine: Vec<Point>,
}

impl Anatomy {
    /// The organs of `build`.
    pub(super) fn new(build: &Build) -> Self {
        let right = lung(build, Side::Right);
        let left = lung(build, Side::Left);
        let turn = build.rotation;
        let (trachea, bronchi) = airway(build);
        Self {
            body: body(build),
            heart: heart(build),
            mediastinum: mediastinum(build),
            arch: ellipse(build.at(143.0 + 0.6 * turn, 82.0), build.arch, build.arch + 1.0),
            aorta: curve(&build.place(&[
                (146.0 + 0.5 * turn, 84.0),
                (147.0 + 0.4 * turn, 120.0),
                (143.0 + 0.2 * turn, 160.0),
                (138.0, 200.0),
            ])),
            trachea,
            bronchi,
            abdomen: abdomen(build, &right, &left),
            bubble: ellipse(build.at(176.0, 206.0), 17.0, 8.0),
            spine: build.place(&[(128.0 - 0.3 * turn, -20.0), (128.0 - 0.3 * turn, 290.0)]),
            right,
            left,
        }
    }

    /// Cardiothoracic ratio: the greatest width of the heart over the greatest inner width of the
    /// thorax (Danzer, "The cardiothoracic ratio", Am J Med Sci 157, 1919).
    pub(super) fn heart_ratio(&self) -> f64 {
        let thorax = Bounds::of(&self.right.outline).union(Bounds::of(&self.left.outline));
        f64::from(Bounds::of(&self.heart).width()) / f64::from(thorax.width())
    }
}

fn lung(build: &Build, side: Side) -> Lung {
    // The left dome stands half a rib lower; the heart rests on it.
    let lower = if side == Side::Left { 7.0 } else { 0.0 };
    let wall = curve(&build.place(&side.mirror([
        (107.0, 36.0),
        (99.0, 29.0),
        (84.0, 29.0),
        (67.0, 42.0),
        (53.0, 66.0),
        (43.0, 100.0),
        (37.0, 140.0),
        (34.0, 180.0),
        (35.0, 210.0 + 0.4 * lower),
    ])));
    let rise = |y: f32| 210.0 - (210.0 - y) * build.doming + lower;
    let dome = curve(&build.place(&side.mirror([
        (35.0, 210.0 + 0.4 * lower),
        (43.0, rise(197.0)),
        (58.0, rise(186.0)),
        (78.0, rise(180.5)),
        (98.0, rise(183.0)),
        (114.0, rise(191.0)),
    ])));
    let hilar = if side == Side::Left { -5.0 } else { 0.0 };
    let inner = curve(&build.place(&side.mirror([
        (114.0, rise(191.0)),
        (116.0, 160.0),
        (115.0, 130.0),
        (112.0, 108.0),
        (113.0, 84.0),
        (115.0, 60.0),
        (112.0, 44.0),
        (107.0, 36.0),
    ])));
    let hilum = build.at(side.x(103.0) + 0.6 * build.rotation, 112.0 + hilar);
    let outline = [wall.as_slice(), dome.as_slice(), inner.as_slice()].concat();
    Lung { outline, angle: build.at(side.x(35.0), 210.0 + 0.4 * lower), dome, hilum }
}

fn body(build: &Build) -> Vec<Point> {
    let fat = 16.0 * (build.habitus - 0.45);
    let half = |side: Side| {
        curve(&build.place(&side.mirror([
            (100.0 - 0.3 * fat, -40.0),
            (99.0 - 0.3 * fat, 2.0),
            (84.0 - 0.4 * fat, 17.0),
            (52.0, 25.0 - 0.3 * fat),
            (22.0, 33.0 - 0.3 * fat),
            (2.0, 46.0),
            (-14.0, 74.0),
            (-12.0, 104.0),
            (7.0 - 0.7 * fat, 116.0),
            (17.0 - fat, 136.0),
            (19.0 - fat, 180.0),
            (15.0 - 1.2 * fat, 222.0),
            (12.0 - 1.4 * fat, 310.0),
        ])))
    };
    let mut outline = half(Side::Right);
    outline.extend(half(Side::Left).into_iter().rev());
    outline
}

/// The heart grows mostly to the left and a little upwards; its apex stays on the dome.
fn heart(build: &Build) -> Vec<Point> {
    let tall = 1.0 + 0.35 * (build.heart - 1.0);
    let sink = 185.0 - (build.doming - 1.0) * 24.0;
    let chart = [
        (114.0, 124.0),
        (106.0, 140.0),
        (103.5, 158.0),
        (106.0, 176.0),
        (118.0, 188.0),
        (138.0, 194.0),
        (160.0, 196.0),
        (174.0, 192.0),
        (178.5, 180.0),
        (175.0, 163.0),
        (166.0, 146.0),
        (156.0, 133.0),
        (151.0, 121.0),
        (142.0, 113.0),
        (126.0, 113.0),
    ];
    let grown = chart.map(|(x, y)| {
        let side = (x - MIDLINE) * build.heart;
        build.at(MIDLINE + side + 0.8 * build.rotation, sink + (y - 185.0) * tall)
    });
    loop_through(&grown)
}

fn mediastinum(build: &Build) -> Vec<Point> {
    let front = 0.7 * build.rotation;
    let veins = 1.5 * (build.habitus - 0.45);
    let chart = [
        (119.0, 26.0),
        (115.0 - veins, 44.0),
        (112.5 - veins, 66.0),
        (111.0 - veins, 92.0),
        (109.0, 118.0),
        (110.0, 150.0),
        (112.0, 196.0),
        (146.0, 200.0),
        (152.0, 150.0),
        (152.0, 122.0),
        (147.5, 108.0),
        (146.0, 92.0),
        (144.0 + veins, 66.0),
        (141.0 + veins, 44.0),
        (137.0, 26.0),
    ];
    loop_through(&build.place(&chart.map(|(x, y)| (x + front, y))))
}

fn airway(build: &Build) -> (Vec<Point>, [Vec<Point>; 2]) {
    let turn = 0.45 * build.rotation;
    let fork = (127.0 + turn, 96.0);
    let trachea =
        [(129.0 + 0.5 * turn, -12.0), (129.0 + 0.8 * turn, 40.0), (126.0 + turn, 74.0), fork];
    let right = [fork, (118.0 + turn, 107.0), (106.0 + turn, 119.0)];
    let left = [fork, (139.0 + turn, 106.0), (153.0 + turn, 113.0)];
    let path = |chart: &[(f32, f32)]| curve(&build.place(chart));
    (path(&trachea), [path(&right), path(&left)])
}

fn abdomen(build: &Build, right: &Lung, left: &Lung) -> Vec<Point> {
    let mut outline = build.place(&[(-20.0, 320.0), (-20.0, 262.0)]);
    outline.extend_from_slice(&right.dome);
    outline.extend(left.dome.iter().rev());
    outline.extend(build.place(&[(276.0, 264.0), (276.0, 320.0)]));
    outline
}

#[cfg(test)]
mod tests {
    use super::super::build::Build;
    use super::super::finding::Finding;
    use super::Anatomy;

    #[test]
    fn only_an_enlarged_heart_takes_half_the_thorax() {
        for index in 0..200 {
            let large = Anatomy::new(&Build::of(index, Finding::Cardiomegaly)).heart_ratio();
            let normal = Anatomy::new(&Build::of(index, Finding::None)).heart_ratio();
            assert!((0.51..0.68).contains(&large), "{large}");
            assert!((0.34..0.49).contains(&normal), "{normal}");
        }
    }
}
