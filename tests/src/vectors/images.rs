//! What the vectors are made of: a schema with every kind of column, and images with values of some of them.

use vesalius::format::superblock::FLAG_SEALED;
use vesalius::storage::MemoryStorage;
use vesalius::{
    AttributeType, Database, DefaultMetric, Definition, Dtype, Field, Provenance, RegionValue,
    Result, Space, WriteTxn,
};

use super::surgery::Patient;

/// Columns, in the order of their declaration.
pub const AGE: u32 = 16;
/// f64.
pub const DOSE: u32 = 17;
/// Booleans.
pub const FLAG: u32 = 18;
/// Texts.
pub const SITE: u32 = 19;
/// Vectors, f32, 3 values.
pub const GLOBAL: u32 = 20;
/// Vectors, f16, 20 values: 24 bytes of padding.
pub const SMALL: u32 = 21;
/// Regions, f16, with boxes and scores.
pub const PARTS: u32 = 22;
/// Regions, f32, without.
pub const PLAIN: u32 = 23;
/// Name of every column.
pub const ALL: [&str; 9] =
    ["metadata", "age", "dose", "flag", "site", "global", "small", "parts", "plain"];

const PARTS_DIM: usize = 5;

/// All columns, a known space, metadata.
pub fn definition() -> Definition {
    let provenance = Provenance {
        model: "encoder".into(),
        version: "2.1".into(),
        checkpoint: "sha256:00ff".into(),
        preprocessing: "resampled to 1 mm".into(),
        json: "{\"patch\": [8, 16, 16]}".into(),
    };
    let names = ["liver", "spleen", "kidney_left", "kidney_right", "aorta"];
    Definition::new()
        .attribute("age", AttributeType::I64)
        .attribute("dose", AttributeType::F64)
        .attribute("flag", AttributeType::Bool)
        .attribute("site", AttributeType::Text)
        .field(Field::vector("global", 3).metric(DefaultMetric::L2).provenance(provenance))
        .field(Field::vector("small", 20).dtype(Dtype::F16))
        .field(Field::regions("parts", PARTS_DIM, names).dtype(Dtype::F16))
        .field(Field::regions("plain", 2, names).metric(DefaultMetric::InnerProduct))
        .space(Space::new([10, 20, 30], [2.0, 0.5, 0.5]))
        .metadata("{\"study\": \"x\"}")
}

fn feature(seed: u32, dim: usize) -> Vec<f32> {
    (0_u32..).take(dim).map(|i| ((seed * 31 + i * 7) % 97) as f32 / 8.0 - 6.0).collect()
}

/// Puts images `numbers` with values of the columns named in `what`: some for every image, some for even ones.
///
/// # Errors
///
/// Those of the transaction.
pub fn put(txn: &mut WriteTxn<'_>, numbers: std::ops::Range<u32>, what: &[&str]) -> Result<()> {
    for n in numbers {
        let has = |name: &str| what.contains(&name);
        let even = n.is_multiple_of(2);
        let mut image = txn.put(&format!("case/{n:03}"))?;
        if has("metadata") && even {
            image = image.metadata(&format!("{{\"n\": {n}, \"note\": \"\\u00e9\\n\"}}"))?;
        }
        if has("age") && even {
            image = image.attribute("age", i64::from(n) - 3)?;
        }
        if has("dose") && even {
            image = image.attribute("dose", f64::from(n) / 3.0)?;
        }
        if has("flag") {
            image = image.attribute("flag", n.is_multiple_of(3))?;
        }
        if has("site") && even {
            image = image.attribute("site", format!("site {}", n % 4))?;
        }
        if has("global") {
            image = image.vector("global", &feature(n, 3))?;
        }
        if has("small") && !n.is_multiple_of(3) {
            image = image.vector("small", &feature(n + 100, 20))?;
        }
        if has("parts") {
            image = image.regions("parts", &regions(n, &features(n, PARTS_DIM), true))?;
        }
        if has("plain") {
            image.regions("plain", &regions(n, &features(n, 2), false))?;
        }
    }
    Ok(())
}

fn features(n: u32, dim: usize) -> Vec<Vec<f32>> {
    (0..5).map(|region| feature(n * 5 + region, dim)).collect()
}

/// Image `n` has region `r` when bit `r` of `n` is set: some images have none.
fn regions(n: u32, features: &[Vec<f32>], extras: bool) -> Vec<RegionValue<'_>> {
    let own = (0_u16..).zip(features).filter(|(region, _)| n >> region & 1 == 1);
    own.map(|(region, feature)| {
        let (low, high) = (n as f32, (n + u32::from(region)) as f32);
        RegionValue {
            bbox: (extras && !n.is_multiple_of(3)).then_some([low, low, low, high, high, high]),
            score: (extras && !n.is_multiple_of(4)).then_some(low / 7.0),
            ..RegionValue::new(region, feature)
        }
    })
    .collect()
}

/// What `fill` made, closed or as it is.
fn made(
    definition: Definition,
    fill: impl FnOnce(&Database) -> Result<()>,
    close: bool,
) -> Result<Patient> {
    let disk = MemoryStorage::new();
    let db = Database::create_on(disk.clone(), definition)?;
    fill(&db)?;
    if close {
        db.clone().close()?;
    }
    Ok(Patient { bytes: disk.snapshot_bytes() })
}

/// A closed container that `fill` made; fixed.
///
/// # Errors
///
/// Those of the engine.
pub fn closed(
    definition: Definition,
    fill: impl FnOnce(&Database) -> Result<()>,
) -> Result<Patient> {
    let mut patient = made(definition, fill, true)?;
    patient.fix();
    Ok(patient)
}

/// The same as it is before it is closed.
///
/// # Errors
///
/// Those of the engine.
pub fn unclosed(
    definition: Definition,
    fill: impl FnOnce(&Database) -> Result<()>,
) -> Result<Patient> {
    let mut patient = made(definition, fill, false)?;
    patient.fix();
    Ok(patient)
}

/// The same with its log sealed as it is: a close would not leave a log that names extents.
///
/// # Errors
///
/// Those of the engine.
pub fn sealed(
    definition: Definition,
    fill: impl FnOnce(&Database) -> Result<()>,
) -> Result<Patient> {
    let mut patient = made(definition, fill, false)?;
    let first = patient.superblock().log.first_seq;
    let end = patient.records().last().map_or(first, |(_, header, _)| header.seq + 1);
    patient.edit_superblock(|superblock| {
        superblock.flags |= FLAG_SEALED;
        superblock.log.end_seq = end;
    });
    patient.fix();
    Ok(patient)
}

/// One commit.
///
/// # Errors
///
/// Those of the transaction.
pub fn commit(db: &Database, step: impl FnOnce(&mut WriteTxn<'_>) -> Result<()>) -> Result<()> {
    let mut txn = db.begin_write()?;
    step(&mut txn)?;
    txn.commit()
}

/// A closed container without a log: images 0 to `count - 1` with values of the columns named.
///
/// # Errors
///
/// Those of the engine.
pub fn flat(count: u32, what: &[&str]) -> Result<Patient> {
    closed(definition(), |db| {
        commit(db, |txn| put(txn, 0..count, what))?;
        db.checkpoint()
    })
}

/// A closed container with a log: images 0 to 3 in the manifest, two commits behind it.
///
/// # Errors
///
/// Those of the engine.
pub fn logged(what: &[&str]) -> Result<Patient> {
    closed(definition(), |db| log(db, what))
}

/// A checkpoint of images 0 to 3 and two commits behind it: images 4 to 7; the deletion of one, a change of
/// another, new metadata.
///
/// # Errors
///
/// Those of the engine.
pub fn log(db: &Database, what: &[&str]) -> Result<()> {
    commit(db, |txn| put(txn, 0..4, what))?;
    db.checkpoint()?;
    commit(db, |txn| put(txn, 4..8, what))?;
    change(db)
}

fn change(db: &Database) -> Result<()> {
    commit(db, |txn| {
        txn.delete("case/001")?;
        txn.update("case/002")?.attribute("age", -20_i64)?;
        txn.set_metadata("[1, 2, 3]")
    })
}

/// A closed container whose images are in the log alone.
///
/// # Errors
///
/// Those of the engine.
pub fn only_log(what: &[&str]) -> Result<Patient> {
    closed(definition(), |db| {
        commit(db, |txn| put(txn, 0..4, what))?;
        change(db)
    })
}
