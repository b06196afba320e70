//! The content of a container as JSON, in the words of the reference decoder, byte by byte.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json, json};
use vesalius::container::open::load;
use vesalius::container::state::State;
use vesalius::container::view::KeysView;
use vesalius::format::schema::COLUMN_KEYS;
use vesalius::storage::MemoryStorage;
use vesalius::{
    Database, FeatureMatrix, FieldDef, FieldKind, GridMapping, Image, PromptSetRef, RegionRef,
    Result, Schema, SegmentRef, Snapshot, Space, TermCode, Tokens, Value,
};

/// All that a container holds, as one line of JSON; its shape stands at the top of `reference_decoder.py`.
///
/// # Errors
///
/// Whatever reading all of it meets.
pub fn content(bytes: &[u8]) -> Result<String> {
    let storage = MemoryStorage::from_bytes(bytes.to_vec());
    // Ids of spaces are no part of the public interface.
    let state = load(&(std::sync::Arc::new(storage.clone()) as _))?.state;
    let snapshot = Database::open_on(storage)?.snapshot()?;
    let mut rows = Vec::new();
    snapshot.for_each_key(|row, _| {
        rows.push(row);
        Ok(true)
    })?;
    rows.sort_unstable();
    let mut images = Vec::new();
    for row in rows {
        if let Some(image) = snapshot.image_at(row)? {
            images.push(image_json(&state, snapshot.schema(), &image)?);
        }
    }
    let mut whole = json!({
        "uuid": uuid(snapshot.uuid()),
        "epoch": snapshot.epoch(),
        "created_ms": snapshot.created_ms(),
        "metadata": Some(snapshot.metadata()).filter(|text| !text.is_empty()),
        "schema": schema_json(snapshot.schema()),
        "spaces": snapshot.spaces().iter().map(space_json).collect::<Vec<_>>(),
        "cursors": cursors(&snapshot),
        "prompt_sets": snapshot.prompt_sets().map(prompt_set_json).collect::<Result<Vec<_>>>()?,
        "images": images,
    });
    whole.sort_all_objects();
    Ok(format!("{whole}\n"))
}

/// Lower-case hexadecimal digits of bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn uuid(bytes: [u8; 16]) -> String {
    let digits = hex(&bytes);
    let part = |range| digits.get(range).unwrap_or("");
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

fn cursors(snapshot: &Snapshot) -> Vec<Json> {
    let mut all: Vec<_> = snapshot.cursors().collect();
    all.sort_by_key(|cursor| (&cursor.ingest, &cursor.split));
    let one = |c: &&vesalius::Cursor| {
        json!({"ingest": c.ingest, "split": c.split, "position": c.position,
            "fingerprint": c.fingerprint})
    };
    all.iter().map(one).collect()
}

fn f64s<'a>(values: impl IntoIterator<Item = &'a f64>) -> Vec<String> {
    values.into_iter().map(|value| hex(&value.to_le_bytes())).collect()
}

fn space_json(space: &Space) -> Json {
    json!({"shape": space.shape, "frames": space.frames, "spacing": f64s(&space.spacing),
        "frame_spacing": hex(&space.frame_spacing.to_le_bytes()), "origin": f64s(&space.origin),
        "direction": f64s(space.direction.iter().flatten())})
}

fn schema_json(schema: &Schema) -> Json {
    let attributes = schema.attributes.iter();
    let attributes = attributes.map(|a| json!({"name": a.name, "type": a.kind.as_str()}));
    let fields: Vec<Json> = schema.fields.iter().map(field_json).collect();
    json!({"attributes": attributes.collect::<Vec<_>>(), "fields": fields})
}

fn field_json(field: &FieldDef) -> Json {
    let p = &field.provenance;
    json!({"name": field.name, "kind": field.kind.as_str(), "dtype": field.dtype.as_str(),
        "metric": field.metric.as_str(), "normalized": field.normalized, "dim": field.dim,
        "grid": field.grid, "regions": field.regions,
        "provenance": {"model": p.model, "model_version": p.version, "checkpoint": p.checkpoint,
            "preprocessing": p.preprocessing, "json": p.json}})
}

fn space_id(state: &State, row: u64) -> Result<u32> {
    let Some(column) = state.column(COLUMN_KEYS) else { return Ok(0) };
    let Some((group, position)) = column.find(row)? else { return Ok(0) };
    KeysView::new(group.group()).space(position)
}

fn image_json(state: &State, schema: &Schema, image: &Image<'_>) -> Result<Json> {
    let mut attributes = Map::new();
    for (name, value) in image.attributes()? {
        let value = match value {
            Value::F64(value) => json!({"f64": hex(&value.to_le_bytes())}),
            other => other.to_json(),
        };
        attributes.insert(name.to_owned(), value);
    }
    let (mut vectors, mut regions, mut tokens) = (Map::new(), Map::new(), Map::new());
    let mut masks = Map::new();
    for field in &schema.fields {
        match field.kind {
            FieldKind::Vector => {
                if let Some(feature) = image.vector(&field.name)? {
                    vectors.insert(field.name.clone(), feature_json(&feature));
                }
            }
            FieldKind::Regions => {
                if let Some(all) = image.regions(&field.name)? {
                    let all: Vec<Json> = all.iter().map(region_json).collect();
                    regions.insert(field.name.clone(), all.into());
                }
            }
            FieldKind::Tokens => {
                if let Some(all) = image.tokens(&field.name)? {
                    tokens.insert(field.name.clone(), tokens_json(&all)?);
                }
            }
            FieldKind::Masks => {
                let all = image.segments(&field.name)?;
                if !all.is_empty() {
                    let all = all.iter().map(segment_json).collect::<Result<Vec<_>>>()?;
                    masks.insert(field.name.clone(), all.into());
                }
            }
        }
    }
    Ok(json!({"row": image.row(), "key": image.key()?, "space": space_id(state, image.row())?,
        "metadata": image.metadata()?, "attributes": attributes, "vectors": vectors,
        "regions": regions, "tokens": tokens, "masks": masks}))
}

fn segment_json(segment: &SegmentRef<'_>) -> Result<Json> {
    let runs = segment.runs()?;
    let runs = runs.as_slice().iter().flat_map(|run| [run.start, run.len()]);
    let facts = segment.segment();
    let code = |c: &TermCode| json!({"scheme": c.scheme, "value": c.value, "meaning": c.meaning});
    Ok(json!({"group": facts.group, "name": facts.name, "label": facts.label,
        "priority": facts.priority, "colour": facts.colour,
        "codes": facts.codes.iter().map(code).collect::<Vec<_>>(),
        "json": Some(facts.json).filter(|text| !text.is_empty()),
        "voxels": segment.voxels(), "runs": runs.collect::<Vec<_>>()}))
}

fn feature_json(feature: &FeatureMatrix<'_>) -> Json {
    hex(feature.row_bytes(0).unwrap_or(&[])).into()
}

/// The values of all rows of a matrix, one after another, without padding.
fn matrix_hex(features: &FeatureMatrix<'_>) -> String {
    let rows = 0..features.len();
    rows.map(|row| hex(features.row_bytes(row).unwrap_or(&[]))).collect()
}

fn tokens_json(tokens: &Tokens<'_>) -> Result<Json> {
    let mapping = |m: GridMapping| {
        json!({"axes": m.axes, "offset": f64s(&m.offset), "stride": f64s(&m.stride),
            "extent": f64s(&m.extent)})
    };
    Ok(json!({"count": tokens.len(), "mapping": tokens.mapping()?.map(mapping),
        "tensor": matrix_hex(&tokens.all()?)}))
}

fn prompt_set_json(set: PromptSetRef<'_>) -> Result<Json> {
    let features = set.features()?;
    let feature = |place| hex(features.row_bytes(place).unwrap_or(&[]));
    let mut tokens = Vec::new();
    if set.tokens_of_text() > 0 {
        for place in 0..set.len() {
            tokens.push(matrix_hex(&set.tokens(place)?));
        }
    }
    let constant = |value: Option<f64>| value.map(|value| hex(&value.to_le_bytes()));
    Ok(json!({"name": set.name(), "created_ms": set.created_ms(), "dim": set.dim(),
        "tokens": set.tokens_of_text(), "field": set.field(),
        "logit_scale": constant(set.logit_scale()), "logit_bias": constant(set.logit_bias()),
        "texts_sha256": hex(&set.texts_sha256()), "texts": set.texts()?,
        "attributes": Some(set.attributes()).filter(|text| !text.is_empty()),
        "features": (0..set.len()).map(feature).collect::<Vec<_>>(), "token_features": tokens}))
}

fn region_json(region: &RegionRef<'_>) -> Json {
    let f32_hex = |value: f32| hex(&value.to_le_bytes());
    json!({"region": region.index, "feature": feature_json(&region.feature),
        "box": region.bbox.map(|sides| sides.map(f32_hex)), "score": region.score.map(f32_hex)})
}
