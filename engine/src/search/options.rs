//! What a search may be told.

use super::kernels::{Kernel, Tier};
use super::lists::Effort;
use super::similarity::Metric;
use super::top_k::TopK;
use super::work::Work;
use crate::error::{Error, Result};
use crate::format::bitmap::Bitmap;
use crate::format::schema::{DefaultMetric, FieldDef};

/// The options of an exact search.
///
/// `weights`, `min_shared`, `missing_penalty` and `explain` concern regions; a search of vectors does not
/// look at them.
#[derive(Clone, Copy, Debug)]
pub struct SearchOptions<'a> {
    /// Most hits, at most [`TopK::MAX_K`]; 0 counts matches only.
    pub k: usize,
    /// A hit scores at least this much (cosine, inner product), or is at most this far (l2).
    pub threshold: Option<f32>,
    /// The metric; without, that of the field.
    pub metric: Option<Metric>,
    /// Rows that may be hits; without, all. Rows beyond its length may not.
    pub filter: Option<&'a Bitmap>,
    /// Threads; 0 leaves it to the engine. The outcome is the same.
    pub threads: usize,
    /// Kernels of this tier; without, the fastest that the machine has. The outcome is the same.
    pub tier: Option<Tier>,
    /// An image that shares fewer regions with the query is no hit. 0 means 1.
    pub min_shared: u32,
    /// Weights of regions, by index; of those not named, 1.
    pub weights: Option<&'a [(u16, f64)]>,
    /// How much it costs an image to lack regions of the query: from 0, nothing, to 1. See
    /// [`crate::search::regions`].
    pub missing_penalty: f64,
    /// Whether each hit brings the score of each region.
    pub explain: bool,
    /// How far an approximate search goes; without, the search is exact. Where there are no lists for the field and the
    /// metric, it is exact all the same.
    pub effort: Option<Effort>,
    /// Whether codes may be used where there are any. The outcome is the same.
    pub codes: bool,
    /// What counts the work.
    pub work: Option<&'a Work>,
    /// Row groups with fewer bytes of features than this are searched without their codes; without, what pays on
    /// usual machines. For tests: the outcome is the same.
    #[doc(hidden)]
    pub codes_least: Option<u64>,
}

impl Default for SearchOptions<'_> {
    /// The ten best under the metric of the field.
    fn default() -> Self {
        Self {
            k: 10,
            threshold: None,
            metric: None,
            filter: None,
            threads: 0,
            tier: None,
            min_shared: 1,
            weights: None,
            missing_penalty: 0.0,
            explain: false,
            effort: None,
            codes: true,
            work: None,
            codes_least: None,
        }
    }
}

impl<'a> SearchOptions<'a> {
    /// The `k` best under the metric of the field.
    pub fn new(k: usize) -> Self {
        Self { k, ..Self::default() }
    }

    /// Sets [`SearchOptions::threshold`].
    #[must_use]
    pub fn threshold(self, threshold: f32) -> Self {
        Self { threshold: Some(threshold), ..self }
    }

    /// Sets [`SearchOptions::metric`].
    #[must_use]
    pub fn metric(self, metric: Metric) -> Self {
        Self { metric: Some(metric), ..self }
    }

    /// Sets [`SearchOptions::filter`].
    #[must_use]
    pub fn filter(self, filter: &'a Bitmap) -> Self {
        Self { filter: Some(filter), ..self }
    }

    /// Sets [`SearchOptions::threads`].
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads, ..self }
    }

    /// Sets [`SearchOptions::tier`].
    #[must_use]
    pub fn tier(self, tier: Tier) -> Self {
        Self { tier: Some(tier), ..self }
    }

    /// Sets [`SearchOptions::min_shared`].
    #[must_use]
    pub fn min_shared(self, min_shared: u32) -> Self {
        Self { min_shared, ..self }
    }

    /// Sets [`SearchOptions::weights`].
    #[must_use]
    pub fn weights(self, weights: &'a [(u16, f64)]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    /// Sets [`SearchOptions::missing_penalty`].
    #[must_use]
    pub fn missing_penalty(self, missing_penalty: f64) -> Self {
        Self { missing_penalty, ..self }
    }

    /// Sets [`SearchOptions::explain`].
    #[must_use]
    pub fn explain(self, explain: bool) -> Self {
        Self { explain, ..self }
    }

    /// Sets [`SearchOptions::effort`].
    #[must_use]
    pub fn approximate(self, effort: Effort) -> Self {
        Self { effort: Some(effort), ..self }
    }

    /// Sets [`SearchOptions::codes`].
    #[must_use]
    pub fn codes(self, codes: bool) -> Self {
        Self { codes, ..self }
    }

    /// Sets [`SearchOptions::work`].
    #[must_use]
    pub fn counting(self, work: &'a Work) -> Self {
        Self { work: Some(work), ..self }
    }

    /// The metric for a field.
    pub(crate) fn metric_for(&self, field: &FieldDef) -> Metric {
        self.metric.unwrap_or(match field.metric {
            DefaultMetric::Cosine => Metric::Cosine,
            DefaultMetric::InnerProduct => Metric::InnerProduct,
            DefaultMetric::L2 => Metric::L2,
        })
    }

    /// The kernels.
    pub(super) fn kernel(&self) -> Result<Kernel> {
        let Some(tier) = self.tier else { return Ok(Kernel::best()) };
        let missing = || Error::Unsupported(format!("this machine has no kernels of tier {tier}"));
        Kernel::with_tier(tier).ok_or_else(missing)
    }

    /// Checks what can be checked without a field.
    pub(super) fn check(&self) -> Result<()> {
        if self.k > TopK::MAX_K {
            let (value, limit) = (self.k as u64, TopK::MAX_K as u64);
            return Err(Error::Limit { what: "hits of a search", value, limit });
        }
        if self.threshold.is_some_and(f32::is_nan) {
            return Err(Error::Invalid("the threshold is NaN; give a number".into()));
        }
        if let Some(Effort::Recall(recall)) = self.effort
            && !(0.0..=1.0).contains(&recall)
        {
            return Err(Error::Invalid(format!("a recall of {recall} is not within 0 to 1")));
        }
        if !(0.0..=1.0).contains(&self.missing_penalty) {
            let text = format!("missing_penalty is {}, not within 0 to 1", self.missing_penalty);
            return Err(Error::Invalid(text));
        }
        Ok(())
    }
}
