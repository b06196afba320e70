//! Tables for other programs (RFC 4180, lines end in LF).

use std::borrow::Cow;

/// A text as a cell.
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\n', '\r']) {
        return Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")));
    }
    Cow::Borrowed(text)
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn what_would_end_a_cell_is_quoted() {
        assert_eq!(quoted("a nodule"), "a nodule");
        assert_eq!(quoted("a \"big\", round one"), "\"a \"\"big\"\", round one\"");
    }
}
