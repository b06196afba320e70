//! Compressed values, and values in other files.

use super::*;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use std::fs;
use std::io::Write;

const VALUES: [u8; 6] = [0, 1, 0, 0, 2, 2];

fn wanted() -> Vec<(String, u32, u64)> {
    vec![row("/label_1", 1, 1), row("/label_2", 2, 2)]
}

fn gzip(values: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    out.write_all(values).unwrap();
    out.finish().unwrap()
}

#[test]
fn gzip_and_zlib_streams_with_skips() {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(&VALUES).unwrap();
    let gz = ("encoding", "gzip");
    assert_eq!(table_of(&parse(file(&[gz], &gzip(&VALUES))).unwrap()), wanted());
    assert_eq!(table_of(&parse(file(&[gz], &zlib.finish().unwrap())).unwrap()), wanted());
    // Lines are skipped before, bytes after what is compressed is inflated.
    let packed = [b"one\ntwo\n".as_slice(), &gzip(&[&[9, 9, 9], &VALUES[..]].concat())].concat();
    let fields = [gz, ("line skip", "2"), ("byte skip", "3")];
    assert_eq!(table_of(&parse(file(&fields, &packed)).unwrap()), wanted());
    let plain = [b"x\n\x07".as_slice(), &VALUES].concat();
    let fields = [("line skip", "1"), ("byteskip", "1")];
    assert_eq!(table_of(&parse(file(&fields, &plain)).unwrap()), wanted());
    let kind = refused(&[gz]);
    assert!(matches!(kind, NrrdErrorKind::Gzip(_)), "{kind}");
}

#[test]
fn values_at_the_end_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nrrd");
    let plain = [b"anything at all".as_slice(), &VALUES].concat();
    let bytes = file(&[("byte skip", "-1")], &plain);
    fs::write(&path, &bytes).unwrap();
    assert_eq!(table_of(&read_nrrd(&path, &Limits::default()).unwrap()), wanted());
    let error = parse(bytes).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::Nrrd(NrrdErrorKind::Unsupported(_))), "{error}");
}

#[test]
fn detached_values_lists_and_numbered_files() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::write(place("v.raw"), VALUES).unwrap();
    fs::write(place("v.raw.gz"), gzip(&VALUES)).unwrap();
    fs::write(place("s 1"), &VALUES[..3]).unwrap();
    fs::write(place("s 2"), &VALUES[3..]).unwrap();
    fs::write(place("n007.gz"), gzip(&VALUES[..3])).unwrap();
    fs::write(place("n009.gz"), gzip(&VALUES[3..])).unwrap();
    let list = header(&[]).trim_end().to_owned() + "\ndata file: LIST 2\ns 1\ns 2\n";
    let headers = [
        header(&[("data file", "v.raw")]),
        header(&[("datafile", "./v.raw")]),
        // The end of the file is the end of the header too.
        header(&[("data file", "v.raw.gz"), ("encoding", "gzip")]).trim_end().to_owned(),
        list,
        header(&[("data file", "n%03d.gz 7 9 2"), ("encoding", "gz")]),
    ];
    for text in headers {
        fs::write(place("a.nhdr"), &text).unwrap();
        let set = read_nrrd(&place("a.nhdr"), &Limits::default());
        assert_eq!(table_of(&set.unwrap()), wanted(), "{text}");
    }
    // A part that is cut short, or missing, or does not share.
    fs::write(place("s 2"), &VALUES[3..5]).unwrap();
    let list = |names: &str| header(&[]).trim_end().to_owned() + "\ndata file: LIST\n" + names;
    for names in ["s 1\ns 2\n", "s 1\nnone\n", "s 1\ns 1\ns 1\ns 1\n", ""] {
        fs::write(place("a.nhdr"), list(names)).unwrap();
        assert!(read_nrrd(&place("a.nhdr"), &Limits::default()).is_err(), "{names}");
    }
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.nhdr");
    for name in ["/etc/passwd", "../v.raw", "x/../../v.raw"] {
        fs::write(&path, header(&[("data file", name)])).unwrap();
        let error = read_nrrd(&path, &Limits::default()).unwrap_err();
        assert!(
            matches!(error.kind, VolumeErrorKind::Nrrd(NrrdErrorKind::DataFile(..))),
            "{error}"
        );
    }
    for pattern in
        ["n%03d.gz 1 99999999 1", "n%03d 1 2 0", "n%99d 1 2 1", "n%d%d 1 2 1", "n%s 1 2 1"]
    {
        fs::write(&path, header(&[("data file", pattern)])).unwrap();
        let error = read_nrrd(&path, &Limits::default()).unwrap_err();
        assert!(
            matches!(error.kind, VolumeErrorKind::Nrrd(NrrdErrorKind::Field { .. })),
            "{error}"
        );
    }
    let error = parse(header(&[("data file", "v.raw")]).into()).unwrap_err();
    assert!(matches!(error.kind, VolumeErrorKind::Nrrd(NrrdErrorKind::DataFile(..))), "{error}");
}
