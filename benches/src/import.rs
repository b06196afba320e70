//! Importing a pickle, durable and verified, against `pickle.load` of the same file alone.

use std::path::Path;

use vesalius_convert::import::{ImportOptions, import};

use crate::Result;
use crate::child::{say, spawn};
use crate::cohort::Cohort;
use crate::measure::{Rounds, timed};
use crate::open::write_pickle;
use crate::options::Options;
use crate::peers::python::UNPICKLE;
use crate::table::{Bound, Ratio, Table, Unit};

/// Images of 10 regions of D = 768 f32 that make a pickle of 1 GB.
const IMAGES: u32 = 32_000;

/// Measures it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    let rows = [
        ("wall time against pickle.load", Bound::AtMost(1.0)),
        ("processor time against pickle.load", Bound::Free),
        ("peak memory against pickle.load", Bound::Below(0.25)),
        ("peak memory that belongs to no file", Bound::Free),
    ];
    if let Some(why) = UNPICKLE.absent() {
        for (what, bound) in rows {
            table.absent(what, &why, bound);
        }
        return Ok(());
    }
    let folder = options.folder()?;
    let source = folder.path().join("regions.pkl");
    let images = options.scaled(IMAGES, 10);
    write_pickle(&source, &Cohort { images, dim: 768, names: 29, present: (10, 10) })?;
    let mut figures = [(); 4].map(|()| Rounds::default());
    let mut anonymous = 0.0_f64;
    for round in 0..options.rounds.min(5) {
        let path = folder.path().join("regions.vsl");
        let ours_first = round % 2 == 0;
        let early = ours_first.then(|| spawn("import", &[&source, &path])).transpose()?;
        let peer = UNPICKLE.run(&[&source])?;
        let ours = early.map_or_else(|| spawn("import", &[&source, &path]), Ok)?;
        std::fs::remove_file(&path)?;
        let [time, cpu, peak, own] = &mut figures;
        time.push(ours.get("seconds")?, peer.get("seconds")?);
        cpu.push(ours.get("cpu")?, peer.get("cpu")?);
        peak.push(ours.get("peak")?, peer.get("peak")?);
        own.push(ours.anonymous, peer.anonymous);
        anonymous = anonymous.max(ours.anonymous);
    }
    let units = [Unit::Seconds, Unit::Seconds, Unit::Bytes, Unit::Bytes];
    for (((what, bound), rounds), unit) in rows.into_iter().zip(&figures).zip(units) {
        table.compare(what, unit, rounds, Ratio::Share, bound);
    }
    let bytes = std::fs::metadata(&source)?.len();
    table.note(format!(
        "{images} images of 10 of 29 regions, D = 768 f32: a pickle of {}, protocol 4, in the page \
         cache; ours is a new container, synced, then read back and compared; peak memory is VmHWM, \
         mapped pages included",
        Unit::Bytes.show(bytes as f64),
    ));
    Ok(())
}

/// What the measured process does.
pub(crate) fn child(source: &Path, path: &Path) -> Result<()> {
    let step = || Ok(import(source, path, &ImportOptions::default(), &mut |_| true)?);
    let (seconds, _report) = timed(step)?;
    say("seconds", seconds);
    Ok(())
}
