//! Blocks and records of masks that disagree: a full check and every reader find it, whatever the checksums say.
#![cfg(test)]

use std::sync::Arc;

use vesalius::api::verify_storage;
use vesalius::format::Rule;
use vesalius::format::segment::VoxelFacts;
use vesalius::mask::codec::Profile;
use vesalius::storage::sim::SplitMix64;
use vesalius::storage::{MemoryStorage, Storage};
use vesalius::{Database, Error, Runs, SegmentRef};
use vesalius_tests::vectors::masks::{MASKS, base, cuboid, ellipsoid, space, time_space};
use vesalius_tests::vectors::raw_masks::{RawMasks, Voxels, set, with};
use vesalius_tests::vectors::surgery::Patient;

/// Two segments of image 0 in their own blocks, two parts of a block, one of the image with time.
fn fixture() -> (RawMasks, Vec<Voxels>) {
    let mut raw = RawMasks::default();
    let round = ellipsoid(&space());
    let halves = [cuboid(&space(), [0, 0, 0], [4, 8, 5]), cuboid(&space(), [1, 1, 5], [4, 7, 9])];
    let moving = set(&time_space(), |[t, z, y, x]| x == y + t && z > 0 && z < 3);
    let mut voxels = vec![raw.own(&round, Profile::Small), raw.own(&round, Profile::Fast)];
    voxels.extend(raw.together(&halves));
    voxels.push(raw.own(&moving, Profile::Small));
    (raw, voxels)
}

fn container(mut raw: RawMasks, voxels: &[Voxels], base: &Patient) -> Vec<u8> {
    let images = [0, 0, 0, 0, 2];
    let names = ["a", "b", "c", "d", "e"];
    let segments: Vec<_> =
        (0..voxels.len()).map(|n| (images[n], n as u64, "", names[n], with(&voxels[n]))).collect();
    raw.name(&segments);
    let mut patient = base.clone();
    patient.replace_inline(0, MASKS, &raw.encode());
    patient.bytes
}

/// The rules that a full check finds broken.
fn verify(bytes: &[u8]) -> Vec<Rule> {
    let storage: Arc<dyn Storage> = Arc::new(MemoryStorage::from_bytes(bytes.to_vec()));
    let report = verify_storage(&storage, &mut |_, _| true).unwrap();
    report.problems.iter().map(|problem| problem.rule).collect()
}

/// All voxels, as a reader gets them: one by one, and all of an image at once.
fn voxels_of(bytes: &[u8]) -> Result<Vec<Runs>, Error> {
    let db = Database::open_on(MemoryStorage::from_bytes(bytes.to_vec()))?;
    let snapshot = db.snapshot()?;
    let mut all = Vec::new();
    for key in ["case/0", "time"] {
        let image = snapshot.image(key)?;
        let one: Vec<Runs> =
            image.segments("masks")?.iter().map(SegmentRef::runs).collect::<Result<_, _>>()?;
        let together: Vec<Runs> =
            image.segment_runs("masks")?.into_iter().map(|(_, runs)| runs).collect();
        assert_eq!(one, together);
        all.extend(one);
    }
    Ok(all)
}

#[test]
fn facts_that_are_not_those_of_the_block_are_found() {
    type Edit = fn(&mut VoxelFacts);
    let base = base(&space()).unwrap();
    let (raw, voxels) = fixture();
    let sound = container(raw.clone(), &voxels, &base);
    assert!(verify(&sound).is_empty());
    assert_eq!(voxels_of(&sound).unwrap().len(), 5);
    let edits: [Edit; 12] = [
        |f| f.voxels -= 1,
        |f| f.runs -= 1,
        |f| f.runs += 1,
        |f| f.sums[0] += 1,
        |f| f.sums[1] += 1,
        |f| f.sums[2] -= 1,
        |f| f.bounds.slices.start += 1,
        |f| f.bounds.rows.end -= 1,
        |f| f.bounds.columns.start += 1,
        |f| f.bounds.columns.end += 1,
        |f| {
            if let Some((range, _)) = &mut f.depth {
                range.end += 1;
            } else {
                f.bounds.columns.end -= 1;
            }
        },
        |f| match &mut f.depth {
            Some((_, sum)) => *sum += 1,
            None => f.voxels -= 2,
        },
    ];
    for (number, edit) in edits.iter().enumerate() {
        for place in 0..voxels.len() {
            let mut changed = voxels.clone();
            edit(&mut changed[place].1);
            let bytes = container(raw.clone(), &changed, &base);
            let found = verify(&bytes);
            let known = [Rule::SegmentRecord, Rule::MaskBlock];
            assert!(found.len() == 1 && known.contains(&found[0]), "{number} {place}: {found:?}");
            assert!(voxels_of(&bytes).is_err(), "{number} {place}");
        }
    }
}

#[test]
fn other_bytes_are_other_voxels_or_none() {
    let seed = std::env::var("VESALIUS_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(3);
    println!("VESALIUS_SEED={seed}");
    let mut rng = SplitMix64::new(seed);
    let base = base(&space()).unwrap();
    let (raw, voxels) = fixture();
    let truth = voxels_of(&container(raw.clone(), &voxels, &base)).unwrap();
    let (mut same, mut other) = (0, 0);
    for number in 0..600 {
        let mut changed = raw.clone();
        for _ in 0..=rng.below(3) {
            let at = rng.below(changed.blocks.len());
            changed.blocks[at] = if number % 2 == 0 {
                changed.blocks[at] ^ 1 << rng.below(8)
            } else {
                u8::try_from(rng.below(256)).unwrap()
            };
        }
        let bytes = container(changed, &voxels, &base);
        let found = verify(&bytes);
        if let Ok(runs) = voxels_of(&bytes) {
            same += 1;
            // Other voxels of the same counts, box and sums are nothing that anyone could tell.
            assert!(found.is_empty(), "{number}: {found:?}");
            assert_eq!(runs.len(), truth.len());
        } else {
            other += 1;
            let expected = !found.is_empty() && found.iter().all(|&rule| rule == Rule::MaskBlock);
            assert!(expected, "{number}: {found:?}");
        }
    }
    println!("{same} blocks as good as before, {other} refused");
    assert!(other > 400);
}
