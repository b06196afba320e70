//! Classes of rows, and their means.

use super::super::exact::rounded;
use super::super::parallel;
use super::options::AnalysisOptions;
use super::source::{Source, filled};
use crate::container::state::State;
use crate::error::Result;
use crate::format::schema::FieldDef;
use crate::search::similarity::Metric;

/// Features that are read at once for a mean.
const AT_ONCE: usize = 64;

/// The class of each row, numbered from 0.
#[derive(Clone, Debug, Default)]
pub struct Classes {
    by_row: Vec<u32>,
    count: usize,
}

impl Classes {
    /// The number for rows of no class.
    pub const NONE: u32 = u32::MAX;

    /// `count` classes, by row; numbers from `count` on are none.
    pub fn new(by_row: Vec<u32>, count: usize) -> Self {
        Self { by_row, count }
    }

    /// Number of classes.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The class of a row.
    pub fn get(&self, row: u64) -> Option<u32> {
        let class = self.by_row.get(usize::try_from(row).ok()?).copied()?;
        (class as usize).lt(&self.count).then_some(class)
    }
}

/// The means of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassMeans {
    /// The means `[C, D]`; zeros for a class without features.
    pub centroids: Vec<f32>,
    /// Features of each class.
    pub sizes: Vec<u64>,
}

/// The mean feature of each class; by cosine, of features at length 1. One pass; sums in f64.
pub fn class_means(
    state: &State,
    field: &FieldDef,
    classes: &Classes,
    options: &AnalysisOptions<'_>,
) -> Result<ClassMeans> {
    let features = options.features(state, field)?;
    let unit = options.metric_for(field) == Metric::Cosine;
    let source = Source::new(&features, unit, options.threads);
    let of = |place| classes.get(features.number(place)).unwrap_or(Classes::NONE);
    let of: Vec<u32> = (0..features.len()).map(of).collect();
    means(&source, &of, classes.count())
}

/// The means of features by the class of each, in their order.
pub(super) fn means(source: &Source<'_>, classes: &[u32], count: usize) -> Result<ClassMeans> {
    let mut members = filled(Vec::<u32>::new(), count)?;
    for (place, class) in (0_u32..).zip(classes) {
        if let Some(members) = members.get_mut(*class as usize) {
            members.push(place);
        }
    }
    let dim = source.dim();
    let found = parallel::map(source.threads, count, |class| {
        let members = members.get(class).map_or(&[][..], Vec::as_slice);
        let (mut sums, mut rows) = (filled(0.0_f64, dim)?, Vec::new());
        for some in members.chunks(AT_ONCE) {
            source.gather(some.iter().map(|place| *place as usize), &mut rows)?;
            for row in rows.chunks_exact(dim) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += f64::from(*value));
            }
        }
        let count = members.len().max(1) as f64;
        Ok(sums.into_iter().map(|sum| rounded(sum / count)).collect::<Vec<f32>>())
    })?;
    let sizes = members.iter().map(|members| members.len() as u64).collect();
    Ok(ClassMeans { centroids: found.concat(), sizes })
}
