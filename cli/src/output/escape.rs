//! Text of foreign origin on its way to a terminal.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a terminal may act on the character instead of showing it: control characters, and those that
/// change the direction of writing, with which a name can pass for another.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with every active character written out, as `\n` or `\u{1b}`.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_active(c) {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// JSON text with the active characters that JSON allows in strings as `\u009b`; its value stays.
pub(super) fn escape_json(json: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| is_active(c) && c != '\n';
    if !json.contains(is_hidden) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_hidden(c) {
            // All of them are in the basic plane. Writing to a string cannot fail.
            let _infallible = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::{escape, escape_json};

    #[test]
    fn what_a_terminal_obeys_is_written_out() {
        assert_eq!(escape("caf\u{e9} 1"), "caf\u{e9} 1");
        assert_eq!(escape("a\nb\t\u{1b}[31m"), "a\\nb\\t\\u{1b}[31m");
        assert_eq!(escape("\u{9b}2J \u{202e}x"), "\\u{9b}2J \\u{202e}x");
    }

    #[test]
    fn json_keeps_its_value() {
        let text = "a\u{9b}\u{7f}\u{202e}b\n";
        let json = serde_json::to_string(text).unwrap();
        let safe = escape_json(&json);
        assert!(safe.is_ascii(), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
    }
}
