//! Durable commits: of single images against SQLite, of a thousand against a plain file.

use std::path::Path;

use vesalius::Database;

use crate::Result;
use crate::cohort::{Cohort, FIELD, Subject};
use crate::measure::{Rounds, timed};
use crate::noise::Noise;
use crate::options::Options;
use crate::peers::plain_file::PlainFile;
use crate::peers::sqlite::{Layout, Sqlite};
use crate::table::{Bound, Ratio, Table, Unit};

const DIM: usize = 768;
/// Regions of an image.
const REGIONS: u16 = 10;
/// Single commits of a round: over 16 MiB, so that a checkpoint of ours and several of SQLite's fall
/// into every round.
const SINGLES: u32 = 600;
/// Images of a batch.
const BATCH: u32 = 1000;

/// Unless it is told that there is `fdatasync`, a bundled SQLite uses `fsync`, which costs it more.
const SQLITE_FLAGS: Option<&str> = option_env!("LIBSQLITE3_FLAGS");

/// The features of one image; the same for all, since nobody here looks at them.
struct Content {
    regions: Vec<u16>,
    features: Vec<f32>,
}

impl Content {
    fn new() -> Self {
        let mut features = vec![0.0; usize::from(REGIONS) * DIM];
        Noise::new(3).fill(&mut features);
        Self { regions: (0..REGIONS).collect(), features }
    }

    fn subject(&self) -> Subject<'_> {
        Subject { number: 0, key: "", regions: &self.regions, features: &self.features }
    }
}

fn container(path: &Path) -> Result<Database> {
    let cohort = Cohort { images: 0, dim: DIM, names: 29, present: (REGIONS, REGIONS) };
    Ok(Database::create(path, cohort.definition())?)
}

/// Measures both.
pub(crate) fn measure(options: &Options, table: &mut Table) -> Result<()> {
    singles(options, table)?;
    batches(options, table)
}

fn singles(options: &Options, table: &mut Table) -> Result<()> {
    let folder = options.folder()?;
    let (content, count) = (Content::new(), options.scaled(SINGLES, 5));
    let db = container(&folder.path().join("singles.vsl"))?;
    let layouts = [Layout::BlobPerRegion, Layout::BlobPerImage];
    let mut peers = Vec::new();
    for layout in layouts {
        peers.push(Sqlite::create(&folder.path().join(format!("{layout:?}.sqlite")), layout)?);
    }
    let mut figures = vec![Rounds::default(); peers.len()];
    // The first round warms up: the log and the journals reach their size.
    for round in 0..=options.rounds {
        let keys: Vec<String> = (0..count).map(|n| format!("{round:04}-{n:06}")).collect();
        let mut ours = 0.0;
        let mut theirs = vec![0.0; peers.len()];
        // Places 0.. are the peers, the last is ours; everybody is first in turn.
        for turn in 0..=peers.len() {
            let place = (turn + round) % (peers.len() + 1);
            match (peers.get_mut(place), theirs.get_mut(place)) {
                (Some(peer), Some(seconds)) => {
                    let step = || keys.iter().try_for_each(|key| peer.put(key, &content.subject()));
                    *seconds = timed(step)?.0;
                }
                _ => ours = timed(|| put_each(&db, &keys, &content))?.0,
            }
        }
        if round > 0 {
            for (rounds, theirs) in figures.iter_mut().zip(theirs) {
                rounds.push(ours / count as f64, theirs / count as f64);
            }
        }
    }
    let median = |rounds: &Rounds| rounds.peer().map_or(f64::INFINITY, |spread| spread.median);
    let best = figures.iter().map(median).fold(f64::INFINITY, f64::min);
    for (rounds, layout) in figures.iter().zip(layouts) {
        let faster = median(rounds) <= best;
        let bound = if faster { Bound::AtLeast(1.5) } else { Bound::Free };
        let name = match layout {
            Layout::BlobPerRegion => "a blob for each region",
            Layout::BlobPerImage => "one blob for the image",
        };
        let what = format!("durable commit of one image, SQLite with {name}");
        table.compare(&what, Unit::Seconds, rounds, Ratio::Speedup, bound);
    }
    table.note(format!(
        "an image is {REGIONS} regions of D = {DIM} f32; SQLite {} (compiled with flags {:?}) in WAL \
         mode with synchronous=FULL; \
         a round is {count} commits after one round to warm up; the faster layout of SQLite counts",
        rusqlite::version(),
        SQLITE_FLAGS.unwrap_or_default(),
    ));
    Ok(())
}

fn put_each(db: &Database, keys: &[String], content: &Content) -> Result<()> {
    for key in keys {
        let mut txn = db.begin_write()?;
        txn.put(key)?.regions(FIELD, &content.subject().values())?;
        txn.commit()?;
    }
    Ok(())
}

fn batches(options: &Options, table: &mut Table) -> Result<()> {
    let folder = options.folder()?;
    let (content, count) = (Content::new(), options.scaled(BATCH, 20));
    let bytes = bytemuck::cast_slice(&content.features).repeat(usize::try_from(count)?);
    let db = container(&folder.path().join("batches.vsl"))?;
    let mut file = PlainFile::create(&folder.path().join("plain"))?;
    let mut batch = 0_u64;
    let mut ours = || {
        let keys: Vec<String> = (0..count).map(|n| format!("{batch:04}-{n:06}")).collect();
        batch += 1;
        Ok(timed(|| put_all(&db, &keys, &content))?.0)
    };
    let mut peer = || Ok(timed(|| file.append(&bytes))?.0);
    for _ in 0..2 {
        ours()?;
        peer()?;
    }
    let rounds = Rounds::run(options.rounds.max(2) * 3, ours, peer)?;
    let what = format!("durable batch of {count} images, plain file and fdatasync");
    table.compare(&what, Unit::Seconds, &rounds, Ratio::Speedup, Bound::AtLeast(0.6));
    let size = Unit::Bytes.show(bytes.len() as f64);
    table.note(format!("a batch is {size} of features, which is what the plain file gets"));
    Ok(())
}

fn put_all(db: &Database, keys: &[String], content: &Content) -> Result<()> {
    let mut txn = db.begin_write()?;
    for key in keys {
        txn.put(key)?.regions(FIELD, &content.subject().values())?;
    }
    txn.commit()?;
    Ok(())
}
