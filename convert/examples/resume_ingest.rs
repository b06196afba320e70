//! An encoder that is killed half way, again and again, and the container that it fills.
//!
//! Rows and the cursor that counts them are one transaction: whatever happens, the cursor says which row
//! comes next, so no image is there twice and none is left out. Run it: `cargo run --example resume_ingest`.
//! It starts itself as the encoder, which kills its own process without a warning.

use std::error::Error;
use std::path::Path;
use std::process::Command;

use vesalius::{AttributeType, Cursor, Database, Definition, Field};

const ROWS: u64 = 200;
const BATCH: u64 = 8;
const DIM: usize = 16;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, encoder, file, steps] = arguments.as_slice()
        && encoder == "encode"
    {
        return encode(Path::new(file), steps.parse()?);
    }
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("cases.vsl");
    let definition = Definition::new()
        .attribute("number", AttributeType::I64)
        .field(Field::vector("features", DIM));
    Database::create(&file, definition)?.close()?;
    let mut kills = 0_u64;
    loop {
        // Each run is killed at another step: before, inside or after a transaction.
        let steps = 3 + kills * 7 % 23;
        let mut encoder = Command::new(std::env::current_exe()?);
        let status = encoder.arg("encode").arg(&file).arg(steps.to_string()).status()?;
        if status.success() {
            break;
        }
        kills += 1;
    }
    check(&file)?;
    println!("{kills} kills, {ROWS} rows, none twice, none missing");
    Ok(())
}

/// Goes on where the cursor is. After `steps` steps the process dies.
fn encode(file: &Path, mut steps: u64) -> Outcome {
    let db = Database::open(file)?;
    let mut step = || {
        steps -= 1;
        if steps == 0 {
            std::process::abort();
        }
    };
    loop {
        let mut txn = db.begin_write()?;
        let first = txn.cursor("encoder", "train").map_or(0, |cursor| cursor.position);
        if first == ROWS {
            drop(txn);
            return Ok(db.close()?);
        }
        let end = ROWS.min(first + BATCH);
        for number in first..end {
            let image = txn.put(&format!("image-{number}"))?;
            let image = image.attribute("number", i64::try_from(number)?)?;
            image.vector("features", &feature(number))?;
            if number % 3 == 0 {
                step();
            }
        }
        txn.set_cursor(Cursor {
            ingest: "encoder".into(),
            split: "train".into(),
            position: end,
            fingerprint: "the list of images".into(),
        })?;
        step();
        txn.commit()?;
        step();
    }
}

/// What an encoder would compute.
fn feature(number: u64) -> [f32; DIM] {
    std::array::from_fn(|place| (number * 31 + place as u64) as f32 / 7.0)
}

fn check(file: &Path) -> Outcome {
    let snapshot = Database::open_read_only(file)?.snapshot()?;
    let mut next = 0;
    snapshot.for_each_key(|row, key| {
        assert_eq!((row, key), (next, format!("image-{next}").as_str()), "twice or missing");
        let vector = snapshot.image(key)?.vector("features")?;
        assert_eq!(vector.and_then(|v| v.row_f32(0)), Some(&feature(next)[..]));
        next += 1;
        Ok(true)
    })?;
    assert_eq!(next, ROWS);
    Ok(())
}
