//! The folder of an index and its metadata as images.

use std::path::Path;

use serde_json::{Value as Json, json};
use vesalius::{PromptSet, Provenance};

use super::prompts::{self, Prompts};
use super::records::{Records, Summary};
use super::{INDEX, METADATA};
use crate::error::ConvertError;
use crate::faiss::FaissFile;
use crate::import::findings::SourceFindings;
use crate::import::h5::check::PromptCheck;
use crate::import::item::{Description, ImageSource, Item, Part, Shape, Values, Visit};
use crate::import::options::{ImageKey, ImportOptions};
use crate::import::recognise;
use crate::regions::{FeatureType, combine_fingerprints};

/// An index and its metadata.
pub(in crate::import) struct VectorStore {
    file: FaissFile,
    records: Records,
    prompts: Vec<Prompts>,
    description: Description,
}

impl VectorStore {
    pub(in crate::import) fn open(
        folder: &Path,
        options: &ImportOptions,
    ) -> Result<Self, ConvertError> {
        options.refuse_for_store()?;
        let (index, metadata) = (folder.join(INDEX), folder.join(METADATA));
        let in_index = |error| ConvertError::from(error).in_file(&index);
        let file = FaissFile::open(&index).map_err(in_index)?;
        if !metadata.is_file() {
            let what = format!(
                "there is no {METADATA} beside {INDEX}; import {INDEX} alone for its vectors"
            );
            return Err(ConvertError::layout(folder, what));
        }
        let by_path = options.image_key == ImageKey::Path;
        let records = Records::open(&metadata, by_path)?;
        let summary = records.survey()?;
        let images = pair(folder, &file, &summary, options)?;
        let mut problems = problems(&file, &summary);
        if file.has_ids() {
            let what =
                "the index has ids of its own, the metadata is by row; import the index alone";
            return Err(ConvertError::layout(&index, what));
        }
        let (prompts, told) = prompts::open(folder, file.dim(), options)?;
        problems.extend(told);
        let fingerprint = |path: &Path| {
            recognise::fingerprint(path).map_err(|error| ConvertError::from(error).in_file(path))
        };
        let mut prints = vec![fingerprint(&index)?, fingerprint(&metadata)?];
        prints.extend(by_path.then(|| "by path".to_owned()));
        let mut about = summary.about.clone();
        about.insert("index".to_owned(), json!(file.kind()));
        let findings = SourceFindings {
            prompt_sets: prompts.iter().map(|set| set.name.clone()).collect(),
            problems: problems.clone(),
            declared_rows: options.salvage.then(|| file.len().max(summary.count)),
            ..SourceFindings::default()
        };
        let description = Description {
            layout: format!("vector database, {} and metadata", file.kind()),
            shape: Shape::Vector,
            names: vec![String::new()],
            dim: file.dim(),
            dtype: if file.is_half() { FeatureType::F16 } else { FeatureType::F32 },
            images,
            fingerprint: combine_fingerprints(&prints),
            warnings: problems,
            metric: super::metric(&index, &file, options)?,
            provenance: provenance(&summary),
            metadata: about,
            findings: Some(findings),
        };
        Ok(Self { file, records, prompts, description })
    }
}

/// How many images there are; the pair must not be torn unless it is to be salvaged.
fn pair(
    folder: &Path,
    file: &FaissFile,
    summary: &Summary,
    options: &ImportOptions,
) -> Result<u64, ConvertError> {
    let (vectors, records) = (file.len(), summary.count);
    if vectors != records && !options.salvage {
        return Err(ConvertError::Torn { path: folder.to_owned(), vectors, records });
    }
    match vectors.min(records) {
        0 => Err(ConvertError::layout(folder, "there is no image in it")),
        images => Ok(images),
    }
}

/// What a person should know.
fn problems(file: &FaissFile, summary: &Summary) -> Vec<String> {
    let (vectors, records) = (file.len(), summary.count);
    let mut told = Vec::new();
    if vectors > records {
        told.push(format!(
            "the index has {vectors} vectors, the metadata {records} images: {} vectors without an image were \
             left out",
            vectors.saturating_sub(records)
        ));
    }
    if vectors < records {
        told.push(format!(
            "the index has {vectors} vectors, the metadata {records} images: an image was removed from the index \
             and not from the metadata, and nothing says which one; from it on, images have the vector of the \
             next one: compute their vectors again"
        ));
    }
    if let Some((place, id)) = &summary.first_moved {
        told.push(format!(
            "{} images have an id that is not their row, as after a removal; the first is {id} in row {place}; \
             each has the vector of its row",
            summary.moved
        ));
    }
    let says = summary.about.get("dimension").and_then(Json::as_u64);
    if let Some(says) = says.filter(|says| usize::try_from(*says) != Ok(file.dim())) {
        told.push(format!("the metadata says {says} dimensions, the index has {}", file.dim()));
    }
    told.extend(
        summary.left_out.iter().map(|what| format!("of the metadata was not imported: {what}")),
    );
    told
}

fn provenance(summary: &Summary) -> Option<Provenance> {
    let text = |name: &str| summary.about.get(name).and_then(Json::as_str);
    let model = text("model_name")?.to_owned();
    let checkpoint = text("pretrained").unwrap_or_default().to_owned();
    Some(Provenance { model, checkpoint, ..Provenance::default() })
}

impl ImageSource for VectorStore {
    fn description(&self) -> &Description {
        &self.description
    }

    fn for_each(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError> {
        let document = self.records.parse()?;
        let records = self.records.records(&document)?;
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        let mut pairs = document.pairs(records).into_iter().flatten().skip(skip);
        let (mut row, mut values) = (from, Vec::new());
        while row < self.description.images {
            let left = self.description.images.saturating_sub(row);
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            let count = self.file.preferred_rows().min(left);
            values.clear();
            self.file.read_rows_f32(row, count, &mut values)?;
            for feature in values.chunks_exact(self.file.dim()) {
                let Some(pair) = pairs.next() else { return Ok(()) };
                let record = self.records.read(&document, pair, row)?;
                let part =
                    Part { region: 0, values: Values::Floats(feature), bbox: None, score: None };
                let (key, attributes) = (&record.key, &record.attributes[..]);
                let item = Item { key, parts: &[part], attributes, metadata: &record.metadata };
                if !visit(row, item)? {
                    return Ok(());
                }
                row = row.saturating_add(1);
            }
        }
        Ok(())
    }

    fn prompt_sets(&self, field: &str) -> Vec<(PromptSet, PromptCheck)> {
        let dim = self.description.dim;
        self.prompts.iter().map(|set| (set.set(field, dim), set.check())).collect()
    }
}
