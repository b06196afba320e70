//! Segments as a label map, a stretch of voxels at a time: the dense array is never in memory.

use vesalius::{Run, Runs, SegmentValue};

/// Segments that are painted into one label map, from the first voxel to the last.
pub(super) struct Painter<'a> {
    /// Runs that are not painted yet, and the label; what is seen on top comes last.
    layers: Vec<(&'a [Run], u32)>,
    at: u64,
    covered: u64,
}

impl<'a> Painter<'a> {
    /// The segments, of one shape, those of the higher priority on top, the later ones among equals.
    pub(super) fn new(segments: impl IntoIterator<Item = &'a SegmentValue>) -> Self {
        let mut order: Vec<&SegmentValue> = segments.into_iter().collect();
        order.sort_by_key(|value| value.segment.priority);
        let layer = |value: &&'a SegmentValue| (value.runs.as_slice(), value.segment.label);
        Self { layers: order.iter().map(layer).collect(), at: 0, covered: 0 }
    }

    /// One set of voxels, with label 1.
    pub(super) fn of_runs(runs: &'a Runs) -> Self {
        Self { layers: vec![(runs.as_slice(), 1)], at: 0, covered: 0 }
    }

    /// Voxels so far at which a segment hides another one.
    pub(super) fn covered(&self) -> u64 {
        self.covered
    }

    /// Paints the next voxels over all of `out`.
    pub(super) fn paint(&mut self, out: &mut [u32]) {
        out.fill(0);
        let end = self.at.saturating_add(out.len() as u64);
        for (runs, label) in &mut self.layers {
            while let Some((run, behind)) = runs.split_first() {
                if run.start >= end {
                    break;
                }
                let from = run.start.max(self.at).saturating_sub(self.at);
                let to = run.end.min(end).saturating_sub(self.at);
                let part = usize::try_from(from).ok().zip(usize::try_from(to).ok());
                for voxel in part.and_then(|(a, b)| out.get_mut(a..b)).unwrap_or_default() {
                    if *voxel != 0 && *voxel != *label {
                        self.covered = self.covered.saturating_add(1);
                    }
                    *voxel = *label;
                }
                if run.end > end {
                    break;
                }
                *runs = behind;
            }
        }
        self.at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use vesalius::{Segment, VoxelShape};

    proptest! {
        #[test]
        fn agrees_with_painting_the_whole(
            masks in prop::collection::vec((prop::collection::vec(any::<bool>(), 60), -2..2_i32), 0..5),
            piece in 1..70_usize,
        ) {
            let shape = VoxelShape::new(1, [3, 4, 5]).unwrap();
            let segments: Vec<SegmentValue> = masks.iter().zip(1..).map(|((mask, priority), label)| {
                let dense: Vec<u8> = mask.iter().map(|&v| u8::from(v)).collect();
                let segment = Segment { priority: *priority, ..Segment::new("s", label) };
                SegmentValue { segment, runs: Runs::from_dense(shape, &dense).unwrap() }
            }).collect();
            let mut order: Vec<_> = segments.iter().collect();
            order.sort_by_key(|s| s.segment.priority);
            let mut whole = vec![0_u32; 60];
            for value in order {
                value.runs.paint(&mut whole, value.segment.label).unwrap();
            }
            let mut painter = Painter::new(&segments);
            let mut pieces = vec![0_u32; 60];
            for part in pieces.chunks_mut(piece) {
                painter.paint(part);
            }
            prop_assert_eq!(&pieces, &whole);
            let told: usize = masks.iter().map(|(mask, _)| mask.iter().filter(|&&v| v).count()).sum();
            let seen = whole.iter().filter(|&&v| v != 0).count();
            prop_assert_eq!(painter.covered(), (told - seen) as u64);
        }
    }
}
