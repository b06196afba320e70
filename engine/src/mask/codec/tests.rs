//! Blocks against dense arrays, and blocks that are damaged.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::mask::{Bounds, Run, Runs, VoxelShape};

use super::context::{CONTEXTS, parts};
use super::model::{CLASSES, MODEL, TABLES};
use super::tables::{CLASSES_OF, FREQUENCIES};
use super::{Decoder, Profile, encode};

const PROFILES: [Profile; 2] = [Profile::Small, Profile::Fast];

fn shape(frames: u64, zyx: [u64; 3]) -> VoxelShape {
    VoxelShape::new(frames, zyx).unwrap()
}

fn decoded(block: &[u8], runs: &Runs) -> Runs {
    let bounds = runs.bounds().unwrap();
    Decoder::new(block, runs.shape(), &bounds).unwrap().runs().unwrap()
}

/// Codes, decodes, whole and in part, and compares the size with that of LZ4.
fn check(runs: &Runs) {
    let Some(bounds) = runs.bounds() else {
        assert_eq!(encode(runs, Profile::Small), Vec::<u8>::new());
        return;
    };
    for profile in PROFILES {
        let block = encode(runs, profile);
        assert_eq!(&decoded(&block, runs), runs, "{profile:?}");
        let decoder = Decoder::new(&block, runs.shape(), &bounds).unwrap();
        let Bounds { slices, .. } = &bounds;
        let middle = slices.start.midpoint(slices.end);
        for part in [slices.start..middle, middle..middle + 1, middle..slices.end + 5, 0..0] {
            let slice = |run: &&Run| {
                let [t, z, ..] = runs.shape().position(run.start);
                part.contains(&(t * runs.shape().depth() + z))
            };
            let wanted: Vec<Run> = runs.as_slice().iter().filter(slice).copied().collect();
            assert_eq!(decoder.runs_of_slices(part).unwrap().as_slice(), wanted);
        }
    }
    if runs.shape().voxels() < 1 << 22 {
        let mut dense = vec![0_u8; usize::try_from(runs.shape().voxels()).unwrap()];
        runs.paint(&mut dense, 1).unwrap();
        let lz4 = lz4_flex::block::compress(&dense).len();
        for profile in PROFILES {
            let len = encode(runs, profile).len();
            assert!(len * 100 <= lz4 * 101 + 300, "{profile:?}: {len} bytes, LZ4 {lz4}");
        }
    }
}

fn dense(shape: VoxelShape, value: impl Fn([u64; 4]) -> bool) -> Runs {
    let values: Vec<u8> =
        (0..shape.voxels()).map(|voxel| u8::from(value(shape.position(voxel)))).collect();
    Runs::from_dense(shape, &values).unwrap()
}

fn small_shape() -> impl Strategy<Value = VoxelShape> {
    let axis = || prop_oneof![Just(1_u64), 1..6_u64, 1..40_u64];
    (1..4_u64, axis(), axis(), axis()).prop_map(|(t, z, y, x)| shape(t, [z, y, x]))
}

/// Noise of all densities, balls, boxes, tubes and stripes.
fn mask() -> impl Strategy<Value = Runs> {
    let balls = vec((any::<[u16; 4]>(), 1..12_u64), 1..5);
    (small_shape(), 0..7_u32, any::<u64>(), balls, 1..9_u64).prop_map(
        |(shape, kind, seed, balls, step)| {
            let noise = |index: u64| {
                let mixed = (index ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15);
                (mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 40
            };
            let axes = [shape.frames(), shape.depth(), shape.height(), shape.width()];
            let ball = |at: [u64; 4]| {
                balls.iter().any(|(centre, radius)| {
                    let far = |a: usize| at[a].abs_diff(u64::from(centre[a]) % axes[a]);
                    (0..4).map(|a| far(a) * far(a)).sum::<u64>() <= radius * radius
                })
            };
            dense(shape, |at| match kind {
                0 => noise(shape.index(at).unwrap()).is_multiple_of(step),
                1 => !noise(shape.index(at).unwrap()).is_multiple_of(step + 1),
                2 => ball(at) && noise(shape.index(at).unwrap()) % 16 != 0,
                3 => at.iter().sum::<u64>() % (step + 1) == 0,
                4 => at[2] % (step + 1) < 2,
                5 => at[3] / step % 2 == 0,
                _ => ball(at),
            })
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn blocks_give_back_what_they_were_made_of(runs in mask()) {
        check(&runs);
    }

    #[test]
    fn sparse_runs_in_wide_arrays(seeds in vec((any::<u64>(), 1..2_000_000_u64), 1..40)) {
        for shape in [
            shape(1, [3, 70_000, 1 << 20]),
            shape(1, [1, 1, 1 << 31]),
            shape(1, [1, 1 << 31, 1]),
            shape(1, [1 << 31, 1, 1]),
            shape(1 << 16, [1 << 10, 1 << 11, 1 << 11]),
        ] {
            check(&spread(shape, &seeds));
        }
    }

    #[test]
    fn random_bytes_are_refused_or_canonical(
        runs in mask(), bytes in vec(any::<u8>(), 0..300), first in 0..16_u8
    ) {
        let Some(bounds) = runs.bounds() else { return Ok(()) };
        let mut block = vec![first];
        block.extend(bytes);
        hostile(&block, runs.shape(), &bounds);
        let whole = Bounds {
            slices: 0..1 << 30, rows: 0..1 << 10, columns: 0..1 << 8
        };
        hostile(&block, shape(1, [1 << 30, 1 << 10, 1 << 8]), &whole);
    }

    #[test]
    fn changed_bytes_are_refused_or_canonical(
        runs in mask(), changes in vec((any::<usize>(), any::<u8>()), 1..4)
    ) {
        let Some(bounds) = runs.bounds() else { return Ok(()) };
        for profile in PROFILES {
            let mut block = encode(&runs, profile);
            for &(place, value) in &changes {
                let len = block.len();
                block[place % len] = value;
            }
            hostile(&block, runs.shape(), &bounds);
        }
    }
}

/// Runs of up to a length at places of seeds.
fn spread(shape: VoxelShape, seeds: &[(u64, u64)]) -> Runs {
    let mut runs: Vec<Run> = seeds
        .iter()
        .map(|&(place, len)| {
            let start = place % shape.voxels();
            let row_end = (start / shape.width() + 1) * shape.width();
            Run { start, end: (start + len).min(row_end) }
        })
        .collect();
    runs.sort_by_key(|run| run.start);
    let mut kept: Vec<Run> = Vec::new();
    for run in runs {
        if kept.last().is_none_or(|last| last.end < run.start) {
            kept.push(run);
        }
    }
    Runs::new(shape, kept).unwrap()
}

/// Decodes what may be anything: an error, or runs in order inside of the box.
fn hostile(block: &[u8], shape: VoxelShape, bounds: &Bounds) {
    let Ok(decoder) = Decoder::new(block, shape, bounds) else { return };
    let mut runs = Vec::new();
    let done = decoder.for_each(bounds.slices.clone(), |row, from, to| {
        assert!(bounds.slices.contains(&(row / shape.height())), "slice of row {row}");
        assert!(bounds.rows.contains(&(row % shape.height())), "row {row}");
        assert!(bounds.columns.start <= from && from < to && to <= bounds.columns.end);
        runs.push(Run { start: row * shape.width() + from, end: row * shape.width() + to });
    });
    assert!(Runs::new(shape, runs).is_ok(), "runs are not canonical after {done:?}");
}

#[test]
fn every_flipped_bit_is_refused_or_canonical() {
    let ball = |[_, z, y, x]: [u64; 4]| {
        let far = |a: u64, b: u64| a.abs_diff(b) * a.abs_diff(b);
        let within = far(z, 12) * 2 + far(y, 14) + far(x, 20) < 150;
        within && far(x, 20) + far(y, 18) > 20 || (y == 3 && x % 5 == 1)
    };
    let shape = shape(1, [24, 30, 40]);
    let transposed = dense(shape, |[_, z, y, x]| x % 3 == 0 && y > 4 + z % 3 && z < 20);
    for runs in [dense(shape, ball), transposed, Runs::full(shape)] {
        let bounds = runs.bounds().unwrap();
        for profile in PROFILES {
            let block = encode(&runs, profile);
            for bit in 0..block.len() * 8 {
                let mut bad = block.clone();
                bad[bit / 8] ^= 1 << (bit % 8);
                hostile(&bad, shape, &bounds);
            }
            for cut in 0..block.len() {
                hostile(&block[..cut], shape, &bounds);
            }
            let mut longer = block.clone();
            longer.push(0);
            let decoder = Decoder::new(&longer, shape, &bounds);
            assert!(decoder.and_then(|decoder| decoder.runs()).is_err(), "{profile:?}");
        }
    }
}

#[test]
fn patterns_of_the_edge() {
    let axes = [[1, 1, 1], [1, 1, 9], [1, 9, 1], [9, 1, 1], [33, 20, 17], [1, 64, 64], [40, 8, 8]];
    for zyx in axes {
        for frames in [1, 3] {
            let shape = shape(frames, zyx);
            let last = shape.voxels() - 1;
            check(&Runs::empty(shape));
            check(&Runs::full(shape));
            check(&dense(shape, |at| at.iter().sum::<u64>() % 2 == 0));
            check(&dense(shape, |at| shape.index(at) == Some(0)));
            check(&dense(shape, |at| shape.index(at) == Some(last)));
            check(&dense(shape, |at| [Some(0), Some(last)].contains(&shape.index(at))));
            check(&dense(shape, |at| shape.index(at) != Some(last / 2)));
            check(&dense(shape, |[_, _, _, x]| x % 2 == 0));
            check(&dense(shape, |[_, _, y, _]| y % 2 == 0));
            check(&dense(shape, |[_, z, _, _]| z % 2 == 0));
        }
    }
}

#[test]
fn the_built_in_tables_are_whole_and_published() {
    assert_eq!(CLASSES_OF.len(), CONTEXTS);
    assert_eq!(FREQUENCIES.len(), TABLES);
    for (table, frequencies) in MODEL.tables.iter().zip(&FREQUENCIES) {
        for (symbol, &frequency) in (0_u8..).zip(frequencies) {
            assert_eq!(table.frequency(symbol), u32::from(frequency));
        }
    }
    assert!(MODEL.classes.iter().all(|class| usize::from(class & 127) < CLASSES));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../format-spec/mask-tables.json");
    let json: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(json["classes"], CLASSES);
    assert_eq!(json["class_of_circumstance"], CLASSES_OF);
    assert_eq!(json["frequencies"], serde_json::to_value(&FREQUENCIES[..]).unwrap());
}

#[test]
fn circumstances_have_different_parts() {
    let all: std::collections::HashSet<_> = (0..CONTEXTS).map(parts).collect();
    assert_eq!(all.len(), CONTEXTS);
}

/// LZ4 of the array says something of slices that the box does not have: it must be nothing.
#[test]
fn a_packed_array_has_no_voxels_outside_of_the_box() {
    let shape = shape(1, [4, 3, 5]);
    let block = |voxels: &[usize]| {
        let mut array = vec![0_u8; 60];
        for &voxel in voxels {
            array[voxel] = 1;
        }
        [&[4], &*lz4_flex::block::compress(&array)].concat()
    };
    let bounds = Bounds { slices: 1..3, rows: 1..2, columns: 2..4 };
    let runs = |voxels: &[usize]| Decoder::new(&block(voxels), shape, &bounds)?.runs();
    let inside = [22, 38];
    assert_eq!(runs(&inside).unwrap().as_slice().len(), 2);
    for other in [0, 14, 45, 59, 20, 24, 27] {
        assert!(runs(&[inside[0], inside[1], other]).is_err(), "{other}");
    }
}
