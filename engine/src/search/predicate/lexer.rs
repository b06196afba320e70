//! From source to tokens, one at a time.

use super::ast::CompareOp;
use super::error::PredicateError;

/// A word with a meaning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    And,
    Between,
    False,
    Id,
    In,
    Is,
    Like,
    Not,
    Null,
    Or,
    True,
}

const KEYWORDS: [(&str, Keyword); 11] = [
    ("and", Keyword::And),
    ("between", Keyword::Between),
    ("false", Keyword::False),
    ("id", Keyword::Id),
    ("in", Keyword::In),
    ("is", Keyword::Is),
    ("like", Keyword::Like),
    ("not", Keyword::Not),
    ("null", Keyword::Null),
    ("or", Keyword::Or),
    ("true", Keyword::True),
];

impl Keyword {
    fn of(word: &str) -> Option<Self> {
        let found = KEYWORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
        found.map(|&(_, keyword)| keyword)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A name without quotes.
    Word(String),
    /// A name in double quotes or backquotes.
    Quoted(String),
    Keyword(Keyword),
    Text(String),
    Int(i64),
    Float(f64),
    Compare(CompareOp),
    Open,
    Close,
    Comma,
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Byte offset of the first byte, and of the first one after.
    pub(super) at: usize,
    pub(super) end: usize,
}

pub(super) struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

fn starts_word(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

fn continues_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '.'
}

/// Whether `name` can stand in the source without quotes.
pub(super) fn is_plain_name(name: &str) -> bool {
    name.starts_with(starts_word) && name.chars().all(continues_word) && Keyword::of(name).is_none()
}

impl<'s> Lexer<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, at: 0 }
    }

    /// The next token; `End` again and again at the end.
    pub(super) fn next(&mut self) -> Result<Token, PredicateError> {
        let rest = self.rest();
        let trimmed = rest.trim_start();
        self.skip(rest.len().saturating_sub(trimmed.len()));
        let at = self.at;
        let kind = match trimmed.chars().next() {
            None => Kind::End,
            Some('(') => self.symbol(1, Kind::Open),
            Some(')') => self.symbol(1, Kind::Close),
            Some(',') => self.symbol(1, Kind::Comma),
            Some('=' | '!' | '<' | '>') => self.operator()?,
            Some('\'') => Kind::Text(self.quoted('\'')?),
            Some(quote @ ('"' | '`')) => {
                let name = self.quoted(quote)?;
                if name.is_empty() {
                    return Err(self.error(at, "a name in quotes is empty"));
                }
                Kind::Quoted(name)
            }
            Some('0'..='9' | '.' | '-') => self.number()?,
            Some(c) if starts_word(c) => self.word(),
            Some(c) => return Err(self.error(at, stray(c))),
        };
        Ok(Token { kind, at, end: self.at })
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn skip(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes);
    }

    fn symbol(&mut self, bytes: usize, kind: Kind) -> Kind {
        self.skip(bytes);
        kind
    }

    fn error(&self, at: usize, message: impl Into<String>) -> PredicateError {
        PredicateError::new(self.source, at, message)
    }

    fn operator(&mut self) -> Result<Kind, PredicateError> {
        const OPERATORS: [(&str, CompareOp); 8] = [
            ("==", CompareOp::Eq),
            ("!=", CompareOp::Ne),
            ("<>", CompareOp::Ne),
            ("<=", CompareOp::Le),
            (">=", CompareOp::Ge),
            ("=", CompareOp::Eq),
            ("<", CompareOp::Lt),
            (">", CompareOp::Gt),
        ];
        let rest = self.rest();
        match OPERATORS.iter().find(|(text, _)| rest.starts_with(text)) {
            Some(&(text, op)) => Ok(self.symbol(text.len(), Kind::Compare(op))),
            None => Err(self.error(self.at, stray('!'))),
        }
    }

    /// What stands between two `quote`, where a doubled one inside means itself.
    fn quoted(&mut self, quote: char) -> Result<String, PredicateError> {
        let start = self.at;
        let mut text = String::new();
        self.skip(1);
        loop {
            let Some((part, after)) = self.rest().split_once(quote) else {
                let what = if quote == '\'' { "text" } else { "a name" };
                return Err(self.error(start, format!("{what} in quotes has no closing {quote}")));
            };
            text.push_str(part);
            self.skip(part.len().saturating_add(1));
            if !after.starts_with(quote) {
                return Ok(text);
            }
            text.push(quote);
            self.skip(1);
        }
    }

    fn word(&mut self) -> Kind {
        let rest = self.rest();
        let word = rest.split(|c| !continues_word(c)).next().unwrap_or_default();
        self.skip(word.len());
        Keyword::of(word).map_or_else(|| Kind::Word(word.to_owned()), Kind::Keyword)
    }

    fn number(&mut self) -> Result<Kind, PredicateError> {
        let start = self.at;
        self.take(|c| c == '-', 1);
        let whole = self.take(|c| c.is_ascii_digit(), usize::MAX);
        let point = self.take(|c| c == '.', 1);
        let fraction = self.take(|c| c.is_ascii_digit(), usize::MAX);
        if whole == 0 && fraction == 0 {
            return Err(self.error(start, "a number has no digits"));
        }
        let exponent = self.take(|c| matches!(c, 'e' | 'E'), 1);
        if exponent > 0 {
            self.take(|c| matches!(c, '-' | '+'), 1);
            if self.take(|c| c.is_ascii_digit(), usize::MAX) == 0 {
                return Err(self.error(start, "the exponent of a number has no digits"));
            }
        }
        if self.rest().starts_with(continues_word) {
            return Err(self.error(self.at, "a number runs into a name"));
        }
        let text = self.source.get(start..self.at).unwrap_or_default();
        if point == 0 && exponent == 0 {
            return text.parse().map(Kind::Int).map_err(|_| {
                self.error(start, "the integer does not fit 64 bits; write a float, such as 1e19")
            });
        }
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Kind::Float(value)),
            _ => Err(self.error(start, "the number is too large for a 64-bit float")),
        }
    }

    /// Skips up to `most` ASCII characters that are `wanted`, and says how many.
    fn take(&mut self, wanted: impl Fn(char) -> bool, most: usize) -> usize {
        let taken = self.rest().chars().take(most).take_while(|&c| wanted(c)).count();
        self.skip(taken);
        taken
    }
}

fn stray(c: char) -> String {
    match c {
        '!' => "`!` alone has no meaning; write `not` or `!=`".to_owned(),
        '&' => "`&` has no meaning; write `and`".to_owned(),
        '|' => "`|` has no meaning; write `or`".to_owned(),
        c if c.is_alphanumeric() => {
            format!("a name with {c:?} in it needs double quotes, as in \"n{c}\"")
        }
        c => format!("{c:?} has no meaning here"),
    }
}
