//! JSON values, and lists of them that are too long to be held.

use serde_json::{Map, Value};

use super::Out;
use crate::exit::Result;

/// The shortest number that is this f32; null when it is not finite.
pub(crate) fn float(value: f32) -> Value {
    // Through text, since the digits of the f64 of the same value would go on for no reason.
    value.to_string().parse::<f64>().ok().filter(|v| v.is_finite()).into()
}

/// A feature `[D]` as a list of the shortest numbers.
pub(crate) fn floats(values: &[f32]) -> Value {
    values.iter().map(|&value| float(value)).collect()
}

/// JSON text of a container as a value; the text itself where it is none, null where it is empty.
pub(crate) fn embedded(text: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

/// An object with a list that is written while it is made.
pub(crate) struct ListWriter<'o> {
    out: &'o mut Out,
    first: bool,
}

impl<'o> ListWriter<'o> {
    /// Begins the object: `head`, then the list `name`.
    pub(crate) fn begin(out: &'o mut Out, head: &Map<String, Value>, name: &str) -> Result<Self> {
        out.raw_json("{")?;
        for (key, value) in head {
            out.raw_json(&format!("{}:{value},", Value::from(key.as_str())))?;
        }
        out.raw_json(&format!("{}:[", Value::from(name)))?;
        Ok(Self { out, first: true })
    }

    /// Writes one entry of the list, on a line of its own. False when nobody reads any more.
    pub(crate) fn push(&mut self, value: &Value) -> Result<bool> {
        let comma = if self.first { "" } else { "," };
        self.first = false;
        self.out.raw_json(&format!("{comma}\n{value}"))?;
        Ok(!self.out.is_closed())
    }

    /// Ends the list and the object.
    pub(crate) fn end(self) -> Result<()> {
        self.end_with(&Map::new())
    }

    /// Ends the list and the object, with entries that are known only now.
    pub(crate) fn end_with(self, tail: &Map<String, Value>) -> Result<()> {
        self.out.raw_json("\n]")?;
        for (key, value) in tail {
            self.out.raw_json(&format!(",{}:{value}", Value::from(key.as_str())))?;
        }
        self.out.raw_json("}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::{embedded, float};

    #[test]
    fn numbers_are_short_and_come_back() {
        assert_eq!(float(0.9).to_string(), "0.9");
        assert_eq!(float(f32::NAN).to_string(), "null");
        for value in [1.0 / 3.0, f32::MAX, f32::MIN_POSITIVE, -0.0, 1e-45] {
            let back = float(value).to_string().parse::<f32>().unwrap();
            assert_eq!(back.to_bits(), value.to_bits());
        }
    }

    #[test]
    fn embedded_json_stays_json() {
        assert_eq!(embedded("{\"a\":1}").to_string(), "{\"a\":1}");
        assert_eq!(embedded("").to_string(), "null");
        assert_eq!(embedded("{").to_string(), "\"{\"");
    }
}
