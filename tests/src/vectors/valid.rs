//! Containers that every reader reads.

use vesalius::format::extent::Extent;
use vesalius::format::index::IndexDesc;
use vesalius::{Cursor, Definition, Field, Result, Space};

use super::images::{self, ALL, closed, commit, definition, flat, log, logged, put, unclosed};
use super::surgery::Patient;

/// Names and containers.
pub(super) fn all() -> Result<Vec<(&'static str, Patient)>> {
    Ok(vec![
        ("smallest", closed(Definition::new(), |_| Ok(()))?),
        ("everything", everything()?),
        ("log", logged(&ALL)?),
        ("log_merged", log_merged()?),
        ("log_segments", log_segments()?),
        ("log_open", unclosed(definition(), |db| log(db, &["age", "small"]))?),
        ("torn_tail", torn_tail()?),
        ("deletions", deletions()?),
        ("spaces_cursors", spaces_cursors()?),
        ("vectors", flat(5, &["global", "small"])?),
        ("regions", flat(9, &["parts", "plain"])?),
        ("attributes", attributes()?),
        ("blocks", blocks()?),
        ("index", index()?),
        ("later_minor", later_minor()?),
    ])
}

/// Two row groups a column.
fn everything() -> Result<Patient> {
    closed(definition(), |db| {
        commit(db, |txn| put(txn, 0..10, &ALL))?;
        db.checkpoint()?;
        commit(db, |txn| put(txn, 10..14, &ALL))?;
        db.checkpoint()
    })
}

/// More commits in the log than a reader would like to keep apart: new images, changes, deletions, a schema that
/// grows, a cursor.
pub(super) fn log_merged() -> Result<Patient> {
    let what = ["age", "site", "small"];
    closed(definition(), |db| {
        for n in 0..11 {
            commit(db, |txn| put(txn, n..n + 1, &what))?;
        }
        commit(db, |txn| txn.delete("case/004").map(drop))?;
        for key in ["case/002", "case/006", "case/002"] {
            commit(db, |txn| txn.update(key)?.attribute("age", 70_i64).map(drop))?;
        }
        commit(db, |txn| txn.update("case/007")?.clear("small").map(drop))?;
        commit(db, |txn| {
            txn.add_regions("parts", &["heart".to_owned()])?;
            txn.add_field(Field::vector("late", 2))?;
            txn.update("case/008")?.vector("late", &[0.5, -0.5]).map(drop)
        })
    })
}

/// A log of two segments.
pub(super) fn log_segments() -> Result<Patient> {
    closed(definition(), |db| {
        let notes = ["a", "b", "c", "d", "e"].map(|note| format!("\"{}\"", note.repeat(15_000)));
        for (n, note) in (0..).zip(&notes) {
            commit(db, |txn| {
                put(txn, n..n + 1, &["age"])?;
                txn.update(&format!("case/{n:03}"))?.metadata(note).map(drop)
            })?;
        }
        Ok(())
    })
}

/// Three commits, the third cut off in its payload: it was never acknowledged.
fn torn_tail() -> Result<Patient> {
    let mut patient = unclosed(definition(), |db| {
        log(db, &["age", "small"])?;
        commit(db, |txn| put(txn, 8..12, &["age", "small"]))
    })?;
    if let Some((place, header, _)) = patient.records().pop() {
        let end = place + 64 + super::surgery::at(header.payload_len);
        patient.bytes[place + 512..end].fill(0);
    }
    Ok(patient)
}

/// Dead images on the medium: deleted ones, superseded ones, cleared ones; a row group of the log all dead.
fn deletions() -> Result<Patient> {
    let what = ["age", "site", "parts"];
    closed(definition(), |db| {
        commit(db, |txn| put(txn, 0..70, &what))?;
        db.checkpoint()?;
        commit(db, |txn| {
            for key in ["case/000", "case/033", "case/064", "case/069"] {
                txn.delete(key)?;
            }
            txn.update("case/010")?.attribute("age", 99_i64)?.clear("parts").map(drop)
        })?;
        db.checkpoint()?;
        commit(db, |txn| put(txn, 70..71, &what))?;
        commit(db, |txn| txn.delete("case/070").map(drop))
    })
}

pub(super) fn spaces_cursors() -> Result<Patient> {
    let turned = Space {
        direction: [[0.0, 0.6, 0.8], [0.0, 0.8, -0.6], [1.0, 0.0, 0.0]],
        origin: [-120.5, 33.25, 1e-3],
        frames: 12,
        frame_spacing: 0.04,
        ..Space::new([1, 512, 512], [5.0, 0.7, 0.7])
    };
    let cursor = |split: &str, position| Cursor {
        ingest: "pacs".into(),
        split: split.into(),
        position,
        fingerprint: "sha256:\u{e9}".into(),
    };
    closed(definition(), |db| {
        commit(db, |txn| {
            let turned = txn.add_space(&turned)?;
            let other = txn.add_space(&Space::new([11, 20, 30], [2.0, 0.5, 0.5]))?;
            put(txn, 0..4, &["age"])?;
            txn.put("\u{3b1}/\u{1f9e0}")?.space(turned)?;
            txn.put("other")?.space(other)?;
            txn.set_cursor(cursor("train", 4))?;
            txn.set_cursor(cursor("", u64::MAX))
        })?;
        db.checkpoint()?;
        commit(db, |txn| txn.set_cursor(cursor("train", 5)))
    })
}

/// Values at the edges of their types, texts that JSON escapes.
fn attributes() -> Result<Patient> {
    closed(definition(), |db| {
        commit(db, |txn| {
            put(txn, 0..3, &["age", "dose", "flag", "site", "metadata"])?;
            let edges = txn.put("edges")?.attribute("age", i64::MIN)?;
            edges.attribute("dose", f64::NAN)?.attribute("site", "\"\\\n\u{1}\u{7f}\u{2028}")?;
            let edges = txn.put("more")?.attribute("age", i64::MAX)?;
            edges.attribute("dose", -0.0)?.attribute("site", "")?.metadata(" null ").map(drop)
        })?;
        db.checkpoint()
    })
}

/// A row group longer than a checksum block, with a table behind it.
pub(super) fn blocks() -> Result<Patient> {
    let definition = Definition::new().field(Field::vector("wide", 3300));
    closed(definition, |db| {
        commit(db, |txn| {
            for n in 0..5_u16 {
                let feature: Vec<f32> =
                    (0..3300_u16).map(|i| f32::from(n) + f32::from(i)).collect();
                txn.put(&format!("{n}"))?.vector("wide", &feature)?;
            }
            Ok(())
        })?;
        db.checkpoint()
    })
}

/// Indexes of a kind that no version knows: one with bytes, one without, one of a row group that went.
fn index() -> Result<Patient> {
    let mut patient = flat(3, &["global"])?;
    let data = patient.append(b"an index of a later version");
    patient.edit_manifest(|manifest| {
        let index = |group, data| IndexDesc { kind: 7, column: images::GLOBAL, group, data };
        manifest.indexes = vec![index(0, data), index(999, Extent::default())];
    });
    Ok(patient)
}

/// A later minor version with a compatible feature and one that only writers must know.
fn later_minor() -> Result<Patient> {
    let mut patient = flat(2, &["age"])?;
    patient.edit_superblock(|superblock| {
        superblock.version_minor = 9;
        superblock.compat = 1 << 31;
        superblock.ro_compat = 4;
    });
    Ok(patient)
}
