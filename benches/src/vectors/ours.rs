//! Everything that is asked of the engine, in one place.

use std::path::PathBuf;
use std::time::Instant;

use vesalius::{
    AttributeType, Bitmap, Database, DefaultMetric, Definition, Dtype, DuplicateOptions,
    FeatureMatrix, Field, IndexOptions, Predicate, SearchOptions, Snapshot, WriteTxn,
};

use super::data::Set;
use crate::Result;

/// Hits of a search.
pub(super) const K: usize = 10;

const FIELD: &str = "vector";
const GROUP: &str = "group";
/// Images of one transaction.
const BATCH: u64 = 50_000;

/// An index of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Index {
    /// Codes that exact search starts with.
    Exact,
    /// Lists with short codes, for approximate search.
    Approximate,
}

/// What building an index cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Built {
    pub(super) seconds: f64,
    /// Of the index.
    pub(super) bytes: f64,
}

/// How hard an approximate search tries.
#[derive(Clone, Copy, Debug)]
pub(super) enum Effort {
    /// As it does when it is not told.
    Default,
    /// As far as this recall takes.
    Recall(f32),
}

impl Effort {
    fn asked(self) -> vesalius::Effort {
        match self {
            Self::Default => vesalius::Effort::default(),
            Self::Recall(recall) => vesalius::Effort::Recall(recall),
        }
    }
}

/// A container with a set in it, removed when dropped.
pub(super) struct Ours {
    path: PathBuf,
    snapshot: Snapshot,
}

impl Ours {
    /// Writes the set into a new container. All pages of it were read once.
    pub(super) fn write(set: &Set) -> Result<Self> {
        let path = set.file(&format!("{}.vsl", set.rows));
        if path.exists() {
            std::fs::remove_file(&path)?;
        }
        let field = Field::vector(FIELD, set.dim).dtype(Dtype::F16).metric(set.metric);
        let definition = Definition::new().attribute(GROUP, AttributeType::I64).field(field);
        let db = Database::create(&path, definition)?;
        let mut open: Option<WriteTxn<'_>> = None;
        set.for_each(|row, value, group| {
            if row % BATCH == 0 {
                // Only one transaction can be open.
                open.take().map_or(Ok(()), WriteTxn::commit)?;
                open = Some(db.begin_write()?);
            }
            if let Some(txn) = &mut open {
                let image = txn.put(&format!("image-{row:08}"))?.vector(FIELD, value)?;
                image.attribute(GROUP, i64::try_from(group)?)?;
            }
            Ok(())
        })?;
        open.map_or(Ok(()), WriteTxn::commit)?;
        db.close()?;
        let snapshot = Database::open_read_only(&path)?.snapshot()?;
        let ours = Self { path, snapshot };
        ours.exact(set.query(0), 1)?;
        Ok(ours)
    }

    /// Builds an index, with all cores or one.
    pub(super) fn build(&mut self, index: Index, threads: usize) -> Result<Option<Built>> {
        let db = Database::open(&self.path)?;
        let options = match index {
            Index::Exact => IndexOptions::exact(),
            Index::Approximate => IndexOptions::approximate(),
        };
        let start = Instant::now();
        db.build_index(FIELD, &options.threads(threads), &mut |_, _| true)?;
        let seconds = start.elapsed().as_secs_f64();
        db.close()?;
        let infos = Database::open_read_only(&self.path)?.snapshot()?.indexes(Some(FIELD))?;
        let kind = match index {
            Index::Exact => vesalius::IndexKind::Exact,
            Index::Approximate => vesalius::IndexKind::Approximate,
        };
        let bytes: u64 = infos.iter().filter(|info| info.kind == kind).map(|info| info.bytes).sum();
        self.snapshot = Database::open_read_only(&self.path)?.snapshot()?;
        Ok(Some(Built { seconds, bytes: bytes as f64 }))
    }

    /// The rows of the ten best.
    pub(super) fn exact(&self, query: &[f32], threads: usize) -> Result<Vec<u64>> {
        let options = SearchOptions::new(K).threads(threads);
        self.search(query, &options)
    }

    /// The same among some rows, one thread.
    pub(super) fn exact_among(&self, query: &[f32], among: &Bitmap) -> Result<Vec<u64>> {
        let options = SearchOptions::new(K).threads(1).filter(among);
        self.search(query, &options)
    }

    fn search(&self, query: &[f32], options: &SearchOptions<'_>) -> Result<Vec<u64>> {
        let found = self.snapshot.search_vector(FIELD, query, options)?;
        Ok(found.hits.iter().map(|hit| hit.row).collect())
    }

    /// The ten best of each of many queries, `[Q, dim]`, exact, in one call.
    pub(super) fn batch(&self, queries: &[f32], threads: usize) -> Result<Option<Vec<u64>>> {
        let dim = self.snapshot.schema().field(FIELD).map_or(1, |field| field.dim as usize);
        let queries: Vec<Vec<f32>> = queries.chunks(dim).map(<[f32]>::to_vec).collect();
        let options = SearchOptions::new(K).threads(threads);
        let found =
            self.snapshot.search_batch(FIELD, None, &queries, &options, &mut |_, _| true)?;
        Ok(Some(found.iter().flat_map(|found| found.hits.iter().map(|hit| hit.row)).collect()))
    }

    /// About the ten best, by the index, one thread.
    pub(super) fn approximate(
        &self,
        query: &[f32],
        effort: Effort,
        among: Option<&Bitmap>,
    ) -> Result<Option<Vec<u64>>> {
        let options = SearchOptions::new(K).threads(1).approximate(effort.asked());
        self.search(query, &SearchOptions { filter: among, ..options }).map(Some)
    }

    /// The same for many queries, in one call.
    pub(super) fn approximate_all(
        &self,
        queries: &[Vec<f32>],
        effort: Effort,
        among: Option<&Bitmap>,
    ) -> Result<Vec<Vec<u64>>> {
        let options = SearchOptions::new(K).threads(1).approximate(effort.asked());
        let options = SearchOptions { filter: among, ..options };
        let found = self.snapshot.search_batch(FIELD, None, queries, &options, &mut |_, _| true)?;
        let rows = |found: vesalius::Found<vesalius::ScoredRow>| {
            found.hits.iter().map(|hit| hit.row).collect()
        };
        Ok(found.into_iter().map(rows).collect())
    }

    /// Pairs of rows whose inner product is `threshold` or more, each once.
    pub(super) fn duplicates(&self, threshold: f32, threads: usize) -> Result<Option<u64>> {
        let options = DuplicateOptions::new(threshold)
            .metric(vesalius::Metric::InnerProduct)
            .threads(threads);
        let mut each = |_: &[vesalius::DuplicatePair]| Ok(());
        let pairs =
            self.snapshot.duplicate_pairs(FIELD, &options, None, &mut each, &mut |_, _| true)?;
        Ok(Some(pairs))
    }

    /// Rows of groups below `end`.
    pub(super) fn groups_below(&self, end: u64) -> Result<Bitmap> {
        Ok(self.snapshot.select(&Predicate::parse(&format!("{GROUP} < {end}"))?)?)
    }

    /// Seconds to open it, and to answer the first question after that.
    pub(super) fn open_and_ask(&self, query: &[f32]) -> Result<Option<(f64, f64)>> {
        let start = Instant::now();
        let snapshot = Database::open_read_only(&self.path)?.snapshot()?;
        let opened = start.elapsed().as_secs_f64();
        let fresh = Self { path: PathBuf::new(), snapshot };
        let start = Instant::now();
        let found = fresh.approximate(query, Effort::Default, None)?;
        Ok(found.map(|_| (opened, start.elapsed().as_secs_f64())))
    }

    /// The memory of the rows as 64-bit words, padding included, in pieces.
    pub(super) fn words(&self) -> Result<Vec<&[u64]>> {
        let mut pieces = Vec::new();
        for block in self.snapshot.vectors(FIELD)? {
            let FeatureMatrix::F16 { values, .. } = block.features else {
                return Err("the field is not stored as f16".into());
            };
            let piece = bytemuck::try_cast_slice(values);
            pieces.push(piece.map_err(|error| format!("a matrix is {error}"))?);
        }
        Ok(pieces)
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        if self.path.exists() {
            // What is left is removed with the folder, or written over.
            drop(std::fs::remove_file(&self.path));
        }
    }
}

/// How the peers call a metric.
pub(super) fn metric(metric: DefaultMetric) -> &'static str {
    if metric == DefaultMetric::L2 { "l2" } else { "ip" }
}
