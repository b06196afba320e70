//! The lines of a header.

use std::collections::BTreeMap;
use std::io::{BufRead, Read};

use super::error::NrrdErrorKind;
use crate::masks::volumes::VolumeErrorKind;

/// The longest header: 16 MiB.
const MAX_HEADER_BYTES: u64 = 16 << 20;

/// Fields that name the file of the values.
const DATA_FILE: &str = "data file";

/// The fields of the format, in the spelling with spaces.
const FIELDS: [&str; 30] = [
    "axis maxs",
    "axis mins",
    "block size",
    "byte skip",
    "centerings",
    "content",
    "data file",
    "dimension",
    "encoding",
    "endian",
    "kinds",
    "labels",
    "line skip",
    "max",
    "measurement frame",
    "min",
    "number",
    "old max",
    "old min",
    "sample units",
    "sizes",
    "space",
    "space dimension",
    "space directions",
    "space origin",
    "space units",
    "spacings",
    "thicknesses",
    "type",
    "units",
];

/// A header as text.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Header {
    fields: BTreeMap<&'static str, String>,
    /// Keys and values, unescaped, in the order of the file.
    pub(super) keys: Vec<(String, String)>,
    /// The files named behind `data file: LIST`.
    pub(super) list: Vec<String>,
    /// Fields that the format does not have.
    pub(super) unknown: Vec<String>,
    /// Bytes up to the values.
    pub(super) bytes: u64,
}

impl Header {
    /// Reads to the blank line in front of the values, or to the end of a file that has none.
    pub(super) fn read(from: &mut dyn BufRead) -> Result<Self, VolumeErrorKind> {
        let mut lines = Lines { from, bytes: 0, number: 0, line: Vec::new() };
        if !lines.next()?.is_some_and(|line| is_magic(&line)) {
            return Err(NrrdErrorKind::NotNrrd.into());
        }
        let mut header = Self::default();
        while let Some(line) = lines.next()?.filter(|line| !line.is_empty()) {
            header.take(&line, lines.number)?;
        }
        header.bytes = lines.bytes;
        Ok(header)
    }

    fn take(&mut self, line: &str, number: u64) -> Result<(), NrrdErrorKind> {
        if self.fields.get(DATA_FILE).is_some_and(|text| text.starts_with("LIST")) {
            self.list.push(line.to_owned());
            return Ok(());
        }
        if line.starts_with('#') {
            return Ok(());
        }
        let field = line.split_once(':').map(|(name, text)| (known(name), name, text));
        match (field, line.split_once(":=")) {
            (Some((Some(name), _, text)), _) if !text.starts_with('=') => {
                if self.fields.insert(name, text.trim().to_owned()).is_some() {
                    return Err(NrrdErrorKind::Twice(name.to_owned()));
                }
            }
            (_, Some((key, value))) => {
                self.keys.push((key.to_owned(), unescape(&value.replace('\r', " "))));
            }
            (Some((None, name, _)), None) => self.unknown.push(name.to_owned()),
            _ => return Err(NrrdErrorKind::Line(number)),
        }
        Ok(())
    }

    /// What a field says.
    pub(super) fn get(&self, name: &'static str) -> Option<&str> {
        self.fields.get(name).map(String::as_str)
    }

    /// What a field says that has to be there.
    pub(super) fn need(&self, name: &'static str) -> Result<&str, NrrdErrorKind> {
        self.get(name).ok_or(NrrdErrorKind::Missing(name))
    }
}

/// The field of a name, which may be written without spaces: `datafile`, `spacedirections`.
fn known(name: &str) -> Option<&'static str> {
    let plain = |text: &str| text.replace(' ', "").to_ascii_lowercase();
    // No field is longer than this, and hostile lines may be.
    let name = Some(name.trim()).filter(|name| name.len() <= 32).map(plain)?;
    // An old spelling.
    if name == "centers" {
        return Some("centerings");
    }
    FIELDS.into_iter().find(|field| plain(field) == name)
}

fn is_magic(line: &str) -> bool {
    line.strip_prefix("NRRD000").is_some_and(|v| ["1", "2", "3", "4", "5"].contains(&v))
}

struct Lines<'a> {
    from: &'a mut dyn BufRead,
    bytes: u64,
    number: u64,
    line: Vec<u8>,
}

impl Lines<'_> {
    /// The next line without its end; none at the end of the file.
    fn next(&mut self) -> Result<Option<String>, VolumeErrorKind> {
        self.line.clear();
        let left = MAX_HEADER_BYTES.saturating_sub(self.bytes);
        let count = (&mut *self.from).take(left).read_until(b'\n', &mut self.line)?;
        self.bytes = self.bytes.saturating_add(count as u64);
        self.number = self.number.saturating_add(1);
        match self.line.as_slice() {
            [] if left == 0 => Err(NrrdErrorKind::HeaderLength.into()),
            [] => Ok(None),
            [line @ .., b'\r', b'\n'] | [line @ .., b'\n'] => {
                Ok(Some(String::from_utf8_lossy(line).into_owned()))
            }
            _ if count as u64 == left => Err(NrrdErrorKind::HeaderLength.into()),
            line => Ok(Some(String::from_utf8_lossy(line).into_owned())),
        }
    }
}

/// Values have `\n` and `\\` for the end of a line and the sign itself.
pub(super) fn unescape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('n') => out.push('\n'),
                Some('\\') | None => out.push('\\'),
                Some(other) => out.extend(['\\', other]),
            },
            c => out.push(c),
        }
    }
    out
}

pub(super) fn escape(value: &str) -> String {
    value.replace('\\', "\\\\").replace("\r\n", "\\n").replace(['\n', '\r'], "\\n")
}
