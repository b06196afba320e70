//! Blocks against their dense twins.

use proptest::prelude::*;

use super::super::{Bounds, Run, Runs, VoxelShape, split_labels};
use super::{Decoder, PARTS_MAX, PartitionError, encode};

/// A label map with its shape.
#[derive(Clone, Debug)]
struct Map {
    shape: VoxelShape,
    labels: Vec<u16>,
}

impl Map {
    fn parts(&self) -> Vec<Runs> {
        split_labels(self.shape, &self.labels).unwrap().into_iter().map(|part| part.1).collect()
    }
}

fn bounds(parts: &[Runs]) -> Bounds {
    parts.iter().fold(Bounds::default(), |all, part| all.union(&part.bounds().unwrap_or_default()))
}

fn block(parts: &[Runs]) -> Vec<u8> {
    encode(&parts.iter().collect::<Vec<_>>()).unwrap()
}

/// All ways to read a block give what went in.
fn check(map: &Map) -> Vec<u8> {
    let parts = map.parts();
    if parts.is_empty() {
        return Vec::new();
    }
    let bytes = block(&parts);
    let bounds = bounds(&parts);
    let decoder = Decoder::new(&bytes, map.shape, &bounds).unwrap();
    assert_eq!(decoder.len() as usize, parts.len());
    assert_eq!(decoder.parts().unwrap(), parts);
    let last = parts.len() - 1;
    assert_eq!(decoder.part(u32::try_from(last).unwrap()).unwrap(), parts[last]);
    let slices = map.shape.slices();
    for range in [0..slices, slices / 2..slices, 0..slices / 2, slices / 3..slices / 3 + 1] {
        assert_eq!(seen(&decoder, map.shape.width(), range.clone()), wanted(&parts, range));
    }
    bytes
}

/// Runs that a decoder gives: start, end, ordinal.
fn seen(decoder: &Decoder<'_>, width: u64, slices: std::ops::Range<u64>) -> Vec<(u64, u64, u32)> {
    let mut out = Vec::new();
    let sink = |ordinal, row, x0, x1| out.push((row * width + x0, row * width + x1, ordinal));
    decoder.for_each(slices, sink).unwrap();
    out
}

/// The same from the parts, the slow way.
fn wanted(parts: &[Runs], slices: std::ops::Range<u64>) -> Vec<(u64, u64, u32)> {
    let mut out: Vec<_> = (0_u32..)
        .zip(parts)
        .flat_map(|(ordinal, part)| {
            part.as_slice().iter().map(move |run| (run.start, run.end, ordinal))
        })
        .filter(|run| slices.contains(&(run.0 / parts[0].shape().slice_voxels())))
        .collect();
    out.sort_unstable();
    out
}

/// Noise, cells around random seeds, or boxes over one another.
fn maps() -> impl Strategy<Value = Map> {
    let shape = (1_u64..3, 1_u64..36, 1_u64..24, 1_u64..90);
    (shape, 0_u8..4, 1_u16..700, any::<u64>()).prop_map(|((t, z, y, x), kind, count, seed)| {
        let shape = VoxelShape::new(t, [z, y, x]).unwrap();
        let mut state = seed;
        let mut random = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let label = |n: u64| u16::try_from(n).unwrap();
        let count = u64::from(count);
        let voxels = usize::try_from(shape.voxels()).unwrap();
        let mut labels = vec![0_u16; voxels];
        match kind {
            0 => labels.iter_mut().for_each(|out| *out = label(random(count + 1))),
            1 => labels.iter_mut().for_each(|out| *out = label(random(60).saturating_sub(57))),
            2 => {
                let seeds: Vec<[u64; 4]> = (0..=count % 12)
                    .map(|_| [random(t), random(z), random(y), random(x)])
                    .collect();
                for (at, out) in (0..).zip(&mut labels) {
                    let p = shape.position(at);
                    let far =
                        |s: &[u64; 4]| (0..4).map(|k| p[k].abs_diff(s[k]).pow(2)).sum::<u64>();
                    let nearest = (0_u64..).zip(&seeds).min_by_key(|s| far(s.1)).unwrap().0;
                    *out = label(nearest);
                }
            }
            _ => {
                for n in 0..count % 40 {
                    let from = [random(t), random(z), random(y), random(x)];
                    let len = [random(t) + 1, random(z) + 1, random(y) + 1, random(x) + 1];
                    for (at, out) in (0..).zip(&mut labels) {
                        let p = shape.position(at);
                        if (0..4).all(|k| p[k] >= from[k] && p[k] < from[k] + len[k]) {
                            *out = label(n);
                        }
                    }
                }
            }
        }
        Map { shape, labels }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn maps_come_back(map in maps()) {
        check(&map);
    }

    #[test]
    fn no_block_is_larger_than_lz4(map in maps()) {
        let parts = map.parts();
        prop_assume!(!parts.is_empty());
        let small = parts.len() <= 255;
        let dense: Vec<u8> = map.labels.iter()
            .flat_map(|v| v.to_le_bytes().into_iter().take(if small { 1 } else { 2 })).collect();
        let lz4 = lz4_flex::block::compress(&dense).len();
        // Heads and one mode a slab; a slab cannot refer to the one before, which LZ4 could.
        let slabs = usize::try_from(map.shape.slices() / 16).unwrap() + 2;
        prop_assert!(block(&parts).len() <= lz4 + lz4 / 100 + slabs * 40);
    }

    #[test]
    fn flipped_bits_do_no_harm(map in maps(), places in prop::collection::vec(any::<usize>(), 24)) {
        let parts = map.parts();
        prop_assume!(!parts.is_empty());
        let bytes = block(&parts);
        let bounds = bounds(&parts);
        for place in places {
            let mut bad = bytes.clone();
            bad[place / 8 % bytes.len()] ^= 1 << (place % 8);
            sound(&bad, map.shape, &bounds);
            sound(&bytes[..place % bytes.len()], map.shape, &bounds);
        }
    }

    #[test]
    fn any_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300), z in 1_u64..40) {
        let shape = VoxelShape::new(1, [z, 9, 70]).unwrap();
        let bounds = Runs::full(shape).bounds().unwrap();
        sound(&bytes, shape, &bounds);
        let mut walk = vec![5, u8::try_from(bytes.len() + 1).unwrap_or(255), 0];
        walk.extend(bytes);
        sound(&walk, VoxelShape::new(1, [16, 9, 70]).unwrap(), &Bounds { slices: 0..16, ..bounds });
    }
}

/// An error, or runs that keep the rules.
fn sound(bytes: &[u8], shape: VoxelShape, bounds: &Bounds) {
    let Ok(decoder) = Decoder::new(bytes, shape, bounds) else { return };
    let mut last = (0, 0);
    let mut before = None;
    let result = decoder.for_each(0..shape.slices(), |ordinal, row, x0, x1| {
        assert!(ordinal < decoder.len());
        assert!(bounds.columns.contains(&x0) && x0 < x1 && x1 <= bounds.columns.end);
        assert!(bounds.rows.contains(&(row % shape.height())));
        assert!(bounds.slices.contains(&(row / shape.height())));
        assert!(row > last.0 || (row == last.0 && x0 >= last.1));
        assert!(before != Some((ordinal, row, x0)), "two runs that touch");
        last = (row, x1);
        before = Some((ordinal, row, x1));
    });
    assert_eq!(decoder.parts().map(|_| ()), result);
}

#[test]
fn small_ones_come_back() {
    for axes in [[1, 1, 1], [1, 1, 70], [1, 70, 1], [70, 1, 1], [1, 33, 32], [17, 2, 64]] {
        let shape = VoxelShape::new(1, axes).unwrap();
        let voxels = usize::try_from(shape.voxels()).unwrap();
        for step in [1, 2, 3, 31, 32, 33] {
            let labels = (0..voxels).map(|at| u16::from(at % step == 0) * 7).collect();
            check(&Map { shape, labels });
            let labels = (0..voxels).map(|at| u16::try_from(at / step % 5).unwrap()).collect();
            check(&Map { shape, labels });
        }
    }
}

#[test]
fn what_cannot_be_a_partition_is_refused() {
    let shape = VoxelShape::new(1, [2, 3, 4]).unwrap();
    let part = |start, end| Runs::new(shape, vec![Run { start, end }]).unwrap();
    assert_eq!(encode(&[]), None);
    assert_eq!(encode(&[&part(0, 3), &part(2, 4)]), None);
    let other = Runs::empty(VoxelShape::new(1, [2, 4, 3]).unwrap());
    assert_eq!(encode(&[&part(0, 3), &other]), None);
    let many = vec![Runs::empty(shape); PARTS_MAX + 1];
    assert_eq!(encode(&many.iter().collect::<Vec<_>>()), None);
    let wide = VoxelShape::new(1, [1, 1 << 20, 1 << 20]).unwrap();
    let corners =
        vec![Run { start: 0, end: 1 }, Run { start: wide.voxels() - 1, end: wide.voxels() }];
    assert_eq!(encode(&[&Runs::new(wide, corners).unwrap()]), None);
}

#[test]
fn empty_parts_stay() {
    let shape = VoxelShape::new(1, [2, 3, 4]).unwrap();
    let empty = Runs::empty(shape);
    let some = Runs::new(shape, vec![Run { start: 5, end: 7 }]).unwrap();
    for parts in [vec![empty.clone()], vec![empty.clone(), some, empty]] {
        let bytes = block(&parts);
        let decoder = Decoder::new(&bytes, shape, &bounds(&parts)).unwrap();
        assert_eq!(decoder.parts().unwrap(), parts);
        let ordinal = decoder.len();
        assert_eq!(decoder.part(ordinal), Err(PartitionError::Ordinal { ordinal, parts: ordinal }));
    }
}

#[test]
fn the_most_parts_come_back() {
    let shape = VoxelShape::new(1, [1, 256, 256]).unwrap();
    let labels = (0..=u16::MAX).map(|at| at.rotate_left(5)).collect();
    check(&Map { shape, labels });
}

#[test]
fn a_head_that_lies_is_refused() {
    let shape = VoxelShape::new(1, [40, 3, 4]).unwrap();
    let full = Runs::full(shape);
    let bytes = block(std::slice::from_ref(&full));
    let bounds = full.bounds().unwrap();
    let new = |bytes: &[u8], bounds: &Bounds| Decoder::new(bytes, shape, bounds).map(|_| ());
    assert_eq!(new(&bytes, &bounds), Ok(()));
    let wide = Bounds { columns: 0..5, ..bounds.clone() };
    assert_eq!(new(&bytes, &wide), Err(PartitionError::Bounds));
    assert_eq!(new(&[], &bounds), Err(PartitionError::Head));
    assert_eq!(
        new(&[0x80, 0x80, 0x04, 1, 1, 1], &bounds),
        Err(PartitionError::Parts { parts: 65_536 })
    );
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(matches!(new(&longer, &bounds), Err(PartitionError::Length { .. })));
    let huge = VoxelShape::new(1, [1 << 12, 1 << 13, 1 << 13]).unwrap();
    let refused = Decoder::new(
        &bytes,
        huge,
        &Bounds::default().union(&Bounds {
            slices: 0..1 << 12,
            rows: 0..1 << 13,
            columns: 0..1 << 13,
        }),
    );
    assert!(matches!(refused, Err(PartitionError::Slice { .. })));
}

#[test]
fn repeated_slices_cost_next_to_nothing() {
    let shape = VoxelShape::new(1, [16, 64, 64]).unwrap();
    let slice: Vec<u16> =
        (0..64 * 64_u32).map(|at| u16::try_from(at * at / 977 % 5).unwrap()).collect();
    let one = Map { shape: VoxelShape::new(1, [1, 64, 64]).unwrap(), labels: slice.clone() };
    let labels = slice.iter().copied().cycle().take(16 * 64 * 64).collect();
    let many = check(&Map { shape, labels }).len();
    assert!(many <= check(&one).len() + 24);
}
