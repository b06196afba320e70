//! The tables of `SPEC.md`, and a decoder that knows nothing but them.

use std::collections::HashMap;

pub(crate) const SPEC: &str = include_str!("../../../format-spec/SPEC.md");

/// The lines behind a marker in the text.
pub(crate) fn behind(marker: &str) -> impl Iterator<Item = &'static str> + use<> {
    let mut lines = SPEC.lines();
    assert!(lines.any(|line| line == marker), "{marker} is not in SPEC.md");
    lines
}

/// The rows of a marked table, cells trimmed, without head and separator.
pub(crate) fn table(name: &str) -> Vec<Vec<String>> {
    let rows = behind(&format!("<!-- table: {name} -->")).take_while(|line| line.starts_with('|'));
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let rows: Vec<_> = rows.skip(2).map(cells).collect();
    assert!(!rows.is_empty(), "table {name} is empty");
    rows
}

/// The first two columns of a table.
pub(crate) fn pairs(name: &str) -> Vec<(String, String)> {
    table(name).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect()
}

pub(crate) fn expect_pairs(name: &str, want: &[(&str, String)]) {
    let want: Vec<_> = want.iter().map(|(a, b)| ((*a).to_owned(), b.clone())).collect();
    assert_eq!(pairs(name), want, "table {name}");
}

/// The bytes of a marked hexdump; `*` repeats the line before.
pub(crate) fn hexdump(name: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> = Vec::new();
    let lines = behind(&format!("<!-- hexdump: {name} -->")).skip(1);
    for line in lines.take_while(|line| *line != "```").filter(|line| *line != "*") {
        let at = usize::from_str_radix(&line[..8], 16).unwrap();
        while bytes.len() < at {
            bytes.extend_from_within(bytes.len() - 16..);
        }
        let hex = line.get(10..57).unwrap_or("").split_whitespace();
        bytes.extend(hex.map(|byte| u8::from_str_radix(byte, 16).unwrap()));
    }
    bytes
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

/// Decodes bytes by the tables of the specification alone.
pub(crate) struct ByTable<'a> {
    bytes: &'a [u8],
    at: usize,
    /// `path = value` of every field that is not reserved.
    out: Vec<String>,
    /// Fields of numbers seen last, for lengths that refer to them.
    last: HashMap<String, usize>,
}

impl<'a> ByTable<'a> {
    fn take(&mut self, len: usize) -> &'a [u8] {
        let found = &self.bytes[self.at..self.at + len];
        self.at += len;
        found
    }

    fn number(&mut self, len: usize) -> u64 {
        let mut wide = [0; 8];
        wide[..len].copy_from_slice(self.take(len));
        u64::from_le_bytes(wide)
    }

    fn structure(&mut self, name: &str, path: &str) {
        let start = self.at;
        for row in table(name) {
            let [offset, size, kind, field, ..] = &row[..] else { panic!("table {name}: {row:?}") };
            if let Ok(offset) = offset.parse::<usize>() {
                assert_eq!(self.at - start, offset, "offset of {name}.{field}");
            }
            let from = self.at;
            if field == "reserved" {
                let len = size.parse().unwrap();
                assert!(self.take(len).iter().all(|&b| b == 0), "{name}: reserved bytes");
                assert_eq!(*kind, format!("u8[{len}]"), "{name}: reserved bytes");
            } else {
                let dot = if path.is_empty() { "" } else { "." };
                self.value(kind, &format!("{path}{dot}{field}"), field);
            }
            if let Ok(size) = size.parse::<usize>() {
                assert_eq!(self.at - from, size, "size of {name}.{field}");
            }
        }
    }

    fn value(&mut self, kind: &str, path: &str, field: &str) {
        if let Some((item, count)) = kind.strip_suffix(']').and_then(|kind| kind.split_once('[')) {
            let count = match count {
                "" => usize::try_from(self.number(8)).unwrap(),
                count => count.parse().unwrap_or_else(|_| self.last[count]),
            };
            if item == "u8" {
                let text = hex(self.take(count));
                return self.put(path, &text);
            }
            for index in 0..count {
                self.value(item, &format!("{path}[{index}]"), field);
            }
            return;
        }
        match kind {
            "u8" | "u16" | "u32" | "u64" => {
                let number = self.number(kind[1..].parse::<usize>().unwrap() / 8);
                self.last.insert(field.to_owned(), usize::try_from(number).unwrap_or(usize::MAX));
                self.put(path, &number.to_string());
            }
            "f64" => {
                let value = f64::from_bits(self.number(8));
                self.put(path, &format!("{value:?}"));
            }
            "text" | "name" => {
                let len = usize::try_from(self.number(4)).unwrap();
                let text = std::str::from_utf8(self.take(len)).unwrap();
                self.put(path, &format!("{text:?}"));
            }
            structure => self.structure(structure, path),
        }
    }

    fn put(&mut self, path: &str, value: &str) {
        self.out.push(format!("{path} = {value}"));
    }
}

pub(crate) fn by_table(name: &str, bytes: &[u8]) -> Vec<String> {
    let mut decoder = ByTable { bytes, at: 0, out: Vec::new(), last: HashMap::new() };
    decoder.structure(name, "");
    assert_eq!(decoder.at, bytes.len(), "{name} is {} bytes long", bytes.len());
    decoder.out
}

/// Bytes that the tables read as these values, in this order.
pub(crate) fn expect(name: &str, bytes: &[u8], want: &str) {
    let want: Vec<&str> = want.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(by_table(name, bytes), want, "table {name}");
}
