//! A plane of `f32` samples that shapes are painted on.

use super::shapes::{Bounds, Point, edges};

/// How a stroke looks across its width.
#[derive(Debug, Clone, Copy)]
pub(super) enum Profile {
    /// A bone: a dense cortex around a lighter middle.
    Tube,
    /// A vessel or a full cylinder: thickest in the middle.
    Round,
}

impl Profile {
    /// Density at `share` of the radius, 0 on the axis and 1 on the edge.
    fn at(self, share: f32) -> f32 {
        let square = share * share;
        match self {
            Self::Tube => 0.55 + 0.45 * square,
            Self::Round => 1.0 - 0.8 * square,
        }
    }
}

/// `width` x `height` samples in rows.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

impl Plane {
    /// A plane of zeros.
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, values: vec![0.0; width * height] }
    }

    /// All samples, row by row.
    pub(super) fn values(&self) -> &[f32] {
        &self.values
    }

    /// Samples with their row numbers, for gradients and noise.
    pub(super) fn for_each_row(&mut self, mut paint: impl FnMut(usize, &mut [f32])) {
        self.values.chunks_exact_mut(self.width).enumerate().for_each(|(y, row)| paint(y, row));
    }

    /// Replaces every sample by `mix` of it and the sample of `other` at the same place.
    pub(super) fn blend(&mut self, other: &Self, mix: impl Fn(f32, f32) -> f32) {
        for (value, &with) in self.values.iter_mut().zip(&other.values) {
            *value = mix(*value, with);
        }
    }

    /// Adds the area that a closed outline (even-odd rule) covers of each pixel: four scan lines a
    /// row, exact along x.
    pub(super) fn fill(&mut self, outline: &[Point]) {
        const LINES: u8 = 4;
        let bounds = Bounds::of(outline);
        let (top, bottom) = (cell(bounds.top), cell(bounds.bottom) + 1);
        let mut crossings: Vec<f32> = Vec::new();
        let rows = self.values.chunks_exact_mut(self.width).enumerate();
        for (number, row) in rows.take(bottom).skip(top) {
            for line in 0..LINES {
                let y = number as f32 + (f32::from(line) + 0.5) / f32::from(LINES);
                crossings.clear();
                crossings.extend(
                    edges(outline)
                        .filter(|(a, b)| (a.y <= y) != (b.y <= y))
                        .map(|(a, b)| a.x + (b.x - a.x) * (y - a.y) / (b.y - a.y)),
                );
                crossings.sort_by(f32::total_cmp);
                for pair in crossings.chunks_exact(2) {
                    if let &[from, to] = pair {
                        cover(row, from, to, 1.0 / f32::from(LINES));
                    }
                }
            }
        }
    }

    /// Strokes a polyline whose radius goes from `radii.0` to `radii.1` pixels; where strokes
    /// overlap the denser wins. The distance is that to the whole line, so that joints do not show.
    pub(super) fn stroke(
        &mut self,
        line: &[Point],
        radii: (f32, f32),
        density: f32,
        profile: Profile,
    ) {
        let field = Bounds::of(line).grown(radii.0.max(radii.1) + 1.0);
        let (left, top) = (cell(field.left), cell(field.top));
        let right = (cell(field.right) + 1).min(self.width);
        let bottom = (cell(field.bottom) + 1).min(self.height);
        if right <= left || bottom <= top {
            return;
        }
        let mut nearest = Nearest::new(left, top, right - left, bottom - top);
        let pieces = line.len().saturating_sub(1).max(1) as f32;
        for (number, pair) in line.windows(2).enumerate() {
            let &[a, b] = pair else { continue };
            let radius = radii.0 + (radii.1 - radii.0) * (number as f32 + 0.5) / pieces;
            nearest.include(a, b, radius);
        }
        let rows = self.values.chunks_exact_mut(self.width).skip(top);
        for (row, distances) in rows.zip(nearest.samples.chunks_exact(nearest.width)) {
            for (value, &(distance, radius)) in row.iter_mut().skip(left).zip(distances) {
                let edge = (radius + 0.5 - distance).clamp(0.0, 1.0);
                if edge > 0.0 {
                    *value = value.max(density * edge * profile.at((distance / radius).min(1.0)));
                }
            }
        }
    }

    /// A blurred copy: a box of `2 * radius + 1` pixels twice in each direction, edges repeated.
    /// Cost: independent of the radius.
    pub(super) fn blurred(&self, radius: usize) -> Self {
        let mut soft = self.clone();
        let mut line = Vec::new();
        for row in soft.values.chunks_exact_mut(self.width) {
            box_blur(row, &mut line, radius);
            box_blur(row, &mut line, radius);
        }
        soft.blurred_down(radius).blurred_down(radius)
    }

    /// One pass of a running mean over the columns, a whole row at a time.
    fn blurred_down(&self, radius: usize) -> Self {
        let row = |number: usize| {
            let inside = number.saturating_sub(radius).min(self.height.saturating_sub(1));
            self.values.chunks_exact(self.width).nth(inside).unwrap_or(&[])
        };
        let span = 2 * radius + 1;
        let mut sums = vec![0.0; self.width];
        for number in 0..span {
            sums.iter_mut().zip(row(number)).for_each(|(sum, &value)| *sum += value);
        }
        let share = 1.0 / span as f32;
        let mut values = Vec::with_capacity(self.values.len());
        for number in 0..self.height {
            values.extend(sums.iter().map(|sum| sum * share));
            for ((sum, entering), leaving) in
                sums.iter_mut().zip(row(number + span)).zip(row(number))
            {
                *sum += entering - leaving;
            }
        }
        Self { width: self.width, height: self.height, values }
    }
}

/// For each pixel of a window, the distance to the nearest piece of a line and the radius there.
struct Nearest {
    left: usize,
    top: usize,
    width: usize,
    samples: Vec<(f32, f32)>,
}

impl Nearest {
    fn new(left: usize, top: usize, width: usize, height: usize) -> Self {
        Self { left, top, width, samples: vec![(f32::INFINITY, 1.0); width * height] }
    }

    fn include(&mut self, a: Point, b: Point, radius: f32) {
        let reach = Bounds::of(&[a, b]).grown(radius + 1.0);
        let (first, last) = (cell(reach.left), cell(reach.right) + 1);
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let length = (dx * dx + dy * dy).max(1e-6);
        let (left, top) = (self.left, self.top);
        let rows = self.samples.chunks_exact_mut(self.width).zip(top..);
        for (row, y) in rows
            .take((cell(reach.bottom) + 1).saturating_sub(top))
            .skip(cell(reach.top).saturating_sub(top))
        {
            let py = y as f32 + 0.5 - a.y;
            let columns = row.iter_mut().zip(left..).take(last.saturating_sub(left));
            for (sample, x) in columns.skip(first.saturating_sub(left)) {
                let px = x as f32 + 0.5 - a.x;
                let along = ((px * dx + py * dy) / length).clamp(0.0, 1.0);
                let distance = Point::new(px - along * dx, py - along * dy).square().sqrt();
                if distance < sample.0 {
                    *sample = (distance, radius);
                }
            }
        }
    }
}

/// The pixel a coordinate falls into; what lies left of or above the image falls into 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the clamp leaves an integer that every usize holds"
)]
pub(super) fn cell(coordinate: f32) -> usize {
    coordinate.clamp(0.0, 65535.0) as usize
}

/// Adds `weight` times the covered length of each pixel to a row.
fn cover(row: &mut [f32], from: f32, to: f32, weight: f32) {
    for (column, value) in row.iter_mut().enumerate().take(cell(to) + 1).skip(cell(from)) {
        let left = column as f32;
        *value += weight * (to.min(left + 1.0) - from.max(left)).clamp(0.0, 1.0);
    }
}

/// One pass of a running mean; `line` is scratch space.
fn box_blur(row: &mut [f32], line: &mut Vec<f32>, radius: usize) {
    let (Some(&first), Some(&last)) = (row.first(), row.last()) else { return };
    line.clear();
    line.extend(std::iter::repeat_n(first, radius + 1));
    line.extend_from_slice(row);
    line.extend(std::iter::repeat_n(last, radius));
    let span = 2 * radius + 1;
    let share = 1.0 / span as f32;
    let mut sum: f32 = line.iter().take(span).sum();
    for ((value, &leaving), &entering) in
        row.iter_mut().zip(line.iter()).zip(line.iter().skip(span))
    {
        sum += entering - leaving;
        *value = sum * share;
    }
}

#[cfg(test)]
mod tests {
    use super::super::shapes::{Point, ellipse};
    use super::{Plane, Profile};

    #[test]
    fn a_filled_rectangle_covers_its_area_exactly() {
        let mut plane = Plane::new(8, 6);
        let corners = [(1.5, 1.0), (5.25, 1.0), (5.25, 3.5), (1.5, 3.5)];
        plane.fill(&corners.map(|(x, y)| Point::new(x, y)));
        let total: f32 = plane.values().iter().sum();
        assert!((total - 3.75 * 2.5).abs() < 1e-4, "{total}");
    }

    #[test]
    fn shapes_outside_the_image_are_cut_off() {
        let mut plane = Plane::new(8, 8);
        plane.fill(&ellipse(Point::new(-20.0, 4.0), 5.0, 5.0));
        plane.stroke(
            &[Point::new(9.0, -30.0), Point::new(40.0, 2.0)],
            (2.0, 2.0),
            1.0,
            Profile::Tube,
        );
        assert!(plane.values().iter().all(|&value| value.abs() < 1e-6));
    }

    #[test]
    fn a_blur_is_the_mean_over_a_window_and_keeps_a_flat_plane_flat() {
        let mut plane = Plane::new(9, 5);
        plane.for_each_row(|_, row| row.fill(0.5));
        assert!(plane.blurred(2).values().iter().all(|&value| (value - 0.5).abs() < 1e-6));
        let mut point = Plane::new(9, 9);
        point.for_each_row(|y, row| row[4] = if y == 4 { 1.0 } else { 0.0 });
        let soft = point.blurred(1);
        // Twice a box of three is the tent 1 2 3 2 1, over nine, in each direction.
        let tent = [1.0, 2.0, 3.0, 2.0, 1.0];
        for y in 0..9_usize {
            for x in 0..9_usize {
                let at = |i: usize| if (2..7).contains(&i) { tent[i - 2] / 9.0 } else { 0.0 };
                let expected: f32 = at(x) * at(y);
                assert!((soft.values()[y * 9 + x] - expected).abs() < 1e-6);
            }
        }
    }
}
