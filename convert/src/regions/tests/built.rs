//! Python values written as pickles, and sources read into plain values.

use std::path::{Path, PathBuf};

use half::f16;
use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::ConvertError;
use crate::pickle_write::PickleWriter;
use crate::regions::{Attribute, Options, RegionSource, open};

/// A Python value.
#[derive(Clone)]
pub(super) enum Py {
    None,
    Int(i64),
    Float(f64),
    Str(&'static str),
    List(Vec<Py>),
    Dict(Vec<(Py, Py)>),
    F16(Vec<f32>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    Array(Vec<u64>, Vec<f32>),
}

/// A dictionary with text keys.
pub(super) fn dict<const N: usize>(items: [(&'static str, Py); N]) -> Py {
    Py::Dict(items.into_iter().map(|(key, value)| (Py::Str(key), value)).collect())
}

/// A region with a feature.
pub(super) fn region(index: i64, name: &'static str, feature: Py) -> (Py, Py) {
    (Py::Int(index), dict([("region_name", Py::Str(name)), ("feature", feature)]))
}

/// An image with regions.
pub(super) fn image(regions: Vec<(Py, Py)>) -> Py {
    dict([("regions", Py::Dict(regions))])
}

fn write(out: &mut PickleWriter<Vec<u8>>, value: &Py) {
    let done = match value {
        Py::None => out.none(),
        Py::Int(v) => out.int(*v),
        Py::Float(v) => out.float(*v),
        Py::Str(v) => out.name(v),
        Py::List(items) => {
            out.begin_list().unwrap();
            for item in items {
                write(out, item);
            }
            out.end()
        }
        Py::Dict(items) => {
            out.begin_dict().unwrap();
            for (key, value) in items {
                write(out, key);
                write(out, value);
            }
            out.end()
        }
        Py::F16(v) => {
            let halves: Vec<f16> = v.iter().map(|v| f16::from_f32(*v)).collect();
            out.array(&[halves.len() as u64], &halves)
        }
        Py::F32(v) => out.array(&[v.len() as u64], v),
        Py::F64(v) => out.array(&[v.len() as u64], v),
        Py::Array(shape, v) => out.array(shape, v),
    };
    done.unwrap();
}

pub(super) fn pickled(value: &Py) -> Vec<u8> {
    let mut out = PickleWriter::new(Vec::new()).unwrap();
    write(&mut out, value);
    out.finish().unwrap()
}

/// A file with these bytes, in a folder of its own.
pub(super) fn file(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

/// An image as plain values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plain {
    pub(super) key: String,
    /// Index, name, values.
    pub(super) regions: Vec<(u32, String, Vec<f32>)>,
    pub(super) boxes: Vec<(Option<[f32; 6]>, Option<f32>)>,
    pub(super) attributes: Vec<(String, Attribute)>,
    pub(super) metadata: Map<String, Value>,
}

/// Everything from number `from` on.
pub(super) fn read(source: &dyn RegionSource, from: u64) -> Result<Vec<Plain>, ConvertError> {
    let mut images = Vec::new();
    source.for_each(from, &mut |number, image| {
        assert_eq!(number, from + images.len() as u64);
        let values = |f: &crate::regions::Feature<'_>| {
            let mut out = Vec::new();
            f.write_f32(&mut out);
            assert_eq!((out.len(), source.dim()), (f.len(), f.len()));
            out
        };
        let names = source.region_names();
        let plain = image.regions.iter().map(|r| {
            assert_eq!(names[r.index as usize], r.name);
            (r.index, r.name.to_owned(), values(&r.feature))
        });
        images.push(Plain {
            key: image.key.clone().into_owned(),
            regions: plain.collect(),
            boxes: image.regions.iter().map(|r| (r.bbox, r.score)).collect(),
            attributes: image.attributes.clone(),
            metadata: image.metadata.clone(),
        });
        Ok(true)
    })?;
    Ok(images)
}

pub(super) fn opened(path: &Path) -> Box<dyn RegionSource> {
    open(path, &Options::default()).unwrap_or_else(|e| panic!("{e}"))
}

/// The text of the error of opening and reading `value`.
pub(super) fn refusal(value: &Py) -> String {
    let (_folder, path) = file("db.pkl", &pickled(value));
    match open(&path, &Options::default()).and_then(|s| read(&*s, 0).map(drop)) {
        Ok(()) => panic!("accepted"),
        Err(error) => error.to_string(),
    }
}
