//! Indexes: their header and the sections of each kind.

use vesalius::format::index::{
    INDEX_CODES, INDEX_HEADER_BYTES, INDEX_MAGIC, IndexHeader, codes as c, lists as l,
};

use super::magic;
use super::tables::{expect, pairs};

#[test]
fn header_of_an_index() {
    let mut header = IndexHeader {
        kind: INDEX_CODES,
        column: 61,
        region: 62,
        count: 63,
        dim: 64,
        padded: 128,
        seed: 65,
        metric: 66,
        lists: 67,
        sections: Vec::new(),
    };
    header.plan((0..8).map(|n| n * 10));
    let bytes = header.encode();
    let lines = format!(
        "magic = {}\n kind = 1\n column = 61\n region = 62\n count = 63\n dim = 64\n padded = 128\n
        seed = 65\n metric = 66\n lists = 67\n section_count = 8",
        magic(INDEX_MAGIC)
    );
    let (head, places) = bytes.split_at(usize::try_from(INDEX_HEADER_BYTES).unwrap());
    expect("index header", head, &lines);
    for (place, bytes) in header.sections.iter().zip(places.chunks_exact(16)) {
        expect("section", bytes, &format!("offset = {}\n len = {}", place.offset, place.len));
    }
}

#[test]
fn sections_of_each_kind() {
    macro_rules! sections {
        ($($name:ident)+) => { [$((c::$name.to_string(), stringify!($name).to_owned())),+] };
    }
    let want = sections!(CENTRE HIGH MIDDLE LOW STEPS ERRORS_8 ERRORS_6 ERRORS_4 NORMS LENGTHS);
    assert_eq!(want.len(), c::SECTIONS);
    assert_eq!(pairs("sections of kind 1"), want);
    let lists: Vec<String> =
        pairs("sections of kind 2").into_iter().map(|(_, name)| name).collect();
    assert_eq!(lists.len(), l::SECTIONS);
    assert_eq!((lists[l::GROUPS].as_str(), lists[l::UNLISTED].as_str()), ("GROUPS", "UNLISTED"));
}
