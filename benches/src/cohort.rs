//! Made-up images whose regions have made-up features, the same in every run.

use std::path::Path;

use vesalius::{Database, Definition, Field, RegionValue, WriteTxn};

use crate::Result;
use crate::noise::Noise;

/// The regions field of the containers made here.
pub(crate) const FIELD: &str = "regions";

/// Images of one transaction.
const BATCH: u64 = 20_000;

/// How many images, and of what kind.
#[derive(Clone, Debug)]
pub(crate) struct Cohort {
    /// Images.
    pub(crate) images: u64,
    /// Values of a feature.
    pub(crate) dim: usize,
    /// Named regions of the field.
    pub(crate) names: u16,
    /// Least and most regions of an image, each number as likely.
    pub(crate) present: (u16, u16),
}

/// One image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// Its place, from 0.
    pub(crate) number: u64,
    /// Its key.
    pub(crate) key: &'a str,
    /// Its regions, ascending.
    pub(crate) regions: &'a [u16],
    /// `[regions, dim]`.
    pub(crate) features: &'a [f32],
}

impl Cohort {
    /// The key of an image.
    pub(crate) fn key(number: u64) -> String {
        format!("image-{number:08}")
    }

    /// The name of a region.
    pub(crate) fn name(region: u16) -> String {
        format!("region-{region:02}")
    }

    /// All names.
    pub(crate) fn names(&self) -> Vec<String> {
        (0..self.names).map(Self::name).collect()
    }

    /// Calls `each` with every image.
    pub(crate) fn for_each(&self, mut each: impl FnMut(Subject<'_>) -> Result<()>) -> Result<()> {
        let mut noise = Noise::new(2);
        let (mut order, mut features) = (Vec::new(), Vec::new());
        let (least, most) = self.present;
        for number in 0..self.images {
            let count = u64::from(least) + noise.below(u64::from(most - least) + 1);
            let count = usize::try_from(count)?;
            order.clear();
            order.extend(0..self.names);
            for place in 0..count {
                let left = (order.len() - place) as u64;
                order.swap(place, place + usize::try_from(noise.below(left))?);
            }
            order.truncate(count);
            order.sort_unstable();
            features.resize(count * self.dim, 0.0);
            noise.fill(&mut features);
            let key = Self::key(number);
            each(Subject { number, key: &key, regions: &order, features: &features })?;
        }
        Ok(())
    }

    /// The definition of a container for it.
    pub(crate) fn definition(&self) -> Definition {
        Definition::new().field(Field::regions(FIELD, self.dim, self.names()))
    }

    /// Writes it into a new container, in bulk transactions.
    pub(crate) fn write_container(&self, path: &Path) -> Result<()> {
        let db = Database::create(path, self.definition())?;
        let mut open: Option<WriteTxn<'_>> = None;
        self.for_each(|subject| {
            if subject.number % BATCH == 0 {
                // Only one transaction can be open.
                open.take().map_or(Ok(()), WriteTxn::commit)?;
                open = Some(db.begin_write()?);
            }
            if let Some(txn) = &mut open {
                txn.put(subject.key)?.regions(FIELD, &subject.values())?;
            }
            Ok(())
        })?;
        open.map_or(Ok(()), WriteTxn::commit)?;
        db.close()?;
        Ok(())
    }
}

impl<'a> Subject<'a> {
    /// Each region with its feature `[dim]`.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (u16, &'a [f32])> + use<'a> {
        let dim = self.features.len() / self.regions.len().max(1);
        self.regions.iter().copied().zip(self.features.chunks(dim.max(1)))
    }

    /// What a transaction takes.
    pub(crate) fn values(&self) -> Vec<RegionValue<'a>> {
        self.pairs().map(|(region, feature)| RegionValue::new(region, feature)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Cohort;

    #[test]
    fn regions_are_distinct_and_within_bounds() {
        let cohort = Cohort { images: 200, dim: 3, names: 29, present: (5, 15) };
        let (mut counts, mut images) = (std::collections::BTreeSet::new(), 0);
        cohort
            .for_each(|subject| {
                assert!(subject.regions.is_sorted_by(|a, b| a < b));
                assert!(subject.regions.iter().all(|&region| region < 29));
                assert_eq!(subject.features.len(), subject.regions.len() * 3);
                counts.insert(subject.regions.len());
                images += 1;
                Ok(())
            })
            .unwrap();
        assert_eq!(images, 200);
        assert!(counts.into_iter().eq(5..=15));
    }
}
