//! What the simulated disk does to writes.

use super::{CrashMode, Fault, SimDisk};
use crate::storage::Storage;

const SEEDS: u64 = 300;

fn images(disk: &SimDisk, mode: CrashMode) -> Vec<Vec<u8>> {
    (0..SEEDS).map(|seed| disk.crash_image(seed, mode)).collect()
}

/// A disk of four synced sectors of `old`.
fn old_disk() -> SimDisk {
    let disk = SimDisk::new();
    disk.write_at(0, &[b'o'; 2048]).unwrap();
    disk.sync().unwrap();
    disk
}

fn errno(result: std::io::Result<()>) -> Option<i32> {
    result.unwrap_err().raw_os_error()
}

#[test]
fn unsynced_writes_tear_between_sectors_and_nowhere_else() {
    let disk = old_disk();
    disk.write_at(100, &[b'n'; 1500]).unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for image in images(&disk, CrashMode::Random(50)) {
        let news: Vec<bool> = [100, 512, 1024, 1536].map(|at| image[at] == b'n').to_vec();
        for (at, byte) in image.iter().enumerate() {
            let written = (100..1600).contains(&at) && news[at / 512];
            assert_eq!(*byte, if written { b'n' } else { b'o' }, "byte {at}");
        }
        kinds.insert(news);
    }
    assert_eq!(kinds.len(), 16, "every subset of four sectors occurs");
}

#[test]
fn any_version_of_a_sector_may_survive() {
    let disk = old_disk();
    for version in [b'1', b'2', b'3'] {
        disk.write_at(0, &[version; 1024]).unwrap();
    }
    let found: std::collections::BTreeSet<_> =
        images(&disk, CrashMode::RandomReordered).iter().map(|i| (i[0], i[512])).collect();
    assert_eq!(found.len(), 16);
    // In order, a later version hides an earlier one unless it is lost.
    assert!(images(&disk, CrashMode::Random(100)).iter().all(|i| i[..1024] == [b'3'; 1024]));
}

#[test]
fn garbage_stays_within_what_was_written() {
    let disk = old_disk();
    disk.write_at(100, &[b'n'; 500]).unwrap();
    let images = images(&disk, CrashMode::Garbage);
    for image in &images {
        assert_eq!(image.len(), 2048);
        assert!(image[..100].iter().chain(&image[600..]).all(|byte| *byte == b'o'));
    }
    assert!(images.iter().any(|i| !b"on".contains(&i[300])), "some hold garbage");
}

#[test]
fn lengths_and_data_survive_apart() {
    let disk = SimDisk::new();
    disk.write_at(0, &[1; 1024]).unwrap();
    let images = images(&disk, CrashMode::Random(50));
    let any = |check: fn(&[u8]) -> bool| assert!(images.iter().any(|image| check(image)));
    any(<[u8]>::is_empty);
    any(|i| i.len() == 1024 && i.iter().all(|b| *b == 0));
    any(|i| i.len() == 512 && i.iter().all(|b| *b == 1));
    any(|i| i.len() == 1024 && i[..512] == [0; 512] && i[512..] == [1; 512]);
    let cut = old_disk();
    cut.set_len(10).unwrap();
    for mode in [CrashMode::Random(50), CrashMode::RandomReordered] {
        let lens: std::collections::BTreeSet<_> =
            (0..SEEDS).map(|seed| cut.crash_image(seed, mode).len()).collect();
        assert_eq!(lens, [10, 2048].into());
    }
}

#[test]
fn images_are_a_function_of_the_seed() {
    let disk = old_disk();
    disk.write_at(0, &[1; 5000]).unwrap();
    for mode in [CrashMode::Random(50), CrashMode::RandomReordered, CrashMode::Garbage] {
        assert_eq!(images(&disk, mode), images(&disk.clone(), mode));
        assert_ne!(disk.crash_image(1, mode), disk.crash_image(2, mode));
    }
}

#[test]
fn faults_strike_their_operation() {
    let disk = old_disk();
    assert_eq!(disk.ops(), 2);
    disk.set_trigger(3, Fault::Eio);
    disk.set_trigger(5, Fault::Enospc);
    disk.write_at(0, b"a").unwrap();
    assert_eq!(errno(disk.set_len(1)), Some(libc::EIO));
    disk.read_at(0, &mut [0]).unwrap();
    disk.write_at(1, b"b").unwrap();
    assert_eq!(errno(disk.write_at(2, b"c")), Some(libc::ENOSPC));
    disk.write_at(3, b"d").unwrap();
    assert_eq!(disk.ops(), 7);
    assert_eq!(&*disk.bytes(0, 5).unwrap(), b"abodo");
    assert_eq!(disk.len().unwrap(), 2048);

    disk.set_persistent_trigger(8, Fault::Enospc);
    disk.sync().unwrap();
    for _ in 0..3 {
        assert_eq!(errno(disk.write_at(0, b"x")), Some(libc::ENOSPC));
    }
    disk.clear_triggers();
    disk.write_at(0, b"x").unwrap();
}

#[test]
fn reads_fail_only_when_asked_to() {
    let disk = old_disk();
    disk.set_trigger(2, Fault::Eio);
    disk.read_at(0, &mut [0]).unwrap();
    disk.fault_reads(true);
    assert_eq!(errno(disk.read_at(0, &mut [0])), Some(libc::EIO));
    disk.set_trigger(3, Fault::Eio);
    assert!(disk.bytes(0, 1).is_err());
    assert!(disk.bytes(0, 1).is_ok());
    assert_eq!(disk.ops(), 5);
}

#[test]
fn a_short_write_leaves_whole_sectors() {
    for (sectors, end) in [(0, 100), (1, 512), (2, 1024), (9, 1600)] {
        let disk = old_disk();
        disk.set_trigger(2, Fault::ShortWrite(sectors));
        assert_eq!(errno(disk.write_at(100, &[b'n'; 1500])), Some(libc::EIO));
        let seen = disk.bytes(0, 2048).unwrap();
        assert!(seen.iter().enumerate().all(|(at, b)| (*b == b'n') == (100..end).contains(&at)));
    }
}

#[test]
fn after_a_power_cut_the_machine_is_off() {
    for op in 2..5 {
        let disk = old_disk();
        disk.set_trigger(op, Fault::PowerCut);
        let failed = [disk.write_at(0, &[b'n'; 512]), disk.set_len(5000), disk.sync()]
            .map(|result| result.is_err());
        assert_eq!(failed, [op <= 2, op <= 3, true]);
        assert!(disk.is_off() && disk.len().is_err() && disk.bytes(0, 1).is_err());
        assert!(disk.read_at(0, &mut [0]).is_err() && disk.try_lock_writer().is_err());
        assert!(disk.lock_epoch(0).is_err() && disk.has_reader_up_to(0).is_err());
        assert_eq!(disk.ops(), op + 1);
        assert_eq!(disk.crash_image(0, CrashMode::None), [b'o'; 2048]);
        let arrived = images(&disk, CrashMode::Random(50)).iter().filter(|i| i[0] == b'n').count();
        assert!(arrived > 0, "the write under way may arrive");
    }
    let disk = old_disk();
    disk.cut_power();
    assert!(disk.sync().is_err());
    SimDisk::from_image(disk.crash_image(0, CrashMode::All)).sync().unwrap();
}

#[test]
fn a_failed_sync_is_not_made_good_by_the_next() {
    let disk = old_disk();
    disk.write_at(0, &[b'n'; 512]).unwrap();
    disk.set_trigger(disk.ops(), Fault::Eio);
    assert_eq!(errno(disk.sync()), Some(libc::EIO));
    disk.write_at(512, &[b'm'; 512]).unwrap();
    disk.sync().unwrap();
    assert_eq!(&disk.bytes(0, 1024).unwrap()[..512], [b'n'; 512], "reads go on seeing it");
    let durable = disk.crash_image(0, CrashMode::None);
    assert_eq!((durable[0], durable[512]), (b'o', b'm'));
    let found: std::collections::BTreeSet<_> =
        images(&disk, CrashMode::Random(50)).iter().map(|i| (i[0], i[512])).collect();
    assert_eq!(found, [(b'n', b'm'), (b'o', b'm')].into(), "it may have arrived all the same");
    disk.write_at(0, &[b'k'; 512]).unwrap();
    disk.sync().unwrap();
    assert!(images(&disk, CrashMode::Random(50)).iter().all(|i| i[0] == b'k'));
}

#[test]
fn a_lying_sync_loses_data() {
    let disk = old_disk();
    disk.lie_about_sync(true);
    disk.write_at(0, &[b'n'; 512]).unwrap();
    disk.sync().unwrap();
    assert_eq!(disk.crash_image(0, CrashMode::None)[0], b'o');
    disk.lie_about_sync(false);
    disk.sync().unwrap();
    assert_eq!(disk.crash_image(0, CrashMode::None)[0], b'n');
}
