//! Late interaction: images whose tokens match those of an image or a text.

use super::lookup;
use super::snapshot::Snapshot;
use super::tokens::Tokens;
use crate::container::view::FeatureMatrix;
use crate::error::{Error, Result};
use crate::format::schema::{FieldDef, FieldKind};
use crate::search::kernels::{Kernel, Tier};
use crate::search::late::{self, LateQuery, LateScratch, Match};
use crate::search::top_k::ScoredRow;
use crate::search::{Found, SearchOptions, to_kernel};

impl Tokens<'_> {
    /// `MaxSim`: the sum over the tokens of `query` `[A, D]` of the largest cosine with a token of this image.
    /// The query may be another image's [`Tokens::all`] or a text's [`crate::PromptSetRef::tokens`].
    ///
    /// Exact. `2 * A * T * D` operations at the speed of arithmetic, in blocks, on this thread. It grows with A
    /// and is not symmetric. To rank many images, [`Snapshot::search_max_sim`] packs the query once.
    ///
    /// Error: the dimension is another one.
    pub fn max_sim(&self, query: &FeatureMatrix<'_>) -> Result<f32> {
        let query = late_query(self.field(), query, Kernel::best())?;
        query.max_sim(self.matrix()?, &mut LateScratch::default())
    }

    /// The token of this image that each token of `query` matches best, with the cosine: what the sum of
    /// [`Tokens::max_sim`] is made of.
    pub fn matches(&self, query: &FeatureMatrix<'_>) -> Result<Vec<Match>> {
        let query = late_query(self.field(), query, Kernel::best())?;
        query.matches(self.matrix()?, &mut LateScratch::default())
    }
}

impl Snapshot {
    /// The images with the highest `MaxSim` (see [`Tokens::max_sim`]) with the tokens `query` `[A, D]`, such as
    /// those of a text; ties by row. Exact: every pair of tokens is looked at. The outcome is the same for any
    /// number of threads.
    ///
    /// Of the options `k`, `threshold`, `filter`, `threads` and `tier` are looked at. One pass over the tokens of
    /// all images, `2 * A * D` operations each. Memory O(images + threads * (k + A)).
    ///
    /// ```
    /// use vesalius::{Database, Definition, Field, PromptSet, SearchOptions, storage::MemoryStorage};
    ///
    /// let definition = Definition::new().field(Field::tokens("patches", [1, 1, 2], 2));
    /// let db = Database::create_on(MemoryStorage::new(), definition)?;
    /// let mut txn = db.begin_write()?;
    /// txn.put("a")?.tokens("patches", &[1.0_f32, 0.0, 0.0, 1.0][..])?;
    /// txn.put("b")?.tokens("patches", &[3.0_f32, 4.0, 0.0, -1.0][..])?;
    /// let set = PromptSet::new("words", vec!["a nodule".into()], 2).features(vec![1.0, 0.0]);
    /// txn.set_prompt_set(&set.tokens(vec![1.0, 0.0, 0.0, 2.0]))?;
    /// txn.commit()?;
    ///
    /// let snapshot = db.snapshot()?;
    /// let words = snapshot.prompt_set("words")?.tokens(0)?;
    /// let found = snapshot.search_max_sim("patches", &words, &SearchOptions::new(2))?;
    /// let scores: Vec<_> = found.hits.iter().map(|hit| (hit.row, hit.score)).collect();
    /// assert_eq!(scores, [(0, 2.0), (1, 1.4000001)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn search_max_sim(
        &self,
        field: &str,
        query: &FeatureMatrix<'_>,
        options: &SearchOptions<'_>,
    ) -> Result<Found<ScoredRow>> {
        self.rank(field, query, None, options)
    }

    /// As [`Snapshot::search_max_sim`], for the tokens of an image, which does not find itself.
    pub fn search_max_sim_like(
        &self,
        field: &str,
        key: &str,
        options: &SearchOptions<'_>,
    ) -> Result<Found<ScoredRow>> {
        let image = self.image(key)?;
        let none = || {
            Error::Invalid(format!(
                "image {key:?} has no tokens in field {field:?}; name another one"
            ))
        };
        let tokens = image.tokens(field)?.ok_or_else(none)?;
        self.rank(field, &tokens.all()?, Some(image.row()), options)
    }

    fn rank(
        &self,
        field: &str,
        query: &FeatureMatrix<'_>,
        exclude: Option<u64>,
        options: &SearchOptions<'_>,
    ) -> Result<Found<ScoredRow>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Tokens)?;
        let kernel = options.tier.map_or_else(|| Ok(Kernel::best()), kernel_of)?;
        let query = late_query(def, query, kernel)?;
        late::rank(self.state(), def, &query, exclude, options)
    }
}

/// The kernels of a tier.
pub(super) fn kernel_of(tier: Tier) -> Result<Kernel> {
    let missing = || Error::Unsupported(format!("this machine has no kernels of tier {tier}"));
    Kernel::with_tier(tier).ok_or_else(missing)
}

fn late_query(field: &FieldDef, query: &FeatureMatrix<'_>, kernel: Kernel) -> Result<LateQuery> {
    let (given, dim) = (query.dim(), field.dim as usize);
    let wrong = || Error::WrongDimension { field: field.name.clone(), given, dim };
    let matrix = to_kernel(query).filter(|_| given == dim).ok_or_else(wrong)?;
    LateQuery::new(kernel, matrix)
}
