//! What only a file does.

use std::io::ErrorKind;
use std::os::unix::fs::symlink;

use super::super::{FileStorage, MemoryStorage, Storage};

#[test]
fn old_views_survive_a_new_map() {
    let dir = tempfile::tempdir().unwrap();
    let file = FileStorage::create(dir.path().join("f")).unwrap();
    file.write_at(0, &[1; 5000]).unwrap();
    let old = file.bytes(0, 5000).unwrap();
    file.write_at(5000, &vec![2; 1 << 20]).unwrap();
    let new = file.bytes(4096, 1 << 20).unwrap();
    assert_ne!(old.as_ptr().addr() + 4096, new.as_ptr().addr(), "mapped anew");
    assert_eq!(&*old, &[1; 5000]);
    assert_eq!(&new[..904], &[1; 904]);
    assert!(new[904..].iter().all(|byte| *byte == 2));
    let same = file.bytes(0, 10).unwrap();
    let next = file.bytes(10, 10).unwrap();
    assert_eq!(same.as_ptr().addr() + 10, next.as_ptr().addr(), "one map, no copy");
}

#[test]
fn a_view_past_a_new_end_is_refused_although_it_is_mapped() {
    let dir = tempfile::tempdir().unwrap();
    let file = FileStorage::create(dir.path().join("f")).unwrap();
    file.write_at(0, &[1; 9000]).unwrap();
    drop(file.bytes(0, 9000).unwrap());
    file.set_len(100).unwrap();
    assert_eq!(file.bytes(0, 101).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    file.set_len(9000).unwrap();
    assert_eq!(&file.bytes(0, 9000).unwrap()[100..], &[0; 8900]);
}

#[test]
fn another_handle_sees_the_growth() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let writer = FileStorage::create(&path).unwrap();
    let reader = FileStorage::open_read_only(&path).unwrap();
    for end in [1, 4096, 4097, 100_000] {
        writer.write_at(end - 1, b"x").unwrap();
        let last = reader.bytes(end - 1, 1).unwrap();
        assert_eq!(&*last, b"x");
        assert!(reader.bytes(end, 1).is_err());
    }
}

#[test]
fn read_only_means_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    FileStorage::create(&path).unwrap().write_at(0, b"abc").unwrap();
    let file = FileStorage::open_read_only(&path).unwrap();
    assert!(!file.writable());
    for refused in [
        file.write_at(0, b"x").unwrap_err(),
        file.set_len(0).unwrap_err(),
        file.try_lock_writer().unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    }
    assert_eq!(&*file.bytes(0, 3).unwrap(), b"abc");
    let guard = file.lock_epoch(3).unwrap();
    assert!(FileStorage::open(&path).unwrap().has_reader_up_to(3).unwrap());
    drop(guard);
}

#[test]
fn only_new_names_are_created_and_only_files_opened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    FileStorage::create(&path).unwrap();
    assert_eq!(FileStorage::create(&path).unwrap_err().kind(), ErrorKind::AlreadyExists);
    let link = dir.path().join("link");
    symlink(dir.path().join("absent"), &link).unwrap();
    assert_eq!(FileStorage::create(&link).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(FileStorage::open(&link).unwrap_err().kind(), ErrorKind::NotFound);
    assert!(FileStorage::open(dir.path()).is_err());
    assert!(FileStorage::open_read_only(dir.path()).is_err());
    let pipe = dir.path().join("pipe");
    if std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success()) {
        assert!(FileStorage::open_read_only(&pipe).is_err(), "and without waiting for a writer");
    }
}

#[test]
fn memory_shares_its_buffer_until_the_first_write() {
    let memory = MemoryStorage::from_bytes(vec![7; 1000]);
    let (a, b) = (memory.bytes(0, 1000).unwrap(), memory.bytes(64, 100).unwrap());
    assert_eq!(a.as_ptr().addr() + 64, b.as_ptr().addr(), "no copy");
    memory.write_at(0, &[8; 1000]).unwrap();
    assert_eq!((&*a, &*b), (&[7; 1000][..], &[7; 100][..]));
    assert_eq!(memory.snapshot_bytes(), [8; 1000]);
    let c = memory.bytes(0, 10).unwrap();
    memory.write_at(0, &[9; 10]).unwrap();
    assert_eq!(&*c, &[8; 10]);
}
