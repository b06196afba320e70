//! What a reader in Rust finds, in the words of `describe.py`.

use std::path::Path;

use hdf5_reader::group::Group;
use hdf5_reader::{Attribute, Dataset, Datatype, FilterRegistry, Hdf5File, OpenOptions};

use super::expected::{crc_of_texts, dims};

pub(super) fn open(path: &Path) -> Hdf5File {
    let mut filters = FilterRegistry::new();
    filters.register(32000, Box::new(|_, data, _| Ok(unlzf(data))));
    let options = OpenOptions::default().with_filter_registry(filters);
    Hdf5File::open_with_options(path, options).unwrap()
}

/// Sorted lines, without those about filters.
pub(super) fn describe(path: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    group(&open(path).root_group().unwrap(), "", &mut lines);
    lines.sort();
    lines
}

fn group(here: &Group, path: &str, lines: &mut Vec<String>) {
    let name = if path.is_empty() { "/" } else { path };
    lines.extend(here.attributes().unwrap().iter().map(|found| attribute(found, name)));
    let (groups, datasets) = here.members().unwrap();
    let inside = |name: &str| format!("{path}/{name}").trim_start_matches('/').to_owned();
    for child in &groups {
        lines.push(format!("G {}", inside(child.name())));
        group(child, &inside(child.name()), lines);
    }
    lines.extend(datasets.iter().map(|child| dataset(child, &inside(child.name()))));
}

fn dataset(found: &Dataset, path: &str) -> String {
    let (dtype, crc) = match found.dtype() {
        Datatype::FloatingPoint { size: 2, .. } => ("f16", crc(found)),
        Datatype::FloatingPoint { size: 4, .. } => ("f32", crc(found)),
        Datatype::FixedPoint { size: 8, signed: true, .. } => ("i64", crc(found)),
        Datatype::VarLen { .. } => ("text", crc_of_texts(&texts(found))),
        other => panic!("{path}: {other:?}"),
    };
    let shape = dims(found.shape());
    let most = found.max_dims().map_or_else(|| shape.clone(), dims);
    let chunks = found.chunks().map_or("None".to_owned(), |chunks| {
        dims(&chunks.into_iter().map(u64::from).collect::<Vec<_>>())
    });
    format!("D {path} {dtype} {shape} {most} {chunks} {crc:08x}")
}

fn crc(found: &Dataset) -> u32 {
    crc32fast::hash(&found.read_raw_bytes().unwrap())
}

pub(super) fn texts(found: &Dataset) -> Vec<String> {
    if found.shape() == [0] { Vec::new() } else { found.read_strings().unwrap() }
}

fn attribute(found: &Attribute, path: &str) -> String {
    let (kind, crc) = match found.datatype {
        Datatype::FixedPoint { size: 8, .. } => ("int64", crc32fast::hash(&found.raw_data)),
        Datatype::FloatingPoint { size: 8, .. } => ("float64", crc32fast::hash(&found.raw_data)),
        _ => ("str", crc_of_texts(&found.read_strings().unwrap())),
    };
    let count = found.shape.first().map_or(String::new(), |count| format!("[{count}]"));
    format!("A {path} {} {kind}{count} {crc:08x}", found.name)
}

/// The plainest decoder of LZF: a control byte below 32 announces literals, any other a repetition.
fn unlzf(data: &[u8]) -> Vec<u8> {
    let (mut out, mut at) = (Vec::new(), 0);
    while at < data.len() {
        let control = usize::from(data[at]);
        at += 1;
        if control < 32 {
            out.extend_from_slice(&data[at..=at + control]);
            at += control + 1;
            continue;
        }
        let mut length = control >> 5;
        if length == 7 {
            length += usize::from(data[at]);
            at += 1;
        }
        let back = ((control & 31) << 8) + usize::from(data[at]) + 1;
        at += 1;
        for _ in 0..length + 2 {
            out.push(out[out.len() - back]);
        }
    }
    out
}
