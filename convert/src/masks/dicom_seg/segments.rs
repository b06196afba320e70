//! The Segment Sequence: names, codes, colours.

use std::collections::HashSet;

use serde_json::{Map, Value};
use vesalius::{Segment, TermCode};

use super::colour::of_cielab;
use super::element::Set;
use super::error::DicomSegError;
use super::tags::{
    ALGORITHM_NAME, ALGORITHM_TYPE, ANATOMIC_REGION, CATEGORY, CIELAB, CODE_MEANING, CODE_SCHEME,
    CODE_VALUE, LONG_CODE_VALUE, Named, PROPERTY_TYPE, SEGMENT_DESCRIPTION, SEGMENT_LABEL,
    SEGMENT_NUMBER, SEGMENTS, TRACKING_ID, TRACKING_UID, TYPE_MODIFIER, URN_CODE_VALUE,
};
use super::text::{Charset, wrong};
use crate::masks::naming::distinct;

/// Keys of the JSON of a segment.
const TEXTS: [(&str, Named); 5] = [
    ("description", SEGMENT_DESCRIPTION),
    ("algorithm_type", ALGORITHM_TYPE),
    ("algorithm_name", ALGORITHM_NAME),
    ("tracking_id", TRACKING_ID),
    ("tracking_uid", TRACKING_UID),
];

/// The segments in their order, with distinct names.
pub(super) fn segments(
    set: Set<'_>,
    charset: Charset,
) -> Result<Vec<(u16, Segment)>, DicomSegError> {
    let mut segments = Vec::new();
    let mut numbers = HashSet::new();
    for item in set.need(SEGMENTS)?.items() {
        let (number, segment) = segment(item?, charset)?;
        if !numbers.insert(number) {
            return Err(wrong(SEGMENT_NUMBER, format!("is {number} twice")));
        }
        segments.push((number, segment));
    }
    let names: Vec<String> = segments.iter().map(|(_, segment)| segment.name.clone()).collect();
    let marks: Vec<String> = segments.iter().map(|(number, _)| number.to_string()).collect();
    for ((_, segment), name) in segments.iter_mut().zip(distinct(&names, &marks)) {
        segment.name = name;
    }
    Ok(segments)
}

fn segment(item: Set<'_>, charset: Charset) -> Result<(u16, Segment), DicomSegError> {
    let number = item.word(SEGMENT_NUMBER)?;
    let name = item.text(SEGMENT_LABEL, charset)?;
    let mut segment =
        Segment::new(name.unwrap_or_else(|| format!("segment {number}")), u32::from(number));
    for named in [CATEGORY, PROPERTY_TYPE] {
        segment.codes.extend(codes(item, named, charset)?);
    }
    if let Some(kind) = item.first_item(PROPERTY_TYPE)? {
        segment.codes.extend(codes(kind, TYPE_MODIFIER, charset)?);
    }
    segment.codes.extend(codes(item, ANATOMIC_REGION, charset)?);
    if let [l, a, b] = item.words(CIELAB)?[..] {
        let [red, green, blue] = of_cielab([l, a, b]);
        segment.colour = Some([red, green, blue, 255]);
    }
    let mut json = Map::new();
    for (key, named) in TEXTS {
        if let Some(text) = item.text(named, charset)? {
            json.insert(key.into(), Value::String(text));
        }
    }
    if !json.is_empty() {
        segment.json = Value::Object(json).to_string();
    }
    Ok((number, segment))
}

/// The codes of a sequence.
fn codes(item: Set<'_>, named: Named, charset: Charset) -> Result<Vec<TermCode>, DicomSegError> {
    let mut codes = Vec::new();
    let Some(sequence) = item.find(named)? else { return Ok(codes) };
    for code in sequence.items() {
        let code = code?;
        let text =
            |named: Named| Ok::<_, DicomSegError>(code.text(named, charset)?.unwrap_or_default());
        let mut value = String::new();
        for named in [CODE_VALUE, LONG_CODE_VALUE, URN_CODE_VALUE] {
            if value.is_empty() {
                value = text(named)?;
            }
        }
        codes.push(TermCode { scheme: text(CODE_SCHEME)?, value, meaning: text(CODE_MEANING)? });
    }
    Ok(codes)
}
