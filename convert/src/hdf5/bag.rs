//! Bags of patch features, as slide programs in the manner of CLAM write them: `features [n, D]`
//! (or `[1, n, D]`) and `coords [n, 2]`, one file a slide.

use super::attribute::Attribute;
use super::dataset::Dataset;
use super::element::ElementType;
use super::error::{H5Error, H5ErrorKind};
use super::file::H5File;

/// An open bag.
#[derive(Clone, Debug)]
pub struct Bag {
    features: Dataset,
    coords: Option<Dataset>,
    rows: u64,
    problems: Vec<String>,
}

/// Consecutive patches.
#[derive(Debug)]
pub struct BagBatch<'a> {
    /// The number of the first patch.
    pub first: u64,
    /// `[patches, D]`, little-endian values of the element type.
    pub features: &'a [u8],
    /// One corner a patch, x and y as stored; empty where the file has none.
    pub coords: Vec<[i64; 2]>,
    /// The number of patches.
    pub rows: u64,
}

impl Bag {
    /// Whether the root has a dataset `features`, by name alone.
    pub fn recognise(file: &H5File) -> bool {
        file.members("/").is_ok_and(|(_, names)| names.iter().any(|n| n == "features"))
    }

    /// Opens the datasets; no rows are read yet.
    pub fn open(file: &H5File) -> Result<Self, H5Error> {
        let features = two_axes(file.dataset("/features")?)?;
        let float =
            matches!(features.element(), ElementType::F16 | ElementType::F32 | ElementType::F64);
        if !float {
            let what = format!("its elements are {}, not floats", features.element().name());
            return Err(features.error(H5ErrorKind::Kind, what));
        }
        features.check_extent()?;
        let coords = match file.dataset("/coords") {
            Ok(coords) => Some(two_axes(coords)?),
            Err(error) if error.kind() == H5ErrorKind::Missing => None,
            Err(error) => return Err(error),
        };
        let mut rows = features.row_count();
        let mut problems = Vec::new();
        if let Some(coords) = &coords {
            if coords.shape().get(1) != Some(&2) {
                return Err(coords.error(H5ErrorKind::Kind, "it is not [n, 2]"));
            }
            if coords.row_count() != rows {
                let other = coords.row_count();
                problems.push(format!("features has {rows} rows, coords has {other}"));
                rows = rows.min(other);
            }
        }
        Ok(Self { features, coords, rows, problems })
    }

    /// The patches that can be read: those that both datasets have.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// D, the length of a feature.
    pub fn dim(&self) -> u64 {
        self.features.shape().get(1).copied().unwrap_or(0)
    }

    /// The element type of the features.
    pub fn feature_type(&self) -> ElementType {
        self.features.element()
    }

    /// Whether there are coordinates.
    pub fn has_coords(&self) -> bool {
        self.coords.is_some()
    }

    /// The attributes of `coords`, where patch size and level stand.
    pub fn coord_attributes(&self) -> Result<Vec<Attribute>, H5Error> {
        self.coords.as_ref().map_or_else(|| Ok(Vec::new()), Dataset::attributes)
    }

    /// What is odd but readable, in words.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Hands out the patches from `from` to the end, at most `max_rows` at a time, until `each`
    /// answers false. Returns the patch after the last one handed out.
    pub fn for_each_batch<E: From<H5Error>>(
        &self,
        from: u64,
        max_rows: u64,
        mut each: impl FnMut(&BagBatch<'_>) -> Result<bool, E>,
    ) -> Result<u64, E> {
        let (mut rows, mut bytes) = (self.features.rows()?, Vec::new());
        let most = max_rows.clamp(1, super::limits::MAX_COLUMN_ELEMENTS / 2);
        let mut row = from;
        while row < self.rows {
            let got = rows.read(row, most.min(self.rows - row), &mut bytes)?.max(1);
            let coords = match &self.coords {
                Some(coords) => coords.integers(row..row + got)?,
                None => Vec::new(),
            };
            let pairs = coords.chunks_exact(2).filter_map(|c| c.try_into().ok());
            let batch =
                BagBatch { first: row, features: &bytes, coords: pairs.collect(), rows: got };
            row += got;
            if !each(&batch)? {
                break;
            }
        }
        Ok(row)
    }
}

/// `[n, m]` as it is, `[1, n, m]` without its first axis; anything else is refused.
fn two_axes(dataset: Dataset) -> Result<Dataset, H5Error> {
    let found = match dataset.shape() {
        [_, _] => return Ok(dataset),
        [1, _, _] => dataset.without_unit_axis(),
        _ => None,
    };
    found.ok_or_else(|| dataset.error(H5ErrorKind::Kind, "it is neither [n, D] nor [1, n, D]"))
}
