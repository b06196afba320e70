//! Exact search by all shared regions, against NumPy as the original program documents it.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use vesalius::{Database, SearchOptions, Snapshot};

use crate::Result;
use crate::cohort::{Cohort, FIELD};
use crate::measure::{Rounds, timed};
use crate::options::Options;
use crate::peers::python::NUMPY_REGIONS;
use crate::table::{Bound, Ratio, Table, Unit};

const DIM: usize = 768;
/// The peer gets this part of the images, and its time is multiplied.
const SAMPLE_PART: u64 = 20;

/// Measures it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let folder = options.folder()?;
    let path = folder.path().join("regions.vsl");
    let images = options.scaled(200_000, 200);
    let cohort = Cohort { images, dim: DIM, names: 29, present: (5, 15) };
    cohort.write_container(&path)?;
    let snapshot = Database::open_read_only(&path)?.snapshot()?;
    search(&snapshot, 1)?;
    let bytes = std::fs::metadata(&path)?.len() as f64;
    table.note(format!(
        "{images} images of 5 to 15 of 29 regions, D = {DIM} f32, {}, in the page cache, checksums \
         verified before; the query is an image of it",
        Unit::Bytes.show(bytes),
    ));
    let what = |threads: &str| format!("top 10 by all shared regions, {threads}, NumPy");
    let cases = [(what("1 thread"), 1), (what("all threads"), 0)];
    let bound = Bound::AtLeast(20.0);
    if let Some(why) = NUMPY_REGIONS.absent() {
        for (what, _) in cases {
            table.absent(&what, &why, bound);
        }
        return Ok(());
    }
    let sample = Cohort { images: (images / SAMPLE_PART).max(20).min(images), ..cohort };
    write_sample(folder.path(), &sample)?;
    let mut numpy = NUMPY_REGIONS.serve(&[folder.path()])?;
    check(&mut numpy, &sample, folder.path(), table)?;
    let factor = images as f64 / sample.images as f64;
    for (what, threads) in cases {
        let rounds = Rounds::run(
            options.rounds,
            || Ok(timed(|| search(&snapshot, threads))?.0),
            || Ok(numpy.ask("search")?.0 * factor),
        )?;
        table.compare(&what, Unit::Seconds, &rounds, Ratio::Speedup, bound);
    }
    table.note(format!("NumPy has {} of the images; its time is times {factor}", sample.images));
    Ok(())
}

fn search(snapshot: &Snapshot, threads: usize) -> Result<Vec<u64>> {
    let options = SearchOptions::new(10).threads(threads);
    let found = snapshot.search_regions_like(FIELD, &Cohort::key(0), None, &options)?;
    Ok(found.hits.iter().map(|hit| hit.row).collect())
}

/// Whether both find the same on the images that the peer has.
fn check(
    numpy: &mut crate::peers::python::Server,
    sample: &Cohort,
    folder: &Path,
    table: &mut Table,
) -> Result<()> {
    let path = folder.join("sample.vsl");
    sample.write_container(&path)?;
    let ours = search(&Database::open_read_only(&path)?.snapshot()?, 1)?;
    std::fs::remove_file(&path)?;
    let (_, theirs) = numpy.ask("search")?;
    let same = if ours == theirs { "yes" } else { "NO" };
    table.note(format!("top 10 equal to that of NumPy on its images: {same}"));
    Ok(())
}

/// Writes what the peer reads.
fn write_sample(folder: &Path, sample: &Cohort) -> Result<()> {
    let create = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
    let (mut features, mut regions, mut counts) =
        (create("features.f32")?, create("regions.u16")?, create("counts.u16")?);
    sample.for_each(|subject| {
        features.write_all(bytemuck::cast_slice(subject.features))?;
        regions.write_all(bytemuck::cast_slice(subject.regions))?;
        counts.write_all(&u16::try_from(subject.regions.len())?.to_le_bytes())?;
        Ok(())
    })?;
    for file in [&mut features, &mut regions, &mut counts] {
        file.flush()?;
    }
    std::fs::write(folder.join("dim.txt"), sample.dim.to_string())?;
    Ok(())
}
