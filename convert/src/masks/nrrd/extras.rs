//! What a segment has that the keys of the format have no place for, and the other way round.

use serde_json::{Map, Value};
use vesalius::Segment;

/// Where the JSON of a segment keeps keys of the format.
const KEPT: &str = "nrrd";

/// The JSON of a segment, taken apart.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Keys of the format, without the number of the segment.
    pub(super) keys: Map<String, Value>,
    /// All else.
    rest: Map<String, Value>,
    /// JSON that is no object, which stays as it is.
    text: String,
}

impl Extras {
    pub(super) fn of(segment: &Segment) -> Self {
        match serde_json::from_str(&segment.json) {
            Ok(Value::Object(mut rest)) => match rest.remove(KEPT) {
                Some(Value::Object(keys)) => Self { keys, rest, text: String::new() },
                Some(other) => {
                    rest.insert(KEPT.into(), other);
                    Self { rest, ..Self::default() }
                }
                None => Self { rest, ..Self::default() },
            },
            _ => Self { text: segment.json.clone(), ..Self::default() },
        }
    }

    /// A kept key.
    pub(super) fn key(&self, name: &str) -> Option<&str> {
        self.keys.get(name).and_then(Value::as_str)
    }

    /// What a key of our own has to say of a segment, if there is something: group, priority, opacity, a label
    /// that the file could not keep, JSON.
    pub(super) fn encode(&self, segment: &Segment, label: u32) -> Option<String> {
        let mut all = Map::new();
        if !segment.group.is_empty() {
            all.insert("group".into(), segment.group.clone().into());
        }
        if segment.priority != 0 {
            all.insert("priority".into(), segment.priority.into());
        }
        if let Some([.., alpha]) = segment.colour.filter(|[.., alpha]| *alpha != 255) {
            all.insert("alpha".into(), alpha.into());
        }
        if segment.label != label {
            all.insert("label".into(), segment.label.into());
        }
        if !self.rest.is_empty() {
            all.insert("json".into(), Value::Object(self.rest.clone()));
        } else if !self.text.is_empty() {
            all.insert("json".into(), self.text.clone().into());
        }
        (!all.is_empty()).then(|| Value::Object(all).to_string())
    }

    /// Reads what [`Extras::encode`] wrote; false when it is something else.
    pub(super) fn decode(&mut self, text: &str, segment: &mut Segment) -> bool {
        let Ok(Value::Object(mut all)) = serde_json::from_str(text) else { return false };
        if let Some(Value::String(group)) = all.remove("group") {
            segment.group = group;
        }
        let number = |value: Option<Value>| value.as_ref().and_then(Value::as_i64);
        if let Some(Ok(priority)) = number(all.remove("priority")).map(i32::try_from) {
            segment.priority = priority;
        }
        let alpha = number(all.remove("alpha")).and_then(|alpha| u8::try_from(alpha).ok());
        if let (Some([.., out]), Some(alpha)) = (&mut segment.colour, alpha) {
            *out = alpha;
        }
        if let Some(Ok(label)) = number(all.remove("label")).map(u32::try_from) {
            segment.label = label;
        }
        match all.remove("json") {
            Some(Value::Object(rest)) => self.rest = rest,
            Some(Value::String(text)) => self.text = text,
            _ => {}
        }
        true
    }

    /// All of it as the JSON of a segment. Beside keys, JSON that was no object is its `"text"`.
    pub(super) fn into_json(self) -> String {
        let Self { keys, mut rest, text } = self;
        if !keys.is_empty() {
            if !text.is_empty() {
                rest.insert("text".into(), text.clone().into());
            }
            rest.insert(KEPT.into(), Value::Object(keys));
        }
        if rest.is_empty() { text } else { Value::Object(rest).to_string() }
    }
}
