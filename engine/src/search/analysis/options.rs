//! What every question may be told.

use super::super::duplicates::{DuplicateOptions, Features};
use super::super::kernels::{Kernel, Tier};
use super::super::options::SearchOptions;
use super::super::similarity::Metric;
use crate::container::state::State;
use crate::error::Result;
use crate::format::bitmap::Bitmap;
use crate::format::schema::FieldDef;

/// Which features take part, and how they are compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct AnalysisOptions<'a> {
    /// The region, by index, in a regions field.
    pub region: Option<u16>,
    /// Rows that take part; without, all. Rows beyond its length do not.
    pub filter: Option<&'a Bitmap>,
    /// The metric; without, that of the field.
    pub metric: Option<Metric>,
    /// Threads; 0 leaves it to the engine. The outcome is the same.
    pub threads: usize,
    /// Kernels of this tier; without, the fastest that the machine has. The outcome is the same.
    pub tier: Option<Tier>,
}

impl<'a> AnalysisOptions<'a> {
    /// All features, by the metric of the field.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets [`AnalysisOptions::region`].
    #[must_use]
    pub fn region(self, region: u16) -> Self {
        Self { region: Some(region), ..self }
    }

    /// Sets [`AnalysisOptions::filter`].
    #[must_use]
    pub fn filter(self, filter: &'a Bitmap) -> Self {
        Self { filter: Some(filter), ..self }
    }

    /// Sets [`AnalysisOptions::metric`].
    #[must_use]
    pub fn metric(self, metric: Metric) -> Self {
        Self { metric: Some(metric), ..self }
    }

    /// Sets [`AnalysisOptions::threads`].
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Sets [`AnalysisOptions::tier`].
    #[must_use]
    pub fn tier(self, tier: Tier) -> Self {
        Self { tier: Some(tier), ..self }
    }

    /// The features that take part, by row. One pass over them.
    pub(super) fn features<'s>(
        &self,
        state: &'s State,
        field: &'s FieldDef,
    ) -> Result<Features<'s>> {
        let (region, filter) = (self.region, self.filter);
        let options = DuplicateOptions { region, filter, ..DuplicateOptions::default() };
        Features::new(state, field, &options, None, false)
    }

    /// The options of a search for the `k` best.
    pub(super) fn search(&self, k: usize) -> SearchOptions<'a> {
        let (metric, threads, tier) = (self.metric, self.threads, self.tier);
        SearchOptions { metric, threads, tier, ..SearchOptions::new(k) }
    }

    pub(super) fn metric_for(&self, field: &FieldDef) -> Metric {
        self.search(0).metric_for(field)
    }

    pub(super) fn kernel(&self) -> Result<Kernel> {
        self.search(0).kernel()
    }
}
