//! The table of label names in a header extension.
//!
//! `<LabelTable><Label Key="5" Red="0" Green="1" Blue="1" Alpha="1"><![CDATA[liver]]></Label></LabelTable>`,
//! the table of GIFTI and of Connectome Workbench, within a `CaretExtension`. The registered code of that
//! extension is 30; TotalSegmentator writes 0.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;
use vesalius::Segment;

use crate::masks::volumes::{Limits, VolumeErrorKind};
use crate::nifti::Extension;

/// The registered code.
pub(super) const CARET: i32 = 30;
/// "Unknown", as some write.
const UNKNOWN: i32 = 0;
/// Extensions are padded to a multiple of this, 8 bytes of which are their frame.
const ALIGNMENT: usize = 16;
const FRAME_BYTES: usize = 8;

/// What a table says of one label.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) colour: Option<[u8; 4]>,
}

/// Names and colours by label, without label 0, which is the background.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Table {
    pub(super) entries: BTreeMap<u32, Entry>,
    pub(super) notes: Vec<String>,
}

impl Table {
    /// The tables of all extensions; the first entry of a label counts. A table that ends in damage counts up to
    /// there, with a note.
    pub(super) fn read(extensions: &[Extension], limits: &Limits) -> Result<Self, VolumeErrorKind> {
        let mut table = Self::default();
        for extension in extensions.iter().filter(|e| [CARET, UNKNOWN].contains(&e.code)) {
            let text = String::from_utf8_lossy(extension.content());
            if !text.contains("<LabelTable") {
                continue;
            }
            if let Err(error) = table.parse(&text, limits)? {
                let text =
                    "the label table of the header is damaged and was read as far as it goes";
                table.notes.push(format!("{text}: {error}"));
            }
        }
        Ok(table)
    }

    fn parse(
        &mut self,
        text: &str,
        limits: &Limits,
    ) -> Result<Result<(), quick_xml::Error>, VolumeErrorKind> {
        let mut reader = Reader::from_str(text);
        // The key is none when it is no label that can be.
        let mut open: Option<(Option<u32>, Entry)> = None;
        loop {
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => return Ok(Err(error)),
            };
            match (&event, &mut open) {
                (Event::Start(start), None) if is_label(start) => open = Some(attributes(start)),
                (Event::Empty(start), None) if is_label(start) => {
                    self.insert(attributes(start), limits)?;
                }
                (Event::Text(text), Some((_, entry))) => {
                    entry.name.push_str(&text.xml10_content());
                }
                (Event::CData(text), Some((_, entry))) => {
                    entry.name.push_str(&text.xml10_content());
                }
                (Event::GeneralRef(reference), Some((_, entry))) => resolve(reference, entry),
                (Event::End(end), Some(_)) if end.local_name().as_ref() == "Label" => {
                    if let Some(entry) = open.take() {
                        self.insert(entry, limits)?;
                    }
                }
                (Event::Eof, _) => return Ok(Ok(())),
                _ => {}
            }
        }
    }

    fn insert(
        &mut self,
        (key, entry): (Option<u32>, Entry),
        limits: &Limits,
    ) -> Result<(), VolumeErrorKind> {
        if let Some(key) = key.filter(|key| *key != 0) {
            self.entries.entry(key).or_insert(entry);
        }
        limits.admit_segments(self.entries.len())
    }
}

fn is_label(start: &BytesStart<'_>) -> bool {
    start.local_name().as_ref() == "Label"
}

fn attributes(start: &BytesStart<'_>) -> (Option<u32>, Entry) {
    let mut key = None;
    let mut parts = [None, None, None, Some(1.0)];
    // Without the search for equal names, which takes quadratic time.
    for attribute in start.attributes().with_checks(false).flatten() {
        let value = attribute.value.trim();
        let [red, green, blue, alpha] = &mut parts;
        match attribute.key.as_ref() {
            "Key" => key = value.parse().ok(),
            "Red" => *red = value.parse().ok(),
            "Green" => *green = value.parse().ok(),
            "Blue" => *blue = value.parse().ok(),
            "Alpha" => *alpha = value.parse().ok(),
            _ => {}
        }
    }
    let [red, green, blue, alpha] = parts.map(|part| part.map(level));
    let colour = red.zip(green).zip(blue).zip(alpha).map(|(((r, g), b), a)| [r, g, b, a]);
    (key, Entry { name: String::new(), colour })
}

/// A part of a colour from 0 to 1.
fn level(part: f64) -> u8 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of floats saturates"
    )]
    let level = (part * 255.0).round() as u8;
    level
}

fn resolve(reference: &BytesRef<'_>, entry: &mut Entry) {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => entry.name.push(character),
        _ => entry.name.push_str(resolve_xml_entity(reference).unwrap_or("\u{fffd}")),
    }
}

/// The extension that says these names and colours.
pub(super) fn encode<'a>(rows: impl Iterator<Item = (u32, &'a str, &'a Segment)>) -> Extension {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CaretExtension>\n\
         <VolumeInformation Index=\"0\">\n<LabelTable>\n",
    );
    for (label, name, segment) in rows {
        let [red, green, blue, alpha] = segment.colour.unwrap_or_else(|| invented(label));
        let [red, green, blue, alpha] = [red, green, blue, alpha].map(|v| f32::from(v) / 255.0);
        // Writing to a text does not fail.
        let _ok = writeln!(
            text,
            "<Label Key=\"{label}\" Red=\"{red}\" Green=\"{green}\" Blue=\"{blue}\" Alpha=\"{alpha}\">\
             <![CDATA[{}]]></Label>",
            quoted(name)
        );
    }
    text.push_str(
        "</LabelTable>\n<StudyMetaDataLinkSet>\n</StudyMetaDataLinkSet>\n\
         <VolumeType><![CDATA[Label]]></VolumeType>\n</VolumeInformation>\n</CaretExtension>\n",
    );
    // Padded with spaces: readers hand the whole of it to an XML parser, which takes no zeros.
    while text.len().saturating_add(FRAME_BYTES) % ALIGNMENT != 0 {
        text.push(' ');
    }
    Extension { code: CARET, bytes: text.into_bytes() }
}

/// A name as it may stand in a CDATA section.
fn quoted(name: &str) -> String {
    let allowed = |c: char| match c {
        '\t' | '\n' | '\r' => c,
        '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        c if c < ' ' => '\u{fffd}',
        c => c,
    };
    let text: String = name.chars().map(allowed).collect();
    text.replace("]]>", "]]]]><![CDATA[>")
}

/// A colour for a label that has none: the table has no word for "none". Neighbours differ much in hue.
fn invented(label: u32) -> [u8; 4] {
    let mix = label.wrapping_mul(0x9E37_79B1);
    let [a, b, c, _] = mix.to_le_bytes();
    [a | 0x40, b | 0x40, c | 0x40, 255]
}
