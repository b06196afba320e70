//! Overlapping segments shared out among layers in which none overlap.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use vesalius::{Run, SegmentValue};

/// The layer of each segment: the first one that has no segment before it with a common voxel. Greedy colouring
/// of the graph of overlaps; O(runs log segments + overlaps).
pub(super) fn layers_of(segments: &[SegmentValue]) -> Vec<u64> {
    let before = overlaps(segments);
    let mut layers: Vec<u64> = Vec::new();
    for place in 0..segments.len() {
        let others = before.get(&place).into_iter().flatten();
        let taken: HashSet<u64> = others.filter_map(|other| layers.get(*other).copied()).collect();
        let free = (0..u64::MAX).find(|layer| !taken.contains(layer)).unwrap_or(u64::MAX);
        layers.push(free);
    }
    layers
}

/// For each segment, those before it that have a common voxel. Walks all runs in order of their starts and
/// remembers those that have not ended.
fn overlaps(segments: &[SegmentValue]) -> HashMap<usize, HashSet<usize>> {
    let runs = |place: usize| segments.get(place).map_or(&[][..], |value| value.runs.as_slice());
    let first = |place: usize| Some(Reverse((runs(place).first()?.start, place, 0)));
    let mut next: BinaryHeap<Reverse<(u64, usize, usize)>> =
        (0..segments.len()).filter_map(first).collect();
    let mut open: Vec<(u64, usize)> = Vec::new();
    let mut found: HashMap<usize, HashSet<usize>> = HashMap::new();
    while let Some(Reverse((start, place, number))) = next.pop() {
        let Some(Run { end, .. }) = runs(place).get(number).copied() else { continue };
        open.retain(|(end, _)| *end > start);
        for (_, other) in &open {
            found.entry(place.max(*other)).or_default().insert(place.min(*other));
        }
        open.push((end, place));
        let number = number.saturating_add(1);
        if let Some(run) = runs(place).get(number) {
            next.push(Reverse((run.start, place, number)));
        }
    }
    found
}

/// The value of each segment in its layer: its label, or the smallest free one where that is 0 or taken.
pub(super) fn values_of(segments: &[SegmentValue], layers: &[u64]) -> Vec<u32> {
    let mut taken: HashMap<u64, HashSet<u32>> = HashMap::new();
    let keep = |(value, layer): (&SegmentValue, &u64)| {
        let label = value.segment.label;
        (label != 0 && taken.entry(*layer).or_default().insert(label)).then_some(label)
    };
    let kept: Vec<Option<u32>> = segments.iter().zip(layers).map(keep).collect();
    // Where the search for a free one goes on.
    let mut from: HashMap<u64, u32> = HashMap::new();
    let value = |(kept, layer): (Option<u32>, &u64)| {
        kept.unwrap_or_else(|| {
            let from = from.entry(*layer).or_insert(1);
            let of = taken.entry(*layer).or_default();
            while !of.insert(*from) {
                *from = from.saturating_add(1);
            }
            *from
        })
    };
    kept.into_iter().zip(layers).map(value).collect()
}
