//! Files of the shared data: what NumPy and hostile hands have written.

use std::path::PathBuf;

use crate::pickle::{Document, Id, Limits, PickleError, Value, parse};

pub(super) fn shared(path: &str) -> Option<Vec<u8>> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let bytes = std::fs::read(root.join(path)).ok();
    if bytes.is_none() {
        eprintln!("SKIPPED: ../shared/data absent ({path})");
    }
    bytes
}

fn get(document: &Document<'_>, dict: Id, key: &str) -> Id {
    document.get(dict, key).unwrap_or_else(|| panic!("no {key}"))
}

/// Image id, and region number, name and CRC-32 of each of its features.
type Checked = Vec<(String, Vec<(i64, String, u32)>)>;

fn expected() -> Option<Checked> {
    let json: serde_json::Value =
        serde_json::from_slice(&shared("regions/anatomical_expected.json")?).unwrap();
    let region = |r: &serde_json::Value| {
        let crc = u32::try_from(r[2].as_u64().unwrap()).unwrap();
        (r[0].as_i64().unwrap(), r[1].as_str().unwrap().to_owned(), crc)
    };
    let image = |i: &serde_json::Value| {
        let regions = i["regions"].as_array().unwrap().iter().map(region).collect();
        (i["id"].as_str().unwrap().to_owned(), regions)
    };
    Some(json["images"].as_array().unwrap().iter().map(image).collect())
}

fn regions(document: &Document<'_>, dict: Id) -> Vec<(i64, String, u32)> {
    let region = |(index, entry)| {
        let name = document.text(get(document, entry, "region_name")).unwrap().to_owned();
        let feature = document.array(get(document, entry, "feature")).unwrap();
        assert_eq!((feature.shape(), feature.dtype().name().as_str()), (&[768][..], "float32"));
        let crc = crc32fast::hash(feature.as_f32_le().unwrap());
        (document.int(index).unwrap(), name, crc)
    };
    document.pairs(dict).unwrap().map(region).collect()
}

#[test]
fn every_variant_has_the_expected_features() {
    let Some(expected) = expected() else { return };
    for variant in ["", ".p2.np1", ".p3.np1", ".p4.np2", ".p5.np2"] {
        let bytes = shared(&format!("regions/anatomical_database{variant}.pkl")).unwrap();
        let document = parse(&bytes, &Limits::default()).unwrap();
        assert_eq!(document.consumed(), bytes.len() as u64);
        let image = |(key, value)| {
            let id = document.text(key).unwrap().to_owned();
            (id, regions(&document, get(&document, value, "regions")))
        };
        let read: Checked = document.pairs(document.root()).unwrap().map(image).collect();
        assert_eq!(read, expected, "{variant}");
    }
}

#[test]
fn a_call_is_refused_and_named() {
    for (file, at) in [("evil_p2.pkl", 13), ("evil_p4.pkl", 34)] {
        let Some(bytes) = shared(&format!("pickles/{file}")) else { return };
        let error = parse(&bytes, &Limits::default()).err().unwrap();
        let (module, name) = ("posix".to_owned(), "system".to_owned());
        assert_eq!(error, PickleError::ForbiddenGlobal { module, name, offset: at });
        assert!(error.to_string().contains("\"posix\".\"system\""), "{error}");
    }
}

#[test]
fn hostile_files_end_quickly() {
    let Some(bomb) = shared("pickles/bomb.pkl") else { return };
    let document = parse(&bomb, &Limits::small()).unwrap();
    assert_eq!(document.walk(document.root()).count(), 61);

    let deep = shared("pickles/deep.pkl").unwrap();
    let document = parse(&deep, &Limits::small()).unwrap();
    assert_eq!(document.walk(document.root()).count(), 100_000);

    let huge = parse(&shared("pickles/hugelen.pkl").unwrap(), &Limits::small()).err().unwrap();
    assert_eq!(huge, PickleError::Truncated { offset: 2, missing: (1 << 62) - 2 });
    let cut = parse(&shared("pickles/trunc.pkl").unwrap(), &Limits::small()).err().unwrap();
    assert!(matches!(cut, PickleError::Truncated { offset: 2, .. }), "{cut}");
}

#[test]
fn odd_values_are_kept() {
    let Some(bytes) = shared("pickles/odd_p4.pkl") else { return };
    let d = parse(&bytes, &Limits::small()).unwrap();
    let of = |key: &str| get(&d, d.root(), key);
    assert_eq!(d.int(of("np_i64")), Some(5));
    assert_eq!(d.float(of("np_f32")), Some(0.25));
    assert_eq!(d.int(of("np_bool")), Some(1));
    assert_eq!(
        d.array(of("np_str"))
            .map_or(d.text(of("np_str")).map(str::to_owned), |a| a.text_at(0))
            .unwrap(),
        "s"
    );
    assert_eq!(d.bytes(of("bytes")).unwrap().as_ref(), b"\x00\xff");
    assert_eq!(d.bytes(of("bytearray")).unwrap().as_ref(), b"ab");
    let big = |id| match d.value(id) {
        Value::BigInt(big) => big.to_i128().unwrap(),
        other => panic!("{other:?}"),
    };
    assert_eq!((big(of("big")), big(of("neg"))), (1 << 80, -(1 << 70)));
    assert_eq!(d.float(of("float")), Some(1e-300));
    assert!(matches!(d.value(of("complex")), Value::Complex(re, im) if (re, im) == (1.0, 2.0)));
    assert!(d.array(of("fortran")).unwrap().fortran());
    assert!(d.array(of("be")).unwrap().dtype().big_endian);
    assert_eq!(d.array(of("empty")).unwrap().shape(), [0, 3]);
    assert_eq!(d.array(of("zero_d")).unwrap().float_at(0), Some(7.0));
    assert_eq!(d.objects(of("objarr")).unwrap().1.count(), 3);
    assert_eq!(d.array(of("strarr")).unwrap().text_at(1).unwrap(), "c");
    assert_eq!(d.array(of("struct")).unwrap().dtype().name(), "V6");
    assert_eq!(of("shared1"), of("shared2"));
    assert_eq!(d.items(of("recursive")).unwrap().next(), Some(of("recursive")));
    assert!(matches!(d.value(of("datetime")), Value::Opaque("datetime", "datetime", ..)));
    assert_eq!(d.pairs(of("ddict")).unwrap().len(), 1);
    let order: Vec<_> = d.pairs(of("odict")).unwrap().filter_map(|(k, _)| d.text(k)).collect();
    assert_eq!(order, ["z", "a"]);
    assert_eq!(d.duplicate_keys(d.root()), 0);
}

#[test]
fn python_2_text_keys_are_found() {
    let Some(bytes) = shared("pickles/py2_p2.pkl") else { return };
    let d = parse(&bytes, &Limits::small()).unwrap();
    let feature = d.array(get(&d, d.root(), "feature")).unwrap();
    assert_eq!((feature.dtype().name().as_str(), feature.shape()), ("float16", &[96][..]));
    assert_eq!(feature.to_f32().unwrap().len(), 96);
}
