//! Attributes, listings, bags, columns and refusals.
#![cfg(test)]

use std::path::{Path, PathBuf};

use serde_json::json;
use vesalius_convert::hdf5::bag::Bag;
use vesalius_convert::hdf5::{ElementType, H5Error, H5ErrorKind, H5File, NodeKind, find};

fn own(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/hdf5").join(name)
}

fn both(check: impl Fn(&H5File)) {
    for name in ["odd_old.h5", "odd_new.h5"] {
        check(&H5File::open(own(name)).unwrap());
    }
}

#[test]
fn attributes_of_every_kind() {
    both(|file| {
        let found = file.attributes("/").unwrap();
        let value = |name: &str| find(&found, name).unwrap().value.clone().unwrap();
        assert_eq!(value("ints"), json!([0, 1, 2]));
        assert_eq!(value("texts"), json!(["a", "bb", "\u{4e09}"]));
        assert_eq!(value("raw"), json!("raw"));
        assert_eq!(value("null"), json!(null));
        assert_eq!(value("half"), json!(0.5));
        assert_eq!(value("nan"), json!("NaN"));
        assert_eq!(value("yes"), json!(true));
        assert_eq!(value("big"), json!(u64::MAX));
        assert_eq!(value("grid"), json!([0.0, 1.0, 2.0, 3.0]));
        let text = find(&found, "json").unwrap();
        assert_eq!(text.text.as_deref(), Some("{\"k\": [1, 2]}"));
        assert_eq!(text.parsed(), Some(json!({"k": [1, 2]})));
        assert_eq!(find(&found, "nan").unwrap().text, None);
        let sub = file.attributes("/g/sub").unwrap();
        assert_eq!(sub.len(), 12);
        assert_eq!(find(&sub, "k07").unwrap().text.as_deref(), Some("v7"));
    });
}

#[test]
fn a_listing_ends_although_links_go_in_a_circle() {
    both(|file| {
        let tree = file.tree().unwrap();
        assert!(!tree.cut);
        let kind = |path: &str| &tree.nodes.iter().find(|n| n.path == path).unwrap().kind;
        assert_eq!(*kind("/g"), NodeKind::Group);
        assert_eq!(*kind("/g/sub/up"), NodeKind::Group);
        assert!(tree.nodes.iter().all(|n| !n.path.starts_with("/g/sub/up/")));
        assert!(matches!(kind("/compound"), NodeKind::Unreadable(_)));
        let NodeKind::Dataset { shape, element, chunk, filters } = kind("/grow2") else { panic!() };
        assert_eq!((shape.as_slice(), element.as_str()), ([7, 11].as_slice(), "i2"));
        assert_eq!(chunk.as_deref(), Some([3, 4].as_slice()));
        assert_eq!(filters[..], ["shuffle", "deflate", "fletcher32"]);
    });
}

#[test]
fn columns() {
    both(|file| {
        let open = |path: &str| file.dataset(path).unwrap();
        assert_eq!(open("/i4_be").integers(2..5).unwrap(), [2, 3, 4]);
        assert_eq!(open("/bool").integers(0..9).unwrap(), [1, 0, 1]);
        assert_eq!(open("/fixed").strings(0..3).unwrap(), ["abc", "de", ""]);
        assert_eq!(open("/text").strings(1..3).unwrap(), ["", "\u{65e5}\u{672c}"]);
        assert_eq!(open("/scalar_text").strings(0..1).unwrap(), ["\u{6587}\u{672c}"]);
        let refused = |e: H5Error| (e.kind(), e.object().to_owned());
        let beyond = open("/u8_limit").integers(0..2).unwrap_err();
        assert_eq!(refused(beyond), (H5ErrorKind::Unsupported, "/u8_limit".into()));
        let wrong = open("/text").integers(0..1).unwrap_err();
        assert_eq!(refused(wrong), (H5ErrorKind::Kind, "/text".into()));
        for (path, kind) in [
            ("/bfloat", H5ErrorKind::Unsupported),
            ("/compound", H5ErrorKind::Unsupported),
            ("/dangling", H5ErrorKind::Missing),
            ("/absent", H5ErrorKind::Missing),
        ] {
            assert_eq!(file.dataset(path).unwrap_err().kind(), kind, "{path}");
        }
        assert_eq!(open("/never").integers(0..9).unwrap(), [7; 18]);
        assert_eq!(open("/f2_be").element(), ElementType::F16);
    });
}

#[test]
fn a_bag_with_a_unit_axis() {
    let file = H5File::open(own("bag.h5")).unwrap();
    assert!(Bag::recognise(&file));
    let bag = Bag::open(&file).unwrap();
    assert_eq!((bag.rows(), bag.dim(), bag.feature_type()), (10, 4, ElementType::F32));
    let whole = file.dataset("/features").unwrap();
    let (mut expected, mut found, mut corners) = (Vec::new(), Vec::new(), Vec::new());
    whole.rows().unwrap().read(0, 1, &mut expected).unwrap();
    let next = bag.for_each_batch::<H5Error>(0, 3, |batch| {
        found.extend_from_slice(batch.features);
        corners.extend_from_slice(&batch.coords);
        Ok(true)
    });
    assert_eq!((next.unwrap(), found), (10, expected));
    assert_eq!(corners[4], [1024, 1]);
    assert_eq!(find(&bag.coord_attributes().unwrap(), "patch_size").unwrap().integer(), Some(256));
}

#[test]
fn what_is_not_hdf5() {
    for bytes in [vec![], b"hello".to_vec(), vec![0; 5000]] {
        let error = H5File::from_bytes("x", bytes).unwrap_err();
        assert!(error.to_string().starts_with("x: "), "{error}");
    }
    assert_eq!(H5File::open("/nowhere/x.h5").unwrap_err().kind(), H5ErrorKind::Io);
}
