//! Data sets: made-up ones, written once, and real ones.

mod generate;
mod real;
mod recipe;
mod rotation;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use vesalius::DefaultMetric;
use vesalius_convert::npy::NpyFile;

use crate::Result;
use crate::options::Options;
use recipe::Kind;

/// Queries of a made-up set.
const QUERIES: u64 = 1_000;
/// Groups that rows belong to, as likely one as another.
pub(super) const GROUPS: u64 = 1_000;

/// Rows and queries, as files of NumPy beside each other.
#[derive(Clone, Debug)]
pub(super) struct Set {
    pub(super) name: String,
    pub(super) rows: u64,
    pub(super) dim: usize,
    pub(super) metric: DefaultMetric,
    folder: PathBuf,
    /// `[Q, dim]`.
    pub(super) queries: Vec<f32>,
}

/// Where sets are.
pub(super) struct Source<'a> {
    pub(super) options: &'a Options,
    pub(super) folder: &'a Path,
}

impl Source<'_> {
    /// Rows of `dim` values like embeddings.
    pub(super) fn clustered(&self, rows: u32, dim: usize, metric: DefaultMetric) -> Result<Set> {
        self.made_up("clustered", Kind::Clustered, rows, dim, metric)
    }

    /// Rows of `dim` values of no structure.
    pub(super) fn gaussian(&self, rows: u32, dim: usize) -> Result<Set> {
        self.made_up("gaussian", Kind::Gaussian, rows, dim, DefaultMetric::InnerProduct)
    }

    /// Rows of `dim` values with near copies among them.
    pub(super) fn copies(&self, rows: u32, dim: usize) -> Result<Set> {
        self.made_up("copies", Kind::Copies, rows, dim, DefaultMetric::InnerProduct)
    }

    /// Pictures of clothes, 784 values, l2: the first 60,000 of the 69,000 rows of the benchmark, and its queries.
    /// `None` when they are not there.
    pub(super) fn fashion(&self) -> Result<Option<Set>> {
        let path = self.options.data().join("ann/fashion_mnist.npz");
        let rows = self.rows(60_000);
        self.real("fashion", rows, DefaultMetric::L2, &path, |out| real::fashion(&path, rows, out))
    }

    /// 1,000 images of pathology as a CLIP model sees them, 512 values, and prompts. `None` when they are not there.
    pub(super) fn pathology(&self) -> Result<Option<Set>> {
        let path = self.options.data().join("vector_db/pathmnist_clip");
        self.real("pathology", 1_000, DefaultMetric::InnerProduct, &path, |out| {
            real::pathology(&path, out)
        })
    }

    /// Rows at this scale, within what was asked for.
    pub(super) fn rows(&self, full: u32) -> u64 {
        let rows = self.options.scaled(full, 500);
        self.options.rows.map_or(rows, |most| rows.min(most)).max(100)
    }

    fn made_up(
        &self,
        name: &str,
        kind: Kind,
        rows: u32,
        dim: usize,
        metric: DefaultMetric,
    ) -> Result<Set> {
        let rows = self.rows(rows);
        let name = format!("{name}-{rows}x{dim}");
        if !self.done(&name) {
            let start = Instant::now();
            generate::write(self.folder, &name, rows, QUERIES, kind, dim)?;
            eprintln!("  made {name} in {:.1} s", start.elapsed().as_secs_f64());
        }
        self.opened(&name, metric)
    }

    fn real(
        &self,
        name: &str,
        rows: u64,
        metric: DefaultMetric,
        path: &Path,
        write: impl FnOnce(&generate::Files<'_>) -> Result<()>,
    ) -> Result<Option<Set>> {
        if !path.exists() {
            eprintln!("SKIPPED: no {}; --data says where it is", path.display());
            return Ok(None);
        }
        let name = format!("{name}-{rows}");
        if !self.done(&name) {
            write(&generate::Files { folder: self.folder, name: &name })?;
        }
        Ok(Some(self.opened(&name, metric)?))
    }

    /// Whether it was written to its end, as the name with `.done` says.
    fn done(&self, name: &str) -> bool {
        self.folder.join(format!("{name}.done")).exists()
    }

    fn opened(&self, name: &str, metric: DefaultMetric) -> Result<Set> {
        let folder = self.folder.to_owned();
        let rows = NpyFile::open(&folder.join(format!("{name}.npy")))?;
        let (count, dim) = (rows.rows(), rows.row_len());
        let file = NpyFile::open(&folder.join(format!("{name}.queries.npy")))?;
        let mut queries = Vec::new();
        file.read_rows_f32(0, usize::try_from(file.rows())?, &mut queries)?;
        if file.row_len() != dim || queries.is_empty() {
            return Err(format!("the queries of {name} are not of {dim} values").into());
        }
        File::create(folder.join(format!("{name}.done")))?;
        Ok(Set { name: name.to_owned(), rows: count, dim, metric, folder, queries })
    }
}

impl Set {
    /// Query `number`, from the beginning again when there are no more.
    pub(super) fn query(&self, number: usize) -> &[f32] {
        let count = self.queries.len() / self.dim.max(1);
        let start = number % count.max(1) * self.dim;
        self.queries.get(start..start + self.dim).unwrap_or(&[])
    }

    /// The first `count` queries, or as many as there are.
    pub(super) fn some(&self, count: usize) -> impl Iterator<Item = &[f32]> {
        self.queries.chunks_exact(self.dim.max(1)).take(count)
    }

    /// `count` queries in one piece, from the beginning again when there are no more.
    pub(super) fn taken(&self, count: usize) -> Vec<f32> {
        (0..count).flat_map(|number| self.query(number)).copied().collect()
    }

    /// Calls `each` with every row, `[dim]`, and its group.
    pub(super) fn for_each(
        &self,
        mut each: impl FnMut(u64, &[f32], u64) -> Result<()>,
    ) -> Result<()> {
        let file = NpyFile::open(&self.folder.join(format!("{}.npy", self.name)))?;
        let step = file.preferred_rows();
        let (mut first, mut values) = (0, Vec::new());
        while first < self.rows {
            let count = step.min(usize::try_from(self.rows - first)?);
            values.clear();
            file.read_rows_f32(first, count, &mut values)?;
            for (row, value) in (first..).zip(values.chunks_exact(self.dim)) {
                each(row, value, generate::group(row))?;
            }
            first += count as u64;
        }
        Ok(())
    }

    /// Bytes of the rows in f16.
    pub(super) fn bytes(&self) -> f64 {
        2.0 * self.rows as f64 * self.dim as f64
    }

    /// The first rows of it as a set of its own, with the same queries.
    pub(super) fn part(&self, rows: u64) -> Self {
        Self { rows: rows.min(self.rows), ..self.clone() }
    }

    /// A file of it with another ending.
    pub(super) fn file(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.name))
    }
}
