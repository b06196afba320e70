//! Tables for other programs (RFC 4180, lines end in LF).

use std::borrow::Cow;
use std::io::{self, Write};

/// A text as a cell.
pub(crate) fn quoted(text: &str) -> Cow<'_, str> {
    if text.contains(['"', ',', '\n', '\r']) {
        return Cow::Owned(format!("\"{}\"", text.replace('"', "\"\"")));
    }
    Cow::Borrowed(text)
}

/// Writes cells as a line.
pub(crate) fn line(
    out: &mut impl Write,
    cells: impl IntoIterator<Item = impl AsRef<str>>,
) -> io::Result<()> {
    for (place, cell) in cells.into_iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        write!(out, "{comma}{}", quoted(cell.as_ref()))?;
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::{line, quoted};

    #[test]
    fn a_line_has_commas_between_its_cells() {
        let mut out = Vec::new();
        line(&mut out, ["1", "a,b", ""]).unwrap();
        assert_eq!(out, b"1,\"a,b\",\n");
    }

    #[test]
    fn what_would_end_a_cell_is_quoted() {
        assert_eq!(quoted("a nodule"), "a nodule");
        assert_eq!(quoted("a \"big\", round one"), "\"a \"\"big\"\", round one\"");
    }
}
