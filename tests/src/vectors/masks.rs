//! Containers with masks that every reader reads.

use vesalius::format::Rule;
use vesalius::format::segment::SegmentRecord;
use vesalius::format::varint::Varints;
use vesalius::mask::codec::{Profile, encode};
use vesalius::{
    Database, Definition, Field, Result, Runs, Segment, SegmentValue, Space, TermCode, VoxelShape,
};

use super::images::{closed, commit};
use super::raw_masks::{RawMasks, record, set, together, with};
use super::surgery::Patient;

/// The field of masks.
pub const MASKS: u32 = 16;

/// Names and containers.
pub(super) fn valid() -> Result<Vec<(&'static str, Patient)>> {
    Ok(vec![
        ("masks_one", one()?),
        ("masks_segments", segments()?),
        ("masks_codings", codings()?),
        ("masks_together", common_blocks()?),
        ("masks_time", time()?),
        ("masks_log", closed(definition(), |db| changes(db, false))?),
        ("masks_dead", dead()?),
        ("masks_spaces", spaces()?),
    ])
}

/// The space of most images.
pub fn space() -> Space {
    Space::new([4, 8, 10], [2.0, 0.5, 0.5])
}

/// The same with time.
pub fn time_space() -> Space {
    Space { frames: 3, frame_spacing: 0.5, ..space() }
}

/// A field of masks.
pub fn definition() -> Definition {
    Definition::new().field(Field::masks("masks")).space(space())
}

/// A box of voxels (z, y, x) in all frames.
pub fn cuboid(space: &Space, low: [u64; 3], high: [u64; 3]) -> Runs {
    set(space, |[_, z, y, x]| {
        let inside = |axis: usize, at: u64| (low[axis]..high[axis]).contains(&at);
        inside(0, z) && inside(1, y) && inside(2, x)
    })
}

/// An ellipsoid in the middle.
pub fn ellipsoid(space: &Space) -> Runs {
    let [depth, height, width] = space.shape;
    let far = |at: u64, all: u64| {
        let half = all as f64 / 2.0;
        ((at as f64 + 0.5 - half) / half).powi(2)
    };
    set(space, |[_, z, y, x]| far(z, depth) + far(y, height) + far(x, width) < 0.8)
}

fn value(group: &str, name: &str, label: u32, runs: Runs) -> SegmentValue {
    SegmentValue { segment: Segment { group: group.into(), ..Segment::new(name, label) }, runs }
}

fn bar(group: &str, name: &str, n: u64) -> SegmentValue {
    let label = u32::try_from(n).unwrap() + 1;
    let row = n % 8;
    value(group, name, label, cuboid(&space(), [n % 3, row, 1], [n % 3 + 2, row + 1, 3 + n % 7]))
}

fn one() -> Result<Patient> {
    closed(definition(), |db| {
        commit(db, |txn| {
            let runs = cuboid(&space(), [1, 2, 3], [3, 5, 9]);
            txn.put("case")?.segment("masks", &value("", "liver", 7, runs)).map(drop)
        })
    })
}

/// All that a segment can have; the same names in two groups; segments and images without voxels.
fn segments() -> Result<Patient> {
    let term = |scheme: &str, value: &str, meaning: &str| TermCode {
        scheme: scheme.into(),
        value: value.into(),
        meaning: meaning.into(),
    };
    closed(definition(), |db| {
        commit(db, |txn| {
            let mut full = value("organs", "liver", u32::MAX, ellipsoid(&space()));
            full.segment.priority = i32::MIN;
            full.segment.colour = Some([255, 0, 127, 200]);
            full.segment.codes =
                vec![term("SCT", "10200004", "Liver"), term("", "", "\u{e9}\u{1f9e0}")];
            full.segment.json = "{\"by\": \"\\u00e9\", \"n\": [1, 2.5]}".into();
            let mut high = value("g", "a\"b\n", 300, cuboid(&space(), [0, 0, 0], [4, 8, 10]));
            high.segment.priority = i32::MAX;
            let all = [
                value("", "liver", 1, cuboid(&space(), [0, 0, 0], [1, 1, 1])),
                full,
                value("organs", "spleen", 0, Runs::empty(VoxelShape::of_space(&space()).unwrap())),
                high,
                value(
                    &"g".repeat(255),
                    &"n".repeat(255),
                    9,
                    cuboid(&space(), [3, 7, 9], [4, 8, 10]),
                ),
            ];
            for value in &all {
                txn.upsert("case/0")?.segment("masks", value)?;
            }
            txn.upsert("case/1")?.segment("masks", &all[2])?;
            txn.upsert("case/2")?.segment("masks", &all[0])?;
            txn.put("case/3").map(drop)
        })?;
        db.checkpoint()
    })
}

/// A container whose log has a row group of segments alone, of images 0 and 1 of `space`, of 2 with time;
/// nothing is known of the space of 3.
pub fn base(space: &Space) -> Result<Patient> {
    let definition = Definition::new().field(Field::masks("masks")).space(space.clone());
    closed(definition, |db| {
        commit(db, |txn| {
            let first = value("", "liver", 1, cuboid(space, [0, 0, 0], [1, 1, 1]));
            txn.put("case/0")?.segment("masks", &first)?;
            txn.put("case/1")?;
            let time = txn.add_space(&time_space())?;
            txn.put("time")?.space(time)?;
            let unknown = txn.add_space(&Space::default())?;
            txn.put("nowhere")?.space(unknown).map(drop)
        })
    })
}

/// A mask in every coding of a block.
fn codings() -> Result<Patient> {
    let space = Space::new([50, 12, 14], [1.0; 3]);
    let shape = VoxelShape::of_space(&space).unwrap();
    let mut raw = RawMasks::default();
    let round = ellipsoid(&space);
    let noise =
        set(&space, |[_, z, y, x]| z < 3 && (z * 31 + y * 17 + x * 7) * 2_654_435_761 % 7 < 3);
    // Columns of their own lengths, which drift: far fewer runs along y than along x, and nothing for LZ4.
    let columns = |seed: u64| {
        set(&space, move |[_, z, y, x]| {
            let from = (x * seed + z) / 4 % 4;
            let to = 12 - (x * (seed + 3) + z) / 5 % 4;
            (x * seed * 2_654_435_761 / 97).is_multiple_of(2) && (from..to).contains(&y)
        })
    };
    let coded =
        |runs: &Runs| (encode(runs, Profile::Small)[0], encode(runs, Profile::Fast)[0]) == (8, 1);
    let stripes = (1..100).map(columns).find(coded).unwrap();
    let ends = set(&space, |[_, z, y, x]| (z == 1 || z == 49) && y == 3 && x == 4);
    let box_of = |runs: &Runs| -> Vec<u8> {
        let bounds = runs.bounds().unwrap();
        let inside = |[_, z, y, x]: [u64; 4]| {
            bounds.slices.contains(&z) && bounds.rows.contains(&y) && bounds.columns.contains(&x)
        };
        let all = (0..shape.voxels()).filter(|&i| inside(shape.position(i)));
        all.map(|i| u8::from(runs.contains(i))).collect()
    };
    let array = |runs: &Runs| -> Vec<u8> {
        (0..shape.voxels()).map(|i| u8::from(runs.contains(i))).collect()
    };
    let bits = box_of(&noise);
    let bits = bits.chunks(8).map(|eight| (0..).zip(eight).map(|(bit, v)| v << bit).sum());
    let bits: Vec<u8> = std::iter::once(2).chain(bits).collect();
    let lz4 = |coding: u8, dense: &[u8]| [&[coding], &*lz4_flex::block::compress(dense)].concat();
    let records = [
        ("bits", raw.made(&noise, &bits)),
        ("ends", raw.own(&ends, Profile::Small)),
        ("ends fast", raw.own(&ends, Profile::Fast)),
        ("fast", raw.own(&round, Profile::Fast)),
        ("fast stripes", raw.own(&stripes, Profile::Fast)),
        ("lz4 array", raw.made(&noise, &lz4(4, &array(&noise)))),
        ("lz4 box", raw.made(&noise, &lz4(3, &box_of(&noise)))),
        ("small", raw.own(&round, Profile::Small)),
        ("small exchanged", raw.own(&stripes, Profile::Small)),
    ];
    let named: Vec<_> = (0..)
        .zip(&records)
        .map(|(slot, (name, voxels))| (0, slot, "", *name, with(voxels)))
        .collect();
    raw.name(&named);
    let mut patient = base(&space)?;
    patient.replace_inline(0, MASKS, &raw.encode());
    patient.fix();
    Ok(patient)
}

/// Parts of common blocks: slabs of decisions, of dense labels, of nothing; parts that no segment has, and segments in
/// another order than parts.
fn common_blocks() -> Result<Patient> {
    let space = Space::new([50, 12, 14], [1.0; 3]);
    // Shifted from slice to slice: LZ4 finds it again, its neighbours do not say what it is.
    let noise = |[_, z, y, x]: [u64; 4]| (y * 14 + x + z * 5) % 168 * 2_654_435_761 / 97 % 5;
    let band = |[_, z, y, x]: [u64; 4]| 1 + (x + y / 3 + z / 5) / 5;
    let label = |voxel: [u64; 4]| match voxel[1] {
        2..16 => band(voxel),
        33..48 => noise(voxel),
        _ => 0,
    };
    let parts: Vec<Runs> = (1..5).map(|wanted| set(&space, |at| label(at) == wanted)).collect();
    let block = together(&parts);
    let mut r = Varints::new(&block, 0, Rule::MaskBlock);
    let mut number = || r.number(u64::MAX).unwrap();
    for _ in 0..7 {
        number();
    }
    let lengths = [number(), number(), number()];
    let modes = [r.rest()[0], r.rest()[usize::try_from(lengths[0]).unwrap()]];
    assert_eq!((lengths[1], modes), (0, [0, 1]), "walk, nothing, dense");

    let mut raw = RawMasks::default();
    let all = raw.together(&parts);
    let whole = cuboid(&space, [0, 0, 0], [50, 12, 14]);
    let one = raw.together(std::slice::from_ref(&whole));
    let own = raw.own(&ellipsoid(&space), Profile::Small);
    let behind = with(&all[1]);
    let mut before = SegmentRecord { voxels: Some(all[3].clone()), ..SegmentRecord::default() };
    before.priority = 3;
    raw.name(&[
        (0, 0, "", "last", record(&before)),
        (0, 1, "", "own", with(&own)),
        (0, 5, "atlas", "first", with(&all[0])),
        (0, 6, "atlas", "second", behind),
        (1, (1 << 20) - 1, "", "whole", with(&one[0])),
    ]);
    let mut patient = base(&space)?;
    patient.replace_inline(0, MASKS, &raw.encode());
    patient.fix();
    Ok(patient)
}

/// Masks of images with frames: a depth beside the slices.
fn time() -> Result<Patient> {
    let space = time_space();
    let definition = Definition::new().field(Field::masks("masks")).space(space.clone());
    closed(definition, |db| {
        commit(db, |txn| {
            let moving = set(&space, |[t, z, y, x]| x == y + t && z > 0 && z < 3);
            let once = set(&space, |[t, z, _, x]| t == 1 && z == 2 && x < 3);
            let ends = set(&space, |[t, z, y, x]| (t, z) == (0, 3) && y == x || (t, z) == (2, 0));
            txn.put("time")?
                .segment("masks", &value("", "moving", 1, moving.clone()))?
                .segment("masks", &value("", "once", 2, once))?;
            txn.set_mask_profile(Profile::Fast);
            txn.upsert("time")?
                .segment("masks", &value("", "ends", 3, ends))?
                .segment("masks", &value("fast", "moving", 4, moving))
                .map(drop)
        })
    })
}

/// Segments added, replaced, renamed, deleted, cleared; images deleted and put again; in several commits.
fn changes(db: &Database, checkpoints: bool) -> Result<()> {
    commit(db, |txn| {
        // So many that the checkpoint leaves their row group as it is.
        for n in 0..if checkpoints { 150 } else { 24 } {
            txn.upsert("case/0")?.segment("masks", &bar("", &format!("s{n:02}"), n))?;
        }
        txn.put("case/1")?.segments("masks", &[bar("", "liver", 1), bar("g", "liver", 2)])?;
        txn.put("case/2")?.segment("masks", &bar("", "liver", 3))?;
        txn.put("case/3")?.segment("masks", &bar("", "liver", 4)).map(drop)
    })?;
    db.checkpoint()?;
    commit(db, |txn| {
        txn.update("case/0")?
            .segment("masks", &bar("", "s03", 9))?
            .delete_segment("masks", "s05")?
            .change_segment("masks", "s07", |segment| segment.name = "renamed".into())?
            .segment("masks", &bar("", "s07", 5))?
            .change_segment("masks", "s08", |segment| segment.colour = Some([1, 2, 3, 4]))?;
        txn.delete("case/2").map(drop)
    })?;
    if checkpoints {
        db.checkpoint()?;
    }
    commit(db, |txn| txn.update("case/1")?.clear("masks").map(drop))?;
    commit(db, |txn| {
        txn.update("case/1")?.segment("masks", &bar("g", "liver", 6))?;
        txn.put("case/2")?.segment("masks", &bar("", "spleen", 6))?;
        txn.delete("case/3")?;
        txn.update("case/0")?.delete_segment("masks", "s07").map(drop)
    })?;
    commit(db, |txn| txn.update("case/0")?.segment("masks", &bar("", "s05", 2)).map(drop))
}

/// Dead segments on the medium.
fn dead() -> Result<Patient> {
    let patient = closed(definition(), |db| changes(db, true))?;
    assert!(patient.desc(MASKS, 0).dead_count > 2);
    Ok(patient)
}

/// Images of different spaces, and of one that changes.
fn spaces() -> Result<Patient> {
    closed(definition(), |db| {
        commit(db, |txn| {
            for (n, other) in
                [space(), time_space(), Space::new([1, 30, 20], [1.0; 3])].iter().enumerate()
            {
                let id = txn.add_space(other)?;
                let runs = cuboid(other, [0, 1, 2], [1, 4, 5]);
                let image = txn.put(&format!("case/{n}"))?.space(id)?;
                image.segment("masks", &value("", "liver", 1, runs))?;
            }
            Ok(())
        })?;
        db.checkpoint()?;
        commit(db, |txn| {
            let moved = txn.add_space(&Space { origin: [1.0, 2.0, 3.0], ..space() })?;
            txn.update("case/0")?.space(moved).map(drop)
        })
    })
}
