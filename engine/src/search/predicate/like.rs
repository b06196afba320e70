//! The patterns of `like`: `%` any run of characters, `_` one character, `\` takes the next as is.

/// The longest pattern taken, in bytes. It bounds what one `_` search may cost a character of text.
pub(super) const MAX_PATTERN_BYTES: usize = 4096;

/// A compiled pattern: the stretches between the `%`.
///
/// The first stretch is tied to the start of the text and the last to its end. Each one between is
/// taken at its leftmost place after the one before, which is never a wrong choice because a
/// stretch always spans the same number of characters; so nothing is ever tried again. Stretches
/// without `_` are found in time linear in the text, others in at most text times stretch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LikePattern {
    source: String,
    stretches: Vec<Stretch>,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Stretch {
    pieces: Vec<Piece>,
    chars: usize,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    AnyChar,
}

impl LikePattern {
    /// Compiles `source`; the error says what is wrong with it.
    pub(super) fn new(source: String) -> Result<Self, &'static str> {
        if source.len() > MAX_PATTERN_BYTES {
            return Err("the pattern is longer than 4096 bytes");
        }
        let mut stretches = Vec::new();
        let mut current = Stretch::default();
        let mut chars = source.chars();
        while let Some(c) = chars.next() {
            match c {
                '%' => stretches.push(std::mem::take(&mut current)),
                '_' => current.push_any(),
                '\\' => current.push(chars.next().ok_or(
                    "the pattern ends in a lone `\\`; write `\\\\` for the character itself",
                )?),
                c => current.push(c),
            }
        }
        stretches.push(current);
        Ok(Self { source, stretches })
    }

    /// The pattern as it was written.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the whole of `text` fits the pattern.
    pub(super) fn matches(&self, text: &str) -> bool {
        let Some((first, others)) = self.stretches.split_first() else { return false };
        let Some(mut rest) = first.strip(text) else { return false };
        let Some((last, middle)) = others.split_last() else { return rest.is_empty() };
        for stretch in middle {
            let Some(after) = stretch.find(rest) else { return false };
            rest = after;
        }
        last.ends(rest)
    }
}

impl Stretch {
    fn push(&mut self, c: char) {
        self.chars = self.chars.saturating_add(1);
        if let Some(Piece::Text(text)) = self.pieces.last_mut() {
            text.push(c);
        } else {
            self.pieces.push(Piece::Text(c.to_string()));
        }
    }

    fn push_any(&mut self) {
        self.chars = self.chars.saturating_add(1);
        self.pieces.push(Piece::AnyChar);
    }

    /// What follows the stretch where `text` starts with it.
    fn strip<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.pieces.iter().try_fold(text, |rest, piece| match piece {
            Piece::Text(wanted) => rest.strip_prefix(wanted.as_str()),
            Piece::AnyChar => {
                let mut chars = rest.chars();
                chars.next().map(|_| chars.as_str())
            }
        })
    }

    /// What follows the leftmost place of the stretch in `text`.
    fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self.pieces.as_slice() {
            [] => Some(text),
            [Piece::Text(wanted)] => text.split_once(wanted.as_str()).map(|(_, after)| after),
            _ => text
                .char_indices()
                .filter_map(|(at, _)| text.get(at..))
                .find_map(|rest| self.strip(rest)),
        }
    }

    /// Whether `text` ends with the stretch.
    fn ends(&self, text: &str) -> bool {
        let Some(before) = self.chars.checked_sub(1) else { return true };
        let start = text.char_indices().rev().nth(before).map(|(at, _)| at);
        let tail = start.and_then(|at| text.get(at..));
        tail.and_then(|tail| self.strip(tail)) == Some("")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{naive, random::Random};
    use super::*;

    fn like(pattern: &str, text: &str) -> bool {
        LikePattern::new(pattern.to_owned()).unwrap().matches(text)
    }

    #[test]
    fn table() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("%%", "abc", true),
            ("_", "", false),
            ("_", "\u{e9}", true),
            ("A%_x", "Ax", false),
            ("A%_x", "A1x", true),
            ("study-7%", "study-71", true),
            ("study-7%", "study-8", false),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("a\\_b", "a_b", true),
            ("a\\_b", "axb", false),
            ("a\\\\", "a\\", true),
            ("ab%ba", "aba", false),
            ("%a%a%", "a", false),
            ("%_a_%_", "xaxay", true),
            ("A", "a", false),
        ] {
            assert_eq!(like(pattern, text), expected, "{text:?} like {pattern:?}");
        }
    }

    #[test]
    fn faulty_patterns_are_refused() {
        assert!(LikePattern::new("abc\\".to_owned()).is_err());
        assert!(LikePattern::new("a".repeat(MAX_PATTERN_BYTES + 1)).is_err());
    }

    #[test]
    fn agrees_with_plain_recursion() {
        let mut random = Random::seeded(0x11ce);
        for _ in 0..50_000 {
            let pattern = random.text("ab\u{e9}%%__\\", 7);
            let text = random.text("ab\u{e9}%_\\", 8);
            let Ok(compiled) = LikePattern::new(pattern.clone()) else { continue };
            let expected = naive::like(&pattern, &text);
            assert_eq!(compiled.matches(&text), expected, "{text:?} like {pattern:?}");
        }
    }

    #[test]
    fn hostile_patterns_finish() {
        let text = "a".repeat(200_000);
        assert!(!like(&"%a".repeat(2000), &"b".repeat(200_000)));
        assert!(!like(&format!("{}b", "a%".repeat(2000)), &text));
        assert!(!like(&format!("%{}b%", "a".repeat(4000)), &text));
        assert!(!like(&format!("%_{}b%", "a".repeat(4000)), &text));
    }
}
