//! Label maps of images against plain arrays: overlaps, priorities, wide labels, frames, segments of one block.
#![cfg(test)]

use vesalius::storage::MemoryStorage;
use vesalius::storage::sim::SplitMix64;
use vesalius::{
    Database, Definition, Error, Field, Image, MaskProfile, Runs, Segment, SegmentValue, Space,
    VoxelShape,
};

/// Segments of random voxels, or the labels of a random map, whose boundaries are all common.
fn segments(rng: &mut SplitMix64, shape: VoxelShape) -> Vec<SegmentValue> {
    let labels = [0_u32, 1, 2, 255, 256, 65_535, 65_536, u32::MAX];
    let (partition, count) = (rng.chance(50), 1 + rng.below(6));
    let voxels = usize::try_from(shape.voxels()).unwrap();
    let owners: Vec<usize> = (0..voxels).map(|_| rng.below(count + 1)).collect();
    let (density, full) = (u8::try_from(rng.below(101)).unwrap(), rng.chance(20));
    let one = |number: usize| {
        let mut is = |owner: &usize| match (partition, full) {
            (true, _) => *owner == number,
            (false, true) => number == 0 || rng.chance(density),
            (false, false) => rng.chance(density),
        };
        let dense: Vec<bool> = owners.iter().map(&mut is).collect();
        let label = labels[rng.below(8)];
        let priority = i32::try_from(rng.below(3)).unwrap() - 1;
        let segment = Segment { priority, ..Segment::new(format!("s{number}"), label) };
        SegmentValue { segment, runs: Runs::from_bools(shape, &dense).unwrap() }
    };
    (0..count).map(one).collect()
}

/// The map, and how many voxels of each segment are not seen.
fn twin(values: &[SegmentValue], shape: VoxelShape) -> (Vec<u32>, Vec<u64>) {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|&at| (values[at].segment.priority, at));
    let mut owner = vec![None; usize::try_from(shape.voxels()).unwrap()];
    for at in order {
        let dense = values[at].runs.to_bools().unwrap();
        owner.iter_mut().zip(dense).filter(|(_, is)| *is).for_each(|(owner, _)| *owner = Some(at));
    }
    let map = owner.iter().map(|at| at.map_or(0, |at: usize| values[at].segment.label)).collect();
    let seen = |at: usize| owner.iter().filter(|owner| **owner == Some(at)).count() as u64;
    let covered = values.iter().enumerate().map(|(at, v)| v.runs.voxels() - seen(at)).collect();
    (map, covered)
}

fn check(image: &Image<'_>, values: &[SegmentValue], shape: VoxelShape, rng: &mut SplitMix64) {
    let (wanted, covered) = twin(values, shape);
    let (map, flat) = image.label_map::<u32>("masks").unwrap();
    assert_eq!(map, wanted);
    assert_eq!(flat.segments.iter().map(|s| s.covered).collect::<Vec<_>>(), covered);
    let narrow = values.iter().all(|v| v.segment.label <= 255);
    assert_eq!(image.label_map::<u8>("masks").is_ok(), narrow);

    let mut below = |most: u64| rng.below(usize::try_from(most).unwrap()) as u64;
    let first = below(shape.slices());
    let end = first + 1 + below(shape.slices() - first);
    let place = |slice: u64| usize::try_from(slice * shape.slice_voxels()).unwrap();
    let mut slices = vec![0_u32; place(end - first)];
    image.paint_labels("masks", first..end, &mut slices).unwrap();
    assert_eq!(slices, wanted[place(first)..place(end)]);

    let voxel = shape.position(below(shape.voxels()));
    let there = image.segments_at("masks", voxel).unwrap();
    let there: Vec<&str> = there.iter().map(vesalius::SegmentRef::name).collect();
    let wanted = values.iter().filter(|v| v.runs.contains_at(voxel));
    assert_eq!(there, wanted.map(|v| v.segment.name.as_str()).collect::<Vec<_>>());
}

#[test]
fn label_maps_are_those_of_plain_arrays() {
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|text| text.parse().ok());
    for seed in seed.map_or(1..120, |seed: u64| seed..seed + 1) {
        println!("VESALIUS_SEED={seed}");
        let mut rng = SplitMix64::new(seed);
        let mut axis = |most| if rng.chance(30) { 1 } else { 1 + rng.below(most) as u64 };
        let shape = [axis(20), axis(9), axis(40)];
        let space = Space { frames: axis(3), ..Space::new(shape, [2.0, 1.0, 0.5]) };
        let shape = VoxelShape::of_space(&space).unwrap();
        let values = segments(&mut rng, shape);
        let definition = Definition::new().space(space).field(Field::masks("masks"));
        let db = Database::create_on(MemoryStorage::new(), definition).unwrap();
        let mut txn = db.begin_write().unwrap();
        if rng.chance(30) {
            txn.set_mask_profile(MaskProfile::Fast);
        }
        txn.put("case").unwrap().segments("masks", &values).unwrap();
        txn.commit().unwrap();
        let snapshot = db.snapshot().unwrap();
        check(&snapshot.image("case").unwrap(), &values, shape, &mut rng);
    }
}

#[test]
fn arrays_of_other_slices_are_refused() {
    let space = Space::new([2, 3, 4], [1.0; 3]);
    let shape = VoxelShape::of_space(&space).unwrap();
    let definition = Definition::new().space(space).field(Field::masks("masks"));
    let db = Database::create_on(MemoryStorage::new(), definition).unwrap();
    let runs = Runs::from_bools(shape, &[vec![true; 12], vec![false; 12]].concat()).unwrap();
    let value = SegmentValue { segment: Segment::new("lung", 1), runs };
    let mut txn = db.begin_write().unwrap();
    txn.put("case").unwrap().segment("masks", &value).unwrap();
    txn.commit().unwrap();
    let snapshot = db.snapshot().unwrap();
    let image = snapshot.image("case").unwrap();
    let lung = image.segment("masks", "lung").unwrap();
    // Nothing of the segment is on slice 1; slice 2 there is not; the last is of a wrong length.
    for (slices, voxels) in [(1..2, 11), (2..3, 12), (0..3, 36), (1..1, 12), (0..1, 13)] {
        let mut out = vec![7_u8; voxels];
        let refused = image.paint_labels("masks", slices.clone(), &mut out);
        assert!(matches!(refused, Err(Error::Invalid(_))), "{slices:?} {voxels}");
        let refused = lung.paint(slices.clone(), &mut out, 1_u8);
        assert!(matches!(refused, Err(Error::Invalid(_))), "{slices:?} {voxels}");
        assert_eq!(out, vec![7; voxels]);
    }
    image.paint_labels("masks", 1..1, &mut [0_u8; 0]).unwrap();
}
