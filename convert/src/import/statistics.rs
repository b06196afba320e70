//! Counting what an import sees.

use super::item::Item;

/// Counts over images.
#[derive(Clone, Debug, Default)]
pub(super) struct Statistics {
    pub(super) images: u64,
    pub(super) regions: u64,
    pub(super) fewest: Option<u64>,
    pub(super) most: u64,
    /// Images by region of the source.
    pub(super) detected: Vec<u64>,
}

impl Statistics {
    pub(super) fn new(regions: usize) -> Self {
        Self { detected: vec![0; regions], ..Self::default() }
    }

    pub(super) fn add(&mut self, item: &Item<'_>) {
        let count = u64::try_from(item.parts.len()).unwrap_or(u64::MAX);
        self.images = self.images.saturating_add(1);
        self.regions = self.regions.saturating_add(count);
        self.fewest = Some(self.fewest.map_or(count, |fewest| fewest.min(count)));
        self.most = self.most.max(count);
        for part in item.parts {
            if let Some(detected) = self.detected.get_mut(part.region) {
                *detected = detected.saturating_add(1);
            }
        }
    }
}
