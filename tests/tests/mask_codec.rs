//! Blocks of real masks, both profiles: the same runs come back.
#![cfg(test)]

use vesalius::mask::codec::{Decoder, Profile, encode};
use vesalius_tests::volumes::{families, folder};

#[test]
fn real_masks_come_back_to_the_bit() {
    if !folder().exists() {
        println!("SKIPPED: {} absent", folder().display());
        return;
    }
    for family in families(&folder()).unwrap() {
        for runs in &family.masks {
            let bounds = runs.bounds().unwrap();
            for profile in [Profile::Small, Profile::Fast] {
                let block = encode(runs, profile);
                let decoder = Decoder::new(&block, runs.shape(), &bounds).unwrap();
                assert_eq!(decoder.runs().as_ref(), Ok(runs), "{} {profile:?}", family.name);
                let slices = bounds.slices.start.midpoint(bounds.slices.end)..bounds.slices.end;
                let upper = decoder.runs_of_slices(slices.clone()).unwrap();
                let first = slices.start * runs.shape().slice_voxels();
                let wanted = runs.as_slice().iter().filter(|run| run.start >= first);
                assert!(upper.as_slice().iter().eq(wanted), "{} {profile:?}", family.name);
            }
        }
    }
}

/// Bytes of all blocks, by profile: a codec that grows is noticed.
#[test]
fn sizes_stay() {
    if !folder().exists() {
        println!("SKIPPED: {} absent", folder().display());
        return;
    }
    let most = [
        ("ts_s0000", 14_100, 53_500),
        ("ts_seg", 5_300, 18_000),
        ("ts_dicom", 4_000, 16_000),
        ("ts_fast", 16_100, 56_300),
        ("DKT", 81_500, 230_000),
        ("AAL", 48_000, 151_000),
    ];
    for family in families(&folder()).unwrap() {
        let bytes = |profile: Profile| -> usize {
            family.masks.iter().map(|runs| encode(runs, profile).len()).sum()
        };
        let (small, fast) = (bytes(Profile::Small), bytes(Profile::Fast));
        println!("{:<12} small {small:>8} fast {fast:>8}", family.name);
        if let Some((_, most_small, most_fast)) = most.iter().find(|(n, ..)| *n == family.name) {
            assert!(small <= *most_small && fast <= *most_fast, "{} {small} {fast}", family.name);
        }
    }
}
