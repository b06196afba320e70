//! How much each text of a prompt set is in each image.

mod options;
mod prompts;
mod scores;

pub use options::ConceptOptions;
pub use scores::ConceptScores;

use super::lookup;
use super::snapshot::Snapshot;
use crate::error::Result;
use crate::format::bitmap::Bitmap;
use crate::format::schema::{FieldDef, FieldKind};
use crate::search::Found;
use crate::search::concepts::{Concepts, Label, OfImages};
use crate::search::top_k::ScoredRow;
use prompts::Prompts;

/// Texts made ready to be asked about in a vector field.
///
/// The score of an image is `scale * cosine + bias` with the constants of the prompt set, or those of the
/// caller. Exact, the same for any number of threads and on any machine; the cosine with a zero vector is 0.
/// Questions take the rows that are asked about: without, all that have a value.
#[derive(Clone, Debug)]
pub struct ConceptQuery<'s> {
    snapshot: &'s Snapshot,
    field: &'s FieldDef,
    texts: Vec<&'s str>,
    unknown: Vec<String>,
    concepts: Concepts,
    threads: usize,
}

impl Snapshot {
    /// Makes the texts of a prompt set ready to be asked about in a vector field. Several sets are *templates*:
    /// other phrasings of the same concepts in the same order, which are averaged as the options say.
    ///
    /// ```
    /// use vesalius::{ConceptOptions, Database, Definition, Dtype, Field, PromptSet, storage::MemoryStorage};
    ///
    /// let definition = Definition::new().field(Field::vector("features", 2).dtype(Dtype::F32));
    /// let db = Database::create_on(MemoryStorage::new(), definition)?;
    /// let mut txn = db.begin_write()?;
    /// txn.put("case-1")?.vector("features", &[0.6, 0.8])?;
    /// txn.put("case-2")?.vector("features", &[1.0, 0.0])?;
    /// let texts = vec!["a nodule".into(), "no finding".into()];
    /// let set = PromptSet::new("labels", texts, 2).features(vec![1.0, 0.0, 0.0, 1.0]);
    /// txn.set_prompt_set(&set.logit_bias(-1.0))?;
    /// txn.commit()?;
    ///
    /// let snapshot = db.snapshot()?;
    /// let query = snapshot.concepts("features", &["labels"], &ConceptOptions::default())?;
    /// let scores = query.scores(None)?;
    /// assert_eq!(scores.row(0), Some(&[-0.39999998, -0.19999999][..]));
    /// let labels = query.labels(None)?;
    /// let labels: Vec<_> = labels.iter().filter_map(|label| query.text(label.concept?)).collect();
    /// assert_eq!(labels, ["no finding", "a nodule"]);
    /// let nodules = &query.top(1, None, None)?[0];
    /// assert_eq!(snapshot.image_at(nodules.hits[0].row)?.map(|image| image.key()).transpose()?, Some("case-2"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Errors: no such field or set; [`crate::Error::PromptMismatch`] when a set has another dimension or names
    /// another field; templates that differ in their number of texts, or in constants that the options do not
    /// give; none of the texts asked for is there.
    pub fn concepts(
        &self,
        field: &str,
        sets: &[&str],
        options: &ConceptOptions<'_>,
    ) -> Result<ConceptQuery<'_>> {
        let def = lookup::field_of_kind(self.schema(), field, FieldKind::Vector)?;
        let sets = sets.iter().map(|name| self.prompt_set(name)).collect::<Result<Vec<_>>>()?;
        let prompts = Prompts::of(&sets, def, options)?;
        let concepts = prompts.concepts(options)?;
        let Prompts { texts, unknown, .. } = prompts;
        let threads = options.threads;
        Ok(ConceptQuery { snapshot: self, field: def, texts, unknown, concepts, threads })
    }

    /// The rows of some images, for questions about them. Error: an image is not there.
    pub fn rows_of_keys<'k>(&self, keys: impl IntoIterator<Item = &'k str>) -> Result<Bitmap> {
        let mut rows = Bitmap::new(self.next_row());
        for key in keys {
            rows.set(self.image(key)?.row());
        }
        Ok(rows)
    }
}

impl<'s> ConceptQuery<'s> {
    /// Number of concepts, K.
    pub fn count(&self) -> usize {
        self.concepts.count()
    }

    /// The texts: of several sets, those of the first one.
    pub fn texts(&self) -> &[&'s str] {
        &self.texts
    }

    /// The text at a place.
    pub fn text(&self, place: usize) -> Option<&'s str> {
        self.texts.get(place).copied()
    }

    /// Texts that were asked for and are not in the set.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    /// Hands out rows and their scores `[N, K]`, block by block in the order of storage, until told to stop.
    /// Rows ascend within a block; between blocks they may not, where images were replaced.
    ///
    /// One pass over the vectors, `2 * K * D` operations each. Memory: a few million scores, whatever the number
    /// of images.
    pub fn for_each_block(
        &self,
        rows: Option<&Bitmap>,
        each: impl FnMut(&[u64], &[f32]) -> Result<bool>,
    ) -> Result<()> {
        self.of_images(rows).blocks(each)
    }

    /// All scores, by row. Memory: 4 bytes a score; for very many images take [`ConceptQuery::for_each_block`].
    pub fn scores(&self, rows: Option<&Bitmap>) -> Result<ConceptScores> {
        let mut all = ConceptScores::new(self.count());
        if rows.is_none() {
            (all.rows, all.scores) = self.of_images(None).collect()?;
        } else {
            self.for_each_block(rows, |rows, scores| {
                all.extend(rows, scores);
                Ok(true)
            })?;
        }
        all.sort();
        Ok(all)
    }

    /// The best concept of each image with its probability, by row.
    pub fn labels(&self, rows: Option<&Bitmap>) -> Result<Vec<Label>> {
        self.of_images(rows).labels()
    }

    /// For each concept the `k` images of the highest score, ties by row, and how many reach `threshold`.
    pub fn top(
        &self,
        k: usize,
        threshold: Option<f32>,
        rows: Option<&Bitmap>,
    ) -> Result<Vec<Found<ScoredRow>>> {
        self.of_images(rows).top(k, threshold)
    }

    fn of_images<'a>(&'a self, filter: Option<&'a Bitmap>) -> OfImages<'a> {
        let (state, threads) = (self.snapshot.state(), self.threads);
        OfImages { state, field: self.field, concepts: &self.concepts, filter, threads }
    }
}
