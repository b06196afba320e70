//! A COCO file, picture by picture.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};
use vesalius::{Run, Runs, Segment, SegmentValue, Space, VoxelShape};

use super::document::{Annotation, Category, Document, Id};
use super::error::CocoError;
use super::limits::{JSON_BYTES_MAX, RUNS_MAX};

use super::rle::Rle;
use super::segmentation::Segmentation;
use crate::masks::SegmentSet;
use crate::masks::naming::distinct;

/// The annotations of a file, by picture. Masks stay as they were written until they are asked for.
#[derive(Debug)]
pub struct CocoFile {
    images: Vec<CocoImage>,
    categories: HashMap<i64, Category>,
    annotations: Vec<Annotation>,
    notes: Vec<String>,
}

/// A picture of a file.
#[derive(Clone, Debug)]
pub struct CocoImage {
    /// Its file name, or its id where there is none; with ` (id)` where two have one name. A mask without a
    /// picture has the key `image`.
    pub key: String,
    /// Rows.
    pub height: u64,
    /// Columns.
    pub width: u64,
    /// Places of its annotations in the file.
    members: Vec<usize>,
}

impl CocoImage {
    /// Number of annotations with a mask.
    pub fn annotations(&self) -> usize {
        self.members.len()
    }
}

impl CocoFile {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// As [`CocoFile::parse`]; the system refused.
    pub fn open(path: &Path) -> Result<Self, CocoError> {
        let file = File::open(path)?;
        let mut json = Vec::new();
        file.take(JSON_BYTES_MAX.saturating_add(1)).read_to_end(&mut json)?;
        Self::parse(&json)
    }

    /// Reads JSON. Memory: a few times its length.
    ///
    /// # Errors
    ///
    /// JSON of another form, annotations of pictures that the file does not list, pictures without a size.
    pub fn parse(json: &[u8]) -> Result<Self, CocoError> {
        if json.len() as u64 > JSON_BYTES_MAX {
            return Err(CocoError::TooLong(json.len() as u64));
        }
        let document: Document = serde_json::from_slice(json)?;
        let Document { pictures, categories, annotations } = document;
        let mut notes = Vec::new();
        let mut images = Images::default();
        let listed = pictures.is_some();
        for picture in pictures.unwrap_or_default() {
            let key = picture.file_name.unwrap_or_else(|| picture.id.to_string());
            images.add(picture.id, key, picture.height, picture.width)?;
        }
        let mut without = 0_u64;
        for (place, annotation) in annotations.iter().enumerate() {
            if annotation.segmentation.is_none() {
                without = without.saturating_add(1);
                continue;
            }
            let joined = images.join(place, annotation, listed);
            joined.map_err(|error| error.at(&mark(annotation, place)))?;
        }
        if without > 0 {
            notes.push(format!("{without} annotations without a segmentation are left out"));
        }
        let categories = categories.into_iter().map(|category| (category.id, category)).collect();
        Ok(Self { images: images.named(&mut notes), categories, annotations, notes })
    }

    /// The pictures, in the order of the file.
    pub fn images(&self) -> &[CocoImage] {
        &self.images
    }

    /// What a user should know of the whole file.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The masks of a picture, by its place in [`CocoFile::images`]. A segment has the name of its category, with
    /// `_` and the id of the annotation where the category stands more than once in the picture; the id of the
    /// category is its label; what else is known stands in its JSON: `id`, `category_name`, `supercategory`,
    /// and every other key of the annotation (`bbox`, `score`, `iscrowd`, ...) as it was.
    ///
    /// # Errors
    ///
    /// A mask that is damaged or of another size than the picture, a category that is no label, or more runs than
    /// [`RUNS_MAX`].
    pub fn segments(&self, image: usize) -> Result<SegmentSet, CocoError> {
        let image = self.images.get(image).ok_or(CocoError::NoImage(image))?;
        let shape = VoxelShape::new(1, [1, image.height, image.width])?;
        let mut notes = Vec::new();
        let members = image.members.iter();
        let members = members.filter_map(|&place| Some((place, self.annotations.get(place)?)));
        let (mut segments, mut names, mut marks) = (Vec::new(), Vec::new(), Vec::new());
        let mut room = RUNS_MAX;
        for (place, annotation) in members {
            let which = mark(annotation, place);
            let runs = pixels(annotation, shape).map_err(|error| error.at(&which))?;
            room = room.checked_sub(runs.len() as u64).ok_or(CocoError::Runs)?;
            let (name, segment) = self.described(annotation, place, &mut notes);
            let segment = segment.map_err(|error| error.at(&which))?;
            names.push(name);
            marks.push(
                annotation.id.as_ref().map_or(place.saturating_add(1).to_string(), Id::to_string),
            );
            segments.push(SegmentValue { segment, runs });
        }
        for (value, name) in segments.iter_mut().zip(distinct(&names, &marks)) {
            value.segment.name = name;
        }
        notes.dedup();
        let space = Space::new([1, image.height, image.width], [1.0; 3]);
        Ok(SegmentSet { space, segments, notes })
    }

    /// The name of the category and the segment without its name.
    fn described(
        &self,
        annotation: &Annotation,
        place: usize,
        notes: &mut Vec<String>,
    ) -> (String, Result<Segment, CocoError>) {
        let number = place.saturating_add(1);
        let id = annotation.category_id;
        let category = id.and_then(|id| self.categories.get(&id));
        let named = category.and_then(|category| category.name.clone());
        let named = named.filter(|name| !name.trim().is_empty());
        let name = named.clone().unwrap_or_else(|| match id {
            Some(id) => {
                notes.push(format!("category {id} has no name in the file"));
                format!("category_{id}")
            }
            None => "mask".to_owned(),
        });
        let label = id.map_or(u32::try_from(number).ok(), |id| u32::try_from(id).ok());
        let Some(label) = label else {
            let what = format!("category {id:?} is no label: labels are 0 to {}", u32::MAX);
            return (name, Err(CocoError::Layout(what)));
        };
        let mut json = Map::new();
        if let Some(id) = &annotation.id {
            json.insert("id".into(), value(id));
        }
        let above = category.and_then(|category| category.supercategory.clone());
        for (key, text) in [("category_name", named), ("supercategory", above)] {
            if let Some(text) = text {
                json.insert(key.into(), Value::String(text));
            }
        }
        for (key, value) in &annotation.rest {
            json.entry(key).or_insert_with(|| value.clone());
        }
        let json = if json.is_empty() { String::new() } else { Value::Object(json).to_string() };
        (name, Ok(Segment { label, json, ..Segment::default() }))
    }
}

/// Pictures while annotations are given to them.
#[derive(Default)]
struct Images {
    all: Vec<CocoImage>,
    ids: Vec<Option<Id>>,
    by_id: HashMap<Option<Id>, usize>,
}

impl Images {
    fn add(&mut self, id: Id, key: String, height: u64, width: u64) -> Result<(), CocoError> {
        VoxelShape::new(1, [1, height, width])?;
        let place = self.all.len();
        let what = format!("two pictures have the id {id}; give each its own");
        if self.by_id.insert(Some(id.clone()), place).is_some() {
            return Err(CocoError::Layout(what));
        }
        self.all.push(CocoImage { key, height, width, members: Vec::new() });
        self.ids.push(Some(id));
        Ok(())
    }

    fn join(&mut self, place: usize, of: &Annotation, listed: bool) -> Result<(), CocoError> {
        let known = self.by_id.get(&of.image_id).copied();
        let image = match (known, &of.segmentation) {
            (Some(image), _) => image,
            (None, Some(Segmentation::Mask(mask))) if !listed => {
                let [height, width] = mask.size;
                VoxelShape::new(1, [1, height, width])?;
                let key = of.image_id.as_ref().map_or("image".to_owned(), Id::to_string);
                self.all.push(CocoImage { key, height, width, members: Vec::new() });
                self.ids.push(of.image_id.clone());
                let image = self.all.len().saturating_sub(1);
                self.by_id.insert(of.image_id.clone(), image);
                image
            }
            (None, _) if !listed => {
                let what =
                    "polygons without the size of the picture; give a dataset with \"images\"";
                return Err(CocoError::Layout(what.into()));
            }
            (None, _) => {
                let id = of.image_id.as_ref().map_or("none".to_owned(), Id::to_string);
                let what = format!("the picture (image_id {id}) is not among the \"images\"");
                return Err(CocoError::Layout(what));
            }
        };
        if let Some(image) = self.all.get_mut(image) {
            image.members.push(place);
        }
        Ok(())
    }

    fn named(self, notes: &mut Vec<String>) -> Vec<CocoImage> {
        let keys: Vec<String> = self.all.iter().map(|image| image.key.clone()).collect();
        let mark = |id: &Option<Id>| id.as_ref().map_or(String::new(), Id::to_string);
        let marks: Vec<String> = self.ids.iter().map(mark).collect();
        let named = distinct(&keys, &marks);
        let mut images = self.all;
        for (image, key) in images.iter_mut().zip(named) {
            if image.key != key {
                notes
                    .push(format!("more than one picture is {:?}; this one is {key:?}", image.key));
                image.key = key;
            }
        }
        images
    }
}

fn pixels(annotation: &Annotation, shape: VoxelShape) -> Result<Runs, CocoError> {
    let (height, width) = (shape.height(), shape.width());
    match &annotation.segmentation {
        Some(Segmentation::Polygons(polygons)) => {
            Rle::from_polygons(height, width, polygons)?.runs()
        }
        Some(Segmentation::Mask(mask)) if mask.size == [height, width] => mask.rle()?.runs(),
        Some(Segmentation::Mask(mask)) => Err(CocoError::Layout(format!(
            "the mask is {:?} pixels, the picture [{height}, {width}]; [height, width] must agree",
            mask.size
        ))),
        None => Ok(Runs::new(shape, Vec::<Run>::new())?),
    }
}

fn mark(annotation: &Annotation, place: usize) -> String {
    let number = place.saturating_add(1);
    annotation.id.as_ref().map_or(format!("number {number}"), Id::to_string)
}

fn value(id: &Id) -> Value {
    match id {
        Id::Number(number) => (*number).into(),
        Id::Text(text) => text.clone().into(),
    }
}
