//! Whether searches by indexes find what plain scans find.

use vesalius::format::{Damage, Rule};
use vesalius::storage::MemoryStorage;
use vesalius::{
    Database, Effort, Error, FieldKind, Found, IndexKind, Metric, Result, ScoredRow, SearchOptions,
    Snapshot,
};

/// Hits that are looked for.
const HITS: usize = 9;

/// Verifies a container, and asks each of its indexes for what it must find. Whether there are any.
///
/// # Errors
///
/// Those of the engine, and [`Error::Invalid`] where an index makes a difference.
pub fn check(db: &Database) -> Result<bool> {
    let report = db.verify(&mut |_, _| true)?;
    // A power cut may tear one superblock.
    let of_more = |problem: &&Damage| problem.rule != Rule::NoSuperblock;
    if let Some(problem) = report.problems.iter().find(of_more) {
        return Err(Error::Invalid(format!("verification: {problem}")));
    }
    let snapshot = db.snapshot()?;
    let indexes = snapshot.indexes(None)?;
    for index in &indexes {
        let metrics = Metric::ALL.into_iter();
        let metrics = metrics.filter(|metric| index.metric.is_none_or(|own| own == *metric));
        for metric in metrics {
            let plain = SearchOptions::new(HITS).metric(metric).codes(false).threads(1);
            let way = match index.kind {
                IndexKind::Exact => by_codes(plain),
                IndexKind::Approximate => plain.approximate(Effort::All),
            };
            for series in all_series(&snapshot, &index.field, index.region.as_deref()) {
                for query in queries(&snapshot, &index.field, metric) {
                    let want = search(&snapshot, &index.field, series, &query, &plain)?;
                    let got = search(&snapshot, &index.field, series, &query, &way)?;
                    if want.hits != got.hits {
                        let (field, kind) = (&index.field, index.kind);
                        let text = format!(
                            "{kind:?} of {field} {series:?} {metric}: {got:?}, not {want:?}"
                        );
                        return Err(Error::Invalid(text));
                    }
                }
            }
        }
    }
    Ok(!indexes.is_empty())
}

/// The options, with codes wherever there are any.
pub fn by_codes(plain: SearchOptions<'_>) -> SearchOptions<'_> {
    SearchOptions { codes_least: Some(0), ..plain.codes(true) }
}

/// Copies a container as a backup does, and checks the copy.
///
/// # Errors
///
/// As [`check`]; [`Error::Invalid`] where the copy lacks an index.
pub fn check_backup(db: &Database) -> Result<()> {
    let medium = MemoryStorage::new();
    let snapshot = db.snapshot()?;
    snapshot.backup_on(medium.clone(), &mut |_, _| true)?;
    let copy = Database::open_on(medium)?;
    check(&copy)?;
    // Codes come with the wish for them, which a build that was cut short has not written yet. Lists of features of
    // which none is left are not carried over.
    let lists = |snapshot: &Snapshot| -> Result<usize> {
        let indexes = snapshot.indexes(None)?.into_iter();
        let lists = indexes.filter(|info| info.kind == IndexKind::Approximate && info.covered > 0);
        Ok(lists.count())
    };
    if lists(&copy.snapshot()?)? < lists(&snapshot)? {
        let (old, new) = (snapshot.indexes(None)?, copy.snapshot()?.indexes(None)?);
        return Err(Error::Invalid(format!("the backup has {new:?} of {old:?}")));
    }
    Ok(())
}

/// The regions of a search by codes are all, one after another; `None` is the vector of an image.
fn all_series(snapshot: &Snapshot, field: &str, region: Option<&str>) -> Vec<Option<u16>> {
    let def = snapshot.schema().fields.iter().find(|def| def.name == field);
    let Some(def) = def.filter(|def| def.kind == FieldKind::Regions) else { return vec![None] };
    let regions = (0_u16..).zip(&def.regions);
    let wanted = regions.filter(|(_, name)| region.is_none_or(|own| own == name.as_str()));
    wanted.map(|(number, _)| Some(number)).take(2).collect()
}

/// A query in the midst of the features, and one on the way to a corner.
fn queries(snapshot: &Snapshot, field: &str, metric: Metric) -> [Vec<f32>; 2] {
    let def = snapshot.schema().fields.iter().find(|def| def.name == field);
    let dim = def.map_or(0, |def| def.dim);
    let by = if metric == Metric::L2 { 20.0 } else { 1.0 };
    let corner = |at: u32| by * f32::from(u8::from(at.is_multiple_of(3)));
    [vec![1.0; dim as usize], (0..dim).map(corner).collect()]
}

/// The hits by a vector field, or by one region.
///
/// # Errors
///
/// Those of the search.
pub fn search(
    snapshot: &Snapshot,
    field: &str,
    region: Option<u16>,
    query: &[f32],
    options: &SearchOptions<'_>,
) -> Result<Found<ScoredRow>> {
    let Some(region) = region else { return snapshot.search_vector(field, query, options) };
    let found = snapshot.search_regions(field, &[(region.into(), query)], None, options)?;
    let hits = found.hits.iter().map(|hit| ScoredRow { score: hit.score, row: hit.row });
    Ok(Found { hits: hits.collect(), matched: found.matched })
}
