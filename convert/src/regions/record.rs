//! One image of a database: `{"regions": {index: {"region_name", "feature"}}, ...}`.

use std::borrow::Cow;

use super::attribute::Extras;
use super::boxes;
use super::feature;
use super::image::{SourceImage, SourceRegion};
use super::names::MAX_REGION;
use crate::error::ConvertError;
use crate::pickle::{Document, Id};

/// An image whose features have not been touched.
pub(super) struct Record<'d> {
    pub(super) key: Cow<'d, str>,
    /// The source has an integer for a key.
    pub(super) integer_key: bool,
    /// By rising index, each once.
    pub(super) regions: Vec<Entry<'d>>,
    pub(super) extras: Extras,
    /// Regions that occurred twice.
    pub(super) repeated: usize,
}

pub(super) struct Entry<'d> {
    pub(super) index: u32,
    pub(super) name: Option<&'d str>,
    pub(super) feature: Id,
    pub(super) bbox: Option<[f32; 6]>,
    pub(super) score: Option<f32>,
}

/// A key as text, and whether it is an integer.
pub(super) fn key<'d>(document: &'d Document<'_>, id: Id) -> Option<(Cow<'d, str>, bool)> {
    if let Some(text) = document.text(id) {
        return Some((Cow::Borrowed(text), false));
    }
    if let Some(number) = document.int(id) {
        return Some((Cow::Owned(number.to_string()), true));
    }
    let text = document.array(id)?.text_at(0)?;
    Some((Cow::Owned(text), false))
}

impl<'d> Record<'d> {
    /// Whether `value` looks like the value of an image.
    pub(super) fn is_one(document: &Document<'_>, value: Id) -> bool {
        document.get(value, "regions").is_some_and(|r| document.pairs(r).is_some())
    }

    /// Reads the item `key: value` of a database.
    pub(super) fn read(
        document: &'d Document<'_>,
        (key, integer_key): (Cow<'d, str>, bool),
        value: Id,
    ) -> Result<Self, ConvertError> {
        let mut record =
            Self { key, integer_key, regions: Vec::new(), extras: Extras::default(), repeated: 0 };
        let fields = document.pairs(value).into_iter().flatten();
        for (name, value) in fields {
            match self::key(document, name) {
                Some((name, _)) if name == "regions" => record.read_regions(document, value)?,
                Some((name, _)) => record.extras.keep(document, &name, value),
                None => {
                    return Err(ConvertError::image(&record.key, None, "a field without a name"));
                }
            }
        }
        Ok(record)
    }

    fn read_regions(
        &mut self,
        document: &'d Document<'_>,
        regions: Id,
    ) -> Result<(), ConvertError> {
        let Some(pairs) = document.pairs(regions) else {
            let what = "`regions` is no dictionary; write {index: {\"region_name\", \"feature\"}}";
            return Err(ConvertError::image(&self.key, None, what));
        };
        self.regions.clear();
        for (index, value) in pairs {
            let entry = self.read_region(document, index, value)?;
            self.regions.push(entry);
        }
        // Stable, so that of equal indices the last stays last; then the last one counts, as in Python.
        self.regions.sort_by_key(|entry| entry.index);
        let all = self.regions.len();
        self.regions.reverse();
        self.regions.dedup_by_key(|entry| entry.index);
        self.regions.reverse();
        self.repeated = all.saturating_sub(self.regions.len());
        Ok(())
    }

    fn read_region(
        &mut self,
        document: &'d Document<'_>,
        index: Id,
        value: Id,
    ) -> Result<Entry<'d>, ConvertError> {
        let number = document.int(index).or_else(|| document.text(index)?.parse().ok());
        let Some(index) = number.and_then(|i| u32::try_from(i).ok()).filter(|i| *i <= MAX_REGION)
        else {
            let what = format!("a region index is no integer from 0 to {MAX_REGION}; renumber it");
            return Err(ConvertError::image(&self.key, None, what));
        };
        let mut entry = Entry { index, name: None, feature: value, bbox: None, score: None };
        let Some(fields) = document.pairs(value) else { return Ok(entry) };
        let mut feature = None;
        for (name, value) in fields {
            match document.text(name) {
                Some("region_name") => entry.name = document.text(value),
                Some("feature") => feature = Some(value),
                name => self.read_extra(document, &mut entry, name.unwrap_or("?"), value),
            }
        }
        let what = "the region has no `feature`; leave it out of `regions` or give it one";
        entry.feature = feature.ok_or_else(|| ConvertError::image(&self.key, Some(index), what))?;
        Ok(entry)
    }

    /// Boxes and scores are looked for under the names that detectors use.
    #[expect(clippy::cast_possible_truncation, reason = "scores are kept in single precision")]
    fn read_extra(
        &mut self,
        document: &Document<'_>,
        entry: &mut Entry<'_>,
        name: &str,
        value: Id,
    ) {
        match name {
            "bbox" | "box" | "bounding_box" => entry.bbox = boxes::read(document, value),
            "score" | "confidence" | "detection_score" => {
                entry.score = document.float(value).map(|v| v as f32).filter(|v| v.is_finite());
            }
            _ => {}
        }
        let understood = match name {
            "bbox" | "box" | "bounding_box" => entry.bbox.is_some(),
            "score" | "confidence" | "detection_score" => entry.score.is_some(),
            _ => false,
        };
        if !understood {
            self.extras.keep_for_region(document, entry.index, name, value);
        }
    }

    /// The image with its features.
    pub(super) fn into_image(
        self,
        document: &'d Document<'_>,
        names: &'d [String],
        allow_not_finite: bool,
    ) -> Result<SourceImage<'d>, ConvertError> {
        let mut regions = Vec::with_capacity(self.regions.len());
        for entry in self.regions {
            let index = entry.index;
            let fail = |what: String| ConvertError::image(&self.key, Some(index), what);
            let feature = feature::read(document, entry.feature).map_err(fail)?;
            if !allow_not_finite && let Some(at) = feature.first_not_finite() {
                let advice = "compute the feature again, or allow values that are not finite";
                return Err(fail(format!("value {at} is NaN or infinite; {advice}")));
            }
            let name = usize::try_from(index).ok().and_then(|i| names.get(i));
            let name = name.map_or("", String::as_str);
            let (bbox, score) = (entry.bbox, entry.score);
            regions.push(SourceRegion { index, name, feature, bbox, score });
        }
        let Extras { attributes, metadata, .. } = self.extras;
        Ok(SourceImage { key: self.key, regions, attributes, metadata })
    }
}
