//! The Python dictionary literal of an `.npy` header. Flat: no recursion, one pass.

use super::header::MAX_DIMENSIONS;

/// The three values of a header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// The type string.
    pub(super) descr: Descr,
    /// Whether the first index runs fastest.
    pub(super) fortran_order: bool,
    /// Elements along every axis.
    pub(super) shape: Vec<u64>,
}

/// The value of `descr`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Descr {
    /// A plain type string.
    Plain(String),
    /// A list of named fields, which is refused and therefore not taken apart.
    Structured,
}

/// Where in the literal, and what is wrong there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LiteralError {
    pub(super) at: usize,
    pub(super) what: &'static str,
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Parses the literal, which must be all of `bytes` but for white space.
pub(super) fn parse(bytes: &[u8]) -> Result<Literal, LiteralError> {
    let mut cursor = Cursor { bytes, at: 0 };
    let (mut descr, mut order, mut shape) = (None, None, None);
    cursor.expect(b'{', "expected a dictionary")?;
    while cursor.peek() != Some(b'}') {
        let key_at = cursor.at;
        let key = cursor.string()?;
        cursor.expect(b':', "expected a colon after a key")?;
        let twice = match key {
            b"descr" => {
                let value = cursor.descr()?;
                if value == Descr::Structured {
                    let (fortran_order, shape) = (false, Vec::new());
                    return Ok(Literal { descr: value, fortran_order, shape });
                }
                descr.replace(value).is_some()
            }
            b"fortran_order" => order.replace(cursor.boolean()?).is_some(),
            b"shape" => shape.replace(cursor.shape()?).is_some(),
            _ => return Err(LiteralError { at: key_at, what: "unknown key" }),
        };
        if twice {
            return Err(LiteralError { at: key_at, what: "key given twice" });
        }
        if !cursor.accept(b',') {
            break;
        }
    }
    cursor.expect(b'}', "expected the end of the dictionary")?;
    if cursor.peek().is_some() {
        return Err(cursor.error("text after the dictionary"));
    }
    match (descr, order, shape) {
        (Some(descr), Some(fortran_order), Some(shape)) => {
            Ok(Literal { descr, fortran_order, shape })
        }
        (None, ..) => Err(cursor.error("no key 'descr'")),
        (_, None, _) => Err(cursor.error("no key 'fortran_order'")),
        (.., None) => Err(cursor.error("no key 'shape'")),
    }
}

impl<'a> Cursor<'a> {
    fn error(&self, what: &'static str) -> LiteralError {
        LiteralError { at: self.at, what }
    }

    fn byte(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn advance(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// The next byte that is not white space, which becomes the current one.
    fn peek(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.advance();
        }
        self.byte()
    }

    fn accept(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.advance();
        }
        found
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), LiteralError> {
        if self.accept(byte) { Ok(()) } else { Err(self.error(what)) }
    }

    fn string(&mut self) -> Result<&'a [u8], LiteralError> {
        let Some(quote @ (b'\'' | b'"')) = self.peek() else {
            return Err(self.error("expected a string"));
        };
        self.advance();
        let start = self.at;
        loop {
            match self.byte() {
                Some(byte) if byte == quote => break,
                Some(b'\\') => return Err(self.error("escape in a string")),
                Some(_) => self.advance(),
                None => return Err(self.error("string without an end")),
            }
        }
        let text = self.bytes.get(start..self.at).unwrap_or_default();
        self.advance();
        Ok(text)
    }

    fn descr(&mut self) -> Result<Descr, LiteralError> {
        if matches!(self.peek(), Some(b'[' | b'(' | b'{')) {
            return Ok(Descr::Structured);
        }
        let text = self.string()?;
        match str::from_utf8(text) {
            Ok(text) => Ok(Descr::Plain(text.to_owned())),
            Err(_) => Err(self.error("type string is not text")),
        }
    }

    fn boolean(&mut self) -> Result<bool, LiteralError> {
        self.peek();
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        for (word, value) in [(b"True".as_slice(), true), (b"False".as_slice(), false)] {
            if rest.starts_with(word) {
                self.at = self.at.saturating_add(word.len());
                return Ok(value);
            }
        }
        Err(self.error("expected True or False"))
    }

    fn shape(&mut self) -> Result<Vec<u64>, LiteralError> {
        self.expect(b'(', "expected a tuple")?;
        let mut shape = Vec::new();
        let mut comma = true;
        while self.peek() != Some(b')') {
            // One over the limit is kept, so that the caller can say how many there are at least.
            if !comma || shape.len() > MAX_DIMENSIONS {
                return Err(self.error("malformed tuple"));
            }
            shape.push(self.integer()?);
            comma = self.accept(b',');
        }
        if shape.len() == 1 && !comma {
            return Err(self.error("expected a tuple, found a number"));
        }
        self.advance();
        Ok(shape)
    }

    fn integer(&mut self) -> Result<u64, LiteralError> {
        self.peek();
        let start = self.at;
        let mut value = 0_u64;
        while let Some(byte @ b'0'..=b'9') = self.byte() {
            let digit = u64::from(byte).saturating_sub(u64::from(b'0'));
            let next = value.checked_mul(10).and_then(|v| v.checked_add(digit));
            value = next.ok_or_else(|| self.error("number is too large"))?;
            self.advance();
        }
        if self.at == start {
            return Err(self.error("expected a number"));
        }
        // Python 2 wrote long integers with a suffix.
        if self.byte() == Some(b'L') {
            self.advance();
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(descr: &str, fortran_order: bool, shape: &[u64]) -> Literal {
        Literal { descr: Descr::Plain(descr.into()), fortran_order, shape: shape.to_vec() }
    }

    #[test]
    fn keys_in_any_order_and_python_two_longs() {
        let text = b"{\"shape\": (64L, 96), 'descr': '<f2', 'fortran_order': True, }  \n";
        assert_eq!(parse(text).unwrap(), plain("<f2", true, &[64, 96]));
        let text = b"{'descr':'|b1','fortran_order':False,'shape':()}";
        assert_eq!(parse(text).unwrap(), plain("|b1", false, &[]));
        let text = b"{'descr':'|b1','fortran_order':False,'shape':(7,)}";
        assert_eq!(parse(text).unwrap().shape, [7]);
    }

    #[test]
    fn structured_types_are_recognised() {
        let text = b"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,), }";
        assert_eq!(parse(text).unwrap().descr, Descr::Structured);
    }

    #[test]
    fn malformed_literals_are_refused_with_a_place() {
        let bad = [
            "",
            "[1]",
            "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': '<f4', 'shape': (1,)}",
            "{'shape': (1,), 'fortran_order': False}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1 2)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f4', 'fortran_order': 1, 'shape': (1,)}",
            "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'other': 1, 'fortran_order': False, 'shape': (1,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
            "{'descr': '<f4",
            "{'descr': '\\x41', 'fortran_order': False, 'shape': (1,)}",
        ];
        for text in bad {
            let error = parse(text.as_bytes()).unwrap_err();
            assert!(error.at <= text.len(), "{text}: {error:?}");
        }
    }
}
