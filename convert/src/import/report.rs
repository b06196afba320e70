//! What an import did.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value as Json, json};

use super::findings::SourceFindings;
use super::item::Description;
use super::memory;
use super::pipeline::Outcome;
use crate::error::ConvertError;

/// How often a region occurs.
#[derive(Clone, Debug, PartialEq)]
pub struct RegionRate {
    /// Its index in the source.
    pub index: usize,
    /// Its name.
    pub name: String,
    /// Images that have it.
    pub images: u64,
    /// The part of the images that have it, 0 to 1.
    pub detection_rate: f64,
}

/// What an import did. Counts are of the whole source, also after a resumption; without verification they
/// are of the images that this call wrote.
#[derive(Clone, Debug)]
pub struct ImportReport {
    /// The source.
    pub source: PathBuf,
    /// The container.
    pub file: PathBuf,
    /// Name of the import.
    pub name: String,
    /// How the source was recognised.
    pub layout: String,
    /// Whether the container was made.
    pub created: bool,
    /// Images.
    pub images: u64,
    /// Regions of all images; for vectors as many as images.
    pub regions: u64,
    /// Fewest regions of an image.
    pub regions_min: u64,
    /// Regions of an image on average.
    pub regions_mean: f64,
    /// Most regions of an image.
    pub regions_max: u64,
    /// By region; empty for vectors.
    pub rates: Vec<RegionRate>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// Images that were in the container before.
    pub resumed_at: u64,
    /// Images that this call wrote.
    pub images_written: u64,
    /// Nothing was left to write.
    pub nothing_to_do: bool,
    /// Whether the container was compared with the source.
    pub verified: bool,
    /// Wall clock.
    pub seconds: f64,
    /// Regions (for vectors: images) written per second, opening and verification included.
    pub rows_per_second: f64,
    /// Bytes of features, keys and regions that were written.
    pub bytes_written: u64,
    /// Most memory of this process, pages of maps included; `None` where the system does not tell.
    pub peak_memory: Option<u64>,
    /// Bytes of the container.
    pub file_bytes: u64,
    /// What was found in an HDF5 file, or beside an index.
    pub findings: Option<SourceFindings>,
    names: Vec<String>,
}

impl ImportReport {
    pub(super) fn new(
        source: &Path,
        file: &Path,
        description: &Description,
        name: &str,
        created: bool,
    ) -> Self {
        let names = description.names.clone();
        Self { names, ..Self::blank(source, file, &description.layout, name, created) }
    }

    /// A report of nothing.
    pub(super) fn blank(
        source: &Path,
        file: &Path,
        layout: &str,
        name: &str,
        created: bool,
    ) -> Self {
        Self {
            source: source.to_owned(),
            file: file.to_owned(),
            name: name.to_owned(),
            layout: layout.to_owned(),
            created,
            images: 0,
            regions: 0,
            regions_min: 0,
            regions_mean: 0.0,
            regions_max: 0,
            rates: Vec::new(),
            warnings: Vec::new(),
            resumed_at: 0,
            images_written: 0,
            nothing_to_do: false,
            verified: false,
            seconds: 0.0,
            rows_per_second: 0.0,
            bytes_written: 0,
            peak_memory: None,
            file_bytes: 0,
            findings: None,
            names: Vec::new(),
        }
    }

    pub(super) fn finish(
        &mut self,
        outcome: Outcome,
        file: &Path,
        started: Instant,
    ) -> Result<(), ConvertError> {
        let metadata = std::fs::metadata(file);
        self.file_bytes = metadata.map_err(|error| ConvertError::from(error).in_file(file))?.len();
        let statistics = outcome.statistics;
        self.images = statistics.images;
        self.regions = statistics.regions;
        self.regions_min = statistics.fewest.unwrap_or(0);
        self.regions_mean = ratio(statistics.regions, statistics.images);
        self.regions_max = statistics.most;
        let rates = statistics.detected.iter().zip(&self.names).enumerate();
        let named = rates.filter(|(_, (_, name))| !name.is_empty());
        self.rates = named
            .map(|(index, (&images, name))| RegionRate {
                index,
                name: name.clone(),
                images,
                detection_rate: ratio(images, statistics.images),
            })
            .collect();
        self.warnings = outcome.warnings;
        self.resumed_at = outcome.resumed_at;
        self.images_written = outcome.written;
        self.nothing_to_do = outcome.written == 0;
        self.verified = outcome.verified;
        self.bytes_written = outcome.bytes;
        self.findings = outcome.findings;
        self.peak_memory = memory::peak_bytes();
        self.seconds = started.elapsed().as_secs_f64();
        let rows = outcome.regions_written as f64;
        self.rows_per_second = if self.seconds > 0.0 { rows / self.seconds } else { 0.0 };
        Ok(())
    }

    /// The report as JSON; names and meanings are those of the fields.
    pub fn to_json(&self) -> Json {
        let rate = |rate: &RegionRate| {
            json!({
                "index": rate.index,
                "name": rate.name,
                "images": rate.images,
                "detection_rate": rate.detection_rate,
            })
        };
        json!({
            "source": self.source.to_string_lossy(),
            "file": self.file.to_string_lossy(),
            "name": self.name,
            "layout": self.layout,
            "created": self.created,
            "images": self.images,
            "regions": self.regions,
            "regions_per_image": {
                "min": self.regions_min,
                "mean": self.regions_mean,
                "max": self.regions_max,
            },
            "detection": self.rates.iter().map(rate).collect::<Vec<_>>(),
            "warnings": self.warnings,
            "resumed_at": self.resumed_at,
            "images_written": self.images_written,
            "nothing_to_do": self.nothing_to_do,
            "verified": self.verified,
            "seconds": self.seconds,
            "rows_per_second": self.rows_per_second,
            "bytes_written": self.bytes_written,
            "peak_memory": self.peak_memory,
            "file_bytes": self.file_bytes,
            "findings": self.findings.as_ref().map(SourceFindings::to_json),
        })
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
