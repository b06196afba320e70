//! Random operations on every medium against a plain vector.

use super::super::sim::{CrashMode, SimDisk, SplitMix64};
use super::super::{Bytes, Storage};
use super::media;

/// The seed of a randomised test: `VESALIUS_SEED` or the default; printed.
pub(crate) fn seed(default: u64) -> u64 {
    let seed = std::env::var("VESALIUS_SEED").map_or(default, |text| text.parse().unwrap());
    println!("VESALIUS_SEED={seed}");
    seed
}

#[test]
fn random_operations_match_a_vector() {
    let seed = seed(11);
    let dir = tempfile::tempdir().unwrap();
    for medium in media(&dir) {
        println!("medium: {}", medium.name);
        let mut rng = SplitMix64::new(seed);
        let (storage, mut twin) = (&medium.storage, Vec::new());
        // Views of what lies before the frontier, which is never written again.
        let (mut frontier, mut views): (_, Vec<(Bytes, Vec<u8>)>) = (0, Vec::new());
        for _ in 0..400 {
            step(storage.as_ref(), &mut twin, frontier, &mut rng);
            let start = rng.below(twin.len() + 1);
            let end = start + rng.below(twin.len() - start + 1);
            let view = storage.bytes(start as u64, end - start).unwrap();
            assert_eq!(&*view, &twin[start..end]);
            if rng.chance(10) {
                frontier = frontier.max(end);
                views.push((view, twin[start..end].to_vec()));
            }
            let mut read = vec![0; end - start];
            storage.read_at(start as u64, &mut read).unwrap();
            assert_eq!(read, &twin[start..end]);
            assert_eq!(storage.len().unwrap(), twin.len() as u64);
        }
        assert!(views.iter().all(|(view, then)| **view == *then));
    }
}

fn step(storage: &dyn Storage, twin: &mut Vec<u8>, frontier: usize, rng: &mut SplitMix64) {
    if rng.chance(20) {
        let len = frontier + rng.below(5000);
        storage.set_len(len as u64).unwrap();
        twin.resize(len, 0);
    } else {
        let offset = frontier + rng.below((twin.len() - frontier) + 600);
        let mut data = vec![0; rng.below(1500) + 1];
        rng.fill(&mut data);
        storage.write_at(offset as u64, &data).unwrap();
        twin.resize(twin.len().max(offset + data.len()), 0);
        twin[offset..offset + data.len()].copy_from_slice(&data);
    }
    if rng.chance(10) {
        storage.sync().unwrap();
    }
}

/// What a sync confirmed stands in every image of every later crash.
#[test]
fn confirmed_bytes_are_in_every_crash_image() {
    let mut rng = SplitMix64::new(seed(12));
    for _ in 0..30 {
        let (disk, mut twin) = (SimDisk::new(), Vec::new());
        let mut confirmed = Vec::new();
        for _ in 0..12 {
            // Bytes below the confirmed end are left alone, as the container does.
            step(&disk, &mut twin, confirmed.len(), &mut rng);
            if disk.unsynced() == 0 || rng.chance(20) {
                disk.sync().unwrap();
                confirmed.clone_from(&twin);
            }
            for mode in [
                CrashMode::All,
                CrashMode::None,
                CrashMode::Random(30),
                CrashMode::Random(90),
                CrashMode::RandomReordered,
                CrashMode::Garbage,
            ] {
                let image = disk.crash_image(rng.next_u64(), mode);
                assert!(image.starts_with(&confirmed), "{mode:?}");
            }
            assert_eq!(disk.crash_image(0, CrashMode::None), confirmed);
            assert_eq!(disk.crash_image(0, CrashMode::All), twin);
            assert_eq!(disk.crash_image(0, CrashMode::Random(0)), confirmed);
            assert_eq!(disk.crash_image(0, CrashMode::Random(100)), twin);
        }
    }
}
