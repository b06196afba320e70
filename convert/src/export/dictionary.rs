//! The dictionary of regions of the original programs.

use std::path::Path;

use serde_json::{Map, Value as Json};
use vesalius::{FieldDef, Image, RegionRef, Snapshot, Value};

use super::output::Output;
use super::report::ExportReport;
use super::{ExportFormat, ExportOptions, for_each_row};
use crate::error::ConvertError;
use crate::npz::{Compression, NpzWriter};
use crate::pickle_write::{
    Attribute, Feature, REGION_ARRAY, RegionFeature, RegionImage, RegionPickle,
};

/// Attributes that the layout has a place of its own for.
const POSITION: &str = "sample_idx";
const COUNT: &str = "detected_count";

pub(super) fn write(
    snapshot: &Snapshot,
    field: &FieldDef,
    options: &ExportOptions,
    out: &Path,
) -> Result<ExportReport, ConvertError> {
    let mut output = Output::create(out)?;
    let report = if options.format == ExportFormat::Npz {
        let packed = if options.compress { Compression::Deflated } else { Compression::Stored };
        let mut archive = NpzWriter::new(&mut output, packed);
        let mut pickle = RegionPickle::in_array(archive.member(REGION_ARRAY)?)?;
        let report = write_images(snapshot, field, options, &mut pickle)?;
        pickle.finish()?;
        archive.finish()?;
        report
    } else {
        let mut pickle = RegionPickle::new(&mut output)?;
        let report = write_images(snapshot, field, options, &mut pickle)?;
        pickle.finish()?;
        report
    };
    output.finish()?;
    Ok(report)
}

fn write_images<W: std::io::Write>(
    snapshot: &Snapshot,
    field: &FieldDef,
    options: &ExportOptions,
    pickle: &mut RegionPickle<W>,
) -> Result<ExportReport, ConvertError> {
    let mut report = ExportReport { field: field.name.clone(), ..ExportReport::default() };
    let mut lost = Lost::default();
    for_each_row(snapshot, options.rows.as_ref(), &mut |row, key| {
        let regions = match snapshot.image_at(row)? {
            Some(image) => image.regions(&field.name)?.map(|regions| (image, regions)),
            None => None,
        };
        let Some((image, regions)) = regions else {
            report.without_value = report.without_value.saturating_add(1);
            return Ok(());
        };
        write_image(pickle, key, &image, &regions, report.images, &mut lost)?;
        let count = u64::try_from(regions.len()).unwrap_or(u64::MAX);
        report.images = report.images.saturating_add(1);
        report.features = report.features.saturating_add(count);
        Ok(())
    })?;
    report.warnings = lost.warnings();
    Ok(report)
}

/// What the layout has no place for.
#[derive(Default)]
struct Lost {
    boxes: u64,
    scores: u64,
    metadata: u64,
}

impl Lost {
    fn warnings(&self) -> Vec<String> {
        let counts = [
            (self.boxes, "boxes"),
            (self.scores, "scores"),
            (self.metadata, "nested entries of metadata"),
        ];
        let told = counts.iter().filter(|(count, _)| *count > 0);
        told.map(|(count, what)| format!("{count} {what} have no place in this layout")).collect()
    }

    fn note(&mut self, region: &RegionRef<'_>) {
        self.boxes = self.boxes.saturating_add(u64::from(region.bbox.is_some()));
        self.scores = self.scores.saturating_add(u64::from(region.score.is_some()));
    }
}

fn write_image<W: std::io::Write>(
    pickle: &mut RegionPickle<W>,
    key: &str,
    image: &Image<'_>,
    regions: &[RegionRef<'_>],
    number: u64,
    lost: &mut Lost,
) -> Result<(), ConvertError> {
    let values = image.attributes()?;
    let metadata = scalars(image.metadata()?, lost);
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let mut sample_idx = number;
    let mut attributes = Vec::new();
    for (name, value) in &values {
        match (*name, value) {
            (POSITION, Value::I64(position)) => sample_idx = *position,
            // The layout counts by itself; what was stored stands only where it says something else.
            (COUNT, Value::I64(count)) if usize::try_from(*count) == Ok(regions.len()) => {}
            _ => attributes.push((*name, attribute(value))),
        }
    }
    for (name, value) in &metadata {
        attributes.extend(json_attribute(value).map(|value| (name.as_str(), value)));
    }
    let mut features = Vec::with_capacity(regions.len());
    for region in regions {
        lost.note(region);
        let feature = region.feature.row_f32(0).map(Feature::F32);
        let feature = feature.or_else(|| region.feature.row_f16(0).map(Feature::F16));
        let missing = || ConvertError::image(key, Some(u32::from(region.index)), "has no feature");
        let (index, name) = (u32::from(region.index), region.name);
        features.push(RegionFeature { index, name, feature: feature.ok_or_else(missing)? });
    }
    pickle.image(&RegionImage { key, regions: features, sample_idx, attributes })?;
    Ok(())
}

/// The metadata that is no object or list.
fn scalars(text: Option<&str>, lost: &mut Lost) -> Map<String, Json> {
    let parsed = text.and_then(|text| serde_json::from_str::<Json>(text).ok());
    let mut kept = match parsed {
        Some(Json::Object(map)) => map,
        Some(other) => Map::from_iter([("metadata".to_owned(), other)]),
        None => return Map::new(),
    };
    let before = kept.len();
    kept.retain(|_, value| json_attribute(value).is_some());
    let dropped = u64::try_from(before.saturating_sub(kept.len())).unwrap_or(u64::MAX);
    lost.metadata = lost.metadata.saturating_add(dropped);
    kept
}

fn attribute(value: &Value) -> Attribute<'_> {
    match value {
        Value::I64(v) => Attribute::Int(*v),
        Value::F64(v) => Attribute::Float(*v),
        Value::Bool(v) => Attribute::Bool(*v),
        Value::Text(v) => Attribute::Str(v),
    }
}

fn json_attribute(value: &Json) -> Option<Attribute<'_>> {
    Some(match value {
        Json::Null => Attribute::None,
        Json::Bool(v) => Attribute::Bool(*v),
        Json::Number(v) => {
            v.as_i64().map(Attribute::Int).or_else(|| v.as_f64().map(Attribute::Float))?
        }
        Json::String(v) => Attribute::Str(v),
        Json::Array(_) | Json::Object(_) => return None,
    })
}
