//! What cannot be stored is refused, and nothing half done is left behind.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::hdf5_write::{
    Attribute, ColumnSpec, ElementType, Hdf5WriteError, Table, Template, Values, Writer,
};
use crate::hdf5_write::{Compression, ConceptClipShape, ConceptClipWriter};

fn refused<T>(result: Result<T, Hdf5WriteError>) {
    match result {
        Err(Hdf5WriteError::Refused { .. }) => {}
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

fn entries(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn names_and_shapes() {
    let folder = TempDir::new().unwrap();
    let mut writer = Writer::create(&folder.path().join("a.h5")).unwrap();
    let long = "n".repeat(1025);
    for path in ["", "/", "a/", "/a", ".", "a//b", "missing/a", "..", "a\0", &long] {
        refused(writer.group(path));
        refused(writer.column(&ColumnSpec::scalars(path, ElementType::I64)));
        refused(writer.whole(&ColumnSpec::scalars(path, ElementType::I64), Values::I64(&[])));
    }
    for spec in [
        ColumnSpec::vectors("v", ElementType::F32, 0),
        ColumnSpec::vectors("v", ElementType::Text, 2),
        ColumnSpec::scalars("v", ElementType::I64).with_chunk_rows(0),
        ColumnSpec::scalars("v", ElementType::I64).with_chunk_rows(u64::MAX),
        ColumnSpec::rows("v", ElementType::F16, &[u64::MAX, 2]),
        ColumnSpec::vectors("v", ElementType::F16, (1 << 29) + 1),
    ] {
        refused(writer.column(&spec));
    }
    drop(writer);
    assert_eq!(entries(folder.path()), 0);
}

#[test]
fn attributes() {
    let folder = TempDir::new().unwrap();
    let mut writer = Writer::create(&folder.path().join("a.h5")).unwrap();
    refused(writer.attribute("", "", Attribute::I64(1)));
    refused(writer.attribute("missing", "a", Attribute::I64(1)));
    refused(writer.attribute("", "a", Attribute::Text("a\0b")));
    refused(writer.attribute("", "a", Attribute::Texts(&["a", "\0"])));
    refused(writer.attribute("", "a", Attribute::Texts(&[])));
    refused(writer.attribute("", "a", Attribute::F64s(&vec![0.0; 8000])));
    writer.finish().unwrap();
}

#[test]
fn values_of_another_type_or_number() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.h5");
    let specs = [
        ColumnSpec::vectors("v", ElementType::F32, 2),
        ColumnSpec::scalars("i", ElementType::I64),
        ColumnSpec::scalars("t", ElementType::Text),
    ];
    let mut table = Table::create(&path, &specs).unwrap();
    let (v, i, t) = (Values::F32(&[1.0, 2.0]), Values::I64(&[1]), Values::Texts(&["a"]));
    refused(table.append(&[v, i]));
    refused(table.append(&[i, v, t]));
    refused(table.append(&[Values::F32(&[1.0]), i, t]));
    refused(table.append(&[v, Values::I64(&[1, 2]), t]));
    refused(table.append(&[v, i, Values::Texts(&["a\0"])]));
    refused(table.append(&[v, Values::Bytes(&[0; 7]), t]));
    table.append(&[v, Values::Bytes(&[0; 8]), t]).unwrap();
    assert_eq!(table.rows(), 1);
    table.finish().unwrap();
    let file = super::reader::open(&path);
    for name in ["v", "i", "t"] {
        assert_eq!(file.dataset(name).unwrap().shape()[0], 1);
    }
}

#[test]
fn templates_of_another_shape() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.h5");
    let (features, tokens) = (ElementType::F16, ElementType::F16);
    let compression = Compression::Lzf;
    let shape = ConceptClipShape { dim: 2, image_tokens: None, features, tokens, compression };
    let mut writer = ConceptClipWriter::create(&path, shape).unwrap();
    let good = Template {
        name: "t",
        dim: 2,
        texts: &["a"],
        features: &[1.0, 2.0],
        tokens: Some((2, &[1.0, 2.0, 3.0, 4.0])),
        texts_hash: "",
        created_at: "",
        attributes: &[],
    };
    refused(writer.template(&Template { features: &[1.0], ..good }));
    refused(writer.template(&Template { tokens: Some((1, &[1.0])), ..good }));
    refused(writer.template(&Template { tokens: Some((u64::MAX, &[1.0])), ..good }));
    refused(writer.template(&Template { name: "", ..good }));
    writer.template(&good).unwrap();
    refused(writer.template(&good));
    writer.finish().unwrap();
}

#[test]
fn an_old_file_stays_until_the_end() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a.h5");
    fs::write(&path, b"old").unwrap();
    drop(Writer::create(&path).unwrap());
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(entries(folder.path()), 1);
    Writer::create(&path).unwrap().finish().unwrap();
    assert_eq!(super::reader::describe(&path), Vec::<String>::new());
    assert_eq!(entries(folder.path()), 1);
}

#[test]
fn a_folder_that_does_not_exist() {
    let folder = TempDir::new().unwrap();
    let error = Writer::create(&folder.path().join("missing/a.h5")).err().unwrap();
    assert!(matches!(error, Hdf5WriteError::Io { .. }), "{error}");
}

#[test]
fn a_name_that_is_taken() {
    let folder = TempDir::new().unwrap();
    let mut writer = Writer::create(&folder.path().join("a.h5")).unwrap();
    let spec = ColumnSpec::scalars("a", ElementType::I64);
    writer.column(&spec).unwrap();
    refused(writer.column(&spec));
    refused(writer.whole(&spec, Values::I64(&[1])));
    refused(writer.group("a"));
    writer.finish().unwrap();
}
