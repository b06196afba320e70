//! Region databases as images.

use super::item::{Description, ImageSource, Item, Part, Shape, Values, Visit};
use crate::error::ConvertError;
use crate::regions::{FeatureType, Layout, RegionSource};

/// A region database.
pub(super) struct RegionImages {
    source: Box<dyn RegionSource>,
    description: Description,
}

impl RegionImages {
    pub(super) fn new(source: Box<dyn RegionSource>) -> Self {
        let layout = match source.layout() {
            Layout::Database => "region database",
            Layout::RegionText => "region texts",
            Layout::KnowledgeBase => "knowledge base",
        };
        let mut warnings = source.warnings().to_vec();
        if source.dtype() == FeatureType::F64 {
            warnings.push("features are float64 in the source and rounded to float32".to_owned());
        }
        let description = Description {
            layout: layout.to_owned(),
            shape: Shape::Regions,
            names: source.region_names().to_vec(),
            dim: source.dim(),
            dtype: source.dtype(),
            images: source.len(),
            fingerprint: source.fingerprint().to_owned(),
            warnings,
            metadata: source.source_metadata().clone(),
            metric: None,
            provenance: None,
            findings: None,
        };
        Self { source, description }
    }
}

impl ImageSource for RegionImages {
    fn description(&self) -> &Description {
        &self.description
    }

    fn for_each(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError> {
        self.source.for_each(from, &mut |number, image| {
            let mut parts = Vec::with_capacity(image.regions.len());
            for source in &image.regions {
                let region = usize::try_from(source.index).unwrap_or(usize::MAX);
                let (values, bbox, score) =
                    (Values::Source(&source.feature), source.bbox, source.score);
                parts.push(Part { region, values, bbox, score });
            }
            let (attributes, metadata) = (&image.attributes, &image.metadata);
            visit(number, Item { key: &image.key, parts: &parts, attributes, metadata })
        })
    }
}
