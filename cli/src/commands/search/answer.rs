//! What a search found, whatever kind of field was searched.

use vesalius::{FieldDef, Found, Hit as RegionsHit, RegionKey, ScoredRow, SearchOptions, Snapshot};

use crate::Result;

/// The hits of a search, best first.
pub(crate) struct Answer {
    /// As many as were asked for.
    pub(crate) hits: Vec<Hit>,
    /// How many there would be without a limit.
    pub(crate) matched: u64,
    /// The regions that were compared: those of the query that were asked for. None for vectors.
    pub(crate) regions: Option<Vec<u16>>,
}

/// An image that was found.
pub(crate) struct Hit {
    /// Its row.
    pub(crate) row: u64,
    /// Its score.
    pub(crate) score: f32,
    /// Regions shared with the query; none for vectors.
    pub(crate) shared: Option<u32>,
    /// Region, score and weight of what is behind the score, when that was asked for.
    pub(crate) parts: Vec<(u16, f32, f64)>,
}

impl From<RegionsHit> for Hit {
    fn from(hit: RegionsHit) -> Self {
        let parts = hit.regions.iter().map(|part| (part.region, part.score, part.weight));
        Self { row: hit.row, score: hit.score, shared: Some(hit.shared), parts: parts.collect() }
    }
}

impl From<ScoredRow> for Hit {
    fn from(hit: ScoredRow) -> Self {
        Self { row: hit.row, score: hit.score, shared: None, parts: Vec::new() }
    }
}

impl Answer {
    /// Of a search by vectors.
    pub(super) fn of_vectors(found: Found<ScoredRow>) -> Self {
        let hits = found.hits.into_iter().map(Hit::from).collect();
        Self { hits, matched: found.matched, regions: None }
    }

    /// Of a search by these regions.
    pub(super) fn of_regions(found: Found<RegionsHit>, regions: Vec<u16>) -> Self {
        let hits = found.hits.into_iter().map(Hit::from).collect();
        Self { hits, matched: found.matched, regions: Some(regions) }
    }
}

/// Searches a regions field by an image, which does not find itself; `wanted` narrows it to those regions.
pub(crate) fn regions_like(
    snapshot: &Snapshot,
    field: &FieldDef,
    key: &str,
    wanted: Option<&[u16]>,
    options: &SearchOptions<'_>,
) -> Result<Answer> {
    let only = wanted.map(region_keys);
    let found = snapshot.search_regions_like(&field.name, key, only.as_deref(), options)?;
    let has = snapshot.image(key)?.regions(&field.name)?.unwrap_or_default();
    let has = has.iter().map(|region| region.index);
    let compared = has.filter(|region| wanted.is_none_or(|wanted| wanted.contains(region)));
    Ok(Answer::of_regions(found, compared.collect()))
}

/// Regions as the engine wants them named.
fn region_keys(regions: &[u16]) -> Vec<RegionKey<'static>> {
    regions.iter().map(|region| RegionKey::Index(*region)).collect()
}
