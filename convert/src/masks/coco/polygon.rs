//! Polygons to pixels, with the rounding of `pycocotools`, so that the same pixels come out.
//!
//! Outlines are walked in steps of a fifth of a pixel, each edge from both of its ends' rounded points. Where
//! the walk goes over the middle of a column, it notes the row below that place; between an odd and an even
//! such note, counted down the columns, lies the inside.

use vesalius::{Run, VoxelShape};

use super::error::CocoError;
use super::limits::POLYGON_STEPS_MAX;

/// Steps of a pixel.
const FINE: f64 = 5.0;
/// Coordinates in steps stay below this, so that every whole number of a walk is exact.
const FAR: f64 = 1e9;

type Point = (i64, i64);

/// Runs down the columns of the pixels in any of the polygons.
pub(super) fn filled(shape: VoxelShape, polygons: &[Vec<f64>]) -> Result<Vec<Run>, CocoError> {
    let mut steps = 0_u64;
    let mut all: Vec<Run> = Vec::new();
    for polygon in polygons {
        let points = corners(polygon)?;
        let edges = points.iter().zip(points.iter().cycle().skip(1));
        for (a, b) in edges {
            let longer = a.0.abs_diff(b.0).max(a.1.abs_diff(b.1));
            steps = steps.saturating_add(longer).saturating_add(1);
        }
        if steps > POLYGON_STEPS_MAX {
            return Err(CocoError::Steps);
        }
        let mut crossings = crossings(shape, &points);
        crossings.push(shape.voxels());
        crossings.sort_unstable();
        let pairs = crossings.as_chunks().0.iter();
        all.extend(pairs.map(|&[start, end]| Run { start, end }).filter(|run| !run.is_empty()));
    }
    Ok(joined(all))
}

/// The union of runs in any order.
fn joined(mut runs: Vec<Run>) -> Vec<Run> {
    runs.sort_unstable_by_key(|run| run.start);
    runs.dedup_by(|run, before| {
        let joins = run.start <= before.end;
        if joins {
            before.end = before.end.max(run.end);
        }
        joins
    });
    runs
}

fn corners(polygon: &[f64]) -> Result<Vec<Point>, CocoError> {
    let (pairs, rest) = polygon.as_chunks();
    if pairs.len() < 3 || !rest.is_empty() {
        return Err(CocoError::Polygon("has less than three points, or half a point"));
    }
    let point = |&[x, y]: &[f64; 2]| step(x).zip(step(y));
    let points: Option<Vec<Point>> = pairs.iter().map(point).collect();
    points.ok_or(CocoError::Polygon("has a coordinate that is not finite, or over 2e8"))
}

/// The nearest step, halves up; below zero, towards zero after that.
fn step(pixels: f64) -> Option<i64> {
    let place = FINE * pixels + 0.5;
    (place.abs() <= FAR).then(|| whole(place))
}

#[expect(clippy::cast_possible_truncation, reason = "towards zero is what is asked for; below 1e9")]
fn whole(place: f64) -> i64 {
    place as i64
}

/// Numbers of the pixels, down the columns, at which the inside begins or ends.
fn crossings(shape: VoxelShape, points: &[Point]) -> Vec<u64> {
    let mut found = Vec::new();
    let mut before: Option<Point> = None;
    for (&a, &b) in points.iter().zip(points.iter().cycle().skip(1)) {
        walk(a, b, |now| {
            if let Some(old) = before.filter(|old| old.0 != now.0) {
                found.extend(crossing(shape, old, now));
            }
            before = Some(now);
        });
    }
    found
}

fn crossing(shape: VoxelShape, old: Point, now: Point) -> Option<u64> {
    let left = if now.0 < old.0 { now.0 } else { now.0.saturating_sub(1) };
    // Two steps right of the left edge of a pixel is its middle.
    let column = left.checked_sub(2).filter(|x| x % 5 == 0)? / 5;
    let column = u64::try_from(column).ok().filter(|&x| x < shape.width())?;
    let upper = (old.1.min(now.1) as f64 + 0.5) / FINE - 0.5;
    let row = upper.clamp(0.0, shape.height() as f64).ceil();
    let row = u64::try_from(whole(row)).ok()?;
    column.checked_mul(shape.height())?.checked_add(row)
}

/// Calls `see` with the points of an edge, both ends included. The points are those of the walk towards larger
/// numbers on the longer axis, in either direction.
fn walk(a: Point, b: Point, mut see: impl FnMut(Point)) {
    let (dx, dy) = (b.0.abs_diff(a.0), b.1.abs_diff(a.1));
    let flat = dx >= dy;
    let turned = if flat { a.0 > b.0 } else { a.1 > b.1 };
    let (from, to) = if turned { (b, a) } else { (a, b) };
    let (long, short) =
        if flat { (dx, to.1.saturating_sub(from.1)) } else { (dy, to.0.saturating_sub(from.0)) };
    let slope = if long == 0 { 0.0 } else { short as f64 / long as f64 };
    for number in 0..=long {
        let t = if turned { long.saturating_sub(number) } else { number };
        let ahead = |start: i64| start.saturating_add_unsigned(t);
        let aside = |start: i64| whole(start as f64 + slope * t as f64 + 0.5);
        see(if flat { (ahead(from.0), aside(from.1)) } else { (aside(from.0), ahead(from.1)) });
    }
}
