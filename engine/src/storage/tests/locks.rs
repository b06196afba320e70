//! Limits of the locks of a file.

use std::io::ErrorKind;

use super::super::{FileStorage, Storage};

#[test]
fn epochs_have_a_limit() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let (a, b) = (FileStorage::create(&path).unwrap(), FileStorage::open(&path).unwrap());
    let guard = a.lock_epoch((1 << 61) - 1).unwrap();
    assert!(!b.has_reader_up_to((1 << 61) - 2).unwrap());
    assert!(b.has_reader_up_to((1 << 61) - 1).unwrap() && b.has_reader_up_to(u64::MAX).unwrap());
    drop(guard);
    assert!(!b.has_reader_up_to(u64::MAX).unwrap());
    for epoch in [1 << 61, u64::MAX] {
        assert_eq!(a.lock_epoch(epoch).unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let zero = a.lock_epoch(0).unwrap();
    assert!(b.has_reader_up_to(0).unwrap());
    drop(zero);
}

#[test]
fn closing_another_descriptor_of_the_file_keeps_the_locks() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let (a, b) = (FileStorage::create(&path).unwrap(), FileStorage::open(&path).unwrap());
    assert!(a.try_lock_writer().unwrap());
    let guard = a.lock_epoch(1).unwrap();
    // Locks of the process (F_SETLK) would be gone after this.
    drop(std::fs::File::open(&path).unwrap());
    assert!(!b.try_lock_writer().unwrap() && b.has_reader_up_to(1).unwrap());
    drop(guard);
}

#[test]
fn guards_of_many_threads_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let (a, b) = (FileStorage::create(&path).unwrap(), FileStorage::open(&path).unwrap());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for i in 0..200 {
                    let guard = a.lock_epoch(i % 3).unwrap();
                    assert!(b.has_reader_up_to(guard.epoch()).unwrap());
                }
            });
        }
    });
    assert!(!b.has_reader_up_to(u64::MAX).unwrap());
}
