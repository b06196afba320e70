//! The class of a feature by the votes of its neighbours.

use std::collections::BTreeMap;

use super::super::exact::rounded;
use super::super::top_k::ScoredRow;
use super::Progress;
use super::classes::Classes;
use super::neighbours::Among;
use super::options::AnalysisOptions;
use crate::container::state::State;
use crate::error::Result;
use crate::format::bitmap::Bitmap;

/// How often the neighbours are right.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accuracy {
    /// Features with a class that were asked about.
    pub images: u64,
    /// Those whose neighbours say the class that they have.
    pub right: u64,
    /// Those without any neighbour.
    pub alone: u64,
    /// Features by (class, what the neighbours say).
    pub confusion: BTreeMap<(u32, u32), u64>,
}

/// What neighbours say of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Predicted {
    /// The row.
    pub row: u64,
    /// The class.
    pub class: u32,
    /// The share of the neighbours that say so, above 0 to 1.
    pub share: f32,
}

impl Accuracy {
    /// The share of the features that are told right; `None` of none.
    pub fn share(&self) -> Option<f64> {
        (self.images > 0).then(|| self.right as f64 / self.images as f64)
    }

    /// Of a class: features that have it, features that are said to, and those that are both.
    pub fn of_class(&self, class: u32) -> (u64, u64, u64) {
        let sum = |fits: &dyn Fn(u32, u32) -> bool| {
            let fitting = self.confusion.iter().filter(|((is, said), _)| fits(*is, *said));
            fitting.map(|(_, count)| count).sum()
        };
        let both = self.confusion.get(&(class, class)).copied().unwrap_or(0);
        (sum(&|is, _| is == class), sum(&|_, said| said == class), both)
    }
}

/// Asks the `k` nearest neighbours of each feature with a class, itself left out, for theirs, and counts how often
/// they are right. Neighbours are features with a class among `references`; without, among those that take part.
///
/// The class of most neighbours wins, of equal ones that of the nearest (Cover and Hart, "Nearest neighbor pattern
/// classification", IEEE Transactions on Information Theory, 1967). Exact; costs what [`super::outliers`] does.
pub fn accuracy(
    among: Among<'_>,
    classes: &Classes,
    k: usize,
    references: Option<&Bitmap>,
    options: &AnalysisOptions<'_>,
    progress: Progress<'_>,
) -> Result<Accuracy> {
    let mut found = Accuracy::default();
    let wanted = |row| classes.get(row).is_some();
    ask(among, classes, k, references, options, progress, wanted, |row, said| {
        let Some(is) = classes.get(row) else { return };
        found.images = found.images.saturating_add(1);
        let Some((said, _)) = said else {
            found.alone = found.alone.saturating_add(1);
            return;
        };
        found.right = found.right.saturating_add(u64::from(is == said));
        let count = found.confusion.entry((is, said)).or_default();
        *count = count.saturating_add(1);
    })?;
    Ok(found)
}

/// Tells the class of each feature without one by its `k` nearest neighbours, by row; see [`accuracy`].
pub fn predict(
    among: Among<'_>,
    classes: &Classes,
    k: usize,
    references: Option<&Bitmap>,
    options: &AnalysisOptions<'_>,
    progress: Progress<'_>,
) -> Result<Vec<Predicted>> {
    let mut found = Vec::new();
    let wanted = |row| classes.get(row).is_none();
    ask(among, classes, k, references, options, progress, wanted, |row, said| {
        found.extend(said.map(|(class, share)| Predicted { row, class, share }));
    })?;
    Ok(found)
}

#[expect(clippy::too_many_arguments, reason = "what two public functions share")]
fn ask(
    among: Among<'_>,
    classes: &Classes,
    k: usize,
    references: Option<&Bitmap>,
    options: &AnalysisOptions<'_>,
    progress: Progress<'_>,
    wanted: impl Fn(u64) -> bool,
    mut each: impl FnMut(u64, Option<(u32, f32)>),
) -> Result<()> {
    let features = options.features(among.state, among.field)?;
    let places: Vec<usize> =
        (0..features.len()).filter(|place| wanted(features.number(*place))).collect();
    let labelled = labelled(among.state, classes, references.or(options.filter));
    among.each(&features, &places, k, (options, Some(&labelled)), progress, |place, hits| {
        each(features.number(place), vote(hits, classes));
    })
}

/// The rows that have a class and are let through.
fn labelled(state: &State, classes: &Classes, filter: Option<&Bitmap>) -> Bitmap {
    let mut rows = Bitmap::new(state.next_row);
    let through = |row: &u64| filter.is_none_or(|filter| filter.get(*row));
    for row in (0..state.next_row).filter(|row| classes.get(*row).is_some()).filter(through) {
        rows.set(row);
    }
    rows
}

/// The class that most say, of equal ones that of the nearest, and the share that say it.
fn vote(hits: &[ScoredRow], classes: &Classes) -> Option<(u32, f32)> {
    // Few classes among the neighbours is the rule, so they are kept in the order in which they come.
    let mut votes: Vec<(u32, u32)> = Vec::new();
    for class in hits.iter().filter_map(|hit| classes.get(hit.row)) {
        match votes.iter_mut().find(|(known, _)| *known == class) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => votes.push((class, 1)),
        }
    }
    let best = votes.iter().copied().reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(class, count)| (class, rounded(f64::from(count) / hits.len() as f64)))
}
