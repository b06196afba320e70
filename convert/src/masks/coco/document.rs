//! The JSON of a COCO file as it stands there.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::segmentation::{Counts, Mask, Segmentation};

/// An id: a number in COCO, text in some files.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(untagged)]
pub(super) enum Id {
    Number(i64),
    Text(String),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// A picture of a dataset.
#[derive(Debug, Deserialize)]
pub(super) struct Picture {
    pub(super) id: Id,
    pub(super) file_name: Option<String>,
    pub(super) height: u64,
    pub(super) width: u64,
}

/// A category of a dataset.
#[derive(Debug, Deserialize)]
pub(super) struct Category {
    pub(super) id: i64,
    pub(super) name: Option<String>,
    pub(super) supercategory: Option<String>,
}

/// An annotation of a dataset or a list, or a mask that stands alone, whose `size` and `counts` are its own.
#[derive(Debug, Deserialize)]
pub(super) struct Annotation {
    pub(super) id: Option<Id>,
    pub(super) image_id: Option<Id>,
    pub(super) category_id: Option<i64>,
    pub(super) segmentation: Option<Segmentation>,
    size: Option<[u64; 2]>,
    counts: Option<Counts>,
    #[serde(flatten)]
    pub(super) rest: Map<String, Value>,
}

impl Annotation {
    /// Puts a mask that stands alone where that of an annotation is.
    fn settled(mut self) -> Self {
        if self.segmentation.is_none()
            && let (Some(size), Some(counts)) = (self.size, self.counts.take())
        {
            self.segmentation = Some(Segmentation::Mask(Mask { size, counts }));
        }
        self
    }
}

/// A dataset.
#[derive(Debug, Default)]
pub(super) struct Document {
    /// Not there in a list, or for one mask.
    pub(super) pictures: Option<Vec<Picture>>,
    pub(super) categories: Vec<Category>,
    pub(super) annotations: Vec<Annotation>,
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Top)
    }
}

struct Top;

impl<'de> Visitor<'de> for Top {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a dataset, a list of annotations or masks, or one mask")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Document, A::Error> {
        let mut document = Document::default();
        while let Some(annotation) = list.next_element::<Annotation>()? {
            document.annotations.push(annotation.settled());
        }
        Ok(document)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Document, A::Error> {
        #[derive(Deserialize)]
        struct Whole {
            images: Option<Vec<Picture>>,
            categories: Option<Vec<Category>>,
            annotations: Option<Vec<Annotation>>,
            #[serde(flatten)]
            one: Annotation,
        }
        let whole = Whole::deserialize(MapAccessDeserializer::new(map))?;
        let listed = whole.annotations.is_some() || whole.images.is_some();
        let annotations =
            if listed { whole.annotations.unwrap_or_default() } else { vec![whole.one] };
        Ok(Document {
            pictures: whole.images,
            categories: whole.categories.unwrap_or_default(),
            annotations: annotations.into_iter().map(Annotation::settled).collect(),
        })
    }
}
