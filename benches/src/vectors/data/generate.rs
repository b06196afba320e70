//! Writing a set.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::thread;

use half::f16;
use half::slice::HalfFloatSliceExt;
use vesalius_convert::npy::{Scalar, write_header};

use super::GROUPS;
use super::recipe::{Kind, Recipe};
use super::rotation::LANES;
use crate::Result;
use crate::noise::Noise;

/// Blocks that are made before they are written: some 100 MB.
const BLOCKS: u64 = 2_048;
/// Where the blocks of the queries begin, far behind those of any rows.
const QUERY_BLOCKS: u64 = 1 << 40;

/// The files of a set that is being written.
pub(super) struct Files<'a> {
    pub(super) folder: &'a Path,
    pub(super) name: &'a str,
}

impl Files<'_> {
    /// Writes rows in f16, `[count, dim]`, and their groups.
    pub(super) fn rows(
        &self,
        count: u64,
        dim: usize,
        pieces: impl Iterator<Item = Vec<f16>>,
    ) -> Result<()> {
        let mut out = self.create("npy", Scalar::F16, count, dim)?;
        for piece in pieces {
            out.write_all(bytemuck::cast_slice(&piece))?;
        }
        out.flush()?;
        let groups: Vec<u16> = (0..count)
            .map(|row| u16::try_from(group(row)))
            .collect::<std::result::Result<_, _>>()?;
        let path = self.folder.join(format!("{}.groups", self.name));
        Ok(std::fs::write(path, bytemuck::cast_slice(&groups))?)
    }

    /// Writes queries, `[Q, dim]`.
    pub(super) fn queries(&self, dim: usize, values: &[f32]) -> Result<()> {
        let mut out = self.create("queries.npy", Scalar::F32, (values.len() / dim) as u64, dim)?;
        out.write_all(bytemuck::cast_slice(values))?;
        Ok(out.flush()?)
    }

    fn create(
        &self,
        ending: &str,
        scalar: Scalar,
        count: u64,
        dim: usize,
    ) -> Result<BufWriter<File>> {
        let path = self.folder.join(format!("{}.{ending}", self.name));
        let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
        write_header(&mut out, scalar, &[count, dim as u64])?;
        Ok(out)
    }
}

/// The group of a row.
pub(super) fn group(row: u64) -> u64 {
    Noise::new(row.wrapping_mul(0x9FB2_1C65_1E98_DF25) ^ 0x18).below(GROUPS)
}

/// Makes a set up.
pub(super) fn write(
    folder: &Path,
    name: &str,
    rows: u64,
    queries: u64,
    kind: Kind,
    dim: usize,
) -> Result<()> {
    let recipe = Recipe::new(kind, dim);
    let files = Files { folder, name };
    let mut values: Vec<f32> = Vec::new();
    for number in 0..queries.div_ceil(LANES as u64) {
        recipe.block(QUERY_BLOCKS + number, &mut values);
    }
    values.truncate(usize::try_from(queries)? * dim);
    files.queries(dim, &values)?;
    let blocks = rows.div_ceil(LANES as u64);
    let firsts = (0..blocks).step_by(usize::try_from(BLOCKS)?);
    let pieces = firsts.map(|first| {
        let mut piece = several(&recipe, first..blocks.min(first + BLOCKS));
        let left = (rows - first * LANES as u64).saturating_mul(dim as u64);
        piece.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        piece
    });
    files.rows(rows, dim, pieces)
}

/// The rows of several blocks, by all cores.
fn several(recipe: &Recipe, blocks: std::ops::Range<u64>) -> Vec<f16> {
    let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
    let each = (blocks.end - blocks.start).div_ceil(threads).max(1);
    thread::scope(|scope| {
        let starts = blocks.clone().step_by(usize::try_from(each).unwrap_or(1));
        let workers: Vec<_> = starts
            .map(|start| {
                let own = start..blocks.end.min(start + each);
                scope.spawn(move || own.flat_map(|number| halves(recipe, number)).collect())
            })
            .collect();
        let made = workers.into_iter().map(|worker| worker.join().unwrap_or_default());
        made.collect::<Vec<Vec<f16>>>().concat()
    })
}

fn halves(recipe: &Recipe, number: u64) -> Vec<f16> {
    let mut values = Vec::new();
    recipe.block(number, &mut values);
    let mut halves = vec![f16::ZERO; values.len()];
    halves.convert_from_f32_slice(&values);
    halves
}
