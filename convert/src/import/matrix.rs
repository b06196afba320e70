//! Arrays as images: `[N, D]` one vector each, `[N, R, D]` a feature for each of R regions.

use std::path::Path;

use serde_json::Map;

use super::ids::Ids;
use super::item::{Description, ImageSource, Item, Part, Shape, Values, Visit};
use super::options::ImportOptions;
use super::side::SideArray;
use crate::error::ConvertError;
use crate::npy::{Dtype, NpyFile, Scalar};
use crate::regions::FeatureType;

/// An array with the keys of its rows.
pub(super) struct Matrix {
    array: NpyFile,
    ids: Ids,
    attributes: Vec<SideArray>,
    description: Description,
}

impl Matrix {
    pub(super) fn new(
        path: &Path,
        array: NpyFile,
        ids: Ids,
        attributes: Vec<SideArray>,
        options: &ImportOptions,
    ) -> Result<Self, ConvertError> {
        let refuse = |what: String| Err(ConvertError::layout(path, what));
        let shape = array.shape().to_vec();
        let (kind, names, dim) = match (shape.as_slice(), &options.regions) {
            ([_, dim], None) => (Shape::Vector, vec![String::new()], *dim),
            ([_, regions, dim], Some(names)) => {
                let given = u64::try_from(names.len()).unwrap_or(u64::MAX);
                if given != *regions {
                    let what = format!("the array has {regions} regions, {given} were named");
                    return refuse(what);
                }
                (Shape::Regions, names.clone(), *dim)
            }
            ([_, regions, _], None) => {
                return refuse(format!(
                    "the array has shape {shape:?}; name its {regions} regions to import them"
                ));
            }
            _ => {
                return refuse(format!(
                    "the array has shape {shape:?}; [N, D] or [N, R, D] is needed"
                ));
            }
        };
        let dtype = match array.dtype() {
            Dtype::Number(Scalar::F16, _) => FeatureType::F16,
            Dtype::Number(Scalar::F64, _) => FeatureType::F64,
            Dtype::Number(..) => FeatureType::F32,
            other => return refuse(format!("the array holds {other}, not numbers")),
        };
        let layout = if kind == Shape::Vector { "array [N, D]" } else { "array [N, R, D]" };
        let images = array.rows();
        let (Ok(dim), true) = (usize::try_from(dim), dim > 0 && images > 0) else {
            return refuse(format!("the array has shape {shape:?}; there is nothing in it"));
        };
        let mut warnings: Vec<String> = ids.warning().into_iter().collect();
        warnings.extend(loss(array.dtype()));
        let description = Description {
            layout: layout.to_owned(),
            shape: kind,
            names,
            dim,
            dtype,
            images,
            fingerprint: String::new(),
            warnings,
            metadata: Map::new(),
            metric: None,
            provenance: None,
            findings: None,
        };
        Ok(Self { array, ids, attributes, description })
    }

    /// Adds what the file around the array says.
    pub(super) fn described(&mut self, fingerprint: String, warnings: &[String]) {
        self.description.fingerprint = fingerprint;
        self.description.warnings.extend_from_slice(warnings);
    }
}

fn loss(dtype: Dtype) -> Option<String> {
    let Dtype::Number(scalar, _) = dtype else { return None };
    match scalar {
        Scalar::F64 => Some("features are float64 in the source and rounded to float32".to_owned()),
        Scalar::I32 | Scalar::I64 | Scalar::U32 | Scalar::U64 => {
            Some(format!("features are {} in the source and rounded to float32", scalar.code()))
        }
        _ => None,
    }
}

impl ImageSource for Matrix {
    fn description(&self) -> &Description {
        &self.description
    }

    fn for_each(&self, from: u64, visit: &mut Visit<'_>) -> Result<(), ConvertError> {
        let (dim, metadata) = (self.description.dim, Map::new());
        let width = self.array.row_len();
        let mut values = Vec::new();
        let mut row = from;
        while row < self.array.rows() {
            let left = usize::try_from(self.array.rows().saturating_sub(row));
            let count = self.array.preferred_rows().min(left.unwrap_or(usize::MAX));
            values.clear();
            self.array.read_rows_f32(row, count, &mut values)?;
            let keys = self.ids.read(row, count)?;
            let columns = self.attributes.iter().map(|side| Ok((side, side.read(row, count)?)));
            let columns = columns.collect::<Result<Vec<_>, ConvertError>>()?;
            for (place, (key, features)) in keys.iter().zip(values.chunks_exact(width)).enumerate()
            {
                let attribute = |(side, read): &(&SideArray, Vec<_>)| {
                    Some((side.name.clone(), read.get(place).cloned()?))
                };
                let attributes: Vec<_> = columns.iter().filter_map(attribute).collect();
                let parts = features.chunks_exact(dim).enumerate();
                let parts: Vec<Part<'_>> = parts
                    .filter(|(_, feature)| self.is_there(feature))
                    .map(|(region, feature)| part(region, feature))
                    .collect();
                let (parts, attributes) = (&parts[..], &attributes[..]);
                if !visit(row, Item { key, parts, attributes, metadata: &metadata })? {
                    return Ok(());
                }
                row = row.saturating_add(1);
            }
        }
        Ok(())
    }
}

impl Matrix {
    /// A region of nothing but NaN was not found in the image.
    fn is_there(&self, feature: &[f32]) -> bool {
        self.description.shape == Shape::Vector || !feature.iter().all(|value| value.is_nan())
    }
}

fn part(region: usize, feature: &[f32]) -> Part<'_> {
    Part { region, values: Values::Floats(feature), bbox: None, score: None }
}
