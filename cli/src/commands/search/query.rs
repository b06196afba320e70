//! From the command line to a search.

use std::path::{Path, PathBuf};

use vesalius::search::top_k::TopK;
use vesalius::{FieldDef, FieldKind, Metric, RegionKey, SearchOptions, Snapshot, TokenHit, Work};

use super::answer::{Answer, regions_like};
use super::{Args, text};
use crate::commands::array::Array;
use crate::commands::prompt::Prompt;
use crate::commands::{names, rows};
use crate::{Failure, Result};

/// Hits without a wish.
const K: usize = 10;

/// What to search with.
enum Source<'a> {
    /// What an image has.
    Like(&'a str),
    /// Features `[N, D]`.
    Given(Features),
    /// A text of a prompt set.
    Text(&'a str),
    /// What the command line names, tokens to be found or matched.
    Tokens,
}

/// One feature, and the row of the image that it is of.
pub(super) struct Feature {
    pub(super) values: Vec<f32>,
    pub(super) own: Option<u64>,
}

/// Features from an array file.
struct Features {
    path: PathBuf,
    values: Vec<f32>,
    dim: usize,
}

/// A search, as the command line asks for it.
pub(super) struct Query<'a> {
    pub(super) args: &'a Args,
    /// What its searches did, where --explain asks.
    pub(super) work: Work,
    source: Source<'a>,
    /// In the order of the command line, which is that of the rows of an array.
    wanted: Option<Vec<u16>>,
    weights: Vec<(u16, f64)>,
}

impl<'a> Query<'a> {
    /// Checks what depends on the field only, and reads the array.
    pub(super) fn of(args: &'a Args, field: &FieldDef) -> Result<Self> {
        if field.kind != FieldKind::Regions {
            refuse_region_options(args, field)?;
        }
        let source = match (&args.like, &args.vector, &args.text) {
            _ if field.kind == FieldKind::Tokens => Source::Tokens,
            (Some(key), _, _) => Source::Like(key),
            (None, Some(path), _) => Source::Given(Features::read(path)?),
            (None, None, Some(name)) => Source::Text(name),
            (None, None, None) => {
                return Err(Failure::Message("give --like, --vector, --vectors or --text".into()));
            }
        };
        let wanted = match args.region.as_slice() {
            [] => None,
            texts => Some(names::regions(field, texts)?),
        };
        let weights = args.weight.iter().map(|text| weight(field, text));
        let weights = weights.collect::<Result<_>>()?;
        Ok(Self { args, work: Work::new(), source, wanted, weights })
    }

    /// Searches for images.
    pub(super) fn run(&self, snapshot: &Snapshot, field: &FieldDef) -> Result<Answer> {
        self.with_options(snapshot, |options| self.search(snapshot, field, options))
    }

    /// Whether all hits are asked for, however many, of a search that can hand them out.
    pub(super) fn is_for_all(&self, field: &FieldDef) -> bool {
        let Args { k, threshold, way, .. } = self.args;
        k.is_none()
            && threshold.is_some()
            && way.effort().is_none()
            && field.kind == FieldKind::Vector
    }

    /// What a vector field is searched with.
    pub(super) fn feature(&self, snapshot: &Snapshot, field: &FieldDef) -> Result<Feature> {
        let (values, own) = match &self.source {
            Source::Like(key) => {
                let (image, mut values) = (snapshot.image(key)?, Vec::new());
                let none = || {
                    let name = &field.name;
                    Failure::Message(format!("image {key:?} has no value in field {name:?}"))
                };
                image.vector(&field.name)?.ok_or_else(none)?.extend_f32(0, &mut values);
                (values, Some(image.row()))
            }
            Source::Given(given) => (given.alone()?.to_vec(), None),
            Source::Text(name) => {
                let probe = Prompt::find(snapshot, name, field)?;
                let probe = probe.probe(field, self.args.field.is_some())?;
                (probe.feature().to_vec(), None)
            }
            Source::Tokens => return Err(Failure::Message("tokens have no one feature".into())),
        };
        Ok(Feature { values, own })
    }

    /// Searches for tokens.
    pub(super) fn tokens<'s>(
        &self,
        snapshot: &'s Snapshot,
        field: &FieldDef,
    ) -> Result<Vec<TokenHit<'s>>> {
        self.with_options(snapshot, |options| text::tokens(snapshot, field, self.args, options))
    }

    pub(super) fn with_options<T>(
        &self,
        snapshot: &Snapshot,
        search: impl FnOnce(&SearchOptions<'_>) -> Result<T>,
    ) -> Result<T> {
        let filter = match &self.args.predicate {
            Some(source) => Some(rows::selected(snapshot, Some(source))?),
            None => None,
        };
        let options = SearchOptions {
            k: self.args.k.unwrap_or(self.args.k_without_wish(snapshot)),
            threshold: self.args.threshold,
            // A text is compared by the cosine unless the user says otherwise.
            metric: self.args.metric.or(self.args.text.is_some().then_some(Metric::Cosine)),
            filter: filter.as_ref(),
            threads: self.args.threads,
            min_shared: self.args.min_shared.unwrap_or(1),
            weights: Some(&self.weights),
            missing_penalty: self.args.missing_penalty.unwrap_or(0.0),
            explain: self.args.explain,
            work: self.args.explain.then_some(&self.work),
            ..SearchOptions::default()
        };
        search(&self.args.way.options(options))
    }

    fn search(
        &self,
        snapshot: &Snapshot,
        field: &FieldDef,
        options: &SearchOptions<'_>,
    ) -> Result<Answer> {
        let (name, wanted) = (&field.name, self.wanted.as_deref());
        Ok(match (field.kind, &self.source) {
            (FieldKind::Vector, Source::Like(key)) => {
                Answer::of_vectors(snapshot.search_vector_like(name, key, options)?)
            }
            (FieldKind::Vector, Source::Given(given)) => {
                Answer::of_vectors(snapshot.search_vector(name, given.alone()?, options)?)
            }
            (_, Source::Text(name)) => text::vectors(snapshot, field, name, self.args, options)?,
            (_, Source::Tokens) => text::late(snapshot, field, self.args, options)?,
            (_, Source::Like(key)) => regions_like(snapshot, field, key, wanted, options)?,
            (_, Source::Given(given)) => {
                let features = given.by_region(field, wanted)?;
                let mut regions: Vec<u16> = features.iter().map(|(region, _)| *region).collect();
                regions.sort_unstable();
                let features: Vec<_> =
                    features.iter().map(|(region, f)| (RegionKey::Index(*region), *f)).collect();
                let found = snapshot.search_regions(name, &features, None, options)?;
                Answer::of_regions(found, regions)
            }
        })
    }
}

impl Args {
    /// Hits where the user does not say how many: with a threshold all, as far as they can be held.
    pub(super) fn k_without_wish(&self, snapshot: &Snapshot) -> usize {
        let images = usize::try_from(snapshot.len()).unwrap_or(usize::MAX);
        if self.threshold.is_some() { images.min(TopK::MAX_K) } else { K }
    }
}

/// Options that would be passed over in silence.
pub(super) fn refuse_region_options(args: &Args, field: &FieldDef) -> Result<()> {
    let given = [
        ("--region", !args.region.is_empty()),
        ("--all-regions", args.all_regions),
        ("--min-shared", args.min_shared.is_some()),
        ("--weight", !args.weight.is_empty()),
        ("--missing-penalty", args.missing_penalty.is_some()),
        ("--explain", args.explain && field.kind != FieldKind::Vector),
    ];
    match given.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(Failure::Message(format!(
            "{option} is for regions, field {:?} is of kind {}",
            field.name, field.kind
        ))),
    }
}

fn weight(field: &FieldDef, text: &str) -> Result<(u16, f64)> {
    let parsed =
        text.rsplit_once('=').and_then(|(name, weight)| Some((name, weight.parse().ok()?)));
    let (name, weight) = parsed.ok_or_else(|| {
        Failure::Message(format!("weight {text:?} is not of the form REGION=NUMBER"))
    })?;
    Ok((names::region(field, name)?, weight))
}

impl Features {
    fn read(path: &Path) -> Result<Self> {
        let array = Array::read(path)?;
        let ([dim] | [_, dim]) = *array.shape else { return Err(array.wrong("[D] or [N, D]")) };
        let dim = usize::try_from(dim).unwrap_or(usize::MAX);
        Ok(Self { path: path.to_owned(), values: array.values, dim })
    }

    fn rows(&self) -> usize {
        self.values.len().checked_div(self.dim).unwrap_or(0)
    }

    /// The one feature.
    fn alone(&self) -> Result<&[f32]> {
        if self.rows() == 1 { Ok(&self.values) } else { Err(self.wrong_rows(1)) }
    }

    /// A feature for each region that is asked for, or for all regions of the field.
    fn by_region(&self, field: &FieldDef, wanted: Option<&[u16]>) -> Result<Vec<(u16, &[f32])>> {
        let expected = wanted.map_or(field.regions.len(), <[u16]>::len);
        if self.rows() != expected {
            return Err(self.wrong_rows(expected));
        }
        let regions: Vec<u16> = match wanted {
            Some(wanted) => wanted.to_vec(),
            None => (0..=u16::MAX).take(expected).collect(),
        };
        let features = self.values.chunks_exact(self.dim.max(1));
        Ok(regions.into_iter().zip(features).collect())
    }

    fn wrong_rows(&self, expected: usize) -> Failure {
        Failure::Message(format!(
            "{}: has {} features of {} values, the query needs {expected}; name the regions with --region",
            self.path.display(),
            self.rows(),
            self.dim
        ))
    }
}
