//! What every medium does alike.

use std::io::ErrorKind;

use super::super::Storage;
use super::{Medium, media};

fn for_each_medium(check: fn(&Medium)) {
    let dir = tempfile::tempdir().unwrap();
    for medium in media(&dir) {
        println!("medium: {}", medium.name);
        check(&medium);
    }
}

#[test]
fn an_empty_medium_holds_nothing() {
    for_each_medium(|medium| {
        let s = &medium.storage;
        assert_eq!(s.len().unwrap(), 0);
        assert!(s.is_empty().unwrap() && s.writable() && !s.forked());
        assert_eq!(&*s.bytes(0, 0).unwrap(), b"");
        assert_eq!(s.bytes(0, 1).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert_eq!(s.read_at(0, &mut [0]).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        s.sync().unwrap();
    });
}

#[test]
fn a_write_past_the_end_extends_with_zeros() {
    for_each_medium(|medium| {
        let s = &medium.storage;
        s.write_at(5, b"abc").unwrap();
        assert_eq!(s.len().unwrap(), 8);
        assert_eq!(&*s.bytes(0, 8).unwrap(), b"\0\0\0\0\0abc");
        s.write_at(100, b"").unwrap();
        assert_eq!(s.len().unwrap(), 8, "an empty write extends nothing");
        s.set_len(6).unwrap();
        s.set_len(9).unwrap();
        let mut all = [7; 9];
        s.read_at(0, &mut all).unwrap();
        assert_eq!(&all, b"\0\0\0\0\0a\0\0\0");
    });
}

#[test]
fn ranges_past_the_end_are_refused() {
    for_each_medium(|medium| {
        let s = &medium.storage;
        s.write_at(0, &[1; 100]).unwrap();
        for (offset, len) in [(0, 101), (100, 1), (99, 2), (u64::MAX, 1), (1 << 63, 8)] {
            let read = s.read_at(offset, &mut vec![0; len]).unwrap_err();
            assert_eq!(read.kind(), ErrorKind::UnexpectedEof, "read {offset} {len}");
            let view = s.bytes(offset, len).unwrap_err();
            assert_eq!(view.kind(), ErrorKind::UnexpectedEof, "view {offset} {len}");
        }
        assert_eq!(s.bytes(1, usize::MAX).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert_eq!(s.bytes(101, 0).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert_eq!(s.bytes(100, 0).unwrap().len(), 0);
        s.read_at(1000, &mut []).unwrap();
        for offset in [u64::MAX, 1 << 63, (1 << 63) - 1] {
            assert!(s.write_at(offset, b"x").is_err());
        }
        assert_eq!(s.len().unwrap(), 100);
    });
}

#[test]
fn views_are_aligned_immutable_and_outlive_the_handle() {
    for_each_medium(|medium| {
        let s = (medium.again)();
        s.write_at(0, &[1; 256]).unwrap();
        let view = s.bytes(64, 128).unwrap();
        assert_eq!(view.as_ptr().addr() % 64, 0);
        s.write_at(192, &[2; 10_000]).unwrap();
        let grown = s.bytes(128, 10_000).unwrap();
        assert_eq!(grown.as_ptr().addr() % 64, 0);
        drop(s);
        assert_eq!(&*view, &[1; 128]);
        assert_eq!(&grown[..64], &[1; 64]);
        assert_eq!(&grown[64..], &[2; 9936]);
    });
}

#[test]
fn one_handle_writes_at_a_time() {
    for_each_medium(|medium| {
        let (a, b) = (&medium.storage, (medium.again)());
        assert!(a.try_lock_writer().unwrap());
        assert!(!a.try_lock_writer().unwrap(), "not twice in one handle");
        assert!(!b.try_lock_writer().unwrap());
        b.unlock_writer();
        assert!(!b.try_lock_writer().unwrap(), "the lock of another is not ours to release");
        a.unlock_writer();
        assert!(b.try_lock_writer().unwrap());
        drop(b);
        assert!(a.try_lock_writer().unwrap(), "released by the drop of its handle");
    });
}

#[test]
fn readers_are_seen_from_every_handle() {
    for_each_medium(|medium| {
        let (a, b) = (&medium.storage, (medium.again)());
        let seen = |epoch| {
            let (own, other) = (a.has_reader_up_to(epoch), b.has_reader_up_to(epoch));
            assert_eq!(own.as_ref().unwrap(), other.as_ref().unwrap());
            own.unwrap()
        };
        assert!(!seen(u64::MAX));
        let (first, second, late) =
            (a.lock_epoch(5).unwrap(), a.lock_epoch(5).unwrap(), b.lock_epoch(9).unwrap());
        assert_eq!(first.epoch(), 5);
        assert!(!seen(4) && seen(5) && seen(6));
        drop(first);
        assert!(seen(5), "the second guard holds it");
        drop(second);
        assert!(!seen(8) && seen(9) && seen(u64::MAX));
        assert!(a.try_lock_writer().unwrap(), "readers do not keep a writer out");
        drop(b);
        assert!(seen_by(a.as_ref(), 9), "a guard outlives its handle");
        drop(late);
        assert!(!seen_by(a.as_ref(), u64::MAX));
    });
}

fn seen_by(storage: &dyn Storage, epoch: u64) -> bool {
    storage.has_reader_up_to(epoch).unwrap()
}
