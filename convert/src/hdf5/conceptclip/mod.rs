//! The feature store of `ConceptCLIP` programs: one row an image in up to five datasets of the
//! root, text templates below `/templates`, and settings as root attributes, most of them JSON in a
//! text.
//!
//! `image_features [N, D]` has to be there, and `ids [N]` or `image_token_features [N, T, D]`;
//! everything else may be absent. Datasets of unequal length (a writer that died) are read up to
//! the shortest.

mod batch;
mod repeats;
mod splits;
mod template;

pub use batch::{Batch, NO_SPLIT, Progress};
pub use repeats::Repeats;
pub use splits::SplitCounts;
pub use template::Template;

use super::attribute::{Attribute, find};
use super::dataset::Dataset;
use super::element::ElementType;
use super::error::{H5Error, H5ErrorKind};
use super::file::H5File;

/// The datasets of the root, by the names that the format gives them.
pub const COLUMNS: [&str; 5] = ["image_features", "image_token_features", "ids", "labels", "split"];

/// One dataset of the root, as found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, one of [`COLUMNS`].
    pub name: &'static str,
    /// Its number of rows.
    pub rows: u64,
    /// Its element type.
    pub element: ElementType,
}

/// An open `ConceptCLIP` file.
#[derive(Clone, Debug)]
pub struct ConceptClip {
    file: H5File,
    features: Dataset,
    tokens: Option<Dataset>,
    ids: Option<Dataset>,
    labels: Option<Dataset>,
    splits: Option<Dataset>,
    attributes: Vec<Attribute>,
    rows: u64,
    problems: Vec<String>,
}

impl ConceptClip {
    /// Whether the root looks like this layout, by names alone.
    pub fn recognise(file: &H5File) -> bool {
        file.members("/").is_ok_and(|(_, datasets)| {
            let has = |name: &str| datasets.iter().any(|d| d == name);
            has("image_features") && (has("ids") || has("image_token_features"))
        })
    }

    /// Opens the datasets and attributes; no rows are read yet.
    pub fn open(file: &H5File) -> Result<Self, H5Error> {
        Self::open_with(file, None)
    }

    /// Like [`Self::open`] for a damaged file: a dataset or an attribute list that cannot be opened
    /// counts as absent and is named in [`Self::problems`], so do the datasets named in `without`
    /// (not `image_features`), and only the first `rows` rows are read. How many are good, and
    /// which datasets cost the most, says [`super::salvage::examine`].
    pub fn open_damaged(file: &H5File, rows: u64, without: &[&str]) -> Result<Self, H5Error> {
        let mut found = Self::open_with(file, Some(without))?;
        found.rows = found.rows.min(rows);
        Ok(found)
    }

    fn open_with(file: &H5File, without: Option<&[&str]>) -> Result<Self, H5Error> {
        let damaged = without.is_some();
        let lenient = file.lenient();
        let file = if damaged { &lenient } else { file };
        let left_out = |name: &str| without.is_some_and(|names| names.contains(&name));
        let unknown = |what: &str| file.error(H5ErrorKind::Kind, "/", what);
        let features = file.dataset("/image_features").map_err(|error| match error.kind() {
            H5ErrorKind::Missing => unknown("there is no dataset image_features"),
            _ => error,
        })?;
        let features = if damaged { features.lenient() } else { features };
        let mut problems = Vec::new();
        let mut open = |name: &str| match file.dataset(&format!("/{name}")) {
            _ if left_out(name) => Ok(None),
            Ok(dataset) => Ok(Some(if damaged { dataset.lenient() } else { dataset })),
            Err(error) if error.kind() == H5ErrorKind::Missing => Ok(None),
            Err(error) if damaged => {
                problems.push(error.to_string());
                Ok(None)
            }
            Err(error) => Err(error),
        };
        let tokens = open("image_token_features")?;
        let ids = open("ids")?;
        let (labels, splits) = (open("labels")?, open("split")?);
        if ids.is_none() && tokens.is_none() && !damaged {
            return Err(unknown("there is neither ids nor image_token_features"));
        }
        let attributes = match file.attributes("/") {
            Err(error) if damaged => {
                problems.push(error.to_string());
                Vec::new()
            }
            other => other?,
        };
        let mut found = Self {
            file: file.clone(),
            features,
            tokens,
            ids,
            labels,
            splits,
            attributes,
            rows: 0,
            problems,
        };
        found.check()?;
        found.rows = found.columns().iter().map(|c| c.rows).min().unwrap_or(0);
        found.note_problems();
        for (name, missing) in found.missing_chunks()? {
            if missing > 0 {
                let what = format!("{missing} chunks of {name} were never written");
                found.problems.push(what);
            }
        }
        Ok(found)
    }

    /// Refuses shapes that have no meaning here.
    fn check(&self) -> Result<(), H5Error> {
        let float = |d: &Dataset| {
            matches!(d.element(), ElementType::F16 | ElementType::F32 | ElementType::F64)
        };
        let dim = match self.features.shape() {
            [_, dim] if *dim > 0 && float(&self.features) => *dim,
            _ => return Err(self.features.error(H5ErrorKind::Kind, "it is not [N, D] of floats")),
        };
        self.features.check_extent()?;
        if let Some(tokens) = &self.tokens {
            let fits = matches!(tokens.shape(), [_, t, d] if *t > 0 && *d == dim);
            if !fits || !float(tokens) {
                let what = format!("it is not [N, T, {dim}] of floats");
                return Err(tokens.error(H5ErrorKind::Kind, what));
            }
        }
        for column in [&self.ids, &self.labels, &self.splits].into_iter().flatten() {
            if column.shape().len() != 1 {
                return Err(column.error(H5ErrorKind::Kind, "it is not a list of values"));
            }
        }
        Ok(())
    }

    fn note_problems(&mut self) {
        let columns = self.columns();
        if columns.iter().any(|c| c.rows != self.rows) {
            let lengths: Vec<String> =
                columns.iter().map(|c| format!("{} {}", c.name, c.rows)).collect();
            let what = format!("the datasets differ in length: {}", lengths.join(", "));
            self.problems.push(what);
        }
        let shapes = [("D", Some(self.dim())), ("T_img", self.tokens())];
        for (name, stored) in shapes {
            let declared = find(&self.attributes, name).and_then(Attribute::integer);
            let (Some(declared), Some(stored)) = (declared, stored) else { continue };
            if u64::try_from(declared) != Ok(stored) {
                let what = format!("attribute {name} says {declared}, the datasets have {stored}");
                self.problems.push(what);
            }
        }
    }

    /// The file.
    pub fn file(&self) -> &H5File {
        &self.file
    }

    /// The rows that can be read: those that every dataset has.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// D, the length of a feature.
    pub fn dim(&self) -> u64 {
        self.features.shape().get(1).copied().unwrap_or(0)
    }

    /// T, the number of tokens of an image.
    pub fn tokens(&self) -> Option<u64> {
        self.tokens.as_ref()?.shape().get(1).copied()
    }

    /// The side of the grid of tokens, where T is a square.
    pub fn grid_side(&self) -> Option<u64> {
        let tokens = self.tokens()?;
        let side = tokens.isqrt();
        (side * side == tokens).then_some(side)
    }

    /// The element type of `image_features`.
    pub fn feature_type(&self) -> ElementType {
        self.features.element()
    }

    /// The element type of `image_token_features`.
    pub fn token_type(&self) -> Option<ElementType> {
        Some(self.tokens.as_ref()?.element())
    }

    /// The datasets that are there.
    pub fn columns(&self) -> Vec<Column> {
        let column = |(name, dataset): (&'static str, &Dataset)| Column {
            name,
            rows: dataset.row_count(),
            element: dataset.element(),
        };
        self.datasets().map(column).collect()
    }

    /// The datasets that are not there.
    pub fn absent(&self) -> Vec<&'static str> {
        let found = self.columns();
        COLUMNS.into_iter().filter(|name| found.iter().all(|c| c.name != *name)).collect()
    }

    /// Chunks that were never written, by dataset; none in a file that was closed properly.
    pub fn missing_chunks(&self) -> Result<Vec<(&'static str, u64)>, H5Error> {
        self.datasets().map(|(name, dataset)| Ok((name, dataset.missing_chunks()?))).collect()
    }

    fn datasets(&self) -> impl Iterator<Item = (&'static str, &Dataset)> {
        let all = [
            Some(&self.features),
            self.tokens.as_ref(),
            self.ids.as_ref(),
            self.labels.as_ref(),
            self.splits.as_ref(),
        ];
        COLUMNS.into_iter().zip(all).filter_map(|(name, dataset)| Some((name, dataset?)))
    }

    /// The root attributes; [`Attribute::parsed`] reads those that hold JSON.
    pub fn attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// What is odd but readable, in words: unequal lengths, chunks that were never written (their
    /// rows read as zeros, so ask [`super::salvage`]), attributes that contradict the datasets,
    /// and, after [`Self::open_damaged`], what could not be opened.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}
