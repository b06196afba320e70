//! Points, smooth curves and the boxes around them, in image coordinates (x right, y down, pixels).
//!
//! Only `+ - * /` and `sqrt` are used: IEEE 754 rounds them alike everywhere, which `sin` is not.

/// A position in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    /// Pixels from the left edge.
    pub(super) x: f32,
    /// Pixels from the top edge.
    pub(super) y: f32,
}

impl Point {
    /// The point at `x`, `y`.
    pub(super) const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    /// The square of the distance to the origin.
    pub(super) fn square(self) -> f32 {
        self.x * self.x + self.y * self.y
    }

    /// The point `share` of the way to `other`.
    pub(super) fn towards(self, other: Self, share: f32) -> Self {
        Self::new(self.x + (other.x - self.x) * share, self.y + (other.y - self.y) * share)
    }
}

/// An axis-parallel box, empty until it has included a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    /// Left edge.
    pub(super) left: f32,
    /// Upper edge.
    pub(super) top: f32,
    /// Right edge.
    pub(super) right: f32,
    /// Lower edge.
    pub(super) bottom: f32,
}

impl Bounds {
    const EMPTY: Self = Self {
        left: f32::INFINITY,
        top: f32::INFINITY,
        right: f32::NEG_INFINITY,
        bottom: f32::NEG_INFINITY,
    };

    /// The box with the given edges.
    pub(super) const fn new(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        Self { left, top, right, bottom }
    }

    /// The smallest box around `points`.
    pub(super) fn of(points: &[Point]) -> Self {
        points.iter().fold(Self::EMPTY, |bounds, &point| bounds.including(point))
    }

    /// The smallest box around the part of a closed outline between two heights.
    pub(super) fn of_slab(outline: &[Point], top: f32, bottom: f32) -> Self {
        let mut bounds = Self::EMPTY;
        for (a, b) in edges(outline) {
            let (upper, lower) = if a.y <= b.y { (a, b) } else { (b, a) };
            if lower.y < top || upper.y > bottom {
                continue;
            }
            let rise = (lower.y - upper.y).max(f32::MIN_POSITIVE);
            let cut = |y: f32| upper.towards(lower, ((y - upper.y) / rise).clamp(0.0, 1.0));
            bounds = bounds.including(cut(top)).including(cut(bottom));
        }
        bounds
    }

    fn including(self, point: Point) -> Self {
        Self {
            left: self.left.min(point.x),
            top: self.top.min(point.y),
            right: self.right.max(point.x),
            bottom: self.bottom.max(point.y),
        }
    }

    /// The box with `margin` pixels more on every side.
    pub(super) fn grown(self, margin: f32) -> Self {
        Self {
            left: self.left - margin,
            top: self.top - margin,
            right: self.right + margin,
            bottom: self.bottom + margin,
        }
    }

    /// The smallest box around both.
    pub(super) fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    /// The part inside an image of `width` x `height`; its area is 0 if there is none.
    pub(super) fn within(self, width: f32, height: f32) -> Self {
        Self {
            left: self.left.clamp(0.0, width),
            top: self.top.clamp(0.0, height),
            right: self.right.clamp(0.0, width),
            bottom: self.bottom.clamp(0.0, height),
        }
    }

    /// Right minus left.
    pub(super) fn width(self) -> f32 {
        self.right - self.left
    }

    /// Bottom minus top.
    pub(super) fn height(self) -> f32 {
        self.bottom - self.top
    }

    /// Square pixels, 0 when inverted.
    pub(super) fn area(self) -> f32 {
        self.width().max(0.0) * self.height().max(0.0)
    }

    /// The middle.
    pub(super) fn centre(self) -> Point {
        Point::new(f32::midpoint(self.left, self.right), f32::midpoint(self.top, self.bottom))
    }
}

/// The edges of a closed outline, the last point joined to the first.
pub(super) fn edges(outline: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    outline.iter().copied().zip(outline.iter().copied().cycle().skip(1))
}

/// Points on a smooth open curve through `knots` (uniform Catmull-Rom spline: Catmull and Rom,
/// 1974), 8 pieces between two knots; both ends are kept, so curves can be joined at a sharp
/// corner.
pub(super) fn curve(knots: &[Point]) -> Vec<Point> {
    let (Some(&first), Some(&last)) = (knots.first(), knots.last()) else { return Vec::new() };
    let mut padded = Vec::with_capacity(knots.len() + 2);
    padded.push(first);
    padded.extend_from_slice(knots);
    padded.push(last);
    let mut points = spans(&padded);
    points.push(last);
    points
}

/// Points on a smooth closed curve through `knots`.
pub(super) fn loop_through(knots: &[Point]) -> Vec<Point> {
    let around: Vec<Point> = knots
        .iter()
        .copied()
        .cycle()
        .skip(knots.len().saturating_sub(1))
        .take(knots.len() + 3)
        .collect();
    spans(&around)
}

fn spans(knots: &[Point]) -> Vec<Point> {
    const PIECES: u8 = 8;
    let mut points = Vec::with_capacity(knots.len() * usize::from(PIECES));
    for window in knots.windows(4) {
        let &[before, from, to, after] = window else { continue };
        for piece in 0..PIECES {
            let share = f32::from(piece) / f32::from(PIECES);
            points.push(Point::new(
                between([before.x, from.x, to.x, after.x], share),
                between([before.y, from.y, to.y, after.y], share),
            ));
        }
    }
    points
}

/// The coordinate of a Catmull-Rom curve between the second and the third of four knots.
fn between([before, from, to, after]: [f32; 4], share: f32) -> f32 {
    let cubic = 3.0 * (from - to) + after - before;
    let square = 2.0 * before - 5.0 * from + 4.0 * to - after;
    from + share * ((to - before) + share * (square + share * cubic)) / 2.0
}

/// A closed ellipse with half axes `rx`, `ry` around `centre` (32 points, rational parametrisation
/// of the circle, which needs no trigonometry).
pub(super) fn ellipse(centre: Point, rx: f32, ry: f32) -> Vec<Point> {
    let mut points = Vec::with_capacity(32);
    for (sx, sy) in [(1.0_f32, 1.0_f32), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)] {
        for step in 0_u8..8 {
            // Every other quadrant runs backwards, so that the outline goes round once.
            let t = f32::from(if sx * sy > 0.0 { step } else { 8 - step }) / 8.0;
            let norm = 1.0 + t * t;
            let (x, y) = ((1.0 - t * t) / norm, 2.0 * t / norm);
            points.push(Point::new(centre.x + sx * rx * x, centre.y + sy * ry * y));
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::{Bounds, Point, curve, ellipse, loop_through};

    #[test]
    fn curves_pass_through_their_knots() {
        let knots = [Point::new(0.0, 0.0), Point::new(4.0, 9.0), Point::new(7.0, -2.0)];
        let open = curve(&knots);
        let closed = loop_through(&knots);
        for knot in knots {
            assert!(open.contains(&knot) && closed.contains(&knot));
        }
        assert!(curve(&[]).is_empty());
    }

    #[test]
    fn an_ellipse_lies_on_its_equation_and_turns_once() {
        let points = ellipse(Point::new(10.0, 20.0), 4.0, 2.0);
        for point in &points {
            let (x, y) = ((point.x - 10.0) / 4.0, (point.y - 20.0) / 2.0);
            assert!((x * x + y * y - 1.0).abs() < 1e-5);
        }
        let doubled: f32 = super::edges(&points).map(|(a, b)| a.x * b.y - a.y * b.x).sum();
        assert!((doubled / 2.0 - 8.0 * std::f32::consts::PI).abs() < 0.4, "{doubled}");
    }

    #[test]
    fn a_slab_of_a_triangle_has_the_width_at_its_widest_height() {
        let triangle = [Point::new(0.0, 0.0), Point::new(8.0, 8.0), Point::new(-8.0, 8.0)];
        let slab = Bounds::of_slab(&triangle, 2.0, 4.0);
        assert_eq!(slab, Bounds::new(-4.0, 2.0, 4.0, 4.0));
    }
}
