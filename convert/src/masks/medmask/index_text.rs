//! JSON as Python writes it, so that an index has the length that `MedMask` will think it has.

use std::fmt::Write;

use serde_json::Value;

/// The text of a value: a space behind colons and commas, nothing but ASCII.
pub(super) fn text(value: &Value) -> String {
    let mut out = String::new();
    let mut inside = false;
    let mut escaped = false;
    for character in value.to_string().chars() {
        if inside && (!character.is_ascii() || character == '\u{7f}') {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to memory does not fail.
                let _written = write!(out, "\\u{unit:04x}");
            }
            continue;
        }
        out.push(character);
        if !inside && matches!(character, ':' | ',') {
            out.push(' ');
        }
        if character == '"' && !escaped {
            inside = !inside;
        }
        escaped = inside && character == '\\' && !escaped;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn as_python_writes_it() {
        let value = json!([{"a\"\\": 1, "b, :": [1.5, -2.0], "\u{e4}\u{1d11e}\n": {}}, []]);
        let wanted = r#"[{"a\"\\": 1, "b, :": [1.5, -2.0], "\u00e4\ud834\udd1e\n": {}}, []]"#;
        assert_eq!(text(&value), wanted);
        assert_eq!(serde_json::from_str::<Value>(wanted).unwrap(), value);
    }
}
