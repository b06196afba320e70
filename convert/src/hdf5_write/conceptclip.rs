//! The layout of the ConceptCLIP feature files.
//!
//! Root: `image_features` f16 or f32 `[N, D]`, `image_token_features` f16 or f32 `[N, T, D]`, `ids` and `labels`
//! i64 `[N]`, `split` texts `[N]`, and attributes. Below `templates/<name>` one set of prompts
//! each: `text_features` f32 `[K, D]`, `text_token_features` f32 `[K, T, D]` with a `T` of its own,
//! `texts` `[K]`, and attributes.

use std::path::Path;

use super::attribute::Attribute;
use super::compression::Compression;
use super::error::Hdf5WriteError;
use super::spec::ColumnSpec;
use super::table::Table;
use super::values::{ElementType, Values};
use super::writer::Writer;

/// Rows of a chunk, as the original program chooses them.
const FEATURE_CHUNK_ROWS: u64 = 64;
const TOKEN_CHUNK_ROWS: u64 = 4;
const SCALAR_CHUNK_ROWS: u64 = 4096;
/// `T_txt` of a set of prompts without token features.
const NO_TOKENS: i64 = -1;

/// The sizes of such a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConceptClipShape {
    /// `D`, the length of a feature.
    pub dim: u64,
    /// `T_img`, the tokens of an image; none for a file without `image_token_features`.
    pub image_tokens: Option<u64>,
    /// The type of `image_features`: f16 in the original, or f32.
    pub features: ElementType,
    /// The same of `image_token_features`.
    pub tokens: ElementType,
    /// How chunks are stored; LZF in the original.
    pub compression: Compression,
}

/// Some images, in the same order in every slice.
#[derive(Debug, Clone, Copy)]
pub struct ConceptClipBatch<'a> {
    /// `[n, D]`.
    pub features: Values<'a>,
    /// `[n, T, D]`; given if and only if the file has tokens.
    pub tokens: Option<Values<'a>>,
    /// The original counts from 0.
    pub ids: &'a [i64],
    /// -1 for an image without a label.
    pub labels: &'a [i64],
    /// `train`, `val`, `test` or any other text; the original says `unspecified` where it knows
    /// none.
    pub splits: &'a [&'a str],
}

/// One set of prompts.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a> {
    /// Name of the group, such as `label_prompts_t01`.
    pub name: &'a str,
    /// `D`, at least 1.
    pub dim: u64,
    /// The `K` prompts.
    pub texts: &'a [&'a str],
    /// `[K, D]`.
    pub features: &'a [f32],
    /// `T_txt`, at least 1, and `[K, T_txt, D]`.
    pub tokens: Option<(u64, &'a [f32])>,
    /// SHA-256, in hexadecimal, over every prompt followed by a zero byte.
    pub texts_hash: &'a str,
    /// Time, as `2025-06-09 12:00:00`.
    pub created_at: &'a str,
    /// Further attributes.
    pub attributes: &'a [(&'a str, Attribute<'a>)],
}

/// A ConceptCLIP feature file under construction; see [`Writer`].
pub struct ConceptClipWriter {
    table: Table,
    shape: ConceptClipShape,
    has_templates: bool,
}

impl ConceptClipWriter {
    /// Starts the file beside `path`, with its columns and without attributes.
    pub fn create(path: &Path, shape: ConceptClipShape) -> Result<Self, Hdf5WriteError> {
        let table = Table::with(Writer::create(path)?, &columns(shape))?;
        Ok(Self { table, shape, has_templates: false })
    }

    /// Sets an attribute of the root. The original has `D` and `T_img`, `created_at`, `version`,
    /// and texts of JSON.
    pub fn attribute(&mut self, name: &str, value: Attribute<'_>) -> Result<(), Hdf5WriteError> {
        self.table.writer().attribute("", name, value)
    }

    /// Appends images. Nothing is appended if they are refused.
    pub fn append(&mut self, batch: ConceptClipBatch<'_>) -> Result<(), Hdf5WriteError> {
        let mut values = vec![batch.features];
        values.extend(batch.tokens);
        values.push(Values::I64(batch.ids));
        values.push(Values::I64(batch.labels));
        values.push(Values::Texts(batch.splits));
        self.table.append(&values)
    }

    /// Images appended so far.
    pub fn rows(&self) -> u64 {
        self.table.rows()
    }

    /// Makes the group of templates, which the original has even where it is empty.
    pub fn templates(&mut self) -> Result<(), Hdf5WriteError> {
        if !self.has_templates {
            self.table.writer().group("templates")?;
            self.has_templates = true;
        }
        Ok(())
    }

    /// Writes a set of prompts.
    pub fn template(&mut self, template: &Template<'_>) -> Result<(), Hdf5WriteError> {
        self.templates()?;
        let writer = self.table.writer();
        let group = format!("templates/{}", template.name);
        let prompts = template.texts.len() as u64;
        check_template(&group, template)?;
        writer.group(&group)?;
        let spec = |name: &str, element, tail: &[u64]| {
            let path = format!("{group}/{name}");
            ColumnSpec::rows(&path, element, tail).with_compression(self.shape.compression)
        };
        let features = spec("text_features", ElementType::F32, &[template.dim]);
        writer.whole(&features, Values::F32(template.features))?;
        if let Some((count, tokens)) = template.tokens {
            let spec = spec("text_token_features", ElementType::F32, &[count, template.dim]);
            writer.whole(&spec, Values::F32(tokens))?;
        }
        writer.whole(&spec("texts", ElementType::Text, &[]), Values::Texts(template.texts))?;
        let counted = template.tokens.map_or(Ok(NO_TOKENS), |(count, _)| integer(&group, count))?;
        let attributes = [
            ("K", Attribute::I64(integer(&group, prompts)?)),
            ("D", Attribute::I64(integer(&group, template.dim)?)),
            ("T_txt", Attribute::I64(counted)),
            ("texts_hash", Attribute::Text(template.texts_hash)),
            ("created_at", Attribute::Text(template.created_at)),
        ];
        for (name, value) in attributes.iter().chain(template.attributes) {
            writer.attribute(&group, name, *value)?;
        }
        Ok(())
    }

    /// Completes the file; see [`Writer::finish`].
    pub fn finish(self) -> Result<(), Hdf5WriteError> {
        self.table.finish()
    }
}

fn columns(shape: ConceptClipShape) -> Vec<ColumnSpec> {
    let scalars =
        |name: &str, element| ColumnSpec::scalars(name, element).with_chunk_rows(SCALAR_CHUNK_ROWS);
    let features = ColumnSpec::vectors("image_features", shape.features, shape.dim)
        .with_chunk_rows(FEATURE_CHUNK_ROWS);
    let tokens = shape.image_tokens.map(|tokens| {
        ColumnSpec::rows("image_token_features", shape.tokens, &[tokens, shape.dim])
            .with_chunk_rows(TOKEN_CHUNK_ROWS)
    });
    let ids = scalars("ids", ElementType::I64);
    let labels = scalars("labels", ElementType::I64);
    let split = scalars("split", ElementType::Text);
    std::iter::once(features)
        .chain(tokens)
        .chain([ids, labels, split])
        .map(|spec| spec.with_compression(shape.compression))
        .collect()
}

fn check_template(group: &str, template: &Template<'_>) -> Result<(), Hdf5WriteError> {
    let prompts = template.texts.len() as u64;
    let fits = |values: &[f32], row: Option<u64>| {
        row.and_then(|row| row.checked_mul(prompts)) == Some(values.len() as u64)
    };
    let tokens =
        template.tokens.is_none_or(|(count, tokens)| fits(tokens, count.checked_mul(template.dim)));
    if fits(template.features, Some(template.dim)) && tokens {
        return Ok(());
    }
    let what = format!("{prompts} prompts and arrays of another shape; pass [K, D] and [K, T, D]");
    Err(Hdf5WriteError::refused(group, what))
}

fn integer(object: &str, value: u64) -> Result<i64, Hdf5WriteError> {
    i64::try_from(value).map_err(|_| Hdf5WriteError::refused(object, "a size is too large"))
}
