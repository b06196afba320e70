//! What an import of masks did.

use std::path::PathBuf;

use serde_json::{Value as Json, json};

use super::put::Stored;

/// What an import of masks did. Counts are of all sources, also after a resumption.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MaskImportReport {
    /// The sources.
    pub sources: Vec<PathBuf>,
    /// The container.
    pub file: PathBuf,
    /// The masks field.
    pub field: String,
    /// How the sources were recognised.
    pub layout: String,
    /// Whether the container was made.
    pub created: bool,
    /// Images of the sources.
    pub images: u64,
    /// Images that were made.
    pub images_created: u64,
    /// Images that were changed or made.
    pub images_written: u64,
    /// Keys of the first images.
    pub keys: Vec<String>,
    /// Segments of the sources.
    pub segments: u64,
    /// Segments without a voxel.
    pub segments_empty: u64,
    /// Segments that were not there before.
    pub segments_added: u64,
    /// Segments that took the place of others.
    pub segments_replaced: u64,
    /// Segments that were there already.
    pub segments_unchanged: u64,
    /// Voxels of all segments.
    pub voxels: u64,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// Nothing was left to write.
    pub nothing_to_do: bool,
    /// Whether what was written was read back and compared.
    pub verified: bool,
    /// Wall clock.
    pub seconds: f64,
    /// Most memory of this process, pages of maps included; `None` where the system does not tell.
    pub peak_memory: Option<u64>,
    /// Bytes of the container.
    pub file_bytes: u64,
    /// The key of the image that came last, and whether it was written: several sources of one image count once.
    pub(super) last: Option<(String, bool)>,
}

/// How many keys are listed.
const KEYS: usize = 100;

impl MaskImportReport {
    pub(super) fn add(&mut self, key: &str, empty: u64, stored: Stored) {
        let add = |to: &mut u64, count: u64| *to = to.saturating_add(count);
        let last = self.last.take().filter(|(last, _)| last == key);
        let written = last.as_ref().is_some_and(|(_, written)| *written);
        add(&mut self.images, u64::from(last.is_none()));
        add(&mut self.images_written, u64::from(stored.is_change() && !written));
        self.last = Some((key.to_owned(), stored.is_change() || written));
        add(&mut self.images_created, u64::from(stored.new_image));
        if self.keys.len() < KEYS && !self.keys.iter().any(|known| known == key) {
            self.keys.push(key.to_owned());
        }
        let all = [stored.added, stored.replaced, stored.unchanged];
        for count in all {
            add(&mut self.segments, count);
        }
        add(&mut self.segments_added, stored.added);
        add(&mut self.segments_replaced, stored.replaced);
        add(&mut self.segments_unchanged, stored.unchanged);
        add(&mut self.segments_empty, empty);
        add(&mut self.voxels, stored.voxels);
        self.warnings.extend(stored.notes);
    }

    /// The report as JSON; names and meanings are those of the fields.
    pub fn to_json(&self) -> Json {
        let sources: Vec<_> = self.sources.iter().map(|path| path.to_string_lossy()).collect();
        json!({
            "kind": "masks",
            "sources": sources,
            "file": self.file.to_string_lossy(),
            "field": self.field,
            "layout": self.layout,
            "created": self.created,
            "images": self.images,
            "images_created": self.images_created,
            "images_written": self.images_written,
            "keys": self.keys,
            "segments": self.segments,
            "segments_empty": self.segments_empty,
            "segments_added": self.segments_added,
            "segments_replaced": self.segments_replaced,
            "segments_unchanged": self.segments_unchanged,
            "voxels": self.voxels,
            "warnings": self.warnings,
            "nothing_to_do": self.nothing_to_do,
            "verified": self.verified,
            "seconds": self.seconds,
            "peak_memory": self.peak_memory,
            "file_bytes": self.file_bytes,
        })
    }
}
