//! Lines cut into fields.

/// The fields of a line of CSV or TSV. Quotes enclose a field; two of them are one.
pub(super) fn delimited(line: &str, delimiter: char) -> Vec<String> {
    let mut out = vec![String::new()];
    let mut quoted = false;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let Some(field) = out.last_mut() else { break };
        if character == '"' && quoted && characters.peek() == Some(&'"') {
            characters.next();
            field.push('"');
        } else if character == '"' && (quoted || field.trim().is_empty()) {
            quoted = !quoted;
        } else if character == delimiter && !quoted {
            out.push(String::new());
        } else {
            field.push(character);
        }
    }
    out.iter().map(|field| field.trim().to_owned()).collect()
}

/// The first words of a line, and what is behind them; none if there are fewer.
pub(super) fn words<const N: usize>(line: &str) -> Option<([&str; N], &str)> {
    let mut rest = line.trim();
    let mut out = [""; N];
    for word in &mut out {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (first, behind) = rest.split_at(end);
        if first.is_empty() {
            return None;
        }
        *word = first;
        rest = behind.trim_start();
    }
    Some((out, rest))
}

/// A name without the quotes around it.
pub(super) fn unquoted(name: &str) -> &str {
    let name = name.trim();
    let quotes = ['"', '\u{201c}', '\u{201d}'];
    let inner = name.strip_prefix(quotes).and_then(|name| name.strip_suffix(quotes));
    inner.unwrap_or(name).trim()
}

/// `#ff5330`, `ff5330`, `#f53` or with an opacity at the end.
pub(super) fn hex(text: &str) -> Option<[u8; 4]> {
    let text = text.trim().trim_start_matches('#');
    let digits: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let both = |high: u8, low: u8| (high << 4) | low;
    match *digits.as_slice() {
        [r, g, b] => Some([both(r, r), both(g, g), both(b, b), 255]),
        [r, s, g, h, b, c] => Some([both(r, s), both(g, h), both(b, c), 255]),
        [r, s, g, h, b, c, a, d] => Some([both(r, s), both(g, h), both(b, c), both(a, d)]),
        _ => None,
    }
}
