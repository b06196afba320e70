//! What is wrong with a predicate, and where.

use std::fmt;

/// How many characters of the source line are shown before and after the place of an error.
const SHOWN_BEFORE: usize = 56;
const SHOWN_AFTER: usize = 40;

/// A predicate that cannot be parsed, or that does not fit the container it is asked of.
///
/// `{}` prints one line. `{:#}` adds the line of the source and a caret under the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PredicateError {
    /// Where in the source, as a byte offset; the length of the source for "ends too early".
    pub position: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// What would be right in this place, where that can be said in a few words.
    pub expected: Option<&'static str>,
    line: String,
    caret: usize,
}

impl PredicateError {
    pub(super) fn new(source: &str, position: usize, message: impl Into<String>) -> Self {
        let (line, caret) = excerpt(source, position);
        Self { position, message: message.into(), expected: None, line, caret }
    }

    pub(super) fn expecting(mut self, expected: &'static str) -> Self {
        self.expected = Some(expected);
        self
    }
}

/// The line around `position`, cut to a screen's width, and how many characters stand before it.
fn excerpt(source: &str, position: usize) -> (String, usize) {
    let position = source.floor_char_boundary(position);
    let (before, after) = source.split_at_checked(position).unwrap_or((source, ""));
    let before = before.rsplit('\n').next().unwrap_or_default();
    let after = after.split('\n').next().unwrap_or_default();

    let mut line = String::new();
    let hidden = before.char_indices().rev().nth(SHOWN_BEFORE).map_or(0, |(at, _)| at);
    if hidden > 0 {
        line.push_str("...");
    }
    let shown = before.chars().rev().take(SHOWN_BEFORE).collect::<Vec<_>>();
    line.extend(shown.into_iter().rev().map(printable));
    let caret = line.chars().count();
    line.extend(after.chars().take(SHOWN_AFTER).map(printable));
    if after.chars().nth(SHOWN_AFTER).is_some() {
        line.push_str("...");
    }
    (line, caret)
}

/// A tab or an escape would move the caret away from its place.
fn printable(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

impl fmt::Display for PredicateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "predicate, byte {}: {}", self.position, self.message)?;
        if let Some(expected) = self.expected {
            write!(f, "; expected {expected}")?;
        }
        if f.alternate() {
            write!(f, "\n  {}\n  {:caret$}^", self.line, "", caret = self.caret)?;
        }
        Ok(())
    }
}

impl std::error::Error for PredicateError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caret_stands_under_the_place() {
        let error = PredicateError::new("a = 1 and\n\tb ?? 2", 13, "no").expecting("`=`");
        assert_eq!(error.to_string(), "predicate, byte 13: no; expected `=`");
        assert_eq!(format!("{error:#}"), "predicate, byte 13: no; expected `=`\n   b ?? 2\n     ^");
    }

    #[test]
    fn long_lines_are_cut_on_both_sides() {
        let source = format!("{}X{}", "\u{e9}".repeat(100), "b".repeat(100));
        let error = PredicateError::new(&source, 200, "no");
        let shown = format!("{error:#}");
        let lines: Vec<_> = shown.lines().collect();
        let caret = lines[2].chars().position(|c| c == '^').unwrap();
        assert_eq!(lines[1].chars().nth(caret), Some('X'));
        assert!(lines[1].chars().count() < 110);
        assert!(lines[1].starts_with("  ...") && lines[1].ends_with("..."));
    }

    #[test]
    fn any_position_is_taken() {
        for position in [0, 1, 2, 3, 99, usize::MAX] {
            let _shown = format!("{:#}", PredicateError::new("\u{e9}\n", position, "no"));
        }
        assert_eq!(PredicateError::new("ab", 2, "no").caret, 2);
    }
}
