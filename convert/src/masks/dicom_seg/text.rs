//! Values of elements: text and numbers.

use super::element::Set;
use super::error::DicomSegError;
use super::tags::{CHARACTER_SET, Named};

/// How text beyond ASCII is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Latin1,
    /// Another one: what is not ASCII becomes the replacement character.
    Other,
}

impl Charset {
    pub(super) fn of(set: Set<'_>) -> Result<Self, DicomSegError> {
        let element = set.find(CHARACTER_SET)?;
        let name = element.map_or(String::new(), |element| ascii(element.value));
        Ok(match name.as_str() {
            "ISO_IR 192" => Self::Utf8,
            "ISO_IR 100" | "ISO 2022 IR 100" => Self::Latin1,
            _ => Self::Other,
        })
    }

    fn read(self, bytes: &[u8]) -> String {
        let text = match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Latin1 => bytes.iter().copied().map(char::from).collect(),
            Self::Other => ascii(bytes),
        };
        text.trim_matches(['\0', ' ']).to_owned()
    }
}

/// Text of ASCII, with the padding taken off.
pub(super) fn ascii(bytes: &[u8]) -> String {
    let letter = |&byte: &u8| {
        if byte.is_ascii() { char::from(byte) } else { char::REPLACEMENT_CHARACTER }
    };
    let text: String = bytes.iter().map(letter).collect();
    text.trim_matches(['\0', ' ']).to_owned()
}

impl Set<'_> {
    /// Text that is there and not empty.
    pub(super) fn text(
        self,
        named: Named,
        charset: Charset,
    ) -> Result<Option<String>, DicomSegError> {
        let text = self.find(named)?.map(|element| charset.read(element.value));
        Ok(text.filter(|text| !text.is_empty()))
    }

    /// The 16-bit numbers of an element; none where it is not there.
    pub(super) fn words(self, named: Named) -> Result<Vec<u16>, DicomSegError> {
        let element = self.find(named)?;
        let (pairs, rest) = element.map_or((&[][..], &[][..]), |e| e.value.as_chunks());
        if !rest.is_empty() {
            return Err(wrong(named, "has half a number"));
        }
        Ok(pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect())
    }

    /// One 16-bit number that has to be there.
    pub(super) fn word(self, named: Named) -> Result<u16, DicomSegError> {
        let first = self.words(named)?.first().copied();
        first.ok_or(DicomSegError::Missing(named.0, named.1))
    }

    /// `N` decimal numbers that have to be there, finite.
    pub(super) fn decimals<const N: usize>(self, named: Named) -> Result<[f64; N], DicomSegError> {
        let text = ascii(self.need(named)?.value);
        let mut out = [0.0; N];
        let mut parts = text.split('\\');
        for value in &mut out {
            let part = parts.next().and_then(|part| part.trim().parse::<f64>().ok());
            *value = part
                .filter(|value| value.is_finite())
                .ok_or_else(|| wrong(named, format!("is {text:?}; {N} numbers are needed")))?;
        }
        Ok(out)
    }
}

pub(super) fn wrong((tag, name): Named, what: impl Into<String>) -> DicomSegError {
    DicomSegError::Value(tag, name, what.into())
}
