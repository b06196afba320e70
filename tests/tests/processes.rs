//! Two processes at once: one writer, readers that keep their snapshot, kills.
#![cfg(test)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use vesalius::{AttributeType, CompactOptions, Database, Definition, Error, Field, Value};

struct Worker {
    child: Child,
    stdin: ChildStdin,
    lines: BufReader<ChildStdout>,
}

impl Worker {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_worker"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdin, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn go_on(&mut self) {
        writeln!(self.stdin).unwrap();
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn finish(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

fn definition() -> Definition {
    Definition::new().attribute("n", AttributeType::I64).field(Field::vector("v", 32))
}

fn fill(db: &Database, from: i64, to: i64) {
    let mut txn = db.begin_write().unwrap();
    for n in from..to {
        let image = txn.put(&format!("image-{n}")).unwrap();
        image.attribute("n", n).unwrap().vector("v", &[1.0; 32]).unwrap();
    }
    txn.commit().unwrap();
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_second_writer_is_refused_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    Database::create(&path, definition()).unwrap().close().unwrap();
    let mut worker = Worker::start(&["write", text(&path)]);
    assert_eq!(worker.line(), "writing");
    let db = Database::open(&path).unwrap();
    let refused = db.begin_write().map(drop).unwrap_err();
    assert!(matches!(refused, Error::Locked), "{refused}");
    assert!(refused.to_string().contains("another writer"), "{refused}");
    assert_eq!(db.snapshot().unwrap().len(), 0, "readers need no lock");
    worker.go_on();
    worker.finish();
    fill(&db, 0, 3);
    assert_eq!(db.snapshot().unwrap().len(), 3);
    // And in this process, another handle.
    let other = Database::open(&path).unwrap();
    assert!(matches!(other.begin_write().map(drop), Err(Error::Locked)));
}

#[test]
fn a_reader_keeps_its_snapshot_while_the_writer_goes_on_and_dies() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let db = Database::create(&path, definition()).unwrap();
    fill(&db, 0, 500);
    db.checkpoint().unwrap();
    let mut reader = Worker::start(&["hold", text(&path)]);
    assert_eq!(reader.line(), format!("holding 500 {}", 499 * 500 / 2));
    fill(&db, 500, 900);
    let mut txn = db.begin_write().unwrap();
    for n in 0..400 {
        txn.delete(&format!("image-{n}")).unwrap();
    }
    txn.commit().unwrap();
    for _ in 0..3 {
        db.compact(CompactOptions::new(), &mut |_, _| true).unwrap();
        fill(&db, 10_000, 10_400);
        let mut txn = db.begin_write().unwrap();
        for n in 10_000..10_400 {
            txn.delete(&format!("image-{n}")).unwrap();
        }
        txn.commit().unwrap();
        db.checkpoint().unwrap();
    }
    let secure = db.compact(CompactOptions::new().secure(), &mut |_, _| true);
    assert!(matches!(secure, Err(Error::ReadersActive)), "{secure:?}");
    drop(db);
    let mut writer = Worker::start(&["append", text(&path), "100000"]);
    for _ in 0..60 {
        assert!(writer.line().starts_with("durable"));
    }
    writer.kill();
    reader.go_on();
    assert_eq!(reader.line(), format!("still 500 {}", 499 * 500 / 2));
    let now: u64 = reader.line().strip_prefix("now ").unwrap().parse().unwrap();
    assert!(now >= 500, "{now}");
    reader.finish();
}

#[test]
fn what_was_said_to_be_durable_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..12_u64 {
        let path = dir.path().join(format!("{round}.vsl"));
        Database::create(&path, definition()).unwrap().close().unwrap();
        let mut worker = Worker::start(&["append", text(&path), "100000"]);
        let mut last = 0;
        for _ in 0..(3 + round * 13) {
            last = worker.line().strip_prefix("durable ").unwrap().parse().unwrap();
        }
        worker.kill();
        let db = Database::open(&path).unwrap();
        let check = |what: &str| {
            let snapshot = db.snapshot().unwrap();
            // An even one is deleted eight commits later, which the worker may have come to.
            let newest = snapshot.find(&format!("image-{last}")).unwrap();
            let ahead = snapshot.find(&format!("image-{}", last + 8)).unwrap().is_some();
            assert!(newest.is_some() || (last % 2 == 0 && ahead), "{what}, image {last}");
            if let Some(newest) = newest {
                let n = newest.attribute("n").unwrap();
                assert_eq!(n, Some(Value::I64(i64::from(last))), "{what}");
            }
            for n in 0..=last {
                // The worker may be ahead of what was heard of, so later deletions are open.
                let there = snapshot.find(&format!("image-{n}")).unwrap().is_some();
                let place = format!("round {round}, {what}, image {n} of {last}");
                if n % 2 == 1 {
                    assert!(there, "{place}");
                } else if n + 8 <= last {
                    assert!(!there, "{place}");
                }
            }
        };
        check("before recovery");
        fill(&db, 1_000_000, 1_000_001);
        check("after recovery");
        db.close().unwrap();
    }
}

#[test]
fn a_thousand_readers_share_one_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.vsl");
    let db = Database::create(&path, definition()).unwrap();
    fill(&db, 0, 100);
    let handles: Vec<_> = (0..500).map(|_| Database::open_read_only(&path).unwrap()).collect();
    let snapshots: Vec<_> = handles.iter().map(|h| h.snapshot().unwrap()).collect();
    fill(&db, 100, 200);
    assert!(snapshots.iter().all(|s| s.len() == 100));
    assert!(handles.iter().all(|h| h.snapshot().unwrap().len() == 200));
}
