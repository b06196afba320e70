//! The forms of a mask in JSON, read without a tree: a list of counts may be most of the file.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::error::CocoError;
use super::rle::Rle;

/// What stands under `segmentation`.
#[derive(Debug)]
pub(super) enum Segmentation {
    Polygons(Vec<Vec<f64>>),
    Mask(Mask),
}

/// `{"size": [height, width], "counts": ...}`.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Mask {
    pub(super) size: [u64; 2],
    pub(super) counts: Counts,
}

/// Counts, compressed or not.
#[derive(Debug)]
pub(super) enum Counts {
    Text(String),
    List(Vec<u64>),
}

impl Mask {
    pub(super) fn rle(&self) -> Result<Rle, CocoError> {
        let [height, width] = self.size;
        match &self.counts {
            Counts::Text(text) => Rle::from_text(height, width, text),
            Counts::List(counts) => Rle::new(height, width, counts.clone()),
        }
    }
}

struct Seen<T>(std::marker::PhantomData<T>);

impl<'de> Deserialize<'de> for Segmentation {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Seen::<Self>(std::marker::PhantomData))
    }
}

impl<'de> Visitor<'de> for Seen<Segmentation> {
    type Value = Segmentation;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("polygons as [[x, y, ...], ...] or a mask as {\"size\", \"counts\"}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Segmentation, A::Error> {
        let mut polygons = Vec::new();
        while let Some(polygon) = list.next_element()? {
            polygons.push(polygon);
        }
        Ok(Segmentation::Polygons(polygons))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Segmentation, A::Error> {
        Mask::deserialize(MapAccessDeserializer::new(map)).map(Segmentation::Mask)
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Seen::<Self>(std::marker::PhantomData))
    }
}

impl<'de> Visitor<'de> for Seen<Counts> {
    type Value = Counts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counts as compressed text or as a list of whole numbers")
    }

    fn visit_str<E>(self, text: &str) -> Result<Counts, E> {
        Ok(Counts::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Counts, A::Error> {
        let mut counts = Vec::new();
        while let Some(count) = list.next_element()? {
            counts.push(count);
        }
        Ok(Counts::List(counts))
    }
}
