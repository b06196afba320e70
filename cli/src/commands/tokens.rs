//! Tokens in the commands that read.

use std::path::Path;

use serde_json::{Value, json};
use vesalius::{FieldDef, FieldKind, GridMapping, Image, Snapshot, Tokens};
use vesalius_convert::npy::{NpyWriter, Scalar};

use crate::output::{Out, bytes, count};
use crate::{Failure, Result};

/// The shape of the tokens of an image in a field: `1 x 27 x 27 x 1152`.
pub(super) fn shape_text(field: &FieldDef) -> String {
    let grid = field.grid.map(|side| if side == 0 { "?".to_owned() } else { side.to_string() });
    match field.grid {
        [0, 0, 0] => format!("T x {}", field.dim),
        [0, 0, tokens] => format!("{tokens} x {}", field.dim),
        [0, ..] => format!("{} x {} x {}", grid[1], grid[2], field.dim),
        _ => format!("{} x {}", grid.join(" x "), field.dim),
    }
}

/// What a tokens field holds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Total {
    /// Images that have tokens.
    pub(super) images: u64,
    /// Tokens of all images, and the fewest and the most of one.
    pub(super) tokens: u64,
    pub(super) fewest: u64,
    pub(super) most: u64,
    /// Bytes of their values.
    pub(super) bytes: u64,
    /// Images whose tokens have a place in the image.
    pub(super) mapped: u64,
}

impl Total {
    /// Counts the tokens of all images. Reads none of their values.
    pub(super) fn of(snapshot: &Snapshot, field: &FieldDef) -> Result<Self> {
        let mut total = Self { fewest: u64::MAX, ..Self::default() };
        for row in &snapshot.rows_of_field(&field.name)? {
            let Some(image) = snapshot.image_at(row)? else { continue };
            let Some(tokens) = image.tokens(&field.name)? else { continue };
            let held = tokens.len() as u64;
            total.images += 1;
            total.tokens += held;
            total.fewest = total.fewest.min(held);
            total.most = total.most.max(held);
            total.mapped += u64::from(tokens.mapping()?.is_some());
        }
        let width = field.dtype.bytes() * u64::from(field.dim);
        total.bytes = total.tokens.saturating_mul(width);
        total.fewest = total.fewest.min(total.most);
        Ok(total)
    }
}

/// Tokens of all images and bytes of their values. Counts images, and where they differ, their tokens.
pub(super) fn size(snapshot: &Snapshot, field: &FieldDef) -> Result<(u64, u64)> {
    let Some(each) = field.tokens() else {
        let total = Total::of(snapshot, field)?;
        return Ok((total.tokens, total.bytes));
    };
    let tokens = snapshot.rows_of_field(&field.name)?.count().saturating_mul(each);
    Ok((tokens, tokens.saturating_mul(field.feature_bytes())))
}

/// Statistics of a tokens field.
pub(super) fn stats(snapshot: &Snapshot, field: &FieldDef, out: &mut Out) -> Result<()> {
    let total = Total::of(snapshot, field)?;
    if out.is_json() {
        return out.json(&json!({
            "field": field.name, "kind": field.kind.as_str(),
            "images": snapshot.len(), "with_value": total.images,
            "grid": field.grid, "dim": field.dim, "dtype": field.dtype.as_str(),
            "tokens": { "all": total.tokens, "min": total.fewest, "max": total.most },
            "bytes": total.bytes, "mapped": total.mapped,
        }));
    }
    let (images, with) = (count(snapshot.len()), count(total.images));
    out.line(&format!("images   {images}, {with} with a value in {:?}", field.name))?;
    out.line(&format!("shape    {} {} an image", shape_text(field), field.dtype))?;
    let (all, size) = (count(total.tokens), bytes(total.bytes));
    out.line(&format!("tokens   {all}, {size}"))?;
    if total.fewest != total.most {
        let (fewest, most) = (count(total.fewest), count(total.most));
        out.line(&format!("         {fewest} to {most} an image"))?;
    }
    out.line(&format!("placed   {} images know which voxels a token covers", count(total.mapped)))
}

/// Shows the tokens of an image, and writes them as an array.
pub(super) fn get(
    image: &Image<'_>,
    field: &FieldDef,
    npy: Option<&Path>,
    out: &mut Out,
) -> Result<()> {
    let none = || {
        let key = image.key().unwrap_or_default();
        Failure::Message(format!("image {key:?} has no tokens {:?}", field.name))
    };
    let tokens = image.tokens(&field.name)?.ok_or_else(none)?;
    let mapping = tokens.mapping()?;
    if let Some(path) = npy {
        write_npy(path, field, &tokens)?;
    }
    if out.is_json() {
        return out.json(&json!({
            "image": image.key()?, "field": field.name, "kind": field.kind.as_str(),
            "dim": field.dim, "dtype": field.dtype.as_str(),
            "grid": tokens.grid(), "tokens": tokens.len(), "mapping": mapping.map(mapping_json),
            "npy": npy.map(|path| path.display().to_string()),
        }));
    }
    let [d, h, w] = tokens.grid();
    let size = tokens.len() as u64 * u64::from(field.dim) * field.dtype.bytes();
    out.line(&format!(
        "tokens   {d} x {h} x {w} x {} {}, {}",
        field.dim,
        field.dtype,
        bytes(size)
    ))?;
    match mapping {
        Some(mapping) => {
            let (low, high) = mapping.cell([0; 3]);
            out.line(&format!("first    voxels {low:?} to {high:?} (z, y, x)"))?;
            out.line(&format!(
                "stride   {:?} voxels along image axes {:?}",
                mapping.stride, mapping.axes
            ))?;
        }
        None => out.line("first    nobody knows which voxels it covers")?,
    }
    npy.map_or(Ok(()), |path| out.line(&format!("written  {}", path.display())))
}

fn mapping_json(mapping: GridMapping) -> Value {
    json!({
        "axes": mapping.axes, "offset": mapping.offset, "stride": mapping.stride,
        "extent": mapping.extent,
    })
}

/// Writes `[d, h, w, D]`, of a sequence `[T, D]`, as stored. The file appears when it is whole.
fn write_npy(path: &Path, field: &FieldDef, tokens: &Tokens<'_>) -> Result<()> {
    let features = tokens.all()?;
    let dim = u64::from(field.dim);
    let shape = match field.grid {
        [0, 0, _] => vec![tokens.len() as u64, dim],
        _ => tokens.grid().iter().map(|side| *side as u64).chain([dim]).collect(),
    };
    super::feature::write_whole(path, |part| {
        let failed = || Failure::array(part);
        let scalar = match features {
            vesalius::FeatureMatrix::F32 { .. } => Scalar::F32,
            vesalius::FeatureMatrix::F16 { .. } => Scalar::F16,
        };
        let mut writer = NpyWriter::create(part, scalar, &shape).map_err(failed())?;
        // Tokens lie one after another without padding.
        match features {
            vesalius::FeatureMatrix::F32 { values, .. } => writer.write(values),
            vesalius::FeatureMatrix::F16 { values, .. } => writer.write(values),
        }
        .map_err(failed())?;
        writer.finish().map(drop).map_err(failed())
    })
}

/// What deserves a look in a tokens field.
#[derive(Debug, Default)]
pub(super) struct Odd<'s> {
    /// Tokens that were looked at.
    pub(super) tokens: u64,
    /// Images with tokens that are zero, and how many.
    pub(super) zeros: Vec<(&'s str, u64)>,
    /// Images whose tokens are all the same.
    pub(super) constant: Vec<&'s str>,
}

impl<'s> Odd<'s> {
    /// Looks at all tokens. One pass.
    pub(super) fn of(snapshot: &'s Snapshot, field: &FieldDef) -> Result<Self> {
        let mut odd = Self::default();
        let mut found = Vec::new();
        snapshot.for_each_tokens(&field.name, None, |row, tokens| {
            let all = tokens.all()?;
            let bytes = |place: usize| all.row_bytes(place).unwrap_or_default();
            // The sign of a zero does not make it another value.
            let is_zero = |place: &usize| {
                let mut values = Vec::new();
                all.extend_f32(*place, &mut values);
                values.iter().all(|value| *value == 0.0)
            };
            let zeros = (0..all.len()).filter(is_zero).count() as u64;
            let constant = all.len() > 1 && (1..all.len()).all(|place| bytes(place) == bytes(0));
            odd.tokens = odd.tokens.saturating_add(all.len() as u64);
            found.push((row, zeros, constant));
            Ok(true)
        })?;
        for (row, zeros, constant) in
            found.into_iter().filter(|(_, zeros, same)| *zeros > 0 || *same)
        {
            let image = snapshot.image_at(row)?;
            let Some(key) = image.map(|image| image.key()).transpose()? else { continue };
            if zeros > 0 {
                odd.zeros.push((key, zeros));
            }
            if constant {
                odd.constant.push(key);
            }
        }
        Ok(odd)
    }

    /// For programs, items cut to `limit`.
    pub(super) fn as_json(&self, field: &FieldDef, limit: usize) -> Value {
        let zeros = self.zeros.iter().take(limit);
        let zeros = zeros.map(|(key, tokens)| json!({ "image": key, "tokens": tokens }));
        let constant = self.constant.iter().take(limit).map(|key| json!({ "image": key }));
        json!({
            "field": field.name, "kind": field.kind.as_str(), "tokens": self.tokens,
            "zeros": { "count": self.zeros.len(), "items": zeros.collect::<Vec<_>>() },
            "constant": { "count": self.constant.len(), "items": constant.collect::<Vec<_>>() },
        })
    }

    /// For people, items cut to `limit`.
    pub(super) fn as_text(&self, field: &FieldDef, limit: usize, out: &mut Out) -> Result<()> {
        out.line(&format!("{}: {} tokens looked at", field.name, count(self.tokens)))?;
        for (key, tokens) in self.zeros.iter().take(limit) {
            out.line(&format!("zeros     {key}: {} tokens are zero", count(*tokens)))?;
        }
        for key in self.constant.iter().take(limit) {
            out.line(&format!("constant  {key}: all tokens are the same"))?;
        }
        let (zeros, constant) = (self.zeros.len() as u64, self.constant.len() as u64);
        out.line(&format!(
            "found: {} images with zeros, {} constant",
            count(zeros),
            count(constant)
        ))
    }
}

/// Whether a field has tokens.
pub(super) fn is_tokens(field: &FieldDef) -> bool {
    field.kind == FieldKind::Tokens
}
