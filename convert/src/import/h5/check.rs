//! Reading back what was committed.

use std::path::Path;

use crc32fast::Hasher;
use vesalius::{Database, FeatureMatrix, PromptSetRef, Snapshot, Value};

use super::fields::Target;
use super::rows::Kind;
use crate::error::ConvertError;
use crate::import::typing;

/// Bytes that are read back through one handle: with it goes the memory of its map.
const VIEW_BYTES: usize = 64 << 20;

/// What the container has to hold for an image.
pub(super) struct Check {
    pub(super) key: String,
    pub(super) attributes: Vec<(&'static str, Value)>,
    /// By field; `None` where it has no value, or nothing is checked.
    pub(super) sums: Vec<Option<u32>>,
}

/// What the container has to hold for a prompt set.
pub(in crate::import) struct PromptCheck {
    pub(in crate::import) name: String,
    pub(super) texts: [u8; 32],
    /// Of features, then tokens.
    pub(super) sum: u32,
}

impl PromptCheck {
    pub(in crate::import) fn new(
        name: &str,
        texts: &[String],
        features: &[f32],
        tokens: &[f32],
    ) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(bytemuck::cast_slice(features));
        hasher.update(bytemuck::cast_slice(tokens));
        let texts = vesalius::texts_sha256(texts.iter().map(String::as_str));
        Self { name: name.to_owned(), texts, sum: hasher.finalize() }
    }
}

/// Compares by checksum.
pub(super) struct Checker<'a> {
    file: &'a Path,
    pub(super) images: Vec<Check>,
    pub(super) prompts: Vec<PromptCheck>,
    /// Images compared so far.
    pub(super) rows: u64,
}

impl<'a> Checker<'a> {
    pub(super) fn new(file: &'a Path) -> Self {
        Self { file, images: Vec::new(), prompts: Vec::new(), rows: 0 }
    }

    /// Compares what waits for it.
    pub(super) fn run(&mut self, targets: &[Target]) -> Result<(), ConvertError> {
        let (images, prompts) =
            (std::mem::take(&mut self.images), std::mem::take(&mut self.prompts));
        if images.is_empty() && prompts.is_empty() {
            return Ok(());
        }
        // A handle of its own, opened anew: what it sees comes from the file.
        let mut view = self.open()?;
        for check in &prompts {
            compare_prompts(check, view.prompt_set(&check.name)?)?;
        }
        let mut bytes = 0_usize;
        for check in &images {
            if bytes >= VIEW_BYTES {
                (view, bytes) = (self.open()?, 0);
            }
            bytes = bytes.saturating_add(compare(&view, check, targets)?);
            self.rows = self.rows.saturating_add(1);
        }
        Ok(())
    }

    fn open(&self) -> Result<Snapshot, ConvertError> {
        Ok(Database::open_read_only(self.file)?.snapshot()?)
    }
}

/// Returns the bytes that were read.
fn compare(view: &Snapshot, check: &Check, targets: &[Target]) -> Result<usize, ConvertError> {
    let image = view.find(&check.key)?.ok_or_else(|| mismatch(&check.key, "is missing"))?;
    for (name, value) in &check.attributes {
        if !image.attribute(name)?.is_some_and(|stored| typing::same(&stored, value)) {
            return Err(mismatch(&check.key, &format!("attribute {name:?} differs")));
        }
    }
    let mut bytes = 0_usize;
    for (target, sum) in targets.iter().zip(&check.sums) {
        let Some(sum) = sum else { continue };
        let stored = match target.kind {
            Kind::Vector => image.vector(&target.name)?,
            Kind::Tokens(_) => {
                image.tokens(&target.name)?.map(|tokens| tokens.all()).transpose()?
            }
        };
        let what = || mismatch(&check.key, &format!("its value in {:?} differs", target.name));
        let mut hasher = Hasher::new();
        let stored = stored.ok_or_else(what)?;
        bytes = bytes.saturating_add(hash(&mut hasher, &stored));
        if hasher.finalize() != *sum {
            return Err(what());
        }
    }
    Ok(bytes)
}

/// Compares a prompt set with what it was.
pub(in crate::import) fn compare_prompts(
    check: &PromptCheck,
    stored: PromptSetRef<'_>,
) -> Result<(), ConvertError> {
    let mut hasher = Hasher::new();
    hash(&mut hasher, &stored.features()?);
    if stored.tokens_of_text() > 0 {
        for text in 0..stored.len() {
            hash(&mut hasher, &stored.tokens(text)?);
        }
    }
    if hasher.finalize() == check.sum && stored.texts_sha256() == check.texts {
        return Ok(());
    }
    Err(ConvertError::Refused(format!(
        "prompt set {:?} in the container is not what the source holds; \
         run `vesalius verify` on it and check memory and disk",
        check.name
    )))
}

fn hash(hasher: &mut Hasher, stored: &FeatureMatrix<'_>) -> usize {
    let mut bytes = 0_usize;
    for place in 0..stored.len() {
        let row = stored.row_bytes(place).unwrap_or_default();
        hasher.update(row);
        bytes = bytes.saturating_add(row.len());
    }
    bytes
}

fn mismatch(key: &str, what: &str) -> ConvertError {
    ConvertError::Mismatch { image: key.to_owned(), region: None, what: what.to_owned() }
}
