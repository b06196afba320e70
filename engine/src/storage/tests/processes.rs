//! Locks between processes: this test binary, started again, is the other one.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::super::{FileStorage, Storage};

const PATH: &str = "VESALIUS_TEST_LOCK_PATH";
const READY: &str = "the locks are held";

/// Not a test of its own: does nothing unless a test below started it.
#[test]
fn child_holds_locks() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let file = FileStorage::open(path).unwrap();
    assert!(file.try_lock_writer().unwrap());
    let guard = file.lock_epoch(7).unwrap();
    println!("\n{READY}");
    // Until the parent lets go or kills us.
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    drop(guard);
    file.unlock_writer();
}

/// A child that holds the writer lock and epoch 7 of the file, and its output, which has to stay
/// open until it ends.
fn spawn_holder(path: &Path) -> (Child, BufReader<ChildStdout>) {
    let module = module_path!().split_once("::").unwrap().1;
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("{module}::child_holds_locks"), "--nocapture"])
        .env(PATH, path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let ready = out.by_ref().lines().map_while(Result::ok).any(|line| line.ends_with(READY));
    assert!(ready, "the child did not come up");
    (child, out)
}

fn assert_held(file: &FileStorage) {
    assert!(!file.try_lock_writer().unwrap());
    assert!(!file.has_reader_up_to(6).unwrap());
    assert!(file.has_reader_up_to(7).unwrap());
}

fn assert_free(file: &FileStorage) {
    assert!(!file.has_reader_up_to(u64::MAX).unwrap());
    assert!(file.try_lock_writer().unwrap());
    file.unlock_writer();
}

#[test]
fn locks_are_seen_across_processes_and_die_with_them() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f");
    let file = FileStorage::create(&path).unwrap();
    let (mut polite, _polite_out) = spawn_holder(&path);
    assert_held(&file);
    drop(polite.stdin.take());
    assert!(polite.wait().unwrap().success());
    assert_free(&file);

    let (mut killed, _killed_out) = spawn_holder(&path);
    assert_held(&file);
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_free(&file);
}
