//! Tests of masks in NRRD files.

#![expect(clippy::float_cmp, reason = "numbers of a text header are kept exactly")]

mod fields;
mod files;
mod hostile;
mod layers;
mod peers;
mod real;
mod segments;
mod spaces;

use super::*;
use crate::masks::SegmentSet;
use crate::masks::volumes::testing::{Random, data};
use crate::masks::volumes::{Limits, VolumeError, VolumeErrorKind};
use std::collections::BTreeMap;
use vesalius::{Runs, Segment, SegmentValue, Space, TermCode, VoxelShape};

/// Fields of a small file; those given replace or are added to these.
fn header(given: &[(&str, &str)]) -> String {
    let mut fields = BTreeMap::from([
        ("type", "uint8"),
        ("dimension", "3"),
        ("sizes", "3 2 1"),
        ("encoding", "raw"),
        ("space", "left-posterior-superior"),
        ("space directions", "(1,0,0) (0,2,0) (0,0,3)"),
        ("space origin", "(10,20,30)"),
    ]);
    fields.extend(given.iter().copied());
    let line = |(name, text): (&str, &str)| {
        let sign = if name.starts_with("Segment") { ":=" } else { ": " };
        if text == "-" { String::new() } else { format!("{name}{sign}{text}\n") }
    };
    let lines: String = fields.into_iter().map(line).collect();
    format!("NRRD0004\n# a comment\n{lines}\n")
}

fn file(given: &[(&str, &str)], values: &[u8]) -> Vec<u8> {
    [header(given).as_bytes(), values].concat()
}

fn parse(bytes: Vec<u8>) -> Result<SegmentSet, VolumeError> {
    read_nrrd_stream(std::io::Cursor::new(bytes), &Limits::default())
}

/// The error of a file of these fields and six values.
fn refused(given: &[(&str, &str)]) -> NrrdErrorKind {
    match parse(file(given, &[0, 1, 0, 0, 2, 2])).unwrap_err().kind {
        VolumeErrorKind::Nrrd(kind) => kind,
        other => panic!("{other}"),
    }
}

/// Groups, names, labels and numbers of voxels.
fn table_of(set: &SegmentSet) -> Vec<(String, u32, u64)> {
    let row = |SegmentValue { segment, runs }: &SegmentValue| {
        (format!("{}/{}", segment.group, segment.name), segment.label, runs.voxels())
    };
    set.segments.iter().map(row).collect()
}

fn row(name: &str, label: u32, voxels: u64) -> (String, u32, u64) {
    (name.to_owned(), label, voxels)
}
