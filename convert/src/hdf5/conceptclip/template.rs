//! Text templates: prompts for labels or concepts, and their features.

use super::super::attribute::{Attribute, find};
use super::super::dataset::Dataset;
use super::super::element::ElementType;
use super::super::error::{H5Error, H5ErrorKind};
use super::super::limits;
use super::ConceptClip;

/// One group below `/templates`.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// The name of the group.
    pub name: String,
    /// K texts; empty where the file has none.
    pub texts: Vec<String>,
    /// `[K, D]`; values of two bytes are widened, which loses nothing.
    pub features: Vec<f32>,
    /// `[K, D]` in numbers.
    pub shape: (u64, u64),
    /// `[K, T, D]`, where present; T differs between templates.
    pub tokens: Option<Vec<f32>>,
    /// T, where there are tokens.
    pub token_count: Option<u64>,
    /// The attributes of the group.
    pub attributes: Vec<Attribute>,
    /// The attribute `texts_hash`.
    pub stored_hash: Option<String>,
    /// SHA-256 of the texts, each followed by a zero byte, in hexadecimal.
    pub computed_hash: String,
}

impl Template {
    /// Whether the stored hash is there and is not that of the texts.
    pub fn hash_differs(&self) -> bool {
        self.stored_hash.as_ref().is_some_and(|stored| *stored != self.computed_hash)
    }
}

impl ConceptClip {
    /// The names of the templates, sorted; empty where there is no group of them.
    pub fn template_names(&self) -> Result<Vec<String>, H5Error> {
        let names = match self.file.members("/templates") {
            Err(error) if error.kind() == H5ErrorKind::Missing => return Ok(Vec::new()),
            other => other?.0,
        };
        if names.len() > limits::MAX_TEMPLATES {
            let what = format!("more than {} templates", limits::MAX_TEMPLATES);
            return Err(self.file.error(H5ErrorKind::Limit, "/templates", what));
        }
        Ok(names)
    }

    /// Reads one template whole; each of its arrays is at most `limits::MAX_TEMPLATE_BYTES`.
    pub fn template(&self, name: &str) -> Result<Template, H5Error> {
        let group = format!("/templates/{name}");
        let attributes = self.file.attributes(&group)?;
        let open = |dataset: &str| match self.file.dataset(&format!("{group}/{dataset}")) {
            Err(error) if error.kind() == H5ErrorKind::Missing => Ok(None),
            other => other.map(Some),
        };
        let features = self.file.dataset(&format!("{group}/text_features"))?;
        let [k, d] = *features.shape() else {
            return Err(features.error(H5ErrorKind::Kind, "it is not [K, D]"));
        };
        let tokens = open("text_token_features")?;
        let token_count = match tokens.as_ref().map(Dataset::shape) {
            None => None,
            Some([n, t, dim]) if *n == k && *dim == d => Some(*t),
            Some(_) => {
                let dataset = tokens.as_ref().unwrap_or(&features);
                let what = format!("it is not [{k}, T, {d}]");
                return Err(dataset.error(H5ErrorKind::Kind, what));
            }
        };
        let texts = match open("texts")? {
            Some(texts) if texts.shape() == [k] => texts.strings(0..k)?,
            Some(texts) => {
                return Err(
                    texts.error(H5ErrorKind::Kind, format!("it is not a list of {k} texts"))
                );
            }
            None => Vec::new(),
        };
        let stored_hash = find(&attributes, "texts_hash").and_then(|a| a.text.clone());
        Ok(Template {
            name: name.to_owned(),
            features: floats(&features)?,
            shape: (k, d),
            tokens: tokens.as_ref().map(floats).transpose()?,
            token_count,
            computed_hash: hash(&texts),
            texts,
            attributes,
            stored_hash,
        })
    }
}

fn hash(texts: &[String]) -> String {
    let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('?');
    let hash = vesalius::texts_sha256(texts.iter().map(String::as_str));
    hash.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// The whole dataset as `f32`. Doubles are refused: narrowing would lose bits.
fn floats(dataset: &Dataset) -> Result<Vec<f32>, H5Error> {
    let size = match dataset.element() {
        ElementType::F16 => 2,
        ElementType::F32 => 4,
        other => {
            let what = format!("its elements are {}, not f2 or f4", other.name());
            return Err(dataset.error(H5ErrorKind::Kind, what));
        }
    };
    let bytes = (dataset.row_bytes() as u64).checked_mul(dataset.row_count());
    if bytes.is_none_or(|n| n > limits::MAX_TEMPLATE_BYTES) {
        let what = format!("a template array of more than {} bytes", limits::MAX_TEMPLATE_BYTES);
        return Err(dataset.error(H5ErrorKind::Limit, what));
    }
    let (mut rows, mut bytes, mut values) = (dataset.rows()?, Vec::new(), Vec::new());
    let mut row = 0;
    while row < dataset.row_count() {
        let got = rows.read(row, u64::MAX, &mut bytes)?;
        values.extend(bytes.chunks_exact(size).map(narrow));
        row += got.max(1);
    }
    Ok(values)
}

/// Two or four bytes as `f32`, both exactly: the bits of a NaN of four bytes are kept.
fn narrow(bytes: &[u8]) -> f32 {
    if let Ok(four) = <[u8; 4]>::try_from(bytes) {
        return f32::from_le_bytes(four);
    }
    <[u8; 2]>::try_from(bytes).map_or(0.0, |two| half::f16::from_le_bytes(two).to_f32())
}
