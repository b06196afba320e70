//! Prompt sets: named lists of texts with their features.

use super::extent::Extent;
use super::group::{GroupDesc, Layout};
use super::limits::{DIM_MAX, GROUP_ENTRIES_MAX, JSON_BYTES_MAX, PROMPTS_MAX};
use super::reader::Reader;
use super::schema::Schema;
use super::writer::Writer;
use super::{Damage, Rule};

/// Fewest encoded bytes of a [`PromptSetDef`].
pub const PROMPT_SET_BYTES_MIN: u64 = 113;

/// Flag: the set has a `logit_scale`.
const HAS_SCALE: u32 = 1;
/// Flag: the set has a `logit_bias`.
const HAS_BIAS: u32 = 2;

/// What the manifest and the log say of a prompt set.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptSetDef {
    /// Name, unique among prompt sets.
    pub name: String,
    /// Milliseconds since 1970 (UTC) when it was made.
    pub created_ms: u64,
    /// K: texts, at least 1.
    pub count: u32,
    /// D: values of a feature.
    pub dim: u32,
    /// T: token features of a text; zero when it has none.
    pub tokens: u32,
    /// Column of the field of the same embedding space, or zero.
    pub field: u32,
    /// As the model has it: similarities are multiplied by its exponential.
    pub logit_scale: Option<f64>,
    /// Added to the scaled similarities.
    pub logit_bias: Option<f64>,
    /// SHA-256 of the texts, a NUL behind each.
    pub texts_sha256: [u8; 32],
    /// Anything else, as JSON text; empty for nothing.
    pub attributes: String,
    /// Texts and features: a row group of layout prompts.
    pub data: Extent,
}

impl PromptSetDef {
    /// Appends the record.
    pub fn encode(&self, w: &mut Writer) {
        w.text(&self.name);
        w.u64(self.created_ms);
        w.u32(self.count);
        w.u32(self.dim);
        w.u32(self.tokens);
        w.u32(self.field);
        let scale = if self.logit_scale.is_some() { HAS_SCALE } else { 0 };
        let bias = if self.logit_bias.is_some() { HAS_BIAS } else { 0 };
        w.u32(scale | bias);
        w.u32(0);
        w.f64(self.logit_scale.unwrap_or(0.0));
        w.f64(self.logit_bias.unwrap_or(0.0));
        w.raw(&self.texts_sha256);
        w.text(&self.attributes);
        self.data.encode(w);
    }

    /// Reads and checks a record in a file of `file_len` bytes.
    pub fn decode(r: &mut Reader<'_>, file_len: u64) -> Result<Self, Damage> {
        let before = r.limits(Rule::PromptSet);
        let set = Self::decode_parts(r, file_len);
        r.limits(before);
        set
    }

    fn decode_parts(r: &mut Reader<'_>, file_len: u64) -> Result<Self, Damage> {
        let at = r.offset();
        let bad = |what: &str| Damage::new(Rule::PromptSet, at, what);
        let (name, created_ms) = (r.name()?, r.u64()?);
        let (count, dim, tokens, field) = (r.u32()?, r.u32()?, r.u32()?, r.u32()?);
        let flags = r.u32()?;
        if flags & !(HAS_SCALE | HAS_BIAS) != 0 {
            return Err(Damage::new(Rule::Reserved, at, "unknown flags of a prompt set"));
        }
        r.zeros(4)?;
        let (scale, bias) = (r.f64()?, r.f64()?);
        let is_there = |flag: u32, value: f64| (flags & flag != 0).then_some(value);
        let (logit_scale, logit_bias) = (is_there(HAS_SCALE, scale), is_there(HAS_BIAS, bias));
        let constant_ok = |stated: Option<f64>, value: f64| match stated {
            Some(value) => value.is_finite(),
            None => value.to_bits() == 0,
        };
        if !constant_ok(logit_scale, scale) || !constant_ok(logit_bias, bias) {
            return Err(bad("a constant of a prompt set is not finite, or there without its flag"));
        }
        let total = u64::from(count).checked_mul(u64::from(tokens));
        let counts_ok = (1..=PROMPTS_MAX).contains(&u64::from(count))
            && (1..=DIM_MAX).contains(&u64::from(dim))
            && total.is_some_and(|total| total <= GROUP_ENTRIES_MAX);
        if !counts_ok {
            return Err(bad("texts, dimension or tokens of a prompt set are not possible"));
        }
        let mut texts_sha256 = [0; 32];
        texts_sha256.copy_from_slice(r.take(32)?);
        let attributes = r.text(JSON_BYTES_MAX)?;
        let data = Extent::decode(r, file_len)?;
        if data.is_none() {
            return Err(Damage::new(Rule::ExtentBounds, at, "a prompt set has no extent"));
        }
        Ok(Self {
            name,
            created_ms,
            count,
            dim,
            tokens,
            field,
            logit_scale,
            logit_bias,
            texts_sha256,
            attributes,
            data,
        })
    }

    /// Checks that the field, if it names one, has features of the same dimension.
    pub fn check_field(&self, schema: &Schema, at: u64) -> Result<(), Damage> {
        let field = schema.fields.iter().find(|field| field.column == self.field);
        if self.field == 0 || field.is_some_and(|field| field.dim == self.dim) {
            return Ok(());
        }
        let text = format!("prompt set {:?} names no field of its dimension", self.name);
        Err(Damage::new(Rule::PromptSet, at, text))
    }

    /// The description of its data as a row group: its texts are the rows.
    pub fn describe(&self) -> GroupDesc {
        let count = u64::from(self.count);
        GroupDesc {
            id: 0,
            column: 0,
            layout: Layout::Prompts,
            inline: false,
            count,
            first_row: 0,
            last_row: count.saturating_sub(1),
            total: count.saturating_mul(u64::from(self.tokens)),
            data: self.data,
            bulk: Extent::default(),
            dead_count: 0,
            dead: Extent::default(),
        }
    }
}
