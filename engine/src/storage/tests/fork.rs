//! Handles and guards in a forked child.
#![expect(unsafe_code, reason = "fork is reached through libc")]

use std::cell::RefCell;

use super::super::{FileStorage, Storage};

/// Runs `check` in a forked child; whether it returned true there.
///
/// The child must not panic nor print: other threads of the tests may have held a lock of the
/// standard library at the fork. It may allocate, which the C libraries in use support.
fn true_in_child(check: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child runs only `check`, which is bound by the comment above, and then `_exit`.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "fork failed");
    if pid == 0 {
        let code = i32::from(!check());
        // SAFETY: ends the child without running anything of the parent's.
        unsafe { libc::_exit(code) }
    }
    let mut status = 0;
    // SAFETY: `pid` is our child, not waited for yet, and `status` a valid place for the result.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(waited, pid);
    libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
}

fn two_handles() -> (tempfile::TempDir, FileStorage, FileStorage) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let (a, b) = (FileStorage::create(&path).unwrap(), FileStorage::open(&path).unwrap());
    (dir, a, b)
}

#[test]
fn a_forked_handle_may_not_write_and_releases_nothing() {
    let (_dir, a, other) = two_handles();
    assert!(a.try_lock_writer().unwrap());
    let guard = RefCell::new(Some(a.lock_epoch(5).unwrap()));
    let a = RefCell::new(Some(a));
    let as_expected = true_in_child(|| {
        let storage = a.borrow_mut().take();
        let refused = storage.as_ref().is_some_and(|s| s.forked() && s.try_lock_writer().is_err());
        if let Some(s) = &storage {
            s.unlock_writer();
        }
        drop(storage);
        drop(guard.borrow_mut().take());
        refused
    });
    assert!(as_expected);
    assert!(!other.try_lock_writer().unwrap(), "the parent is still the writer");
    assert!(other.has_reader_up_to(5).unwrap(), "the parent still reads");
    assert!(!a.borrow().as_ref().unwrap().forked());
    drop(guard);
    assert!(!other.has_reader_up_to(5).unwrap());
    drop(a);
    assert!(other.try_lock_writer().unwrap());
}

#[test]
fn a_forked_reader_holds_locks_of_its_own() {
    let (_dir, a, other) = two_handles();
    let parents = a.lock_epoch(5).unwrap();
    let as_expected = true_in_child(|| {
        let Ok(own) = a.lock_epoch(3) else { return false };
        let Ok(same) = a.lock_epoch(5) else { return false };
        // `other` shares its description with the parent, but holds no lock through it.
        let seen = other.has_reader_up_to(3).is_ok_and(|seen| seen);
        drop(own);
        drop(same);
        let gone = other.has_reader_up_to(4).is_ok_and(|seen| !seen);
        seen && gone && other.has_reader_up_to(5).is_ok_and(|seen| seen)
    });
    assert!(as_expected);
    assert!(other.has_reader_up_to(5).unwrap(), "the child released only its own");
    drop(parents);
    assert!(!other.has_reader_up_to(5).unwrap());
}

#[test]
fn a_child_of_a_child_releases_nothing_either() {
    let (_dir, a, other) = two_handles();
    let as_expected = true_in_child(|| {
        let Ok(guard) = a.lock_epoch(4) else { return false };
        let guard = RefCell::new(Some(guard));
        let inner = true_in_child(|| {
            drop(guard.borrow_mut().take());
            a.lock_epoch(4).is_ok()
        });
        inner && other.has_reader_up_to(4).is_ok_and(|seen| seen)
    });
    assert!(as_expected);
    assert!(!other.has_reader_up_to(4).unwrap(), "gone with the child");
}

#[test]
fn a_forked_child_reads_old_and_new_views() {
    let (_dir, a, _other) = two_handles();
    a.write_at(0, &[3; 100]).unwrap();
    let view = a.bytes(0, 100).unwrap();
    assert!(true_in_child(|| {
        *view == [3; 100] && a.bytes(50, 50).is_ok_and(|fresh| *fresh == [3; 50])
    }));
}
