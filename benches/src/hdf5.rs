//! Importing an HDF5 feature store, durable and verified, against decoding it alone.

use std::hint::black_box;
use std::path::Path;

use vesalius_convert::hdf5::{ElementType, H5File, NodeKind};

use crate::Result;
use crate::child::{say, spawn, spawn_keeping_memory};
use crate::measure::{Rounds, Spread, timed};
use crate::options::Options;
use crate::peers::python::H5_STORE;
use crate::table::{Bound, Ratio, Table, Unit};

/// What the stores hold, and how that is called.
const KINDS: [(&str, &str); 2] = [("gaussian", "gaussian values"), ("zeros", "half zeros")];
const CPU: Bound = Bound::AtMost(1.3);
const PEAK: Bound = Bound::Below(300e6);
/// Texts that are read at once.
const TEXTS: u64 = 4096;

/// Measures it.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    if let Some(why) = H5_STORE.absent() {
        for (_, what) in KINDS {
            table.absent(
                &format!("{what}: processor time of the import, decoding alone"),
                &why,
                CPU,
            );
            table.missing(&format!("{what}: peak memory of the import"), &why, Unit::Bytes, PEAK);
        }
        return Ok(());
    }
    let images = options.scaled(640, 8);
    for (kind, what) in KINDS {
        // Each has a folder of its own, so that only one takes disk space.
        let folder = options.folder()?;
        let source = folder.path().join("store.h5");
        let count = images.to_string();
        H5_STORE.run(&[Path::new("write"), &source, Path::new(&count), Path::new(kind)])?;
        let bytes = std::fs::metadata(&source)?.len();
        let values = one(options, table, what, folder.path(), &source)?;
        table.note(format!(
            "{what}: a file of {}, {:.2} of what its values take",
            Unit::Bytes.show(bytes as f64),
            bytes as f64 / values,
        ));
    }
    table.note(format!(
        "{images} images of D = 1152 and 27 x 27 tokens, f16, and 20 prompts, LZF, in chunks of 64 images, 4 of \
         tokens; in the page cache; the import is a new container, synced, then read back and compared"
    ));
    table.note(
        "each figure of ours is of a fresh process: user and system time of all its threads in hundredths of a second, \
         memory its VmHWM, mapped pages included; h5py has its start and imports left out",
    );
    table.note(
        "decoding alone allocates and frees a buffer a chunk, and most of its time on gaussian values, which are only \
         copied, is page faults of these: an allocator that keeps memory spares them",
    );
    Ok(())
}

/// Measures a store; returns the bytes of its values.
fn one(
    options: &Options,
    table: &mut Table,
    what: &str,
    folder: &Path,
    source: &Path,
) -> Result<f64> {
    let path = folder.join("store.vsl");
    let [mut cpu, mut kept, mut wall, mut python, mut python_cpu] =
        [(); 5].map(|()| Rounds::default());
    let (mut peak, mut anonymous) = (Vec::new(), Vec::new());
    // Into the page cache.
    let values = spawn("decode", &[source])?.get("bytes")?;
    for round in 0..options.rounds.min(5) {
        let import = || -> Result<_> {
            let report = spawn("import", &[source, &path])?;
            std::fs::remove_file(&path)?;
            Ok(report)
        };
        let early = (round % 2 == 0).then(import).transpose()?;
        let decode = spawn("decode", &[source])?;
        let keeping = spawn_keeping_memory("decode", &[source])?;
        let read = H5_STORE.run(&[Path::new("read"), source])?;
        let ours = early.map_or_else(import, Ok)?;
        cpu.push(ours.get("cpu")?, decode.get("cpu")?);
        kept.push(ours.get("cpu")?, keeping.get("cpu")?);
        wall.push(ours.get("seconds")?, decode.get("seconds")?);
        python.push(ours.get("seconds")?, read.get("seconds")?);
        python_cpu.push(decode.get("cpu")?, read.get("cpu")?);
        peak.push(ours.get("peak")?);
        anonymous.push(ours.anonymous);
    }
    let rows = [
        ("processor time of the import, decoding alone", &cpu, CPU),
        ("processor time of the import, decoding alone that keeps its memory", &kept, Bound::Free),
        ("wall time of the import, decoding alone", &wall, Bound::Free),
        ("wall time of the import, h5py reading all", &python, Bound::Free),
        ("decoding alone, processor time, h5py reading all", &python_cpu, Bound::Free),
    ];
    for (row, rounds, bound) in rows {
        table.compare(&format!("{what}: {row}"), Unit::Seconds, rounds, Ratio::Share, bound);
    }
    let memory = [
        ("peak memory of the import", peak, PEAK),
        ("peak memory of the import that belongs to no file", anonymous, Bound::Free),
    ];
    for (row, bytes, bound) in memory {
        let spread = Spread::of(bytes).ok_or("no round was run")?;
        table.alone(&format!("{what}: {row}"), Unit::Bytes, spread, bound);
    }
    Ok(values)
}

/// What the measured process does: it reads all rows of all datasets, and nothing else.
pub(crate) fn child(source: &Path) -> Result<()> {
    let (seconds, bytes) = timed(|| decode(source))?;
    say("seconds", seconds);
    say("bytes", bytes as f64);
    Ok(())
}

fn decode(source: &Path) -> Result<u64> {
    let file = H5File::open(source)?;
    let (mut buffer, mut bytes) = (Vec::new(), 0_u64);
    for node in file.tree()?.nodes {
        if !matches!(node.kind, NodeKind::Dataset { .. }) {
            continue;
        }
        let dataset = file.dataset(&node.path)?;
        let (mut row, rows) = (0, dataset.row_count());
        if dataset.element() == ElementType::Text {
            while row < rows {
                let texts = dataset.strings(row..row + TEXTS)?;
                bytes += texts.iter().map(|text| text.len() as u64).sum::<u64>();
                row += TEXTS;
            }
            continue;
        }
        let mut reader = dataset.rows()?;
        while row < rows {
            let got = reader.read(row, u64::MAX, &mut buffer)?;
            bytes += black_box(&buffer).len() as u64;
            row += got.max(1);
        }
    }
    Ok(bytes)
}
