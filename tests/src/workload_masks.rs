//! Operations on segments of masks, on a container and on its model at once.
#![expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::panic,
    reason = "places and numbers are made here"
)]

use vesalius::storage::sim::SplitMix64;
use vesalius::{
    ImageWriter, Result, Run, Runs, Segment, SegmentValue, Space, TermCode, VoxelShape,
};

use crate::model::{ModelImage, ModelSegment};

/// The space of all images of workloads with masks.
pub fn space() -> Space {
    Space::new([1, 16, 30], [2.0, 0.5, 0.5])
}

/// One random operation on the masks of an image.
pub fn change<'t, 'db>(
    rng: &mut SplitMix64,
    writer: ImageWriter<'t, 'db>,
    image: &mut ModelImage,
) -> Result<ImageWriter<'t, 'db>> {
    let all = image.masks.entry("masks".into()).or_default();
    let place = (!all.is_empty()).then(|| rng.below(all.len()));
    let named = place.map(|place| all[place].segment.clone());
    match (rng.below(10), named) {
        (0, _) => {
            image.masks.remove("masks");
            writer.clear("masks")
        }
        (1 | 2, Some(segment)) => {
            all.retain(|other| other.segment != segment);
            writer.delete_segment("masks", (&*segment.group, &*segment.name))
        }
        (3 | 4, Some(old)) => {
            let new = segment(rng);
            let same = |s: &Segment| (&s.group, &s.name) == (&new.group, &new.name);
            let taken = all.iter().any(|other| same(&other.segment)) && !same(&old);
            let key = (&*old.group, &*old.name);
            if taken {
                // Only what is not the name.
                let kept = Segment { name: old.name.clone(), group: old.group.clone(), ..new };
                if let Some(place) = place {
                    all[place].segment = kept.clone();
                }
                return writer.change_segment("masks", key, |segment| *segment = kept);
            }
            if let Some(place) = place {
                all[place].segment = new.clone();
            }
            writer.change_segment("masks", key, |segment| *segment = new)
        }
        (5, _) => {
            let values: Vec<SegmentValue> = (0..3).map(|_| value(rng)).collect();
            for value in &values {
                put(all, value);
            }
            writer.segments("masks", &values)
        }
        _ => {
            let value = value(rng);
            put(all, &value);
            writer.segment("masks", &value)
        }
    }
}

fn put(all: &mut Vec<ModelSegment>, value: &SegmentValue) {
    let new = ModelSegment {
        segment: value.segment.clone(),
        runs: value.runs.as_slice().iter().map(|run| (run.start, run.end)).collect(),
    };
    let name = |s: &Segment| (s.group.clone(), s.name.clone());
    match all.iter_mut().find(|other| name(&other.segment) == name(&new.segment)) {
        Some(old) => *old = new,
        None => all.push(new),
    }
}

fn segment(rng: &mut SplitMix64) -> Segment {
    let mut segment = Segment::new(format!("s{}", rng.below(6)), rng.below(300) as u32);
    if rng.chance(40) {
        segment.group = "group".into();
    }
    if rng.chance(30) {
        segment.colour = Some([rng.below(256) as u8, 2, 3, 255]);
    }
    if rng.chance(20) {
        segment.priority = rng.below(9) as i32 - 4;
    }
    if rng.chance(20) {
        let (scheme, value) = ("SCT".into(), rng.below(1000).to_string());
        segment.codes.push(TermCode { scheme, value, meaning: "Something".into() });
    }
    if rng.chance(20) {
        segment.json = format!("{{\"n\":{}}}", rng.below(100));
    }
    segment
}

/// Random runs: none, some noise, a box, everything.
fn value(rng: &mut SplitMix64) -> SegmentValue {
    let space = space();
    let shape = VoxelShape::of_space(&space).unwrap_or_else(|e| panic!("{e}"));
    let (height, width) = (shape.height() as usize, shape.width() as usize);
    let mut dense = vec![0_u8; height * width];
    match rng.below(8) {
        0 => {}
        1 => dense.fill(1),
        2 => dense.iter_mut().for_each(|v| *v = u8::from(rng.chance(50))),
        _ => {
            let (y, x) = (rng.below(height), rng.below(width));
            let (h, w) = (1 + rng.below(height - y), 1 + rng.below(width - x));
            for row in dense.chunks_mut(width).skip(y).take(h) {
                row[x..x + w].fill(1);
            }
        }
    }
    let runs = Runs::from_dense(shape, &dense).unwrap_or_else(|e| panic!("{e}"));
    SegmentValue { segment: segment(rng), runs }
}

/// The runs of a segment for a model.
pub fn plain(runs: &[Run]) -> Vec<(u64, u64)> {
    runs.iter().map(|run| (run.start, run.end)).collect()
}
