//! The slow, obvious twin of a container: plain maps. A container must always equal one of its states.

use std::collections::BTreeMap;

use vesalius::{Result, Segment, Snapshot, Value};

use crate::workload_masks::plain;

/// A region of an image: bits of the feature, of the box, of the score.
pub type ModelRegion = (Vec<u32>, Option<[u32; 6]>, Option<u32>);

/// One image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelImage {
    /// Attributes.
    pub attributes: BTreeMap<String, String>,
    /// JSON metadata.
    pub metadata: Option<String>,
    /// Regions by field.
    pub regions: BTreeMap<String, BTreeMap<u16, ModelRegion>>,
    /// Vectors and tensors by field.
    pub vectors: BTreeMap<String, Vec<u32>>,
    /// Segments by field, in their order.
    pub masks: BTreeMap<String, Vec<ModelSegment>>,
}

/// A segment: what is known of it, and its runs.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSegment {
    /// What is known of it.
    pub segment: Segment,
    /// Start and end of its runs.
    pub runs: Vec<(u64, u64)>,
}

/// A container.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// Images by key.
    pub images: BTreeMap<String, ModelImage>,
    /// Cursors by ingest and split.
    pub cursors: BTreeMap<(String, String), u64>,
    /// Metadata of the container.
    pub metadata: String,
    /// Prompt sets by name: texts, bits of features and tokens.
    pub prompt_sets: BTreeMap<String, (Vec<String>, Vec<u32>)>,
}

/// A value as text that tells types and bits apart.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::F64(v) => format!("f64 {:x}", v.to_bits()),
        other => format!("{} {other}", other.kind()),
    }
}

/// Reads everything that a snapshot holds.
pub fn read(snapshot: &Snapshot) -> Result<Model> {
    let mut model = Model { metadata: snapshot.metadata().to_owned(), ..Model::default() };
    for cursor in snapshot.cursors() {
        let key = (cursor.ingest.clone(), cursor.split.clone());
        model.cursors.insert(key, cursor.position);
    }
    for set in snapshot.prompt_sets() {
        let texts = set.texts()?;
        let mut values = Vec::new();
        for (place, matrix) in (0..set.len()).map(|place| (place, set.features())) {
            matrix?.extend_f32(place, &mut values);
        }
        for place in 0..set.len() {
            let tokens = set.tokens(place)?;
            (0..tokens.len()).for_each(|row| tokens.extend_f32(row, &mut values));
        }
        let texts = texts.into_iter().map(str::to_owned).collect();
        let values = values.into_iter().map(f32::to_bits).collect();
        model.prompt_sets.insert(set.name().to_owned(), (texts, values));
    }
    let mut rows = Vec::new();
    snapshot.for_each_key(|row, key| {
        rows.push((row, key.to_owned()));
        Ok(true)
    })?;
    for (row, key) in rows {
        let image = snapshot.image(&key)?;
        if image.row() != row {
            return Err(vesalius::Error::Invalid(format!("{key} is at two rows")));
        }
        model.images.insert(key, read_image(snapshot, &image)?);
    }
    Ok(model)
}

fn read_image(snapshot: &Snapshot, image: &vesalius::Image<'_>) -> Result<ModelImage> {
    let mut out =
        ModelImage { metadata: image.metadata()?.map(str::to_owned), ..ModelImage::default() };
    for (name, value) in image.attributes()? {
        out.attributes.insert(name.to_owned(), value_text(&value));
    }
    for field in &snapshot.schema().fields {
        match field.kind {
            vesalius::FieldKind::Vector => {
                if let Some(vector) = image.vector(&field.name)? {
                    out.vectors.insert(field.name.clone(), bits(&vector));
                }
            }
            vesalius::FieldKind::Regions => {
                if let Some(regions) = image.regions(&field.name)? {
                    let all = regions.iter().map(|r| {
                        let bbox = r.bbox.map(|b| b.map(f32::to_bits));
                        (r.index, (bits(&r.feature), bbox, r.score.map(f32::to_bits)))
                    });
                    out.regions.insert(field.name.clone(), all.collect());
                }
            }
            vesalius::FieldKind::Tokens => {
                if let Some(tokens) = image.tokens(&field.name)? {
                    let (all, mut values) = (tokens.all()?, Vec::new());
                    (0..all.len()).for_each(|row| all.extend_f32(row, &mut values));
                    let values = values.into_iter().map(f32::to_bits).collect();
                    out.vectors.insert(field.name.clone(), values);
                }
            }
            vesalius::FieldKind::Masks => {
                let mut all = Vec::new();
                for segment in image.segments(&field.name)? {
                    let runs = plain(segment.runs()?.as_slice());
                    all.push(ModelSegment { segment: segment.segment(), runs });
                }
                if !all.is_empty() {
                    out.masks.insert(field.name.clone(), all);
                }
            }
        }
    }
    Ok(out)
}

fn bits(matrix: &vesalius::FeatureMatrix<'_>) -> Vec<u32> {
    let mut values = Vec::new();
    matrix.extend_f32(0, &mut values);
    values.into_iter().map(f32::to_bits).collect()
}
