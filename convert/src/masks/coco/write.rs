//! Masks as a COCO dataset.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use serde_json::{Map, Value, json};
use vesalius::{Run, SegmentValue, VoxelShape};

use super::error::CocoError;
use super::rle::Rle;
use crate::masks::SegmentSet;

/// Keys of annotations that say what the mask says, and so are written anew.
const OWN: [&str; 8] = [
    "id",
    "image_id",
    "category_id",
    "segmentation",
    "area",
    "bbox",
    "category_name",
    "supercategory",
];

/// Writes a dataset with compressed masks. Gives back what a user should know of it.
///
/// A picture of one slice keeps its key as `file_name`. Of a volume, each slice that any segment is on becomes a
/// picture `KEY/N` with the keys `volume`, `frame` and `slice`, and its annotations have `slice` too; segments
/// without a voxel stand on slice 0. The category is the label and the name, or the `category_name` that an
/// import noted; a label of two names gets a new number for the second one. Ids of annotations are kept where
/// they are distinct whole numbers. What else is in the JSON of a segment is written with its annotation.
///
/// # Errors
///
/// A mask of another shape than its space, or of very many runs; the medium failed.
pub fn write_dataset(
    out: impl Write,
    images: &[(&str, &SegmentSet)],
) -> Result<Vec<String>, CocoError> {
    let mut writer = Dataset::default();
    writer.reserve_labels(images);
    for (key, set) in images {
        writer.add(key, set)?;
    }
    let document = json!({
        "images": writer.images,
        "annotations": writer.annotations,
        "categories": writer.categories,
    });
    let mut out = out;
    serde_json::to_writer(&mut out, &document)?;
    out.flush()?;
    Ok(writer.notes)
}

#[derive(Default)]
struct Dataset {
    images: Vec<Value>,
    annotations: Vec<Value>,
    categories: Vec<Value>,
    category_ids: HashMap<(u32, String), u64>,
    taken: HashSet<u64>,
    /// Labels of all segments, which no new category may have.
    labels: HashSet<u64>,
    ids: HashSet<i64>,
    next_id: i64,
    next_category: u64,
    notes: Vec<String>,
}

impl Dataset {
    fn reserve_labels(&mut self, images: &[(&str, &SegmentSet)]) {
        let segments = images.iter().flat_map(|(_, set)| &set.segments);
        self.labels = segments.map(|value| u64::from(value.segment.label)).collect();
    }

    fn add(&mut self, key: &str, set: &SegmentSet) -> Result<(), CocoError> {
        let shape = VoxelShape::of_space(&set.space)?;
        for value in &set.segments {
            if value.runs.shape() != shape {
                let what = format!(
                    "segment {:?} of {key:?} has another shape than its space",
                    value.segment.name
                );
                return Err(CocoError::Layout(what));
            }
        }
        let mut images: HashMap<u64, u64> = HashMap::new();
        for value in &set.segments {
            let extra = parsed(value);
            let category = self.category(value, &extra);
            let mut first = true;
            let mut rest = value.runs.as_slice();
            while first || !rest.is_empty() {
                let slice = rest.first().map_or(0, |run| slice_of(run.start, shape));
                let here = rest.partition_point(|run| slice_of(run.start, shape) == slice);
                let (part, behind) = rest.split_at_checked(here).unwrap_or((rest, &[]));
                rest = behind;
                let image = match images.get(&slice) {
                    Some(&image) => image,
                    None => self.image(key, shape, slice),
                };
                images.insert(slice, image);
                let rle = mask(shape, slice, part)?;
                self.annotation(image, category, &rle, &extra, first, (shape, slice));
                first = false;
            }
        }
        if images.is_empty() {
            self.image(key, shape, 0);
        }
        Ok(())
    }

    fn image(&mut self, key: &str, shape: VoxelShape, slice: u64) -> u64 {
        let id = (self.images.len() as u64).saturating_add(1);
        let mut image = Map::new();
        image.insert("id".into(), id.into());
        if shape.slices() == 1 {
            image.insert("file_name".into(), key.into());
        } else {
            image.insert("file_name".into(), format!("{key}/{slice}").into());
            image.insert("volume".into(), key.into());
            let [frame, z, ..] = shape.position(slice.saturating_mul(shape.slice_voxels()));
            image.insert("frame".into(), frame.into());
            image.insert("slice".into(), z.into());
        }
        image.insert("height".into(), shape.height().into());
        image.insert("width".into(), shape.width().into());
        self.images.push(Value::Object(image));
        id
    }

    fn category(&mut self, value: &SegmentValue, extra: &Map<String, Value>) -> u64 {
        let text = |key: &str| extra.get(key).and_then(Value::as_str).map(str::to_owned);
        let name = text("category_name").unwrap_or_else(|| value.segment.name.clone());
        let pair = (value.segment.label, name);
        if let Some(&id) = self.category_ids.get(&pair) {
            return id;
        }
        let label = u64::from(pair.0);
        let mut id = label;
        if !self.taken.insert(id) {
            self.next_category = self.next_category.max(1);
            while self.labels.contains(&self.next_category)
                || !self.taken.insert(self.next_category)
            {
                self.next_category = self.next_category.saturating_add(1);
            }
            id = self.next_category;
            let note =
                format!("label {label} has more than one name; {:?} is category {id}", pair.1);
            self.notes.push(note);
        }
        let mut category = Map::new();
        category.insert("id".into(), id.into());
        category.insert("name".into(), pair.1.clone().into());
        if let Some(above) = text("supercategory") {
            category.insert("supercategory".into(), above.into());
        }
        self.categories.push(Value::Object(category));
        self.category_ids.insert(pair, id);
        id
    }

    fn annotation(
        &mut self,
        image: u64,
        category: u64,
        rle: &Rle,
        extra: &Map<String, Value>,
        first: bool,
        (shape, slice): (VoxelShape, u64),
    ) {
        let kept =
            extra.get("id").and_then(Value::as_i64).filter(|id| first && !self.ids.contains(id));
        let id = kept.unwrap_or_else(|| self.free_id());
        self.ids.insert(id);
        let mut annotation = Map::new();
        annotation.insert("id".into(), id.into());
        annotation.insert("image_id".into(), image.into());
        annotation.insert("category_id".into(), category.into());
        let size = [rle.height(), rle.width()];
        annotation.insert("segmentation".into(), json!({"size": size, "counts": rle.text()}));
        annotation.insert("area".into(), rle.area().into());
        annotation.insert("bbox".into(), json!(rle.bounding_box()));
        if shape.slices() > 1 {
            let [_, z, ..] = shape.position(slice.saturating_mul(shape.slice_voxels()));
            annotation.insert("slice".into(), z.into());
        }
        for (key, value) in extra.iter().filter(|(key, _)| !OWN.contains(&key.as_str())) {
            annotation.entry(key).or_insert_with(|| value.clone());
        }
        annotation.entry("iscrowd").or_insert(0.into());
        self.annotations.push(Value::Object(annotation));
    }

    fn free_id(&mut self) -> i64 {
        self.next_id = self.next_id.max(1);
        while self.ids.contains(&self.next_id) {
            self.next_id = self.next_id.saturating_add(1);
        }
        self.next_id
    }
}

fn slice_of(voxel: u64, shape: VoxelShape) -> u64 {
    voxel.checked_div(shape.slice_voxels()).unwrap_or(0)
}

fn mask(shape: VoxelShape, slice: u64, runs: &[Run]) -> Result<Rle, CocoError> {
    let offset = slice.saturating_mul(shape.slice_voxels());
    let local = runs.iter().map(|run| Run {
        start: run.start.saturating_sub(offset),
        end: run.end.saturating_sub(offset),
    });
    Rle::of_rows(shape.height(), shape.width(), local)
}

/// The JSON of a segment; nothing where there is none.
fn parsed(value: &SegmentValue) -> Map<String, Value> {
    serde_json::from_str(&value.segment.json).unwrap_or_default()
}
