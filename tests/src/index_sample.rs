//! A small container with indexes of every kind, where their parts lie, and every way to ask it.

use std::ops::Range;
use std::sync::OnceLock;

use vesalius::format::index::IndexHeader;
use vesalius::storage::MemoryStorage;
use vesalius::storage::sim::SplitMix64;
use vesalius::{
    CompactOptions, Database, DefaultMetric, Definition, Dtype, Effort, Field, IndexOptions,
    Metric, RegionValue, Result, SearchOptions, Snapshot,
};

use crate::indexes::{by_codes, search};
use crate::vectors::surgery::{Patient, at};

/// Elements of a vector, and of a feature of a region.
const DIMS: [usize; 2] = [5, 3];
/// The series of the container: a field and one of its regions.
const SERIES: [(&str, Option<u16>); 2] = [("vector", None), ("regions", Some(0))];

/// A container in memory, and the headers and sections of its indexes as places in it.
#[derive(Debug)]
pub struct IndexSample {
    /// The file.
    pub bytes: Vec<u8>,
    /// Of each index the header with its table, then the sections that are not empty.
    pub parts: Vec<Range<usize>>,
}

/// Codes of vectors and of regions, lists for each metric, with features that are dead, features that are in no list
/// and features that came later.
pub fn index_sample() -> &'static IndexSample {
    static SAMPLE: OnceLock<IndexSample> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let bytes = made().unwrap_or_default();
        let patient = Patient { bytes };
        let mut parts = Vec::new();
        for index in patient.manifest().indexes.iter().filter(|index| !index.data.is_none()) {
            let start = at(index.data.offset());
            let data = patient.data(index.data);
            let Ok(header) = IndexHeader::decode(&data, index.data.len, 0) else { continue };
            parts.push(start..start + at(IndexHeader::encoded_len(header.sections.len())));
            for section in header.sections.iter().filter(|section| section.len > 0) {
                let first = start + at(section.offset);
                parts.push(first..first + at(section.len));
            }
        }
        IndexSample { bytes: patient.bytes, parts }
    })
}

fn made() -> Result<Vec<u8>> {
    let medium = MemoryStorage::new();
    let [vector, regions] = [("vector", DIMS[0]), ("regions", DIMS[1])];
    let definition = Definition::new()
        .field(Field::vector(vector.0, vector.1).dtype(Dtype::F16).metric(DefaultMetric::L2))
        .field(Field::regions(regions.0, regions.1, ["a", "b"]));
    let db = Database::create_on(medium.clone(), definition)?;
    let mut rng = SplitMix64::new(5);
    put(&db, &mut rng, 0..80)?;
    for (field, _) in SERIES {
        db.build_index(field, &IndexOptions::exact(), &mut |_, _| true)?;
    }
    let lists = IndexOptions::approximate().lists(3).threads(1);
    for metric in [Metric::L2, Metric::InnerProduct] {
        db.build_index("vector", &lists.metric(metric), &mut |_, _| true)?;
    }
    let of_region = lists.metric(Metric::Cosine).region("a");
    db.build_index("regions", &of_region, &mut |_, _| true)?;
    put(&db, &mut rng, 80..110)?;
    let mut txn = db.begin_write()?;
    for number in (0..80).step_by(9) {
        txn.delete(&format!("image {number}"))?;
    }
    txn.commit()?;
    db.checkpoint()?;
    put(&db, &mut rng, 105..114)?;
    db.close()?;
    Ok(medium.snapshot_bytes())
}

fn put(db: &Database, rng: &mut SplitMix64, numbers: Range<usize>) -> Result<()> {
    let mut txn = db.begin_write()?;
    for number in numbers {
        let mut feature = |dim: usize| -> Vec<f32> {
            (0..dim).map(|_| rng.below(64) as f32 / 8.0 - 4.0).collect()
        };
        let (vector, a, b) = (feature(DIMS[0]), feature(DIMS[1]), feature(DIMS[1]));
        let image = txn.upsert(&format!("image {number}"))?.vector("vector", &vector)?;
        image.regions("regions", &[RegionValue::new("a", &a), RegionValue::new("b", &b)])?;
    }
    txn.commit()
}

/// Goes through all lists; with `whole` they must find what a plain scan finds.
fn compare(snapshot: &Snapshot, whole: bool) -> Result<()> {
    for ((field, region), dim) in SERIES.into_iter().zip(DIMS) {
        for metric in Metric::ALL {
            let plain = SearchOptions::new(7).metric(metric).codes(false).threads(1);
            let want = search(snapshot, field, region, &query(dim), &plain)?;
            let all = search(snapshot, field, region, &query(dim), &plain.approximate(Effort::All));
            let same = || all.is_ok_and(|found| found.hits == want.hits);
            assert!(!whole || same(), "{field} {metric}");
        }
    }
    Ok(())
}

fn query(dim: usize) -> Vec<f32> {
    (0..dim).map(|place| place as f32 - 1.5).collect()
}

/// Asks codes in every way, and lists for parts.
fn ask(snapshot: &Snapshot) -> Result<()> {
    drop(snapshot.indexes(None));
    let mut filter = snapshot.rows()?;
    (0..filter.len()).filter(|row| row % 3 == 0).for_each(|row| filter.clear(row));
    for ((field, region), dim) in SERIES.into_iter().zip(DIMS) {
        let query = query(dim);
        for metric in Metric::ALL {
            let plain = SearchOptions::new(7).metric(metric).threads(1);
            let coded = by_codes(plain);
            let two = [query.clone(), query.clone()];
            drop(search(snapshot, field, region, &query, &coded.threshold(0.5)));
            drop(snapshot.search_batch(
                field,
                region.map(Into::into),
                &two,
                &coded,
                &mut |_, _| true,
            ));
            drop(search(snapshot, field, region, &query, &plain.approximate(Effort::Recall(0.9))));
            let part = plain.approximate(Effort::Lists(2)).filter(&filter);
            drop(search(snapshot, field, region, &query, &part));
        }
    }
    Ok(())
}

/// Opens a container, asks its indexes in every way, and where it verifies as sound compares what lists find that are
/// gone through as a whole with what a plain scan finds. Then makes it carry its indexes over to merged and to
/// renumbered rows, and does so again. Whether it was sound.
///
/// # Errors
///
/// Those of the engine.
pub fn open_and_ask(bytes: Vec<u8>) -> Result<bool> {
    let medium = MemoryStorage::from_bytes(bytes);
    let db = Database::open_on(medium)?;
    let whole = db.verify(&mut |_, _| true)?.is_ok();
    compare(&db.snapshot()?, whole)?;
    ask(&db.snapshot()?)?;
    let mut rng = SplitMix64::new(6);
    put(&db, &mut rng, 110..119)?;
    db.checkpoint()?;
    compare(&db.snapshot()?, whole)?;
    db.compact(CompactOptions::new(), &mut |_, _| true)?;
    compare(&db.snapshot()?, whole)?;
    Ok(whole)
}
