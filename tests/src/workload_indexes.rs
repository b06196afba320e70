//! Steps of workloads that build and drop indexes.

use vesalius::storage::sim::SplitMix64;
use vesalius::{Database, Error, IndexKind, IndexOptions, Metric, Result};

/// What is done to the indexes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexStep {
    /// Codes of a field.
    Exact {
        /// Of the regions instead of the vectors.
        regions: bool,
    },
    /// Lists of the vectors, or of the features of a region.
    Approximate {
        /// The region.
        region: Option<u16>,
        /// What they serve.
        metric: Metric,
    },
    /// All indexes of a field, or those of a kind, go.
    Drop {
        /// Of the regions instead of the vectors.
        regions: bool,
        /// The kind.
        kind: Option<IndexKind>,
    },
}

/// Chooses a step.
pub fn next(rng: &mut SplitMix64) -> IndexStep {
    let regions = rng.chance(50);
    match rng.below(8) {
        0..3 => IndexStep::Exact { regions },
        3..7 => {
            let region = if regions { Some(0) } else { None };
            let metrics = Metric::ALL;
            let metric = metrics.get(rng.below(metrics.len())).copied().unwrap_or(Metric::L2);
            IndexStep::Approximate { region, metric }
        }
        _ => {
            let kinds = [None, Some(IndexKind::Exact), Some(IndexKind::Approximate)];
            IndexStep::Drop { regions, kind: kinds.get(rng.below(3)).copied().flatten() }
        }
    }
}

/// Does a step. Lists of no features are none.
pub fn apply(db: &Database, step: IndexStep) -> Result<()> {
    let (field, options) = match step {
        IndexStep::Exact { regions } => (field(regions), IndexOptions::exact()),
        IndexStep::Approximate { region, metric } => {
            let options = IndexOptions::approximate().lists(3).metric(metric).threads(1);
            let options = region.map_or(options, |region| options.region(region));
            (field(region.is_some()), options)
        }
        IndexStep::Drop { regions, kind } => {
            return db.drop_index(field(regions), kind).map(drop);
        }
    };
    match db.build_index(field, &options, &mut |_, _| true) {
        Err(Error::Invalid(_)) => Ok(()),
        other => other,
    }
}

fn field(regions: bool) -> &'static str {
    if regions { "regions" } else { "vector" }
}
