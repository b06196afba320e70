//! Opening a container of a million images, against unpickling them.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use vesalius::Database;
use vesalius_convert::pickle_write::{Feature, RegionFeature, RegionImage, RegionPickle};

use crate::Result;
use crate::child::{Report, anonymous, peak, say, spawn};
use crate::cohort::{Cohort, FIELD};
use crate::measure::{Rounds, Spread, timed};
use crate::options::Options;
use crate::peers::python::UNPICKLE;
use crate::table::{Bound, Ratio, Table, Unit};

/// Values of a feature. Nothing here depends on it but the size of the files.
const DIM: usize = 16;
/// The pickle is this much smaller, so that it fits in memory, and its figures are multiplied.
const PICKLE_PART: u32 = 10;

/// Measures it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let folder = options.folder()?;
    let path = folder.path().join("cohort.vsl");
    let images = options.scaled(1_000_000, 100);
    let cohort = Cohort { images, dim: DIM, names: 29, present: (5, 5) };
    cohort.write_container(&path)?;
    let count = options.rounds.max(9);
    let mut reports = Vec::new();
    for _ in 0..count {
        reports.push(spawn("open", &[&path])?);
    }
    let bytes = std::fs::metadata(&path)?.len();
    table.note(format!(
        "{images} images of 5 of 29 regions, D = {DIM} f32, {}, in the page cache; each round is a \
         fresh process, whose memory is its VmHWM with code and mapped pages",
        Unit::Bytes.show(bytes as f64),
    ));
    let open = spread(&reports, "open")?;
    let memory = spread(&reports, "peak_open")?;
    table.alone("open and snapshot", Unit::Seconds, open, Bound::Below(0.005));
    table.alone("resident memory after it", Unit::Bytes, memory, Bound::Below(20e6));
    let own = spread(&reports, "own_open")?;
    table.alone("of which belongs to no file", Unit::Bytes, own, Bound::Free);
    let read = spread(&reports, "read")?;
    table.alone("then read one region of one image by key", Unit::Seconds, read, Bound::Free);
    unpickle(options, &reports, folder.path(), &cohort, table)
}

fn unpickle(
    options: &Options,
    ours: &[Report],
    folder: &Path,
    whole: &Cohort,
    table: &mut Table,
) -> Result<()> {
    let (time, memory) = ("open against unpickling", "memory against unpickling");
    if let Some(why) = UNPICKLE.absent() {
        table.absent(time, &why, Bound::Free);
        table.absent(memory, &why, Bound::Free);
        return Ok(());
    }
    let path = folder.join("part.pkl");
    let images = (whole.images / u64::from(PICKLE_PART)).max(1);
    let part = Cohort { images, ..whole.clone() };
    write_pickle(&path, &part)?;
    let factor = whole.images as f64 / images as f64;
    let (mut times, mut peaks) = (Rounds::default(), Rounds::default());
    for report in ours.iter().take(options.rounds.min(3)) {
        let peer = UNPICKLE.run(&[&path])?;
        times.push(report.get("open")?, peer.get("seconds")? * factor);
        let (base, most) = (peer.get("base")?, peer.get("peak")?);
        peaks.push(report.get("peak_open")?, base + (most - base) * factor);
    }
    table.compare(time, Unit::Seconds, &times, Ratio::Speedup, Bound::Free);
    table.compare(memory, Unit::Bytes, &peaks, Ratio::Speedup, Bound::Free);
    table.note(format!("the pickle holds {images} of the images; its figures are times {factor}"));
    Ok(())
}

/// Writes a cohort as the dictionary that the original program loads.
pub(crate) fn write_pickle(path: &Path, cohort: &Cohort) -> Result<()> {
    let names = cohort.names();
    let mut pickle = RegionPickle::new(BufWriter::with_capacity(1 << 20, File::create(path)?))?;
    cohort.for_each(|subject| {
        let regions = subject.pairs().map(|(region, feature)| RegionFeature {
            index: u32::from(region),
            name: names.get(usize::from(region)).map_or("", String::as_str),
            feature: Feature::F32(feature),
        });
        pickle.image(&RegionImage {
            key: subject.key,
            regions: regions.collect(),
            sample_idx: i64::try_from(subject.number)?,
            attributes: Vec::new(),
        })?;
        Ok(())
    })?;
    pickle.finish()?;
    Ok(())
}

fn spread(reports: &[Report], name: &str) -> Result<Spread> {
    let values = reports.iter().map(|report| report.get(name)).collect::<Result<Vec<_>>>()?;
    Spread::of(values).ok_or_else(|| "no round was run".into())
}

/// What the measured process does.
pub(crate) fn child(path: &Path) -> Result<()> {
    let (seconds, snapshot) = timed(|| Ok(Database::open_read_only(path)?.snapshot()?))?;
    say("open", seconds);
    say("peak_open", peak());
    say("own_open", anonymous());
    let key = Cohort::key(snapshot.len() / 2);
    let (seconds, found) = timed(|| {
        let image = snapshot.image(&key)?;
        let regions = image.regions(FIELD)?.unwrap_or_default();
        Ok(regions.first().and_then(|region| region.feature.row_f32(0)).map(<[f32]>::len))
    })?;
    if found != Some(DIM) {
        return Err("the image read has no region".into());
    }
    say("read", seconds);
    Ok(())
}
