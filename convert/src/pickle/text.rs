//! Text forms: numbers of protocol 0, its two string notations, and bytes written as Latin-1 text.

use std::str::FromStr;

/// Parses a decimal number with surrounding blanks, as Python's `int` and `float` do.
pub(super) fn parse<T: FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.trim_ascii().parse().ok()
}

/// Appends the code points of `raw`, in Python's raw-unicode-escape notation, to `out` as UTF-8.
/// A lone surrogate becomes U+FFFD. `None` for a broken escape.
pub(super) fn unescape_text(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut rest = raw;
    while let Some((byte, after)) = rest.split_first() {
        let digits = match (byte, after.first()) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        let code = if digits == 0 {
            rest = after;
            u32::from(*byte)
        } else {
            let (hex, left) = after.get(1..)?.split_at_checked(digits)?;
            rest = left;
            hex_number(hex)?
        };
        push_char(code, out);
    }
    Some(())
}

fn push_char(code: u32, out: &mut Vec<u8>) {
    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn hex_number(hex: &[u8]) -> Option<u32> {
    if !hex.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
}

/// Appends the bytes of a quoted Python 2 string literal to `out`. `None` when it is none.
pub(super) fn unquote(raw: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let raw = raw.trim_ascii();
    let (quote, rest) = raw.split_first()?;
    let (last, mut rest) = rest.split_last()?;
    if quote != last || !matches!(quote, b'\'' | b'"') {
        return None;
    }
    while let Some((byte, after)) = rest.split_first() {
        rest = if *byte == b'\\' {
            unescape_byte(after, out)?
        } else {
            out.push(*byte);
            after
        };
    }
    Some(())
}

/// One escape after its backslash; returns what follows it.
fn unescape_byte<'r>(escape: &'r [u8], out: &mut Vec<u8>) -> Option<&'r [u8]> {
    let (kind, rest) = escape.split_first()?;
    let plain = match kind {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'a' => 7,
        b'b' => 8,
        b'v' => 11,
        b'f' => 12,
        b'\\' | b'\'' | b'"' => *kind,
        b'x' => {
            let (hex, rest) = rest.split_at_checked(2)?;
            out.push(u8::try_from(hex_number(hex)?).ok()?);
            return Some(rest);
        }
        b'0'..=b'7' => {
            let len = escape.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7')).count();
            let (octal, rest) = escape.split_at_checked(len)?;
            let value = u32::from_str_radix(std::str::from_utf8(octal).ok()?, 8).ok()?;
            out.push(u8::try_from(value & 0xff).ok()?);
            return Some(rest);
        }
        _ => {
            out.extend_from_slice(&[b'\\', *kind]);
            return Some(rest);
        }
    };
    out.push(plain);
    Some(rest)
}

/// How many code points UTF-8 `text` has, by its lead bytes. Counts in bytes, 255 at most at a time, which
/// the compiler turns into wide instructions.
pub(super) fn code_points(text: &[u8]) -> u64 {
    let count = |chunk: &[u8]| {
        let ones = chunk.iter().map(|b| u8::from(!follows(*b)));
        u64::from(ones.fold(0, u8::wrapping_add))
    };
    text.chunks(255).map(count).sum()
}

/// Decodes UTF-8 text whose code points are all below 256 into those bytes. `None` when it is not such
/// text.
///
/// Float payloads are random bytes, so a branch for each would be guessed wrong half of the time: every
/// byte is written and the write position only moves past those that count.
pub(super) fn latin1(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = vec![0; text.len()];
    let mut written = 0_usize;
    let mut bad = false;
    let mut last = 0_u8;
    for byte in text {
        let lead = *byte >= 0xc0;
        let value = if follows(*byte) { (last << 6) | (byte & 0x3f) } else { *byte };
        if let Some(slot) = out.get_mut(written) {
            *slot = value;
        }
        written = written.wrapping_add(usize::from(!lead));
        bad |= follows(*byte) != (last >= 0xc0);
        bad |= *byte >= 0xc4 || matches!(*byte, 0xc0 | 0xc1);
        last = *byte;
    }
    out.truncate(written);
    (!bad && last < 0xc0).then_some(out)
}

/// Whether `byte` is the second or later byte of a UTF-8 character.
fn follows(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(raw: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        unescape_text(raw, &mut out).map(|()| out)
    }

    fn quoted(raw: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        unquote(raw, &mut out).map(|()| out)
    }

    #[test]
    fn raw_unicode_escapes() {
        assert_eq!(
            escaped(b"a\\u00e9\\U0001F600\xe9\\n").unwrap(),
            "a\u{e9}\u{1f600}\u{e9}\\n".as_bytes()
        );
        assert_eq!(escaped(b"\\ud800").unwrap(), "\u{fffd}".as_bytes());
        for broken in [&b"\\u12"[..], b"\\u12g4", b"\\U0001", b"\\u+123"] {
            assert_eq!(escaped(broken), None);
        }
    }

    #[test]
    fn python_string_literals() {
        assert_eq!(quoted(b"'a\\n\\x41\\101\\\\\\'\\q'").unwrap(), b"a\nAA\\'\\q");
        assert_eq!(quoted(b"\"\"").unwrap(), b"");
        for broken in [&b"'"[..], b"", b"'a\"", b"'\\x4'", b"'\\'", b"a"] {
            assert_eq!(quoted(broken), None);
        }
    }

    #[test]
    fn latin1_is_the_inverse_of_python() {
        let all: Vec<u8> = (0..=255).chain((0..=255).rev()).collect();
        let text: String = all.iter().map(|b| char::from(*b)).collect();
        assert_eq!(latin1(text.as_bytes()).unwrap(), all);
        assert_eq!(code_points(text.as_bytes()), 512);
        for broken in ["\u{100}".as_bytes(), b"\xc3", b"\xc0\x80", b"\x80", b"\xc2a"] {
            assert_eq!(latin1(broken), None);
        }
    }
}
