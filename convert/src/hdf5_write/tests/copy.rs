//! Files of the original program, read and written again.

use std::path::{Path, PathBuf};

use half::f16;
use hdf5_reader::group::Group;
use hdf5_reader::{Attribute as Found, Datatype, Hdf5File};
use tempfile::TempDir;

use super::{h5py, reader};
use crate::hdf5_write::{
    Attribute, Compression, ConceptClipBatch, ConceptClipShape, ConceptClipWriter, ElementType,
    Template, Values,
};

#[test]
fn copies_of_real_files_are_equal() {
    let files = ["conceptclip_features", "ct_slices", "cc_small_lzf_earliest"];
    for name in files {
        if let Some(source) = data(&format!("{name}.h5")) {
            compare(&source, Compression::Lzf);
            compare(&source, Compression::None);
        }
    }
}

fn data(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/conceptclip");
    let path = root.join(name);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: ../shared/data absent ({})", path.display());
    None
}

fn compare(source: &Path, compression: Compression) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("copy.h5");
    copy(source, &path, compression);
    let same = compression == Compression::Lzf;
    let loose = |lines: Vec<String>| -> Vec<String> {
        lines.into_iter().filter_map(|line| loosen(line, same)).collect()
    };
    assert_eq!(loose(reader::describe(&path)), loose(reader::describe(source)), "hdf5-reader");
    if let (Some(found), Some(original)) = (h5py::describe(&path), h5py::describe(source)) {
        assert_eq!(loose(found), loose(original), "h5py");
    }
}

/// Leaves out what may differ: the filter if it was not to be kept, and the chunks and filters of
/// prompts, which h5py chooses by itself.
fn loosen(line: String, same_filter: bool) -> Option<String> {
    let of_template = line.contains(" templates/");
    if line.starts_with("C ") {
        return (same_filter && !of_template).then_some(line);
    }
    let Some((start, rest)) = line.split_once("] [").filter(|_| line.starts_with("D templates/"))
    else {
        return Some(line);
    };
    Some(format!("{start} {}", rest.rsplit_once(' ').unwrap().1))
}

fn copy(source: &Path, path: &Path, compression: Compression) {
    let file = reader::open(source);
    let tokens = file.dataset("image_token_features").unwrap();
    let (dim, count) = (tokens.shape()[2], tokens.shape()[1]);
    let shape = ConceptClipShape {
        dim,
        image_tokens: Some(count),
        features: ElementType::F16,
        tokens: ElementType::F16,
        compression,
    };
    let mut writer = ConceptClipWriter::create(path, shape).unwrap();
    let root = file.root_group().unwrap();
    for found in root.attributes().unwrap() {
        let text = text_of(&found);
        writer.attribute(&found.name, value_of(&found, &text)).unwrap();
    }
    let rows = usize::try_from(tokens.shape()[0]).unwrap();
    let (ids, labels) = (integers(&file, "ids"), integers(&file, "labels"));
    let splits = reader::texts(&file.dataset("split").unwrap());
    let (features, tokens) =
        (halves(&file, "image_features"), halves(&file, "image_token_features"));
    let (row, token_row) = (features.len() / rows, tokens.len() / rows);
    // Seven rows are in step with no chunk.
    for first in (0..rows).step_by(7) {
        let end = rows.min(first + 7);
        let some: Vec<&str> = splits[first..end].iter().map(String::as_str).collect();
        let batch = ConceptClipBatch {
            features: Values::F16(&features[first * row..end * row]),
            tokens: Some(Values::F16(&tokens[first * token_row..end * token_row])),
            ids: &ids[first..end],
            labels: &labels[first..end],
            splits: &some,
        };
        writer.append(batch).unwrap();
    }
    if let Ok(templates) = root.group("templates") {
        for group in templates.groups().unwrap() {
            copy_template(&group, &mut writer);
        }
    }
    writer.finish().unwrap();
}

fn copy_template(group: &Group, writer: &mut ConceptClipWriter) {
    let features = group.dataset("text_features").unwrap();
    let tokens = group.dataset("text_token_features").ok();
    let values = tokens.as_ref().map(|tokens| floats(&tokens.read_raw_bytes().unwrap()));
    let count = tokens.map(|tokens| tokens.shape()[1]);
    let texts = reader::texts(&group.dataset("texts").unwrap());
    let text = |name: &str| group.attribute(name).unwrap().read_strings().unwrap().remove(0);
    let template = Template {
        name: group.name(),
        dim: features.shape()[1],
        texts: &texts.iter().map(String::as_str).collect::<Vec<_>>(),
        features: &floats(&features.read_raw_bytes().unwrap()),
        tokens: count.zip(values.as_deref()),
        texts_hash: &text("texts_hash"),
        created_at: &text("created_at"),
        attributes: &[],
    };
    writer.template(&template).unwrap();
}

fn text_of(found: &Found) -> String {
    found.read_strings().map_or(String::new(), |mut texts| texts.remove(0))
}

fn value_of<'a>(found: &Found, text: &'a str) -> Attribute<'a> {
    match found.datatype {
        Datatype::FixedPoint { .. } => Attribute::I64(found.read_scalar().unwrap()),
        Datatype::FloatingPoint { .. } => Attribute::F64(found.read_scalar().unwrap()),
        _ => Attribute::Text(text),
    }
}

fn integers(file: &Hdf5File, name: &str) -> Vec<i64> {
    file.dataset(name).unwrap().read_array::<i64>().unwrap().into_iter().collect()
}

/// The reader has no type for half floats, but their bytes.
fn halves(file: &Hdf5File, name: &str) -> Vec<f16> {
    let bytes = file.dataset(name).unwrap().read_raw_bytes().unwrap();
    bytes.chunks_exact(2).map(|pair| f16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    let fours = bytes.chunks_exact(4);
    fours.map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}
