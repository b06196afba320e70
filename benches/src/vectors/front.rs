//! Seconds at a recall, from settings that were tried.

/// What a setting reaches.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) recall: f64,
    /// Of a query.
    pub(super) seconds: f64,
}

/// The points that no other point beats in both, by recall.
pub(super) fn front(points: &[Point]) -> Vec<Point> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| b.recall.total_cmp(&a.recall).then(a.seconds.total_cmp(&b.seconds)));
    let mut least = f64::INFINITY;
    sorted.retain(|point| {
        let better = point.seconds < least;
        least = least.min(point.seconds);
        better
    });
    sorted.reverse();
    sorted
}

/// Seconds of a query at a recall: between two points of the front by the logarithms of their times. `None` when no
/// point reaches it.
pub(super) fn seconds_at(points: &[Point], recall: f64) -> Option<f64> {
    let front = front(points);
    let above = front.iter().position(|point| point.recall >= recall)?;
    let right = front.get(above)?;
    let Some(left) = above.checked_sub(1).and_then(|below| front.get(below)) else {
        return Some(right.seconds);
    };
    let share = (recall - left.recall) / (right.recall - left.recall);
    let (a, b) = (left.seconds.ln(), right.seconds.ln());
    Some((a + share * (b - a)).exp())
}

#[cfg(test)]
mod tests {
    use super::{Point, front, seconds_at};

    #[test]
    fn between_points_times_grow_by_factors() {
        let point = |recall, seconds| Point { recall, seconds };
        let points = [point(0.9, 4.0), point(0.5, 1.0), point(0.8, 5.0), point(0.4, 2.0)];
        assert_eq!(front(&points), [point(0.5, 1.0), point(0.9, 4.0)]);
        let found = seconds_at(&points, 0.7).unwrap();
        assert!((found - 2.0).abs() < 1e-9, "{found}");
        assert_eq!(seconds_at(&points, 0.3), Some(1.0));
        assert_eq!(seconds_at(&points, 0.95), None);
    }
}
