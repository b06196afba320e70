//! The index of an archive as far as it can be read.

use super::assemble::Mapping;
use super::header::Part;

/// What is known of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Partial {
    pub(super) name: String,
    pub(super) group: Option<String>,
    pub(super) offset: Option<u64>,
    pub(super) length: Option<u64>,
    pub(super) mapping: Mapping,
    /// Whether it was read to its end.
    pub(super) whole: bool,
}

impl Partial {
    /// Where its array should be.
    pub(super) fn part(&self) -> Option<Part> {
        Some(Part { offset: self.offset?, length: self.length? })
    }

    /// The group of its segments.
    pub(super) fn group(&self) -> &str {
        self.group.as_deref().unwrap_or(&self.name)
    }
}

/// The entries at the front of `text`, the last of which may be cut short, and where reading ended.
pub(super) fn entries(text: &[u8]) -> (Vec<Partial>, usize) {
    let mut cursor = Cursor { text, at: 0 };
    let mut out = Vec::new();
    let mut more = cursor.token(b'[').is_some();
    while more {
        let mut entry = Partial::default();
        entry.whole = cursor.entry(&mut entry).is_some();
        more = entry.whole && cursor.token(b',').is_some();
        if entry.whole || !entry.name.is_empty() || entry.offset.is_some() {
            out.push(entry);
        }
    }
    (out, cursor.at)
}

/// The pairs of a mapping whose beginning is lost, from the first that is whole to the closing brace.
pub(super) fn tail(text: &[u8]) -> Mapping {
    let mut cursor = Cursor { text, at: 0 };
    while cursor.at < text.len() {
        // A quote in a name is escaped, so this is the start of a string, or its end.
        let quote = text.get(cursor.at..).and_then(|rest| rest.iter().position(|b| *b == b'"'));
        let Some(skip) = quote else { break };
        let start = cursor.at.saturating_add(skip);
        cursor.at = start;
        let mut pairs = Mapping::new();
        if cursor.pairs(&mut pairs).is_some() {
            return pairs;
        }
        cursor.at = start.saturating_add(1);
    }
    Mapping::new()
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, count: usize) {
        self.at = self.at.saturating_add(count);
    }

    /// One character after any spaces.
    fn token(&mut self, wanted: u8) -> Option<()> {
        let spaces = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if self.rest().get(spaces) != Some(&wanted) {
            return None;
        }
        self.skip(spaces.saturating_add(1));
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        let before = self.at;
        self.token(b'"')?;
        let start = self.at.saturating_sub(1);
        loop {
            let byte = *self.rest().first()?;
            self.skip(if byte == b'\\' { 2 } else { 1 });
            // Nothing that JSON allows is below a space: here the text was overwritten.
            if byte == b'"' || byte < b' ' {
                break;
            }
        }
        let found = self.text.get(start..self.at).and_then(|s| serde_json::from_slice(s).ok());
        if found.is_none() {
            self.at = before;
        }
        found
    }

    fn number(&mut self) -> Option<u64> {
        let spaces = self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let digits = self.rest().iter().skip(spaces).take_while(|b| b.is_ascii_digit()).count();
        let end = spaces.saturating_add(digits);
        let text = std::str::from_utf8(self.rest().get(spaces..end)?).ok()?;
        // A number that nothing follows may be a part of one.
        let whole = matches!(self.rest().get(end), Some(b',' | b'}' | b' '));
        let number = text.parse().ok().filter(|_| whole)?;
        self.skip(end);
        Some(number)
    }

    /// An entry; what was read before something was wrong is kept.
    fn entry(&mut self, out: &mut Partial) -> Option<()> {
        self.token(b'{')?;
        loop {
            let key = self.string()?;
            self.token(b':')?;
            match key.as_str() {
                "name" => out.name = self.string()?,
                "group" => out.group = Some(self.string()?),
                "offset" => out.offset = Some(self.number()?),
                "length" => out.length = Some(self.number()?),
                "mapping" => {
                    self.token(b'{')?;
                    if self.token(b'}').is_none() {
                        self.pairs(&mut out.mapping)?;
                    }
                }
                _ => return None,
            }
            if self.token(b'}').is_some() {
                return Some(());
            }
            self.token(b',')?;
        }
    }

    /// Pairs up to the closing brace.
    fn pairs(&mut self, out: &mut Mapping) -> Option<()> {
        loop {
            let name = self.string()?;
            self.token(b':')?;
            let label = u32::try_from(self.number()?).ok()?;
            out.push((name, label));
            if self.token(b'}').is_some() {
                return Some(());
            }
            self.token(b',')?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"[{"name": "a, \"b", "offset": 4253, "length": 254, "mapping": {}},
        {"name": "c", "group": "", "offset": 4507, "length": 12, "mapping": {"x": 1, "\u00e4, ": 2}}]"#;

    #[test]
    fn every_cut_gives_the_front() {
        let (all, end) = entries(TEXT.as_bytes());
        assert_eq!((all.len(), all[0].name.as_str(), end), (2, "a, \"b", TEXT.len() - 1));
        assert!(all.iter().all(|e| e.whole));
        assert_eq!(all[1].mapping, [("x".to_owned(), 1), ("\u{e4}, ".to_owned(), 2)]);
        assert_eq!(all[1].group(), "");
        for cut in 0..TEXT.len() {
            for filler in [&b""[..], &[0, 4, 9], &[1, 200]] {
                let text = [&TEXT.as_bytes()[..cut], filler].concat();
                let (some, _) = entries(&text);
                for (part, whole) in some.iter().zip(&all) {
                    assert!(whole.name.starts_with(&part.name) || !part.whole, "{cut}");
                    assert!(whole.mapping.starts_with(&part.mapping), "{cut} {part:?}");
                    assert!(part.offset.is_none() || part.offset == whole.offset, "{cut}");
                }
            }
        }
    }

    #[test]
    fn the_end_of_a_mapping_is_found() {
        let text = br#"art": 5, "b": 6, "c": 7}}]"#;
        assert_eq!(tail(text), [("b".to_owned(), 6), ("c".to_owned(), 7)]);
        assert_eq!(tail(br#", "b": 6}}"#), [("b".to_owned(), 6)]);
        assert_eq!(tail(b"\"\"\"\"\"\"").len(), 0);
        assert_eq!(tail(b"").len(), 0);
    }
}
