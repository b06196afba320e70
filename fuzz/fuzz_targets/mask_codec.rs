//! Arbitrary bytes as a block of a mask in an arbitrary box: an error, or runs in order inside of the box; and
//! arbitrary runs, which come back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vesalius::mask::Bounds;
use vesalius::mask::codec::{Decoder, Profile, encode};
use vesalius::{Run, Runs, VoxelShape};

/// Axes (t, z, y, x), a corner and the extent of a box, and gaps and lengths of runs.
type Input<'a> = ([u8; 4], [u8; 3], [u8; 3], Vec<(u8, u8)>, &'a [u8]);

fuzz_target!(|input: Input<'_>| {
    let (axes, corner, extent, gaps, block) = input;
    // Some axes are wide.
    let [t, z, y, x] = axes.map(|a| if a < 250 { u64::from(a) + 1 } else { 1 << (a - 240) });
    let Ok(shape) = VoxelShape::new(t, [z, y, x]) else { return };
    let part = |axis: usize, len: u64| {
        let start = u64::from(corner[axis]) % len;
        start..(start + 1 + u64::from(extent[axis])).min(len)
    };
    let bounds = Bounds { slices: part(0, shape.slices()), rows: part(1, y), columns: part(2, x) };
    decode(block, shape, &bounds);
    let runs = made(shape, &gaps);
    if let Some(bounds) = runs.bounds() {
        for profile in [Profile::Small, Profile::Fast] {
            let block = encode(&runs, profile);
            let decoder = Decoder::new(&block, shape, &bounds).expect("own blocks are whole");
            assert_eq!(decoder.runs().as_ref(), Ok(&runs));
        }
    }
});

/// Runs that are given are in order and inside, whatever comes after them.
fn decode(block: &[u8], shape: VoxelShape, bounds: &Bounds) {
    let Ok(decoder) = Decoder::new(block, shape, bounds) else { return };
    let mut runs = Vec::new();
    drop(decoder.for_each(bounds.slices.clone(), |row, from, to| {
        assert!(bounds.slices.contains(&(row / shape.height())));
        assert!(bounds.rows.contains(&(row % shape.height())));
        assert!(bounds.columns.start <= from && from < to && to <= bounds.columns.end);
        if runs.len() < 1 << 20 {
            runs.push(Run { start: row * shape.width() + from, end: row * shape.width() + to });
        }
    }));
    assert!(Runs::new(shape, runs).is_ok());
}

fn made(shape: VoxelShape, gaps: &[(u8, u8)]) -> Runs {
    let mut runs = Vec::new();
    let mut at = 0;
    for &(gap, len) in gaps {
        let start = at + u64::from(gap) * if gap > 200 { shape.width() } else { 1 };
        let row_end = (start / shape.width() + 1) * shape.width();
        let end = (start + 1 + u64::from(len)).min(row_end);
        if end > shape.voxels() {
            break;
        }
        runs.push(Run { start, end });
        at = end + 1;
    }
    Runs::new(shape, runs).expect("runs with gaps are canonical")
}
