//! Terminology in the tags of a segment.
//!
//! Tags are `key:value|key:value|`. The value of `TerminologyEntry` is seven parts with `~` between them: the name
//! of a context, category, type, modifier of the type, the name of a context, region, modifier of the region.
//! Five of them are codes, `scheme^value^meaning`, or `^^` for none.

use vesalius::TermCode;

const ENTRY: &str = "TerminologyEntry:";
/// The parts that are codes.
const CODES: [usize; 5] = [1, 2, 3, 5, 6];
/// The contexts that 3D Slicer has for codes of no other origin.
const CONTEXT: &str = "Segmentation category and type - DICOM master list";
const REGIONS: &str = "Anatomic codes - DICOM master list";

/// The codes of tags: category, type, modifier, region, modifier of the region; without the empty ones.
pub(super) fn codes(tags: &str) -> Vec<TermCode> {
    let Some(entry) = tags.split('|').find_map(|tag| tag.trim_start().strip_prefix(ENTRY)) else {
        return Vec::new();
    };
    let parts: Vec<&str> = entry.split('~').take(8).collect();
    let code = |part: &usize| {
        let mut words = parts.get(*part)?.splitn(3, '^').map(|word| word.trim().to_owned());
        let mut next = || words.next().unwrap_or_default();
        let code = TermCode { scheme: next(), value: next(), meaning: next() };
        Some(code).filter(|code| *code != TermCode::default())
    };
    CODES.iter().filter_map(code).collect()
}

/// The tags with these codes in place of those that were there. What is there already stays as it is.
pub(super) fn with_codes(tags: &str, wanted: &[TermCode]) -> String {
    if codes(tags) == wanted {
        return tags.to_owned();
    }
    let mut out = String::new();
    for tag in tags.split('|').filter(|tag| !tag.is_empty()) {
        if !tag.trim_start().starts_with(ENTRY) {
            out.push_str(tag);
            out.push('|');
        }
    }
    if !wanted.is_empty() {
        out.push_str(&entry(wanted));
        out.push('|');
    }
    out
}

fn entry(codes: &[TermCode]) -> String {
    // A code alone is what the segment is, its type.
    let first = usize::from(codes.len() == 1);
    let mut slots = [const { String::new() }; 5];
    slots.fill("^^".to_owned());
    for (slot, code) in slots.iter_mut().skip(first).zip(codes) {
        let words = [&code.scheme, &code.value, &code.meaning].map(|word| clean(word));
        *slot = words.join("^");
    }
    let [category, kind, modifier, region, of_region] = slots;
    format!("{ENTRY}{CONTEXT}~{category}~{kind}~{modifier}~{REGIONS}~{region}~{of_region}")
}

/// A word without the signs that part words.
fn clean(word: &str) -> String {
    word.replace(['|', '~', '^'], " ")
}
