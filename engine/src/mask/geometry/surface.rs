//! Surfaces.

use super::rows::{Row, Rows, Span};
use crate::mask::{Run, Runs};

impl Runs {
    /// The voxels of the set that have a face in common with a voxel that is not of it or with the
    /// border of the array. An axis of one voxel has no faces: in 2D the four sides count. Each
    /// frame by itself.
    ///
    /// O(runs log rows).
    #[must_use]
    pub fn surface(&self) -> Self {
        let shape = self.shape();
        let [has_z, has_y, has_x] = shape.zyx().map(|n| n > 1);
        if !(has_z || has_y || has_x) {
            return self.clone();
        }
        let rows = Rows::of(self);
        let mut surface = Vec::new();
        let (mut inner, mut next) = (Vec::new(), Vec::new());
        for row in rows.iter() {
            inner.clear();
            let margin = u64::from(has_x);
            inner.extend(row.spans().filter_map(|span| {
                let start = span.start.saturating_add(margin);
                let end = span.end.saturating_sub(margin);
                (start < end).then_some(Span { start, end })
            }));
            let steps = [(has_y, (0, -1)), (has_y, (0, 1)), (has_z, (-1, 0)), (has_z, (1, 0))];
            for (_, step) in steps.into_iter().filter(|(has, _)| *has) {
                if inner.is_empty() {
                    break;
                }
                next.clear();
                if let Some(beside) = rows.neighbour(row, step).and_then(|n| rows.find(n)) {
                    intersect(&inner, beside, &mut next);
                }
                std::mem::swap(&mut inner, &mut next);
            }
            let start = row.number.saturating_mul(shape.width());
            cut(row, &inner, |span| {
                let voxel = |x: u64| start.saturating_add(x);
                surface.push(Run { start: voxel(span.start), end: voxel(span.end) });
            });
        }
        Self::from_canonical(shape, surface)
    }
}

/// The x of `spans` that a row has too.
fn intersect(spans: &[Span], row: Row<'_>, out: &mut Vec<Span>) {
    let mut others = row.spans().peekable();
    for span in spans {
        while let Some(other) = others.peek() {
            if span.shared(*other) > 0 {
                let (start, end) = (span.start.max(other.start), span.end.min(other.end));
                out.push(Span { start, end });
            }
            if other.end > span.end {
                break;
            }
            others.next();
        }
    }
}

/// The x of a row that are not of `inner`, each span of which lies within one of the row.
fn cut(row: Row<'_>, inner: &[Span], mut see: impl FnMut(Span)) {
    let mut rest = inner;
    for span in row.spans() {
        let mut start = span.start;
        while let Some((hole, after)) = rest.split_first().filter(|(hole, _)| hole.start < span.end)
        {
            if start < hole.start {
                see(Span { start, end: hole.start });
            }
            start = hole.end;
            rest = after;
        }
        if start < span.end {
            see(Span { start, end: span.end });
        }
    }
}
