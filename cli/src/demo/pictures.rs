//! Pictures beside the container: a drawn patient, where in it a prompt is, and its segments.

use std::path::{Path, PathBuf};

use vesalius::Snapshot;
use vesalius_convert::heat::{Look, Under, picture};
use vesalius_convert::picture::{Channels, Image, PictureError, Samples, write_png};

use super::container::{PROMPTS, TOKENS};
use super::phantom::{Finding, Patient};
use crate::{Failure, Result};

/// The prompt that is shown.
pub(crate) const PROMPT: &str = "nodule";
/// The finding that it shows.
const FINDING: Finding = Finding::LeftUpperNodule;

/// A patient and where the prompt is in it.
pub(crate) struct Pictures {
    /// The patient.
    pub(crate) key: String,
    /// Its picture.
    pub(crate) patient: PathBuf,
    /// The heat map over it.
    pub(crate) map: PathBuf,
    /// Its segments over it; the command that renders it is suggested.
    pub(crate) masks: PathBuf,
}

impl Pictures {
    /// Draws the first patient for testing that has the finding.
    pub(crate) fn write(dir: &Path, snapshot: &Snapshot, cohort: &[Patient]) -> Result<Self> {
        let fits =
            |patient: &&Patient| patient.finding == FINDING.name() && patient.split == "test";
        let none = || Failure::Message("the cohort has no patient to draw a map of".into());
        let patient = cohort.iter().find(fits).ok_or_else(none)?;
        let failed = |path: &Path, error: PictureError| {
            Failure::Message(format!("{}: {error}", path.display()))
        };
        let drawn = &patient.image;
        let key = patient.key.clone();
        let pictures = Self {
            patient: dir.join(format!("{key}.png")),
            map: dir.join(format!("{key}-{PROMPT}.png")),
            masks: dir.join(format!("{key}-masks.png")),
            key,
        };
        let samples = Samples::Eight(drawn.pixels.clone());
        let image = Image::new(drawn.height, drawn.width, Channels::Grey, samples);
        let image = image.map_err(|error| failed(&pictures.patient, error))?;
        write_png(&pictures.patient, &image).map_err(|error| failed(&pictures.patient, error))?;

        let held = snapshot.image(&pictures.key)?;
        let probe = snapshot.probe(TOKENS, PROMPTS, PROMPT)?.cosine();
        let map = held.heat_map(TOKENS, &probe)?.ok_or_else(none)?;
        let title = Some(format!("{}: {PROMPT}", pictures.key));
        let look = Look { title, ..Look::default() };
        let shown = picture(&map, held.space()?, &Under::Picture(&image), &look);
        let shown = shown.map_err(|error| Failure::Message(error.to_string()))?;
        write_png(&pictures.map, &(&shown.picture).into())
            .map_err(|error| failed(&pictures.map, error))?;
        Ok(pictures)
    }
}
