//! What is in a container, made sources, and where the shared data lie.

use std::path::{Path, PathBuf};

use half::f16;
use serde_json::Value as Json;
use vesalius::{Cursor, Database, FeatureMatrix, Value};

use crate::ConvertError;
use crate::import::{ImportOptions, ImportReport, import};
use crate::pickle_write::{Attribute, Feature, RegionFeature, RegionImage, write_region_pickle};

/// A region: name, bits of the feature, box, score.
pub(crate) type Region = (String, Vec<u32>, Option<[u32; 6]>, Option<u32>);

/// One image, with nothing left out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ImageContent {
    pub(crate) key: String,
    pub(crate) attributes: Vec<(String, Value)>,
    pub(crate) metadata: Option<Json>,
    /// Field and its regions; a vector is one region without a name.
    pub(crate) fields: Vec<(String, Vec<Region>)>,
}

/// Everything in a container that a user can see.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Content {
    pub(crate) images: Vec<ImageContent>,
    pub(crate) fields: Vec<String>,
    pub(crate) attributes: Vec<String>,
    pub(crate) metadata: String,
    pub(crate) cursors: Vec<Cursor>,
}

fn bits(matrix: &FeatureMatrix<'_>) -> Vec<u32> {
    match matrix {
        FeatureMatrix::F32 { .. } => {
            matrix.row_f32(0).unwrap().iter().map(|v| v.to_bits()).collect()
        }
        FeatureMatrix::F16 { .. } => {
            matrix.row_f16(0).unwrap().iter().map(|v| v.to_bits().into()).collect()
        }
    }
}

impl Content {
    pub(crate) fn of(file: &Path) -> Self {
        let db = Database::open_read_only(file).unwrap();
        let snapshot = db.snapshot().unwrap();
        let schema = snapshot.schema();
        let mut images = Vec::new();
        let mut keys = Vec::new();
        snapshot
            .for_each_key(|row, key| {
                keys.push((row, key.to_owned()));
                Ok(true)
            })
            .unwrap();
        for (row, key) in keys {
            let image = snapshot.image_at(row).unwrap().unwrap();
            let mut fields = Vec::new();
            for field in &schema.fields {
                let regions = match field.kind {
                    vesalius::FieldKind::Vector => image
                        .vector(&field.name)
                        .unwrap()
                        .map(|v| vec![(String::new(), bits(&v), None, None)]),
                    _ => image.regions(&field.name).unwrap().map(|regions| {
                        let one = |r: &vesalius::RegionRef<'_>| {
                            let bbox = r.bbox.map(|b| b.map(f32::to_bits));
                            (r.name.to_owned(), bits(&r.feature), bbox, r.score.map(f32::to_bits))
                        };
                        regions.iter().map(one).collect()
                    }),
                };
                fields.extend(regions.map(|regions| (field.name.clone(), regions)));
            }
            let attributes = image.attributes().unwrap();
            let attributes = attributes.into_iter().map(|(n, v)| (n.to_owned(), v)).collect();
            let metadata =
                image.metadata().unwrap().map(|text| serde_json::from_str(text).unwrap());
            images.push(ImageContent { key, attributes, metadata, fields });
        }
        Self {
            images,
            fields: schema.fields.iter().map(|f| format!("{f:?}")).collect(),
            attributes: schema.attributes.iter().map(|a| format!("{a:?}")).collect(),
            metadata: snapshot.metadata().to_owned(),
            cursors: snapshot.cursors().cloned().collect(),
        }
    }

    pub(crate) fn image(&self, key: &str) -> &ImageContent {
        self.images.iter().find(|image| image.key == key).unwrap()
    }
}

/// The folder of shared test data, if it is there.
pub(crate) fn data() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: ../shared/data absent");
    None
}

/// Imports without progress.
pub(crate) fn run(
    source: &Path,
    file: &Path,
    options: &ImportOptions,
) -> Result<ImportReport, ConvertError> {
    import(source, file, options, &mut |_| true)
}

/// An image to be written: key, regions (index, values), position, further attributes.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) key: String,
    pub(crate) regions: Vec<(u32, Vec<f32>)>,
    pub(crate) attributes: Vec<(&'static str, Attribute<'static>)>,
}

/// `images` images: image `i` has `i % 4` of the regions `a`, `b`, `c`, each with 5 values.
pub(crate) fn sample(prefix: &str, images: u16) -> Vec<Made> {
    let values =
        |i: u16, r: u16| (0..5).map(|j: u16| f32::from(i * 64 + r * 8 + j) + 0.5).collect();
    let regions = |i: u16| (0..i % 4).map(|r| (u32::from(r), values(i, r))).collect();
    let image =
        |i: u16| Made { key: format!("{prefix}{i}"), regions: regions(i), attributes: Vec::new() };
    (0..images).map(image).collect()
}

/// Writes images as a region database; `half` stores the features in f16.
pub(crate) fn write(path: &Path, images: &[Made], half: bool) {
    const NAMES: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let halves: Vec<Vec<Vec<f16>>> = images
        .iter()
        .map(|i| {
            let narrow = |values: &Vec<f32>| values.iter().map(|&v| f16::from_f32(v)).collect();
            i.regions.iter().map(|(_, values)| narrow(values)).collect()
        })
        .collect();
    let records = images.iter().zip(&halves).enumerate().map(|(position, (image, halves))| {
        let regions = image.regions.iter().zip(halves).map(|((index, values), half_values)| {
            let name = NAMES[*index as usize];
            let feature = if half { Feature::F16(half_values) } else { Feature::F32(values) };
            RegionFeature { index: *index, name, feature }
        });
        RegionImage {
            key: &image.key,
            regions: regions.collect(),
            sample_idx: i64::try_from(position).unwrap(),
            attributes: image.attributes.clone(),
        }
    });
    write_region_pickle(std::fs::File::create(path).unwrap(), records).unwrap();
}
