//! SQLite, durable: WAL with synchronous=FULL, features as blobs.

use std::path::Path;

use rusqlite::{Connection, params};

use crate::Result;
use crate::cohort::Subject;

/// How features become rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One row for each region of an image.
    BlobPerRegion,
    /// One row for each image, all features in one blob.
    BlobPerImage,
}

/// A database.
#[derive(Debug)]
pub(crate) struct Sqlite {
    connection: Connection,
    layout: Layout,
}

const PER_REGION: &str = "CREATE TABLE images (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL);
    CREATE TABLE regions (image INTEGER NOT NULL, region INTEGER NOT NULL, feature BLOB NOT NULL,
        PRIMARY KEY (image, region));";

const PER_IMAGE: &str = "CREATE TABLE images (id INTEGER PRIMARY KEY, key TEXT UNIQUE NOT NULL,
        regions BLOB NOT NULL, features BLOB NOT NULL);";

impl Sqlite {
    /// A new one.
    pub(crate) fn create(path: &Path, layout: Layout) -> Result<Self> {
        let connection = Connection::open(path)?;
        let mode: String =
            connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            return Err(format!("SQLite keeps a journal of mode {mode:?}").into());
        }
        connection.execute_batch("PRAGMA synchronous = FULL")?;
        connection.execute_batch(match layout {
            Layout::BlobPerRegion => PER_REGION,
            Layout::BlobPerImage => PER_IMAGE,
        })?;
        Ok(Self { connection, layout })
    }

    /// Stores one image in a transaction of its own.
    pub(crate) fn put(&mut self, key: &str, subject: &Subject<'_>) -> Result<()> {
        let txn = self.connection.transaction()?;
        match self.layout {
            Layout::BlobPerRegion => {
                let insert = "INSERT INTO images (key) VALUES (?1)";
                let image = txn.prepare_cached(insert)?.insert(params![key])?;
                let insert = "INSERT INTO regions VALUES (?1, ?2, ?3)";
                let mut insert = txn.prepare_cached(insert)?;
                for (region, feature) in subject.pairs() {
                    let bytes: &[u8] = bytemuck::cast_slice(feature);
                    insert.execute(params![image, region, bytes])?;
                }
            }
            Layout::BlobPerImage => {
                let insert = "INSERT INTO images (key, regions, features) VALUES (?1, ?2, ?3)";
                let regions: &[u8] = bytemuck::cast_slice(subject.regions);
                let features: &[u8] = bytemuck::cast_slice(subject.features);
                txn.prepare_cached(insert)?.execute(params![key, regions, features])?;
            }
        }
        txn.commit()?;
        Ok(())
    }
}
