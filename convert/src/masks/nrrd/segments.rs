//! What the keys of a header say of its segments.

use std::collections::BTreeMap;

use vesalius::Segment;

use super::extras::Extras;
use super::tags;
use crate::masks::volumes::{Limits, VolumeErrorKind};

/// The key for what the format has no place for.
pub(super) const OWN: &str = "VesaliusSegment";

/// What is known of a segment, and where its voxels are.
#[derive(Debug)]
pub(super) struct Described {
    pub(super) segment: Segment,
    pub(super) layer: u64,
    /// Its value in that layer.
    pub(super) value: u32,
}

/// Keys of a header, sorted.
#[derive(Debug, Default)]
pub(super) struct Keys {
    segments: BTreeMap<u32, BTreeMap<String, String>>,
    /// Keys of no segment and not of the segmentation as a whole.
    pub(super) others: Vec<String>,
}

impl Keys {
    pub(super) fn of(keys: &[(String, String)], limits: &Limits) -> Result<Self, VolumeErrorKind> {
        let mut found = Self::default();
        for (key, value) in keys {
            let numbered = key.strip_prefix("Segment").and_then(|rest| rest.split_once('_'));
            let number = numbered.and_then(|(number, name)| Some((number.parse().ok()?, name)));
            if let Some((number, name)) = number {
                let of = found.segments.entry(number).or_default();
                of.insert(name.to_owned(), value.clone());
                limits.admit_segments(found.segments.len())?;
            } else if !key.starts_with("Segmentation_") {
                // What 3D Slicer says of the whole is made anew when the file is written.
                found.others.push(key.chars().take(80).collect());
            }
        }
        Ok(found)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The segments in the order of their numbers; and notes of what is not understood.
    pub(super) fn describe(self, layers: u64, notes: &mut Vec<String>) -> Vec<Described> {
        // Before layers were shared, each segment had its own, with the value 1.
        let alone = layers > 1 && self.segments.values().all(|of| !of.contains_key("Layer"));
        let mut found = Vec::new();
        for ((number, mut keys), place) in self.segments.into_iter().zip(0_u64..) {
            let mut number_of = |name: &str, otherwise: u64| match keys.remove(name) {
                None => otherwise,
                Some(text) => text.trim().parse().unwrap_or_else(|_| {
                    let text: String = text.chars().take(40).collect();
                    notes.push(format!("Segment{number}_{name} is {text:?}; taken as {otherwise}"));
                    otherwise
                }),
            };
            let layer = number_of("Layer", if alone { place } else { 0 });
            let value = number_of("LabelValue", 1);
            let value = u32::try_from(value).unwrap_or(0);
            found.push(Described { segment: segment_of(keys, value), layer, value });
        }
        found
    }
}

fn segment_of(mut keys: BTreeMap<String, String>, value: u32) -> Segment {
    let name = keys.remove("Name").filter(|name| !name.trim().is_empty());
    let name = name.or_else(|| keys.get("ID").cloned()).unwrap_or_default();
    let mut segment = Segment::new(name, value);
    if let Some(colour) = keys.get("Color").and_then(|text| colour(text)) {
        segment.colour = Some(colour);
        keys.remove("Color");
    }
    segment.codes = keys.get("Tags").map(|tags| tags::codes(tags)).unwrap_or_default();
    // The box of the voxels follows from them.
    keys.remove("Extent");
    let mut extras = Extras::default();
    let own = keys.get(OWN).is_some_and(|text| extras.decode(text, &mut segment));
    if own {
        keys.remove(OWN);
    }
    extras.keys = keys.into_iter().map(|(name, text)| (name, text.into())).collect();
    segment.json = extras.into_json();
    segment
}

/// Red, green, blue from 0 to 1.
fn colour(text: &str) -> Option<[u8; 4]> {
    let words: Option<Vec<f64>> =
        text.split_whitespace().take(4).map(|word| word.parse().ok()).collect();
    let level = |part: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast of floats saturates"
        )]
        let level = (part * 255.0).round() as u8;
        level
    };
    match words?.as_slice() {
        [red, green, blue] => Some([level(*red), level(*green), level(*blue), 255]),
        _ => None,
    }
}
