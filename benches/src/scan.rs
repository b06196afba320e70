//! Exact search by one region, against reading the same bytes and against FAISS.

use std::fs::File;
use std::hint::black_box;
use std::io::{BufWriter, Write};
use std::path::Path;

use vesalius::{Database, FeatureMatrix, Metric, RegionKey, SearchOptions, Snapshot};

use crate::Result;
use crate::cohort::{Cohort, FIELD};
use crate::measure::{Rounds, timed};
use crate::noise::Noise;
use crate::options::Options;
use crate::peers::plain_read;
use crate::peers::python::FAISS_FLAT;
use crate::table::{Bound, Ratio, Table, Unit};

const DIM: usize = 768;
/// The one region that every image has.
const REGION: u16 = 0;

/// Measures it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let folder = options.folder()?;
    let path = folder.path().join("scan.vsl");
    let images = options.scaled(1_000_000, 1000);
    Cohort { images, dim: DIM, names: 1, present: (1, 1) }.write_container(&path)?;
    let snapshot = Database::open_read_only(&path)?.snapshot()?;
    let mut query = vec![0.0; DIM];
    Noise::new(4).fill(&mut query);
    // The first pass brings the pages in and verifies their checksums.
    search(&snapshot, &query, 1, Metric::Cosine)?;
    let blocks = snapshot.region(FIELD, REGION)?;
    let mut slices = Vec::new();
    for block in &blocks {
        slices.push(words(&block.features)?);
    }
    let bytes = 8.0 * slices.iter().map(|slice| slice.len() as f64).sum::<f64>();
    table.note(format!(
        "{images} x {DIM} f32, {} in {} row groups, in the page cache, checksums verified before",
        Unit::Bytes.show(bytes),
        blocks.len(),
    ));
    for threads in [1, 2] {
        let rounds = Rounds::run(
            options.rounds,
            || Ok(timed(|| search(&snapshot, &query, threads, Metric::Cosine))?.0),
            || Ok(timed(|| Ok(black_box(plain_read::sum(&slices, threads))))?.0),
        )?;
        let what = format!("top 10 by cosine, {threads} thread(s), plain read of the same map");
        table.compare(&what, Unit::Seconds, &rounds, Ratio::Speedup, Bound::AtLeast(0.9));
        if let (Some(ours), Some(peer)) = (rounds.ours(), rounds.peer()) {
            let rate = |seconds: f64| format!("{:.1} GB/s", bytes / seconds / 1e9);
            let (ours, peer) = (rate(ours.median), rate(peer.median));
            table.note(format!("{threads} thread(s): search {ours}, plain read {peer}"));
        }
    }
    against_faiss(options, &snapshot, &query, folder.path(), table)
}

fn search(snapshot: &Snapshot, query: &[f32], threads: usize, metric: Metric) -> Result<Vec<u64>> {
    let options = SearchOptions::new(10).threads(threads).metric(metric);
    let features = [(RegionKey::Index(REGION), query)];
    let found = snapshot.search_regions(FIELD, &features, None, &options)?;
    Ok(found.hits.iter().map(|hit| hit.row).collect())
}

/// The memory of a matrix, padding included, as 64-bit words.
fn words<'a>(matrix: &FeatureMatrix<'a>) -> Result<&'a [u64]> {
    let FeatureMatrix::F32 { values, .. } = matrix else {
        return Err("the field is not stored as f32".into());
    };
    bytemuck::try_cast_slice(values).map_err(|error| format!("a matrix is {error}").into())
}

fn against_faiss(
    options: &Options,
    snapshot: &Snapshot,
    query: &[f32],
    folder: &Path,
    table: &mut Table,
) -> Result<()> {
    let (what, bound) = ("top 10 by inner product, 1 thread, FAISS IndexFlatIP", Bound::Above(1.0));
    if let Some(why) = FAISS_FLAT.absent() {
        table.absent(what, &why, bound);
        return Ok(());
    }
    let (matrix, question) = (folder.join("matrix.f32"), folder.join("query.f32"));
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&matrix)?);
    for block in snapshot.region(FIELD, REGION)? {
        for row in 0..block.features.len() {
            out.write_all(block.features.row_bytes(row).unwrap_or_default())?;
        }
    }
    out.flush()?;
    drop(out);
    std::fs::write(&question, bytemuck::cast_slice(query))?;
    // The peer removes the matrix when it has it in memory.
    let mut faiss = FAISS_FLAT.serve(&[&matrix, &question])?;
    let (_, theirs) = faiss.ask("search")?;
    let ours = search(snapshot, query, 1, Metric::InnerProduct)?;
    table.note(format!(
        "top 10 equal to that of FAISS: {}",
        if ours == theirs { "yes" } else { "NO" }
    ));
    let rounds = Rounds::run(
        options.rounds,
        || Ok(timed(|| search(snapshot, query, 1, Metric::InnerProduct))?.0),
        || Ok(faiss.ask("search")?.0),
    )?;
    table.compare(what, Unit::Seconds, &rounds, Ratio::Speedup, bound);
    Ok(())
}
