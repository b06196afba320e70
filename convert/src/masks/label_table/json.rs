//! Tables in JSON.

use serde_json::{Map, Value};

use super::LabelEntry;
use super::error::{LabelTableError, LabelTableErrorKind};
use super::split::hex;

/// Members that hold the table of a larger document.
const INNER: [&str; 6] = ["labels", "rois", "label_map", "labelmap", "mapping", "structures"];
/// Members of an entry that are its label, and its name.
const LABELS: [&str; 5] = ["label", "labelValue", "value", "id", "index"];
const NAMES: [&str; 4] = ["name", "label", "structure", "title"];
const COLOURS: [&str; 4] = ["color", "colour", "rgb", "hex"];

/// Reads a table. A label whose name is null, as atlases have them, is not in it.
///
/// # Errors
/// Text that is no JSON, or JSON that is no table.
pub(super) fn parse(text: &str) -> Result<Vec<LabelEntry>, LabelTableError> {
    let refused = |why: String| LabelTableErrorKind::Json(why).at(0);
    let value: Value = serde_json::from_str(text).map_err(|error| {
        let line = error.line();
        LabelTableErrorKind::Json(error.to_string()).at(line)
    })?;
    let inner = INNER
        .iter()
        .find_map(|name| value.get(*name).filter(|inner| inner.is_object() || inner.is_array()));
    match inner.unwrap_or(&value) {
        Value::Object(map) => object(map).map_err(LabelTableErrorKind::at_start),
        Value::Array(list) => {
            let entry = |value: &Value| {
                let label = member(value, &LABELS, number);
                let known = value.as_object().zip(label);
                let (map, label) = known.ok_or_else(|| refused("an entry has no label".into()))?;
                Ok(described(label, map))
            };
            let entries: Result<Vec<_>, LabelTableError> = list.iter().map(entry).collect();
            Ok(entries?.into_iter().flatten().collect())
        }
        _ => Err(refused("neither an object nor a list".into())),
    }
}

impl LabelTableErrorKind {
    fn at_start(self) -> LabelTableError {
        self.at(0)
    }
}

/// Names to labels, or labels to names or descriptions.
fn object(map: &Map<String, Value>) -> Result<Vec<LabelEntry>, LabelTableErrorKind> {
    let mut out = Vec::new();
    for (key, value) in map {
        let label = key.trim().parse::<u32>();
        match (label, value) {
            (Ok(_), Value::Null) => {}
            (Ok(label), Value::String(name)) => out.extend(named(label, name)),
            (Ok(label), Value::Object(map)) => out.extend(described(label, map)),
            (_, Value::Number(_)) => match number(value) {
                Some(label) => out.extend(named(label, key)),
                None => return Err(LabelTableErrorKind::Label(format!("{value} of {key:?}"))),
            },
            (_, Value::Object(inner)) => {
                let Some(label) = LABELS.iter().find_map(|name| number(inner.get(*name)?)) else {
                    return Err(LabelTableErrorKind::Json(format!("{key:?} has no label")));
                };
                out.extend(described(label, inner).map(|entry| {
                    let name = if entry.name.is_empty() { key.clone() } else { entry.name };
                    LabelEntry { name, ..entry }
                }));
            }
            _ => return Err(LabelTableErrorKind::Json(format!("{key:?} is no label or name"))),
        }
    }
    Ok(out)
}

fn named(label: u32, name: &str) -> Option<LabelEntry> {
    let name = name.trim().to_owned();
    (!name.is_empty()).then_some(LabelEntry { label, name, ..LabelEntry::default() })
}

/// None for a label whose name is not known.
fn described(label: u32, map: &Map<String, Value>) -> Option<LabelEntry> {
    let text = |name: &&str| map.get(*name)?.as_str();
    let name = NAMES.iter().find_map(text).unwrap_or("").trim().to_owned();
    let unnamed = name.is_empty() || name == "null";
    let colour = COLOURS.iter().find_map(|name| colour(map.get(*name)?));
    let nameless =
        NAMES.iter().any(|name| map.get(*name).is_some_and(Value::is_null)) || name == "null";
    if unnamed && nameless {
        return None;
    }
    Some(LabelEntry { label, name, colour, codes: Vec::new() })
}

fn colour(value: &Value) -> Option<[u8; 4]> {
    if let Some(text) = value.as_str() {
        return hex(text);
    }
    let list = value.as_array()?;
    let whole = list.iter().all(Value::is_u64);
    let channel = |value: &Value| {
        if whole {
            return u8::try_from(value.as_u64()?).ok();
        }
        unit(value.as_f64()?)
    };
    match list.as_slice() {
        [r, g, b] => Some([channel(r)?, channel(g)?, channel(b)?, 255]),
        [r, g, b, a] => Some([channel(r)?, channel(g)?, channel(b)?, channel(a)?]),
        _ => None,
    }
}

/// 0 to 1 as a byte.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn unit(value: f64) -> Option<u8> {
    (0.0..=1.0).contains(&value).then(|| (value * 255.0).round() as u8)
}

fn number(value: &Value) -> Option<u32> {
    u32::try_from(value.as_u64()?).ok()
}

fn member<T>(value: &Value, names: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<T> {
    names.iter().find_map(|name| read(value.get(*name)?))
}
